#include "cli/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/cli/fake_environment.h"
#include "tests/cli/temporary_directory.h"

namespace ddbsync::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(Config, EndpointsAndJobDefaultsAreRead) {
  const Config config = ParseConfig(R"(
[job]
write_capacity = 500
settle = "2s"
eventually_consistent = true

[endpoint.a]
table = "orders"
region = "eu-west-1"
endpoint_url = "http://127.0.0.1:8000"

[endpoint.b]
table = "orders-copy"
access_key_env = "B_KEY"
secret_key_env = "B_SECRET"
)",
                                    "ddbsync.toml");
  ASSERT_THAT(config.faults, IsEmpty());
  EXPECT_EQ(config.job.at("write-capacity").text, "500");
  EXPECT_EQ(config.job.at("settle").text, "2s");
  EXPECT_EQ(config.job.at("settle").origin, "ddbsync.toml:4: settle");
  EXPECT_EQ(config.job.at("eventually-consistent").text, "true");
  EXPECT_EQ(config.endpoints.at("a").table, "orders");
  EXPECT_EQ(config.endpoints.at("a").endpoint_url, "http://127.0.0.1:8000");
  EXPECT_EQ(config.endpoints.at("b").secret_key_env, "B_SECRET");
  EXPECT_EQ(config.endpoints.at("b").region, "");
}

TEST(Config, WhatStandsBeforeTheFirstSectionIsForAllJobs) {
  const Config config = ParseConfig(
      "write_capacity = 500\nlisten = '127.0.0.1:0'\nsrc = 'a'\n[[job]]\nname = 'x'\nsrc = 'a'\n"
      "[[job]]\njob = 'y'\n",
      "c");
  EXPECT_EQ(config.general.at("write-capacity").text, "500");
  EXPECT_EQ(config.general.at("listen").origin, "c:2: listen");
  ASSERT_THAT(config.jobs, SizeIs(2));
  EXPECT_EQ(config.jobs[0].at("job").text, "x");
  ASSERT_THAT(config.faults, SizeIs(2));
  EXPECT_THAT(config.faults[0].message, HasSubstr("c:8: unknown key `job` in [[job]]"));
  EXPECT_THAT(config.faults[1].message, HasSubstr("c:3: unknown key `src`"));
}

TEST(Config, TypoIsToldWithFileLineKeyAndWhatWasMeant) {
  const Config config =
      ParseConfig("[endpoint.a]\ntable = \"orders\"\nregoin = \"eu-west-1\"\n", "conf/x.toml");
  ASSERT_THAT(config.faults, SizeIs(1));
  EXPECT_EQ(config.faults[0].message,
            "conf/x.toml:3: unknown key `regoin` in [endpoint.a]; did you mean `region`?");
  EXPECT_EQ(config.faults[0].code, ErrorCode::kInvalid);
}

TEST(Config, AllFaultsAreToldTogether) {
  const Config config = ParseConfig(R"(
surprise = 1
[jop]
[job]
memmory = "1GiB"
segments = [1, 2]
[endpoint]
a = "orders"
[endpoint.b]
region = 5
)",
                                    "c");
  std::string all;
  for (const Error& fault : config.faults) all += fault.message + "\n";
  EXPECT_THAT(config.faults, SizeIs(6)) << all;
  EXPECT_THAT(all, HasSubstr("c:2: unknown key `surprise`"));
  EXPECT_THAT(all, HasSubstr("c:3: unknown section `jop`; did you mean `job`?"));
  EXPECT_THAT(all, HasSubstr("c:5: unknown key `memmory` in [job]; did you mean `memory`?"));
  EXPECT_THAT(all, HasSubstr("c:6: `segments` must be one value"));
  EXPECT_THAT(all, HasSubstr("c:8: `a` must be a section"));
  EXPECT_THAT(all, HasSubstr("c:10: `region` in [endpoint.b] must be text in quotes"));
}

TEST(Config, WordFarFromAllKnownOnesGetsNoSuggestion) {
  const Config config = ParseConfig("[job]\nxyzzy = 1\n", "c");
  ASSERT_THAT(config.faults, SizeIs(1));
  EXPECT_EQ(config.faults[0].message, "c:2: unknown key `xyzzy` in [job]");
}

TEST(Config, BrokenTomlNamesTheLineAndNothingIsConcludedFromIt) {
  const Config config = ParseConfig("[endpoint.a]\ntable = orders\n", "c");
  EXPECT_FALSE(config.readable);
  ASSERT_THAT(config.faults, SizeIs(1));
  EXPECT_THAT(config.faults[0].message, HasSubstr("c:2: not TOML"));
}

TEST(Config, FileThatWasAskedForMustBeThere) {
  const Config config = LoadConfig("/nonexistent/ddbsync.toml", FakeEnvironment());
  ASSERT_THAT(config.faults, SizeIs(1));
  EXPECT_EQ(config.faults[0].code, ErrorCode::kNotFound);
  EXPECT_THAT(config.faults[0].message, HasSubstr("/nonexistent/ddbsync.toml"));
}

TEST(Config, WithoutAnyFileThereIsNoConfigAndNoFault) {
  const TemporaryDirectory empty;
  const Config config = LoadConfig(std::nullopt, FakeEnvironment({{"HOME", empty.path()}}));
  EXPECT_THAT(config.faults, IsEmpty());
  EXPECT_EQ(config.path, "");
}

TEST(Config, XdgDirectoryWinsOverTheHomeDirectory) {
  const TemporaryDirectory home;
  const TemporaryDirectory xdg;
  home.Write(".config/ddbsync/config.toml", "[endpoint.home]\ntable = \"tab\"\n");
  const FakeEnvironment only_home({{"HOME", home.path()}});
  EXPECT_TRUE(LoadConfig(std::nullopt, only_home).endpoints.contains("home"));
  xdg.Write("ddbsync/config.toml", "[endpoint.xdg]\ntable = \"tab\"\n");
  const FakeEnvironment both({{"HOME", home.path()}, {"XDG_CONFIG_HOME", xdg.path()}});
  EXPECT_TRUE(LoadConfig(std::nullopt, both).endpoints.contains("xdg"));
}

}  // namespace
}  // namespace ddbsync::cli
