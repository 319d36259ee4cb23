#include "tests/simulation/cutover_simulation.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "tests/simulation/application.h"
#include "tests/simulation/cutover_run.h"
#include "tests/simulation/operator.h"
#include "tests/simulation/process.h"
#include "tests/simulation/verifier.h"
#include "tests/simulation/world.h"

namespace ddbsync::simulation {
namespace {

using namespace std::chrono_literals;
using cutover::Step;
using fake::OperationClass;
using replicator::JobState;
using replicator::JobStatus;
using Ended = fake::SimExecutor::Ended;

constexpr Duration kPauseBetweenStarts = 5s;
constexpr Duration kLookEvery = 1s;
constexpr Duration kTimeToFollow = 30min;
/// Beyond its own time-out. A cut-over that has not ended then is aborted: before the freeze it
/// waits as long as the operator does.
constexpr Duration kTimeToEnd = 5min;
/// After the last fault, as in simulation.cc.
constexpr Duration kCalmAtLast = 30min;
constexpr Duration kTimeToStop = 10min;
constexpr Duration kTimeToVerify = 3h;
constexpr Duration kLargestLag = 30s;  // the gate's
constexpr Duration kWritingAfterwards = 20s;
/// A write that ignores the freeze so shortly before the commit may be in no page yet.
constexpr Duration kUnnoticed = 6s;

constexpr char kUs[] = "arn:aws:iam::000000000000:user/AKIDEXAMPLE";
constexpr char kSourceArn[] = "arn:aws:dynamodb:us-east-1:000000000000:table/source";
constexpr char kTtlAttribute[] = "expires";

/// What speaks for nobody: kept where a policy is put beside it, and given back.
std::string SomePolicy() {
  return fmt::format(R"({{"Version":"2012-10-17","Statement":[{{"Sid":"Readers","Effect":"Allow",)"
                     R"("Principal":"*","Action":"dynamodb:GetItem","Resource":"{}"}}]}})",
                     kSourceArn);
}

class CutoverSimulation {
 public:
  explicit CutoverSimulation(const CutoverScenario& scenario)
      : scenario_(scenario),
        world_(scenario.history),
        history_({.staleness = scenario.history.source.staleness,
                  .read_back = std::string_view(scenario.history.view) == "KEYS_ONLY"}),
        application_(scenario.history, machine_, source_),
        operator_(world_, application_) {
    source_.SetWriteObserver([this](const auto& write) { OnSource(write); });
    target_.SetWriteObserver([this](const auto& write) { OnTarget(write); });
  }

  ~CutoverSimulation() { EndProcess(); }

  CutoverVerdict Run();

 private:
  [[nodiscard]] bool Over() const { return history_.violation().has_value(); }
  [[nodiscard]] TimePoint Now() const { return world_.Now(); }
  void Violate(const char* invariant, std::string what) {
    history_.Violate(invariant, std::move(what));
  }

  // What the services see.
  void OnSource(const fake::AppliedWrite& write);
  void OnTarget(const fake::AppliedWrite& write);
  void WatchCalls();
  void DeleteByTtl();

  void Prepare();
  void Follow();
  void Try(const Attempt& attempt);
  void BreakStream(Duration duration);
  void SetControlFaults(const Attempt& attempt);
  void FinishTakenBack();
  void FinishCommitted();
  void Reverse(WallTime since);

  // The process.
  bool LiveUntil(const std::function<bool()>& done, Duration most);
  bool StartProcess();
  void TryToStart();
  void StartWithJob(const checkpoint::State& state);
  void StartAfterCommit(const checkpoint::State& state);
  void EndProcess();
  void StopInOrder();
  void Meet(const CutoverEnding& ending);

  // What it says.
  [[nodiscard]] bool Follows() const;
  [[nodiscard]] std::optional<Step> CurrentStep() const;
  bool StepIsNew();
  void Look();
  void LookAtJob();
  void OnCommitted();
  void CheckCommittedRecord(const checkpoint::State& state);
  void CheckSourceGivenBack();
  void RepairWhatStraysLeft();

  const CutoverScenario& scenario_;
  World world_;
  fake::SimExecutor& machine_ = world_.machine();
  fake::FakeDynamoDb& source_ = world_.source();
  fake::FakeDynamoDb& target_ = world_.target();
  History history_;
  Application application_;
  Operator operator_;
  std::unique_ptr<Process> process_;    ///< none: it does not run
  std::unique_ptr<CutoverRun> run_;     ///< of that process
  const Attempt* attempt_ = nullptr;    ///< under way
  std::vector<CutoverEnding> endings_;  ///< of the attempt, still to come
  std::optional<Step> step_;            ///< seen last
  TimePoint step_asked_;                ///< ... and when it was asked for
  std::string policy_before_;
  bool committed_ = false;  ///< seen
  bool reversing_ = false;
  bool moved_ = false;    ///< the application writes to the target
  bool repairs_ = false;  ///< a cut-over whose freeze was somebody's word was taken back
  CutoverVerdict verdict_;
};

void CutoverSimulation::OnSource(const fake::AppliedWrite& write) {
  if (write.principal == kUs && (write.before != nullptr || write.after != nullptr)) {
    Violate("I12", std::string(write.key_json) + " of the source was written by the copy");
  }
  if (!committed_) history_.OnSource(write);
}

void CutoverSimulation::OnTarget(const fake::AppliedWrite& write) {
  if (!committed_) return history_.OnTarget(write);
  const bool changed = (write.before == nullptr) != (write.after == nullptr) ||
                       (write.before != nullptr && *write.before != *write.after);
  if (!changed || write.principal != kUs) return;
  Violate("I10", std::string(write.key_json) + " of the live target was overwritten by the copy");
}

/// Only what was asked for changes a table.
void CutoverSimulation::WatchCalls() {
  source_.faults().SetHook([this](const fake::FaultRequest& call) -> std::optional<fake::Fault> {
    static const std::set<std::string_view> kHarmless = {
        "DescribeTable",     "DescribeStream",     "ListStreams",
        "GetShardIterator",  "GetRecords",         "Scan",
        "GetItem",           "BatchGetItem",       "ListTagsOfResource",
        "GetResourcePolicy", "DescribeTimeToLive", "DeleteItem"};  // a probe: OnSource sees
    if (reversing_ || kHarmless.contains(call.operation)) return std::nullopt;
    const bool asked = attempt_ != nullptr || step_.has_value();
    const cutover::Options options = attempt_ ? attempt_->options : cutover::Options();
    const bool policy = call.operation.ends_with("ResourcePolicy");
    const bool ttl = call.operation == "UpdateTimeToLive";
    const bool stream = call.operation == "UpdateTable";
    const bool tag = call.operation == "UntagResource";
    const bool may = asked && ((policy && options.freeze == cutover::FreezeBy::kPolicy) ||
                               (ttl && scenario_.source_ttl) ||
                               (stream && options.drain == cutover::DrainBy::kSeal &&
                                call.body.find("BillingMode") == std::string_view::npos) ||
                               tag);
    if (!may) Violate("I12", std::string(call.operation) + " was sent to the source");
    return std::nullopt;
  });
}

void CutoverSimulation::DeleteByTtl() {
  if (moved_ || application_.done()) return;
  const auto items = source_.Items("source");
  if (!items.empty()) {
    auto item = items.begin();
    std::advance(item, world_.chance().Below(items.size()));
    source_.DeleteByTtl("source", item->first);
  }
  machine_.At(Now() + world_.chance().UpTo(4s), [this] { DeleteByTtl(); });
}

void CutoverSimulation::Prepare() {
  world_.MakeTables();
  const auto call = [this](const char* operation, const std::string& body) {
    const auto reply = source_.Handle(std::string("DynamoDB_20120810.") + operation, body);
    DDBSYNC_CHECK(reply.status == 200);
  };
  if (scenario_.source_ttl) {
    call("UpdateTimeToLive", fmt::format(R"({{"TableName":"source","TimeToLiveSpecification":)"
                                         R"({{"AttributeName":"{}","Enabled":true}}}})",
                                         kTtlAttribute));
  }
  if (scenario_.source_policy) {
    call("PutResourcePolicy",
         nlohmann::json{{"ResourceArn", kSourceArn}, {"Policy", SomePolicy()}}.dump());
  }
  policy_before_ = source_.Policies("source").first;
  machine_.RunFor(scenario_.history.source.streams.enable_delay + 1s);
  application_.Fill();
  machine_.RunFor(scenario_.history.quiet_before);
  application_.Linger(scenario_.lingering);
  application_.Begin();
  if (scenario_.source_ttl) DeleteByTtl();
  WatchCalls();
}

/// As the gates of a cut-over ask.
bool CutoverSimulation::Follows() const {
  const JobStatus status = process_->job().Status();
  return status.state == JobState::kFollowing && status.rechecks == 0 && status.tail.lag_seconds &&
         *status.tail.lag_seconds < kLargestLag.count();
}

/// Copies in calm, as other histories show the copy under faults; and then these begin.
void CutoverSimulation::Follow() {
  if (LiveUntil([this] { return Follows(); }, kTimeToFollow) || Over()) return;
  Violate("progress", "it never follows: " +
                          (process_ ? process_->job().Status().reason : "it does not start"));
}

void CutoverSimulation::SetControlFaults(const Attempt& attempt) {
  for (fake::FakeDynamoDb* service : {&source_, &target_}) {
    service->faults().SetRates(OperationClass::kControl, attempt.control_faults);
    if (attempt.denied.empty()) continue;
    service->faults().Deny(attempt.denied);
    machine_.At(Now() + attempt.denied_for,
                [service, denied = attempt.denied] { service->faults().Allow(denied); });
  }
  // Less than cutover::limits::kLateControlCall.
  source_.faults().SetLateBound(4s);
}

void CutoverSimulation::BreakStream(Duration duration) {
  if (duration == Duration::zero()) return;
  source_.faults().SetRates(OperationClass::kStream, {{fake::FaultKind::kErrorBefore, 1.0}});
  machine_.At(Now() + duration, [this] {
    if (world_.calm()) return;
    source_.faults().SetRates(OperationClass::kStream, scenario_.history.stream_faults);
  });
}

void CutoverSimulation::Try(const Attempt& attempt) {
  world_.SetFaults();
  SetControlFaults(attempt);
  attempt_ = &attempt;
  endings_ = attempt.endings;
  const auto begins = [this, &attempt] {
    // It may still owe the last one's time to live.
    return run_ != nullptr && Follows() && run_->cutover().Begin(attempt.options).has_value();
  };
  if (!LiveUntil(begins, kTimeToEnd)) return;
  operator_.Begin(attempt);
  const auto ended = [this] {
    const cutover::Status status = run_->cutover().GetStatus();
    return cutover::Ended(status.step);
  };
  const bool in_time = LiveUntil(ended, attempt.options.timeout + kTimeToEnd);
  operator_.End();
  if (!in_time && !Over()) {
    world_.BecomeCalm();
    WatchCalls();
    const auto aborts = [this] { return run_->cutover().Abort("it takes too long").has_value(); };
    LiveUntil(aborts, kLookEvery);
    if (!LiveUntil(ended, kCalmAtLast) && !Over()) {
      const auto status = run_ != nullptr ? run_->cutover().GetStatus() : cutover::Status();
      Violate("progress", fmt::format("the cut-over does not end: {}: {}", ToString(status.step),
                                      status.doing));
    }
  }
  if (Over() || committed_) return;
  // A policy that was put and taken away soon after acts for a moment, later.
  LiveUntil([] { return false; }, scenario_.history.source.policy_delay);
  if (!Over()) CheckSourceGivenBack();
}

void CutoverSimulation::CheckSourceGivenBack() {
  const auto reply = source_.Handle("DynamoDB_20120810.DescribeTable", R"({"TableName":"source"})");
  const auto table = nlohmann::json::parse(reply.body).at("Table");
  const auto stream = table.value("StreamSpecification", nlohmann::json::object());
  if (stream.value("StreamViewType", "") != scenario_.history.view) {
    Violate("I10", "taken back, the source's stream is not as it was: " + stream.dump());
  }
  const auto status = run_->cutover().GetStatus();
  // Somebody else may have taken all of it away.
  const auto [policy, acts] = source_.Policies("source");
  if (policy.find("Deny") != std::string::npos || acts.find("Deny") != std::string::npos) {
    Violate("I10", "taken back, the source's policy still denies writes: " + policy);
  } else if (policy != policy_before_ && !operator_.policy_lifted()) {
    Violate("I10", "taken back, the source's policy is not as it was: " + policy);
  }
  if (application_.held()) Violate("I10", "taken back, the application is still stopped");
  const auto ttl = nlohmann::json::parse(
      source_.Handle("DynamoDB_20120810.DescribeTimeToLive", R"({"TableName":"source"})").body);
  const std::string state = ttl.at("TimeToLiveDescription").at("TimeToLiveStatus");
  const bool on = state == "ENABLED" || state == "ENABLING";
  if (on != scenario_.source_ttl && !status.source_ttl_owed) {
    Violate("I10", "taken back, the source's time to live is " + state);
  }
}

bool CutoverSimulation::LiveUntil(const std::function<bool()>& done, Duration most) {
  const TimePoint deadline = Now() + most;
  while (!Over() && Now() < deadline) {
    if (process_ == nullptr && !StartProcess()) continue;
    const Duration rest = std::min(kLookEvery, Duration(deadline - Now()));
    if (machine_.RunUntil([this] { return StepIsNew(); }, Now() + rest) == Ended::kPowerCut) {
      EndProcess();  // the disk cut it
      machine_.Restart();
      continue;
    }
    Look();
    if (process_ != nullptr && !Over() && done()) return true;
  }
  return false;
}

std::optional<Step> CutoverSimulation::CurrentStep() const {
  if (run_ == nullptr) return std::nullopt;
  const cutover::Status status = run_->cutover().GetStatus();
  return status.number == 0 ? std::nullopt : std::optional(status.step);
}

bool CutoverSimulation::StepIsNew() {
  // The status is made anew for each look; most of the machine's steps are polls.
  constexpr Duration kOften = 10ms;
  if (Now() - step_asked_ < kOften) return false;
  step_asked_ = Now();
  return CurrentStep() != step_;
}

bool CutoverSimulation::StartProcess() {
  TryToStart();
  if (process_ != nullptr) return true;
  if (!Over()) machine_.RunWorldFor(kPauseBetweenStarts);
  machine_.Restart();
  return false;
}

/// Afterwards a process runs, or the machine is off.
void CutoverSimulation::TryToStart() {
  process_ = std::make_unique<Process>(
      world_.Outside(), scenario_.history.seed + static_cast<uint64_t>(++verdict_.starts));
  auto state = process_->ReadState();
  if (!state) {
    const bool passes = state.error().code == ErrorCode::kIo || !machine_.powered();
    if (!passes) Violate("open", "the checkpoint is lost: " + ToString(state.error()));
    return EndProcess();
  }
  CheckCommittedRecord(*state);
  if (!committed_) {
    history_.CheckDurable(*state, source_.Now());
    history_.BeginLife(*state);
  }
  world_.LetDiskFail(true);
  committed_ ? StartAfterCommit(*state) : StartWithJob(*state);
  if (!machine_.powered()) EndProcess();
}

void CutoverSimulation::CheckCommittedRecord(const checkpoint::State& state) {
  const bool committed = state.cutover && checkpoint::IsCommitted(*state.cutover);
  if (committed_ && !committed) Violate("I10", "after a restart nobody knows of the commit");
  if (committed) OnCommitted();
}

void CutoverSimulation::StartWithJob(const checkpoint::State& state) {
  const auto faults = process_->Start(scenario_.history.job);
  for (const Error& fault : faults) {
    const bool wrong = fault.code == ErrorCode::kInvalid || fault.code == ErrorCode::kNotFound ||
                       fault.code == ErrorCode::kConflict || fault.code == ErrorCode::kAtRisk;
    if (wrong) Violate("start", "refused: " + ToString(fault));
  }
  if (!faults.empty() || !machine_.powered()) return EndProcess();
  if (auto begun = process_->ReadState()) history_.SetStart(begun->job->start_time);
  run_ = std::make_unique<CutoverRun>(*process_, CutoverRun::Job::kRuns, operator_.NewHook(),
                                      state.cutover);
}

/// The forward job refuses, and what is left is done without it.
void CutoverSimulation::StartAfterCommit(const checkpoint::State& state) {
  const auto faults = process_->Start(scenario_.history.job);
  const auto refuses = [](const Error& fault) { return fault.code == ErrorCode::kAtRisk; };
  if (faults.empty()) {
    Violate("I10", "after the commit the job starts again");
  } else if (machine_.powered() && std::ranges::none_of(faults, refuses)) {
    Violate("I10", "after the commit the job says: " + ToString(faults.front()));
  }
  run_ = std::make_unique<CutoverRun>(*process_, CutoverRun::Job::kNone, operator_.NewHook(),
                                      state.cutover);
}

void CutoverSimulation::EndProcess() {
  world_.PowerFails();
  if (run_ != nullptr) verdict_.comparisons += run_->comparisons();
  run_.reset();
  process_.reset();
  world_.PowerReturns();
}

/// As by SIGTERM: what is under way is taken back first.
void CutoverSimulation::StopInOrder() {
  const TimePoint deadline = Now() + kTimeToStop;
  const bool goes_on = !run_->cutover().Abort("stopped").has_value();  // it is committed
  const auto may = [this] { return run_->cutover().MayStop(); };
  if (machine_.RunUntil(may, deadline) != Ended::kDone || goes_on || committed_) return;
  process_->job().Stop();
  machine_.RunUntil([this] { return process_->job().Ended().has_value(); }, deadline);
}

void CutoverSimulation::Meet(const CutoverEnding& ending) {
  ++verdict_.crashes[ending.at];
  if (ending.in_order) {
    StopInOrder();
  } else {
    machine_.RunSteps(ending.steps, Now() + 1min);
  }
  EndProcess();
  machine_.RunWorldFor(ending.downtime);
  machine_.Restart();
}

void CutoverSimulation::Look() {
  const auto step = CurrentStep();
  const bool is_new = step != step_;
  if (step && cutover::Committed(*step) && !committed_) OnCommitted();
  if (is_new && step && cutover::TakesBack(*step) && step_ && !cutover::TakesBack(*step_)) {
    ++verdict_.taken_back[*step_];
    repairs_ = repairs_ || cutover::ComparesAll(attempt_->options) || operator_.policy_lifted();
  }
  step_ = step;
  if (is_new && step == Step::kFreezing && !world_.calm()) BreakStream(attempt_->stream_out_for);
  if (attempt_ != nullptr && run_ != nullptr && !committed_) operator_.Look(run_->cutover());
  if (!committed_) LookAtJob();
  if (Over() || process_ == nullptr || attempt_ == nullptr || !is_new || !step) return;
  const auto next = std::ranges::find(endings_, *step, &CutoverEnding::at);
  if (next == endings_.end()) return;
  const CutoverEnding ending = *next;
  endings_.erase(next);
  Meet(ending);
}

void CutoverSimulation::LookAtJob() {
  const JobStatus status = process_->job().Status();
  if (status.state == JobState::kGap) return Violate("gap", status.reason);
  if (const auto ended = process_->job().Ended()) {
    if (ended != replicator::Outcome::kRestart) {
      return Violate("progress", "the job ended by itself: " + status.reason);
    }
    EndProcess();
    machine_.Restart();
    return;
  }
  // While writes are stopped a stray is what the cut-over looks for, and no change to be waited
  // for.
  const bool stopped = step_ && cutover::Frozen(*step_);
  if (status.tail.watermark && !stopped) history_.CheckWatermark(*status.tail.watermark);
  if (status.backfill.complete && status.rechecks == 0) history_.CheckBackfillComplete();
}

/// Whoever says so first: both tables are equal, and the target is opened to the application.
void CutoverSimulation::OnCommitted() {
  if (std::exchange(committed_, true)) return;
  verdict_.committed = true;
  auto source = source_.Items("source");
  auto target = target_.Items("target");
  const WallTime now = source_.Now();
  for (const Operator::Stray& stray : operator_.strays()) {
    if (now - stray.at > kUnnoticed) continue;
    const std::string key = nlohmann::json::parse(stray.key_json).dump();
    source.erase(key);
    target.erase(key);
  }
  const auto lifted = operator_.policy_lifted();
  if (!lifted || now - *lifted > kUnnoticed) history_.CheckEqual(source, target, "I10");
  operator_.End();
  machine_.At(Now() + world_.chance().UpTo(kWritingAfterwards), [this] {
    moved_ = true;
    application_.MoveTo(target_, "target");
  });
}

void CutoverSimulation::FinishCommitted() {
  world_.BecomeCalm();
  WatchCalls();
  const auto done = [this] {
    return moved_ && CurrentStep() == Step::kDone && run_->cutover().MayStop();
  };
  if (!LiveUntil(done, kCalmAtLast)) {
    if (!Over()) Violate("progress", "the committed cut-over is not finished");
    return;
  }
  machine_.RunFor(run_->cutover().GetStatus().options.reverse ? scenario_.back_after
                                                              : kWritingAfterwards);
  const auto ttl = nlohmann::json::parse(
      target_.Handle("DynamoDB_20120810.DescribeTimeToLive", R"({"TableName":"target"})").body);
  const std::string state = ttl.at("TimeToLiveDescription").at("TimeToLiveStatus");
  const bool on = state == "ENABLED" || state == "ENABLING";
  if (on != scenario_.source_ttl) Violate("I10", "the target's time to live is " + state);
  const auto status = run_->cutover().GetStatus();
  EndProcess();
  machine_.Restart();
  TryToStart();  // refuses
  EndProcess();
  machine_.Restart();
  if (!Over() && status.options.reverse) {
    if (!status.reverse_start) return Violate("I11", "there is no time for the way back to begin");
    Reverse(*status.reverse_start);
  }
}

/// The way back carries what was written to the target.
void CutoverSimulation::Reverse(WallTime since) {
  ++verdict_.reversed;
  reversing_ = true;
  Surroundings outside = world_.Outside();
  Surroundings back{.machine = outside.machine,
                    .disk = outside.disk,
                    .source = outside.target,
                    .target = outside.source,
                    .longest_delay = outside.longest_delay,
                    .source_table = "target",
                    .target_table = "source",
                    .state = "/reverse",
                    .key_id = "AKIDREVERSE"};
  Process process(back, scenario_.history.seed);
  replicator::JobOptions options = scenario_.history.job;
  options.phases = replicator::Phases::kTailOnly;
  options.since = since;
  options.job_id = "b-a";
  if (auto state = process.ReadState(); !state) {
    return Violate("I11", "the way back cannot begin: " + ToString(state.error()));
  }
  if (const auto faults = process.Start(options); !faults.empty()) {
    Violate("I11", "the way back does not start: " + ToString(faults.front()));
  }
  if (!Over()) {
    machine_.RunFor(kWritingAfterwards);
    application_.End();
    machine_.RunFor(kLookEvery * 30);
    const WallTime last_write = source_.Now();
    const auto drained = [&] {
      const JobStatus status = process.job().Status();
      return status.rechecks == 0 && status.tail.watermark && *status.tail.watermark > last_write;
    };
    if (machine_.RunUntil(drained, Now() + kCalmAtLast) != Ended::kDone) {
      Violate("I11", "the way back does not get there: " + process.job().Status().reason);
    }
    // The live table, and what has to become equal to it.
    history_.CheckEqual(target_.Items("target"), source_.Items("source"), "I11");
  }
  world_.PowerFails();
}

void CutoverSimulation::FinishTakenBack() {
  world_.BecomeCalm();
  WatchCalls();
  LiveUntil([] { return false; }, kWritingAfterwards);
  application_.End();
  LiveUntil([this] { return application_.done(); }, kCalmAtLast);
  if (repairs_ && !Over()) RepairWhatStraysLeft();
  const WallTime last_write = source_.Now();
  std::string standing = "no process";
  const auto drained = [&] {
    const JobStatus status = process_->job().Status();
    standing = fmt::format("{}, {} rechecks, lag {}: {}", ToString(status.state), status.rechecks,
                           status.tail.lag_seconds.value_or(-1), status.reason);
    return status.state == JobState::kFollowing && status.rechecks == 0 && status.tail.watermark &&
           *status.tail.watermark > last_write;
  };
  if (!LiveUntil(drained, kCalmAtLast)) {
    if (!Over()) Violate("progress", "it never came to the end: " + standing);
    return;
  }
  history_.CheckEqual(source_.Items("source"), target_.Items("target"));
  if (Over()) return;
  StopInOrder();
  if (machine_.powered() && process_->job().Ended() != replicator::Outcome::kDone) {
    Violate("stop", "it ended otherwise: " + process_->job().Status().reason);
  }
}

/// Where the freeze was somebody's word, a write may have come while no stream was on: what was
/// compared while frozen may differ, and an operator is told to repair it.
void CutoverSimulation::RepairWhatStraysLeft() {
  {
    Verifier verifier(*process_,
                      {.form = verify::Form::kLive, .repair = true, .delete_extra = true});
    if (!verifier.refused().empty()) return Violate("verify", verifier.refused());
    const auto ended = [&] { return verifier.ended(); };
    if (machine_.RunUntil(ended, Now() + kTimeToVerify) != Ended::kDone) {
      Violate("verify", "the repair does not end");
    }
    world_.PowerFails();
  }
  EndProcess();
  machine_.Restart();
}

CutoverVerdict CutoverSimulation::Run() {
  const TimePoint began = Now();
  Prepare();
  Follow();
  for (const Attempt& attempt : scenario_.attempts) {
    if (Over() || committed_) break;
    Try(attempt);
  }
  if (!Over()) committed_ ? FinishCommitted() : FinishTakenBack();
  verdict_.violation = history_.violation();
  verdict_.trace = machine_.trace();
  verdict_.steps = machine_.steps();
  verdict_.changes = history_.changes();
  verdict_.strays = static_cast<int>(operator_.strays().size());
  verdict_.simulated = Now() - began;
  return verdict_;
}

}  // namespace

CutoverVerdict Simulate(const CutoverScenario& scenario) {
  return CutoverSimulation(scenario).Run();
}

}  // namespace ddbsync::simulation
