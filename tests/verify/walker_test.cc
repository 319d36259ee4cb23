#include "verify/walker.h"

#include <memory>

#include "tests/verify/verify_fixture.h"

namespace ddbsync::verify {
namespace {

using std::chrono::milliseconds;

/// Segments of many pages, and few places for walkers, who keep theirs from page to page.
class WalkersThatWait : public VerifyFixture {
 protected:
  WalkersThatWait() : VerifyFixture(fake::Options{.page_bytes = 200}) {
    Fill(1500);
    options_ = {.form = Form::kQuiet, .processors = 1};
  }

  Options options_;
};

TEST_F(WalkersThatWait, AllGetTheirTurn) {
  EXPECT_EQ(Verify(options_).outcome, Outcome::kEqual);
}

TEST_F(WalkersThatWait, NoneStaysBehindWhenTheRunIsStopped) {
  service_.faults().SetRates(fake::OperationClass::kRead, {{fake::FaultKind::kSlow, 1.0}});
  service_.faults().SetSlowness(milliseconds(2));
  Begin(options_);
  ASSERT_TRUE(Eventually([&] { return service_.Counts()["Scan"] > 100; }));
  verification_->Stop();
  EXPECT_EQ(WaitForEnd().outcome, Outcome::kStopped);
  const std::weak_ptr<Verification> run = verification_;
  verification_.reset();
  EXPECT_TRUE(Eventually([&] { return run.expired(); }));
}

}  // namespace
}  // namespace ddbsync::verify
