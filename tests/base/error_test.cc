#include "base/error.h"

#include <gtest/gtest.h>

#include <set>

namespace ddbsync {
namespace {

TEST(Error, EveryCodeHasANameOfItsOwn) {
  std::set<std::string_view> names;
  const auto last = static_cast<int>(ErrorCode::kAtRisk);
  for (int code = 0; code <= last; ++code) {
    const std::string_view name = ToString(static_cast<ErrorCode>(code));
    EXPECT_NE(name, "unknown") << code;
    EXPECT_TRUE(names.insert(name).second) << name;
  }
}

TEST(Error, ItsTextSaysWhatHappenedAndWhere) {
  EXPECT_EQ(ToString(Error{ErrorCode::kIo, "Disk full."}), "Disk full.");
  EXPECT_EQ(ToString(Error{ErrorCode::kIo, "Disk full.", "file 7"}), "Disk full. (file 7)");
}

TEST(Error, FailMakesAResultThatIsNone) {
  const Result<int> result = Fail(ErrorCode::kDenied, "No.", "here");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error(), (Error{ErrorCode::kDenied, "No.", "here"}));
}

TEST(ErrorDeathTest, AFailedCheckAbortsAndSaysWhich) {
  const int two = 2;
  EXPECT_DEATH(DDBSYNC_CHECK(two == 3), "error_test.cc:[0-9]+: check failed: two == 3");
}

}  // namespace
}  // namespace ddbsync
