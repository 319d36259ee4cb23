#pragma once

#include <memory>
#include <string>

#include "base/task.h"
#include "checkpoint/ledger.h"
#include "verify/verification.h"

namespace ddbsync::verify {

/// Decides what a run as a whole does next: when a phase is over, and when the run is. A Task of
/// Lane::kControl.
class VerifyConductor final : public Task {
 public:
  explicit VerifyConductor(std::shared_ptr<Verification> run) : run_(std::move(run)) {}
  Next Step(TimePoint now) override;

 private:
  void Run(TimePoint now);
  void Watch(TimePoint now);
  void TellOutcome(Outcome outcome);
  void BeginEnd(Outcome outcome, std::string reason, TimePoint now);
  void SampleRate(TimePoint now);
  [[nodiscard]] Outcome Judged() const;

  const std::shared_ptr<Verification> run_;
  bool ending_ = false;
  TimePoint ending_since_;
  checkpoint::Ledger::Ticket ticket_ = 0;
  TimePoint sums_staged_ = TimePoint::min();
  TimePoint generation_ended_;
};

}  // namespace ddbsync::verify
