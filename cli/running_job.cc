#include "cli/running_job.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <utility>

#include "base/log.h"
#include "checkpoint/leveldb_store.h"
#include "cli/api.h"
#include "cli/control.h"
#include "cli/cutover_metrics.h"
#include "cli/endpoint_clients.h"
#include "cli/exit_code.h"
#include "cli/job_metrics.h"
#include "cli/limits.h"
#include "cli/page.h"
#include "cli/state_directory.h"
#include "cli/verify_api.h"

namespace ddbsync::cli {
namespace {

using replicator::Job;
using replicator::JobState;
using replicator::JobStatus;
using replicator::Outcome;

/// Where a table does not exist, its name may have been meant as an endpoint's.
std::vector<Error> WithHints(std::vector<Error> faults, const JobPlan& plan) {
  for (Error& fault : faults) {
    if (fault.code != ErrorCode::kNotFound) continue;
    for (const Endpoint* side : {&plan.source, &plan.target}) {
      const bool about_it = ToString(fault).find(side->label) != std::string::npos;
      if (about_it && !side->not_found_hint.empty()) fault.message += "; " + side->not_found_hint;
    }
  }
  return faults;
}

/// Of this process, all its threads together.
Duration ProcessorTime() {
  timespec used{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

}  // namespace

/// What a job holds until it is released, in the order of building: what is declared later uses
/// what is declared earlier and goes first.
struct RunningJob::Parts {
  Card card;
  std::unique_ptr<EndpointClients> source, target;
  std::unique_ptr<checkpoint::Store> store;
};

RunningJob::RunningJob(const JobPlan& plan, std::string log_as, const SharedParts& shared)
    : plan_(plan),
      shared_(shared),
      started_at_(shared.clock.WallNow()),
      parts_(std::make_shared<Parts>()),
      log_as_(log_as),
      executor_(shared.executor, std::move(log_as)) {}

RunningJob::~RunningJob() = default;

std::shared_ptr<RunningJob::Parts> RunningJob::parts() const {
  MutexLock lock(mutex_);
  return parts_;
}

std::shared_ptr<OpenJob> RunningJob::open() const {
  MutexLock lock(mutex_);
  return open_;
}

std::shared_ptr<Job> RunningJob::job() const {
  const std::shared_ptr<OpenJob> held = open();
  if (!held) return nullptr;
  return {held, &held->job()};
}

std::vector<Error> RunningJob::Prepare() {
  std::vector<Error> faults;
  const std::shared_ptr<Parts> held = parts();
  OpenStore(*held, faults);
  ConnectSides(*held, faults);
  return faults;
}

void RunningJob::OpenStore(Parts& parts, std::vector<Error>& faults) {
  if (auto made = MakeStateDirectory(plan_.home); !made) {
    faults.push_back(std::move(made.error()));
    return;
  }
  auto store = checkpoint::OpenLevelDbStore(plan_.home.StoreDirectory(), /*create=*/true, nullptr);
  if (!store) {
    faults.push_back(WithHolder(std::move(store.error()), plan_.home));
    return;
  }
  parts.store = std::move(*store);
  auto state = checkpoint::LoadState(*parts.store);
  if (state) {
    begun_ = state->job.has_value();
  } else {
    faults.push_back(InDirectory(std::move(state.error()), plan_.home));
  }
}

void RunningJob::ConnectSides(Parts& parts, std::vector<Error>& faults) {
  for (const auto& [endpoint, clients] :
       {std::pair{&plan_.source, &parts.source}, std::pair{&plan_.target, &parts.target}}) {
    auto made = EndpointClients::Make(*endpoint, plan_.settings.job.settle, shared_.environment,
                                      shared_.clock, calls_);
    if (made) {
      *clients = std::move(*made);
    } else {
      faults.push_back(std::move(made.error()));
    }
  }
}

void RunningJob::AddRoutes(metrics::HttpServer& server, const std::string& prefix) {
  AddJobRoutes(server, prefix,
               {.status = [this] { return Status(); },
                .checkpoint = [this] { return Checkpoint(); },
                .history = [this] { return HistoryToJson(history_.Looks(), shared_.clock.Now()); },
                .family = [this] { return Family(); }});
  AddControls(server, prefix,
              {.job = [this] { return job(); },
               .status = [this] { return Status(); },
               .stop = [this] { AskToStop(); }});
  AddVerifyRoutes(server, prefix,
                  {.status = [this] { return Status(); },
                   .begin = [this](const VerifyRequest& request) { return Verify(request); },
                   .stop =
                       [this] {
                         if (const auto held = open()) held->verification().Stop();
                       },
                   .look = [this] { return Verified(limits::kMostDifferencesListed); }});
  AddCutoverRoutes(server, prefix, Cutover());
  AddPage(server, prefix);
}

Result<void> RunningJob::LeaveCard(ApiAddress where) {
  where.job_id = plan_.home.job_id;
  where.path = JobPath(plan_.home.job_id);
  return parts()->card.Leave(plan_.home.ApiFile(), where);
}

replicator::JobOptions RunningJob::Options() const {
  replicator::JobOptions options = plan_.settings.job;
  options.processor_time = ProcessorTime;
  options.accounts = &shared_.accounts;
  return options;
}

std::vector<Error> RunningJob::Look() {
  const std::shared_ptr<Parts> held = parts();
  return WithHints(
      Job::Look(Options(), held->source->Side(), held->target->Side(), *held->store, shared_.clock),
      plan_);
}

std::vector<Error> RunningJob::Open() {
  const std::shared_ptr<Parts> held = parts();
  auto opened = OpenJob::Make({.plan = plan_,
                               .options = Options(),
                               .source = held->source->Side(),
                               .target = held->target->Side(),
                               .store = *held->store,
                               .executor = shared_.executor,
                               .log_as = log_as_,
                               .clock = shared_.clock});
  if (!opened) return WithHints(std::move(opened.error()), plan_);
  // Whoever holds it holds the clients and the store below it.
  std::shared_ptr<OpenJob> shared((*opened).release(), [held](OpenJob* ending) { delete ending; });
  MutexLock lock(mutex_);
  open_ = std::move(shared);
  return {};
}

void RunningJob::Reopen() {
  Log(LogLevel::kInfo, "reopening", Status().reason);
  VerifyLook verified = Verified(limits::kMostDifferencesListed);
  CutoverLook cutover = LookAtCutover();
  std::shared_ptr<OpenJob> before;
  {
    MutexLock lock(mutex_);
    before.swap(open_);
    last_cutover_ = std::move(cutover);  // who follows it asks meanwhile, too
    looked_at_ = shared_.clock.Now();
    if (verified.run > 0) last_verified_ = std::move(verified);
  }
  before->End();
  before.reset();
  if (const std::vector<Error> faults = Open(); !faults.empty()) return GiveUp(faults);
  const std::shared_ptr<OpenJob> held = open();
  if (const Result<void> started = held->Start(); !started) {
    return EndAsFailed(ToString(started.error()));
  }
  if (stopping_) held->Stop();
}

Result<void> RunningJob::Verify(const VerifyRequest& request) {
  const auto held = open();
  if (!held) return Fail(ErrorCode::kConflict, "the job ends; the start command resumes it");
  return held->verification().Begin(request);
}

CutoverSources RunningJob::Cutover() {
  const auto with = [this](auto act) -> Result<void> {
    const auto held = open();
    if (held) return act(held->cutover());
    return Fail(ErrorCode::kConflict, "the job is being opened, or ends; ask again");
  };
  return {.status = [this] { return Status(); },
          .begin =
              [with](const cutover::Options& options) {
                return with([&](JobCutover& cutover) { return cutover.Begin(options); });
              },
          .confirm_frozen =
              [with] { return with([](JobCutover& cutover) { return cutover.ConfirmFrozen(); }); },
          .commit = [with] { return with([](JobCutover& cutover) { return cutover.Commit(); }); },
          .abort =
              [with](const std::string& reason) {
                return with([&](JobCutover& cutover) { return cutover.Abort(reason); });
              },
          .look = [this] { return LookAtCutover(); },
          .gates =
              [this](const cutover::Options& options) {
                const auto held = open();
                if (held) return held->cutover().Gates(options);
                return GatesLook{.job_id = plan_.home.job_id,
                                 .now = shared_.clock.WallNow(),
                                 .options = options,
                                 .gates = {{.name = "tail_healthy",
                                            .observed = "the job is being opened, or ends",
                                            .limit = "it follows the source",
                                            .fix = "ask again"}}};
              },
          .has_hook = !plan_.settings.cutover_hook.empty()};
}

CutoverLook RunningJob::LookAtCutover() const {
  if (const auto held = open()) return held->cutover().Look();
  const MutexLock lock(mutex_);
  CutoverLook look = last_cutover_;
  look.job_id = plan_.home.job_id;
  if (look.now == WallTime()) {
    look.now = shared_.clock.WallNow();
  } else {
    look.now += std::chrono::duration_cast<WallTime::duration>(shared_.clock.Now() - looked_at_);
  }
  return look;
}

VerifyLook RunningJob::Verified(size_t most) const {
  std::optional<VerifyLook> look;
  if (const auto held = open()) look = held->verification().Look(most);
  if (!look) {
    const MutexLock lock(mutex_);
    look = last_verified_;
  }
  if (!look) {
    look.emplace();
    look->job_id = plan_.home.job_id;
    look->status.phase = verify::Phase::kEnded;
    look->status.now = shared_.clock.WallNow();
  }
  if (look->differences.size() > most) look->differences.resize(most);
  return *std::move(look);
}

Result<void> RunningJob::Start() {
  executor_.Spawn(Lane::kControl, "history", HistoryTask(history_, [this] { return Status(); }));
  Result<void> started = open()->Start();
  if (!started) EndAsFailed(ToString(started.error()));
  return started;
}

void RunningJob::GiveUp(const std::vector<Error>& faults) {
  std::vector<std::string> reasons;
  for (const Error& fault : faults) {
    reasons.push_back(ToString(fault));
    Log(LogLevel::kError, "job_not_opened", reasons.back(), {{"job", plan_.home.job_id}});
  }
  const bool at_risk = ExitCodeOf(faults) == ExitCode::kDataAtRisk;
  EndAsFailed(fmt::format("{}", fmt::join(reasons, "; ")),
              at_risk ? Outcome::kDataAtRisk : Outcome::kFailed);
}

void RunningJob::EndAsFailed(std::string reason, Outcome outcome) {
  JobStatus status = Status();
  status.state = JobState::kFailed;
  status.reason = std::move(reason);
  if (status.source_arn.empty()) status.source_arn = plan_.source.table;
  if (status.target_arn.empty()) status.target_arn = plan_.target.table;
  MutexLock lock(mutex_);
  last_look_ = std::move(status);
  looked_at_ = shared_.clock.Now();
  ended_ = outcome;
}

void RunningJob::Stop() {
  stopping_ = true;
  if (const auto held = open()) held->Stop();
}

void RunningJob::Tend() {
  if (const auto held = open()) held->Tend();
}

bool RunningJob::WantsReopening() const {
  const auto held = open();
  return held && held->Ended() == Outcome::kRestart;
}

std::optional<Outcome> RunningJob::Ended() const {
  {
    MutexLock lock(mutex_);
    if (ended_) return ended_;
  }
  const auto held = open();
  const std::optional<Outcome> ended = held ? held->Ended() : std::nullopt;
  return ended == Outcome::kRestart ? std::nullopt : ended;
}

void RunningJob::Release() {
  const std::optional<Outcome> ended = Ended();
  DDBSYNC_CHECK(ended.has_value());
  const std::shared_ptr<OpenJob> running = open();
  if (running) running->verification().End();
  JobStatus status = Status();
  VerifyLook verified = Verified(limits::kMostDifferencesListed);
  CutoverLook cutover = LookAtCutover();
  std::shared_ptr<Parts> held;
  std::shared_ptr<OpenJob> opened;
  {
    MutexLock lock(mutex_);
    ended_ = ended;
    last_verified_ = std::move(verified);
    last_cutover_ = std::move(cutover);
    last_look_ = std::move(status);
    looked_at_ = shared_.clock.Now();
    held.swap(parts_);
    opened.swap(open_);
  }
  if (opened) opened->End();
  executor_.Close();
}

JobStatus RunningJob::Status() const {
  JobStatus status;
  if (const auto running = job()) {
    status = running->Status();
  } else {
    status.job_id = plan_.home.job_id;
    status.reason = "looking at the tables and the checkpoint";
    status.started_at = started_at_;
    status.now = shared_.clock.WallNow();
  }
  MutexLock lock(mutex_);
  if (last_look_) {
    // By the services' clock, which the machine's may be minutes off.
    status = replicator::Later(*last_look_, shared_.clock.Now() - looked_at_);
  }
  if (status.version.empty()) status.version = DDBSYNC_VERSION;
  return status;
}

void RunningJob::WriteMetrics(metrics::Samples& samples) const {
  const metrics::Labels labels = {{"job_id", plan_.home.job_id}};
  const JobStatus status = Status();
  WriteJobMetrics(status, samples, labels);
  if (const auto running = job()) {
    running->apply_delay().WriteTo(samples, metrics::kRecordApplyDelaySeconds, labels);
    if (WantsShardMetrics(plan_.settings.shard_metrics, status)) {
      WriteShardMetrics(running->Shards(), status.now, samples, labels);
    }
  }
  if (const VerifyLook verified = Verified(0); verified.run > 0) {
    WriteVerifyMetrics(verified, samples, labels);
  }
  const auto held = open();
  const std::optional<GatesLook> gates = held ? held->cutover().LastGates() : std::nullopt;
  WriteCutoverMetrics(LookAtCutover(), gates.value_or(GatesLook{}), samples, labels);
  calls_.WriteTo(samples, labels);
}

Result<checkpoint::State> RunningJob::Checkpoint() const {
  const std::shared_ptr<Parts> held = parts();
  if (!held) {
    return Fail(ErrorCode::kNotFound,
                "the job has ended; `ddbsync checkpoint show` reads its checkpoint from the disk");
  }
  // Given up because of it, and not released yet.
  if (held->store == nullptr) {
    return Fail(ErrorCode::kNotFound,
                "the job's checkpoint could not be opened; its status says why");
  }
  return checkpoint::LoadState(*held->store);
}

streams::ShardFamily RunningJob::Family() const {
  const auto running = job();
  return running ? running->Family(limits::kMostShardsDrawn) : streams::ShardFamily();
}

}  // namespace ddbsync::cli
