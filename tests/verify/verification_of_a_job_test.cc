#include <atomic>
#include <thread>

#include "tests/verify/verify_fixture.h"
#include "verify/verification.h"

namespace ddbsync::verify {
namespace {

using replicator::JobState;

/// A verification that looks through a job that follows.
class VerificationOfAJob : public VerifyFixture {
 protected:
  void Follow(int items) {
    for (int i = 0; i < items; ++i) Put("src", "item " + std::to_string(i), i);
    Start();
    // Until the tail has been through the changes from before the start, too: it writes them again,
    // over whatever a test has left on the target meanwhile. A shard's are one page.
    ASSERT_TRUE(Eventually([&] {
      const replicator::JobStatus status = Status();
      return status.state == JobState::kFollowing && status.tail.watermark.has_value();
    }));
  }
};

TEST_F(VerificationOfAJob, LiveWritersMakeNoDifferences) {
  Follow(200);
  std::atomic<bool> stop = false;
  std::jthread writer([&] {
    for (int i = 0; !stop; ++i) {
      const std::string id = "item " + std::to_string(i % 250);
      if (i % 5 == 0) {
        Delete("src", id);
      } else {
        Put("src", id, i);
      }
      clock_.SleepFor(std::chrono::milliseconds(2));
    }
  });
  Begin({.form = Form::kLive});
  ASSERT_TRUE(Eventually([&] { return verification_->GetStatus().phase == Phase::kSettling; }));
  stop = true;
  const auto status = WaitForEnd();
  EXPECT_EQ(status.outcome, Outcome::kEqual) << status.standing() << " " << status.undecided;
}

TEST_F(VerificationOfAJob, WhatSomebodyElseWroteIsFoundAndRepairedThroughTheJob) {
  Follow(100);
  Put("dst", "item 5", -5);
  Put("dst", "stranger", 1);
  Delete("dst", "item 6");
  const auto repaired = Verify({.repair = true, .delete_extra = true});
  EXPECT_EQ(repaired.outcome, Outcome::kEqual);
  EXPECT_EQ(repaired.repaired, 3);
  EXPECT_TRUE(Equal());
}

TEST_F(VerificationOfAJob, AWatchLooksAtWhatChanged) {
  Follow(50);
  Begin({.watch = true, .watch_interval = std::chrono::milliseconds(100)});
  ASSERT_TRUE(Eventually([&] { return verification_->GetStatus().phase == Phase::kWatching; }));
  const auto scans = service_.Counts()["Scan"];
  Put("src", "item 7", 700);
  ASSERT_TRUE(Eventually([&] { return Equal(); }));
  Put("dst", "item 7", -7);  // behind the job's back
  ASSERT_TRUE(Eventually([&] { return verification_->GetStatus().standing() == 1; }));
  EXPECT_EQ(service_.Counts()["Scan"], scans);
  verification_->Stop();
  EXPECT_EQ(WaitForEnd().outcome, Outcome::kDifferent);
}

TEST_F(VerificationOfAJob, EndsWithItsJob) {
  Follow(10);
  Begin({.watch = true});
  job_->Stop();
  EXPECT_EQ(WaitForEnd().reason, "the job through which it looks has ended");
}

}  // namespace
}  // namespace ddbsync::verify
