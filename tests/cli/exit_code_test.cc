#include "cli/exit_code.h"

#include <gtest/gtest.h>

#include <vector>

namespace ddbsync::cli {
namespace {

using replicator::Outcome;

TEST(ExitCode, OutcomesHaveTheNumbersThatScriptsRelyOn) {
  EXPECT_EQ(static_cast<int>(ExitCodeOf(Outcome::kDone)), 0);
  EXPECT_EQ(static_cast<int>(ExitCodeOf(Outcome::kFailed)), 1);
  EXPECT_EQ(static_cast<int>(ExitCodeOf(Outcome::kDegraded)), 3);
  EXPECT_EQ(static_cast<int>(ExitCodeOf(Outcome::kDataAtRisk)), 4);
  EXPECT_EQ(static_cast<int>(ExitCode::kUsage), 2);
}

TEST(ExitCode, FaultsThatAPersonRepairsAreUsage) {
  const std::vector<Error> faults = {{ErrorCode::kInvalid, "key schema"},
                                     {ErrorCode::kNotFound, "table"},
                                     {ErrorCode::kConflict, "port taken"},
                                     {ErrorCode::kDenied, "permission"}};
  EXPECT_EQ(ExitCodeOf(faults), ExitCode::kUsage);
}

TEST(ExitCode, OneFaultOfAnotherKindIsAFailure) {
  for (const ErrorCode code : {ErrorCode::kRetry, ErrorCode::kIo, ErrorCode::kCorrupt,
                               ErrorCode::kThrottled, ErrorCode::kPoisoned}) {
    const std::vector<Error> faults = {{ErrorCode::kInvalid, "a"}, {code, "b"}};
    EXPECT_EQ(ExitCodeOf(faults), ExitCode::kFailed) << ToString(code);
  }
}

TEST(ExitCode, OfSeveralJobsTheMostSeriousCounts) {
  using enum ExitCode;
  const auto most = [](std::vector<ExitCode> codes) { return MostSerious(codes); };
  EXPECT_EQ(most({kDone, kDone}), kDone);
  EXPECT_EQ(most({kDone, kNotReady}), kNotReady);
  EXPECT_EQ(most({kNotReady, kFailed, kDone}), kFailed);
  EXPECT_EQ(most({kFailed, kDataAtRisk, kNotReady}), kDataAtRisk);
}

}  // namespace
}  // namespace ddbsync::cli
