#include "tests/simulation/simulation.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "tests/simulation/lives.h"
#include "tests/simulation/verifier.h"
#include "tests/support/fake_dynamodb.h"
#include "tests/support/sim_executor.h"

namespace ddbsync::simulation {
namespace {

using namespace std::chrono_literals;
using fake::FaultKind;
using fake::OperationClass;
using replicator::JobState;
using replicator::JobStatus;

constexpr Duration kDowntimeAfterGap = 5s;
/// After the last write and the last fault. Recheck, listing and tip take a minute or two each; an
/// ended parent's children may be told late.
constexpr Duration kCalmAtLast = 30min;
constexpr Duration kOutage = 3min;
constexpr Duration kTimeToRecord = 10s;
/// In calm. A shard that lives 40 s, listings of two shards a page, a limit of half a unit a
/// second: in some histories the watermark is ten minutes behind, and a repair waits for it several
/// times.
constexpr Duration kTimeToVerify = 3h;
constexpr Duration kStandstillAllowed = 60s;  // I9

std::string Told(const verify::Status& status) {
  return std::string(ToString(status.form)) + ", " + std::string(ToString(status.phase)) + ", " +
         std::to_string(status.source.items) + " and " + std::to_string(status.target.items) +
         " items, " + std::to_string(status.suspects) + " suspects, " +
         std::to_string(status.repaired) + " repaired; " + status.last_warning;
}

class Simulation final : private Lives {
 public:
  explicit Simulation(const Scenario& scenario) : Lives(scenario) {
    source_.SetWriteObserver([this](const auto& write) { history_.OnSource(write); });
    target_.SetWriteObserver([this](const auto& write) { history_.OnTarget(write); });
  }

  ~Simulation() { EndProcess(); }

  Verdict Run() {
    const TimePoint began = machine_.clock().Now();
    world_.MakeTables();
    application_.Fill();
    // Items without a change that the stream's start would include: theirs is the backfill alone.
    machine_.RunFor(scenario_.quiet_before);
    application_.Begin();
    SetFaults();
    for (const Ending& ending : scenario_.endings) {
      if (Over()) break;
      LiveUntil(machine_.clock().Now() + ending.after);
      if (!Over()) End(ending);
    }
    if (!Over()) FinishInCalm();
    if (gap_ && !history_.violation()) GoOnAfterGap();
    return {.violation = history_.violation(),
            .gap = gap_,
            .trace = machine_.trace(),
            .steps = machine_.steps(),
            .changes = history_.changes(),
            .writes = history_.target_writes(),
            .disk_operations = world_.disk_operations(),
            .starts = starts_,
            .verifications = verifications_,
            .undecided = undecided_,
            .simulated = machine_.clock().Now() - began};
  }

 private:
  [[nodiscard]] bool Over() const override { return gap_ || Lives::Over(); }
  void TryToStart() override;
  void Look() override;
  void OnPowerFailed() override { verifier_.reset(); }

  void SetFaults();
  void BreakStream();
  void BreakTarget();

  void Start(const checkpoint::State& state);
  void BecomeCalm();
  void FinishInCalm();
  void GoOnAfterGap();
  void CheckLag(const JobStatus& status);
  void LookAtVerifier();
  void VerifyAndRepair();

  std::unique_ptr<Verifier> verifier_;  ///< of the process; none: none was begun
  int verifications_ = 0;
  int64_t undecided_ = 0;
  bool stopped_cleanly_ = false;           ///< the process before, with nothing left to do
  std::optional<TimePoint> outage_began_;  ///< of the stream, in this life
  std::optional<WallTime> target_broke_;   ///< likewise
  bool gap_ = false;
  bool gap_is_recorded_ = false;  ///< it must be
};

void Simulation::SetFaults() {
  if (scenario_.stream_outage) {
    machine_.At(Now() + scenario_.writing / 2, [this] { BreakStream(); });
  }
  if (scenario_.target_outage != FaultKind::kNone) {
    machine_.At(Now() + scenario_.writing / 2, [this] { BreakTarget(); });
  }
  world_.SetFaults();
}

void Simulation::BreakStream() {
  if (world_.calm()) return;
  source_.faults().SetRates(OperationClass::kStream, {{FaultKind::kErrorBefore, 1.0}});
  outage_began_ = Now();
  machine_.At(Now() + kOutage, [this] {
    if (world_.calm()) return;
    source_.faults().SetRates(OperationClass::kStream, scenario_.stream_faults);
    outage_began_.reset();
  });
}

void Simulation::BreakTarget() {
  if (world_.calm()) return;
  target_.faults().SetRates(OperationClass::kWrite, {{scenario_.target_outage, 1.0}});
  target_broke_ = source_.Now();
  machine_.At(Now() + kOutage, [this] {
    if (world_.calm()) return;
    target_.faults().SetRates(OperationClass::kWrite, scenario_.target_write_faults);
    target_broke_.reset();
  });
}

void Simulation::TryToStart() {
  outage_began_ = outage_began_ ? std::optional(Now()) : std::nullopt;
  target_broke_ = target_broke_ ? std::optional(source_.Now()) : std::nullopt;
  if (const auto state = NextProcess()) Start(*state);
}

void Simulation::Start(const checkpoint::State& state) {
  history_.CheckDurable(state, source_.Now());
  if (stopped_cleanly_ && !(state.clean_stop && state.rechecks.empty())) {
    history_.Violate("stop", "a stop with nothing left to do was not marked as clean");
  }
  if (gap_is_recorded_ && state.gaps.empty()) {
    history_.Violate("gap", "changes were lost, and the next process does not know");
  }
  if (!state.gaps.empty()) history_.EndWrites();
  history_.BeginLife(state);
  world_.LetDiskFail(true);
  const auto faults = process_->Start(scenario_.job);
  for (const Error& fault : faults) {
    const bool wrong = fault.code == ErrorCode::kInvalid || fault.code == ErrorCode::kNotFound ||
                       fault.code == ErrorCode::kConflict;
    if (wrong) history_.Violate("start", "refused: " + ToString(fault));
  }
  if (!faults.empty() || !machine_.powered()) return EndProcess();
  if (!state.gaps.empty() && process_->job().Status().gaps == 0) {
    history_.Violate("gap", "a loss is on record, and the process does not say so at once");
  }
  if (auto begun = process_->ReadState()) history_.SetStart(begun->job->start_time);
}

void Simulation::BecomeCalm() {
  world_.BecomeCalm();
  outage_began_.reset();
  target_broke_.reset();
}

/// Changes were lost. Whatever becomes of the process that found out, the next one says so too, and
/// writes nothing.
void Simulation::GoOnAfterGap() {
  const bool powered = machine_.RunFor(kTimeToRecord) != fake::SimExecutor::Ended::kPowerCut;
  gap_is_recorded_ = scenario_.failing_disk_rate == 0;
  if (powered && world_.chance().Chance(0.5)) {
    StopInOrder();
    const bool stays = process_->job().Ended() == replicator::Outcome::kDataAtRisk;
    if (machine_.powered() && !stays) history_.Violate("gap", "after a stop it counts no more");
  }
  EndProcess();
  machine_.RunWorldFor(kDowntimeAfterGap);
  machine_.Restart();
  BecomeCalm();
  const TimePoint deadline = Now() + kCalmAtLast;
  bool said = false;
  while (!said && !history_.violation() && Now() < deadline) {
    if (process_ == nullptr && !StartProcess()) continue;
    machine_.RunFor(scenario_.look_every);
    said = process_->job().Status().state == JobState::kGap;
  }
  if (!said) history_.Violate("gap", "changes were lost, but after a restart it does not say so");
  machine_.RunFor(kStandstillAllowed);
}

void Simulation::FinishInCalm() {
  const auto outage = [this] { return outage_began_ || target_broke_; };
  while ((!application_.done() || outage()) && !Over()) LiveUntil(Now() + scenario_.look_every);
  const WallTime last_write = source_.Now();
  BecomeCalm();
  const TimePoint deadline =
      Now() + kCalmAtLast + (scenario_.is_long ? scenario_.writing : Duration(0));
  std::string standing = "no process";
  while (!Over() && Now() < deadline) {
    LiveUntil(Now() + scenario_.look_every);
    if (process_ == nullptr) continue;
    const JobStatus status = process_->job().Status();
    standing = std::string(ToString(status.state)) + ", " + std::to_string(status.rechecks) +
               " rechecks, lag " + std::to_string(status.tail.lag_seconds.value_or(-1)) + " " +
               status.reason;
    const bool drained = status.state == JobState::kFollowing && status.backfill.complete &&
                         status.rechecks == 0 && status.tail.watermark &&
                         *status.tail.watermark > last_write;
    if (!drained) continue;
    history_.CheckEqual(source_.Items("source"), target_.Items("target"));
    if (scenario_.verifying && !Over()) VerifyAndRepair();
    StopInOrder();
    const bool powered = machine_.powered();
    const auto ended = process_->job().Ended();
    if (powered && !scenario_.disk_fault && ended != replicator::Outcome::kDone) {
      history_.Violate("stop", "it ended otherwise: " + process_->job().Status().reason);
    }
    EndProcess();
    machine_.Restart();
    stopped_cleanly_ = powered && ended == replicator::Outcome::kDone;
    TryToStart();  // what it left is read once more
    return;
  }
  if (!Over()) history_.Violate("progress", "it never came to the end: " + standing);
}

void Simulation::Look() {
  if (process_ == nullptr) return;
  const JobStatus status = process_->job().Status();
  if (status.state == JobState::kGap) {
    gap_ = true;
    if (!scenario_.MayLoseChanges()) {
      history_.Violate("gap", "nothing was lost, but it says: " + status.reason);
    }
    return;
  }
  if (auto ended = process_->job().Ended()) {
    history_.Violate("progress", "the job ended by itself: " + status.reason);
    return;
  }
  CheckLag(status);
  if (status.tail.watermark) history_.CheckWatermark(*status.tail.watermark);
  if (outage_began_ && Now() - *outage_began_ > kStandstillAllowed && status.ready) {
    history_.Violate("I9", "the stream answers nothing for over a minute, but the job is ready");
  }
  if (target_broke_ && status.ready) {
    const Duration allowed = kStandstillAllowed + scenario_.source.streams.record_delay;
    history_.CheckReadyInOutage(*target_broke_, source_.Now(), allowed);
  }
  LookAtOrder(status);
  if (scenario_.verifying && in_order_) LookAtVerifier();
}

/// Unknown is never 0, and what is known is the time since the watermark.
void Simulation::CheckLag(const JobStatus& status) {
  const auto& lag = status.tail.lag_seconds;
  const auto& watermark = status.tail.watermark;
  if (lag.has_value() != watermark.has_value()) {
    history_.Violate("I9", "lag and watermark are not known together");
  } else if (lag && status.now > *watermark) {
    constexpr double kRounding = 0.01;
    const double since = std::chrono::duration<double>(status.now - *watermark).count();
    if (std::abs(*lag - since) > kRounding) history_.Violate("I9", "lag is not now - watermark");
  }
}

/// One verification after the other, each of the other form: none of them may find anything.
void Simulation::LookAtVerifier() {
  if (verifier_ != nullptr && !verifier_->ended()) return;
  if (verifier_ != nullptr) {
    if (const auto alarm = verifier_->FalseAlarm()) history_.Violate("verify", *alarm);
    ++verifications_;
    undecided_ += verifier_->status().undecided;
  }
  const auto form = verifications_ % 2 == 0 ? verify::Form::kLive : verify::Form::kQuiet;
  verifier_ = std::make_unique<Verifier>(*process_, verify::Options{.form = form});
  // Its first look at the tables may fail as any call.
  if (!verifier_->refused().empty()) verifier_.reset();
}

/// In calm somebody else writes to the target: it is found, all of it, and repaired.
void Simulation::VerifyAndRepair() {
  if (scenario_.is_long || source_.Items("source").size() < 2) return;
  target_.SetWriteObserver(nullptr);  // what is not the source's would be an invention
  WriteBehindTheJob(world_.Outside());
  const auto ended = [this] { return verifier_ == nullptr || verifier_->ended(); };
  const auto run_to_its_end = [&] {
    const auto how = machine_.RunUntil(ended, Now() + kTimeToVerify);
    if (how == fake::SimExecutor::Ended::kDeadline) {
      history_.Violate("verify",
                       "it did not end in time: " + Told(verifier_->status()) + " rechecks " +
                           std::to_string(process_->job().Status().rechecks) + ", lag " +
                           std::to_string(process_->job().Status().tail.lag_seconds.value_or(-1)));
    }
    return how == fake::SimExecutor::Ended::kDone;
  };
  if (!run_to_its_end()) return;
  const auto form = scenario_.seed % 2 == 0 ? verify::Form::kLive : verify::Form::kQuiet;
  verifier_ = std::make_unique<Verifier>(
      *process_, verify::Options{.form = form, .repair = true, .delete_extra = true});
  if (!verifier_->refused().empty()) return history_.Violate("verify", verifier_->refused());
  if (!run_to_its_end()) return;
  const verify::Status status = verifier_->status();
  if (status.outcome != verify::Outcome::kEqual || status.repaired != 3) {
    history_.Violate("verify", "of three keys that somebody else wrote it repaired " +
                                   std::to_string(status.repaired));
  }
  history_.CheckEqual(source_.Items("source"), target_.Items("target"));
}

}  // namespace

Verdict Simulate(const Scenario& scenario) {
  return Simulation(scenario).Run();
}

}  // namespace ddbsync::simulation
