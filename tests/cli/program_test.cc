// The program itself, started as a person would: what needs no server.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>
#include <fstream>

#include "tests/cli/temporary_directory.h"

namespace ddbsync::cli {
namespace {

using ::testing::HasSubstr;

struct Ended {
  int code = -1;
  std::string output;  ///< both streams
};

class ProgramTest : public ::testing::Test {
 protected:
  Ended Run(const std::string& arguments, const std::string& variables = "") {
    const std::string command = "cd " + directory_.path() + " && env -i HOME=" + directory_.path() +
                                " " + variables + " " DDBSYNC_PROGRAM " " + arguments + " 2>&1";
    Ended ended;
    FILE* const pipe = popen(command.c_str(), "r");
    if (pipe == nullptr) return ended;
    char bytes[4096];
    size_t read = 0;
    while ((read = fread(bytes, 1, sizeof bytes, pipe)) > 0) ended.output.append(bytes, read);
    const int status = pclose(pipe);
    if (WIFEXITED(status)) ended.code = WEXITSTATUS(status);
    return ended;
  }

  TemporaryDirectory directory_;
};

constexpr const char* kSides =
    "start --src orders --dst copies --src-region us-east-1 --dst-region us-east-1 "
    "--src-endpoint-url http://127.0.0.1:1 --dst-endpoint-url http://127.0.0.1:1 "
    "";
constexpr const char* kKeys = "AWS_ACCESS_KEY_ID=k AWS_SECRET_ACCESS_KEY=s";

TEST_F(ProgramTest, VersionAndHelpEndWithZero) {
  EXPECT_EQ(Run("version").code, 0);
  EXPECT_THAT(Run("version --json").output, HasSubstr(R"({"version":")"));
  EXPECT_EQ(Run("--help").code, 0);
  EXPECT_EQ(Run("start --help").code, 0);
}

TEST_F(ProgramTest, UsageEndsWithTwo) {
  for (const char* arguments : {"", "strat", "start", "start --mirror", "checkpoint", "version -x",
                                "start --src orders --dst orders --src-region r --dst-region r"}) {
    const Ended ended = Run(arguments);
    EXPECT_EQ(ended.code, 2) << arguments << ": " << ended.output;
    EXPECT_THAT(ended.output, HasSubstr("ddbsync: ")) << arguments;
  }
}

TEST_F(ProgramTest, JobThatDoesNotExistEndsWithOne) {
  EXPECT_EQ(Run("status --job none").code, 1);
  EXPECT_EQ(Run("checkpoint show --job none").code, 1);
  EXPECT_EQ(Run("status").code, 1);
}

TEST_F(ProgramTest, MissingKeysOfBothSidesAreToldTogether) {
  const Ended ended = Run(std::string(kSides) + "--listen 127.0.0.1:0");
  EXPECT_EQ(ended.code, 2) << ended.output;
  EXPECT_THAT(ended.output, HasSubstr("no credentials for the source"));
  EXPECT_THAT(ended.output, HasSubstr("no credentials for the target"));
}

TEST_F(ProgramTest, StateDirectoryThatIsAFileEndsWithTwo) {
  directory_.Write("file", "");
  const Ended ended = Run(std::string(kSides) + "--listen 127.0.0.1:0 --state file", kKeys);
  EXPECT_EQ(ended.code, 2) << ended.output;
  EXPECT_THAT(ended.output, HasSubstr("--state"));
}

TEST_F(ProgramTest, AddressBeyondTheMachineIsRefused) {
  const Ended ended = Run(std::string(kSides) + "--listen 0.0.0.0:0", kKeys);
  EXPECT_EQ(ended.code, 2) << ended.output;
}

}  // namespace
}  // namespace ddbsync::cli
