#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/backoff.h"
#include "base/task.h"
#include "replicator/live_copy.h"
#include "verify/options.h"
#include "verify/repairs.h"
#include "verify/walker.h"

namespace ddbsync::verify {

/// Looks at suspects again, in rounds of two consistent BatchGetItems, the target's first:
///
///   idle ──some are due──▶ target ──▶ source ──all judged──▶ idle
///     ▲                                  │ some differ
///     └──the watermark has passed it── proving
///
/// and judges each (suspects.h): equal, different (then repaired, if that was asked for, and looked
/// at again), changed meanwhile. Where no job follows there is nothing to prove. A Task of
/// Lane::kScan.
class Resolver final : public Task {
 public:
  struct Context {
    RunContext run;
    const Options& options;
    replicator::LiveCopy* copy;  ///< null: no job follows
    Repairs* repairs;            ///< null: none are wanted
  };

  /// The context's members outlive the task.
  Resolver(int slot, const Context& context)
      : context_(context), backoff_(context.run.budget, static_cast<uint64_t>(slot)) {}

  Next Step(TimePoint now) override;

 private:
  enum class State { kIdle, kTarget, kSource, kProving };
  /// What differed at the look in hand.
  struct Candidate {
    Suspect suspect;
    Difference difference;
  };

  Next Pick(TimePoint now);
  [[nodiscard]] bool MayBeLookedAt(const Suspect& suspect, std::optional<WallTime> watermark) const;
  Next Read(Table table, TimePoint now);
  Next JudgeAll();
  Next Prove(TimePoint now);
  void Confirm(Candidate& candidate, TimePoint now);
  void LookAgain(const Suspect& suspect, Fate fate, TimePoint now);
  [[nodiscard]] Result<void> JudgeOne(Suspect& suspect, WallTime at);
  [[nodiscard]] bool Repair(Suspect& suspect, const Difference& difference, TimePoint now);
  void PutAllBack(Duration rest);
  Next OnError(const ComparedTable& table, const Error& error);

  const Context context_;
  aws::Backoff backoff_;
  State state_ = State::kIdle;
  std::vector<Suspect> round_;
  replicator::FencedRead read_;  ///< of the look in hand
  WallTime read_ended_;          ///< server's time
  std::vector<Candidate> candidates_;
  std::optional<dynamodb::ItemPage> pages_[kTables];
  std::map<std::string_view, std::string_view> images_[kTables];  ///< views into pages_
};

}  // namespace ddbsync::verify
