#include "cli/access.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "tests/cli/temporary_directory.h"

namespace ddbsync::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr uid_t kRoot = 0;
constexpr uid_t kUs = 1000;
constexpr uid_t kStranger = 1001;

TEST(TokenExposure, WhatItsOwnerAloneMayReadIsASecret) {
  for (const mode_t mode : {0400U, 0600U, 0700U}) {
    for (const uid_t owner : {kRoot, kUs}) {
      EXPECT_THAT(TokenExposure(owner, S_IFREG | mode, kUs, "t"), IsEmpty()) << owner << mode;
    }
  }
}

TEST(TokenExposure, RootsGroupMayReadIt) {
  for (const mode_t mode : {0440U, 0640U}) {
    for (const uid_t user : {kRoot, kUs}) {
      EXPECT_THAT(TokenExposure(kRoot, S_IFREG | mode, user, "t"), IsEmpty()) << user << mode;
    }
  }
}

TEST(TokenExposure, NobodyElsesGroupMay) {
  EXPECT_THAT(TokenExposure(kUs, S_IFREG | 0640, kUs, "t"), HasSubstr("`chmod 600 t`"));
  EXPECT_THAT(TokenExposure(kStranger, S_IFREG | 0640, kRoot, "t"), HasSubstr("`chmod 600 t`"));
  EXPECT_THAT(TokenExposure(kStranger, S_IFREG | 0640, kUs, "t"),
              HasSubstr("`sudo chown 1000 t && sudo chmod 600 t`"));
}

TEST(TokenExposure, OthersMayDoNothingAndAGroupMayNotChangeIt) {
  for (const mode_t mode : {0444U, 0644U, 0604U, 0602U, 0601U, 0660U, 0620U, 0610U}) {
    for (const uid_t owner : {kRoot, kUs, kStranger}) {
      for (const uid_t user : {kRoot, kUs}) {
        EXPECT_THAT(TokenExposure(owner, S_IFREG | mode, user, "t"), HasSubstr("others may read"))
            << owner << user << mode;
      }
    }
  }
}

TEST(TokenExposure, WhoCannotChangeTheFileIsToldWhatRootTypes) {
  const std::string why = TokenExposure(kRoot, S_IFREG | 0444, kUs, "t");
  EXPECT_THAT(why, HasSubstr("`sudo chmod 440 t`"));
  EXPECT_THAT(why, HasSubstr("`defaultMode: 0440`"));
}

TEST(ReadToken, FollowsTheLinksOfASecretsVolume) {
  const TemporaryDirectory folder;
  const std::filesystem::path volume(folder.path());
  std::filesystem::create_directory(volume / "..1");
  const std::string file = folder.Write("..1/token", "0123456789abcdef\n");
  ASSERT_EQ(chmod(file.c_str(), 0400), 0);
  std::filesystem::create_directory_symlink("..1", volume / "..data");
  std::filesystem::create_symlink("..data/token", volume / "token");
  const Result<std::string> token = ReadToken(volume / "token");
  ASSERT_TRUE(token) << token.error().message;
  EXPECT_EQ(*token, "0123456789abcdef");
  ASSERT_EQ(chmod(file.c_str(), 0404), 0);
  const Result<std::string> refused = ReadToken(volume / "token");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kDenied) << "the file counts, not the link";
}

}  // namespace
}  // namespace ddbsync::cli
