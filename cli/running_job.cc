#include "cli/running_job.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <filesystem>
#include <utility>

#include "base/log.h"
#include "checkpoint/leveldb_store.h"
#include "cli/api.h"
#include "cli/control.h"
#include "cli/endpoint_clients.h"
#include "cli/job_metrics.h"
#include "cli/limits.h"
#include "cli/page.h"

namespace ddbsync::cli {
namespace {

using replicator::Job;
using replicator::JobState;
using replicator::JobStatus;
using replicator::Outcome;

/// A place that may not be used is a wrong setting; anything else is the disk's.
Error DirectoryFault(const std::string& directory, const std::error_code& reason) {
  const bool forbidden = reason == std::errc::permission_denied ||
                         reason == std::errc::operation_not_permitted ||
                         reason == std::errc::read_only_file_system ||
                         reason == std::errc::not_a_directory || reason == std::errc::file_exists;
  return {forbidden ? ErrorCode::kDenied : ErrorCode::kIo,
          fmt::format("cannot use {} as the state directory: {}; choose another with --state",
                      directory, reason.message())};
}

/// Says who holds the state, when that process has left its card.
Error WithHolder(Error locked, const JobHome& home) {
  if (locked.code != ErrorCode::kConflict) return locked;
  const auto holder = ReadApiFile(home.ApiFile());
  if (!holder) return locked;
  locked.message = fmt::format(
      "another ddbsync (process {}) runs this job: look at it with `ddbsync status --state {}`, "
      "stop it with "
      "`kill {}`, or name another job with --job",
      holder->pid, home.directory, holder->pid);
  return locked;
}

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

/// api.json, as long as it is ours.
class Card {
 public:
  Card() = default;
  ~Card() {
    if (!path_.empty()) RemoveApiFile(path_);
  }
  Card(const Card&) = delete;
  Card& operator=(const Card&) = delete;

  Result<void> Leave(const std::string& path, const ApiAddress& address) {
    const Result<void> written = WriteApiFile(path, address);
    if (written) path_ = path;
    return written;
  }

 private:
  std::string path_;  ///< empty: none is left
};

}  // namespace

/// What a job holds until it is released, in the order of building: what is declared later uses
/// what is declared earlier and goes first.
struct RunningJob::Parts {
  Card card;
  std::unique_ptr<EndpointClients> source, target;
  std::unique_ptr<checkpoint::Store> store;
  std::unique_ptr<Job> job;
  /// job as other threads may see it; null until it is open.
  std::atomic<Job*> visible_job{nullptr};
};

RunningJob::RunningJob(const JobPlan& plan, std::string log_as, const SharedParts& shared)
    : plan_(plan),
      shared_(shared),
      started_at_(shared.clock.WallNow()),
      parts_(std::make_shared<Parts>()),
      executor_(shared.executor, std::move(log_as)) {}

RunningJob::~RunningJob() = default;

std::shared_ptr<RunningJob::Parts> RunningJob::parts() const {
  MutexLock lock(mutex_);
  return parts_;
}

std::shared_ptr<Job> RunningJob::job() const {
  const std::shared_ptr<Parts> held = parts();
  if (!held) return nullptr;
  return {held, held->visible_job.load()};
}

std::vector<Error> RunningJob::Prepare() {
  std::vector<Error> faults;
  const std::shared_ptr<Parts> held = parts();
  OpenStore(*held, faults);
  ConnectSides(*held, faults);
  return faults;
}

void RunningJob::OpenStore(Parts& parts, std::vector<Error>& faults) {
  std::error_code failed;
  const std::filesystem::path directory = plan_.home.directory;
  std::filesystem::create_directories(directory, failed);
  if (!failed && access(directory.c_str(), W_OK | X_OK) != 0) {
    failed = std::error_code(errno, std::generic_category());
  }
  if (failed) {
    faults.push_back(DirectoryFault(directory.string(), failed));
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
    state.error().message += " (in " + plan_.home.directory + ")";
    faults.push_back(std::move(state.error()));
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
  auto job = Job::Open(Options(), held->source->Side(), held->target->Side(), *held->store,
                       executor_, shared_.clock);
  if (!job) return WithHints(std::move(job.error()), plan_);
  held->job = std::move(*job);
  held->visible_job = held->job.get();
  return {};
}

Result<void> RunningJob::Start() {
  executor_.Spawn(Lane::kControl, "history", HistoryTask(history_, [this] { return Status(); }));
  Result<void> started = job()->Start();
  if (!started) EndAsFailed(ToString(started.error()));
  return started;
}

void RunningJob::GiveUp(const std::vector<Error>& faults) {
  std::vector<std::string> reasons;
  for (const Error& fault : faults) {
    reasons.push_back(ToString(fault));
    Log(LogLevel::kError, "job_not_opened", reasons.back(), {{"job", plan_.home.job_id}});
  }
  EndAsFailed(fmt::format("{}", fmt::join(reasons, "; ")));
}

void RunningJob::EndAsFailed(std::string reason) {
  JobStatus status = Status();
  status.state = JobState::kFailed;
  status.reason = std::move(reason);
  if (status.source_arn.empty()) status.source_arn = plan_.source.table;
  if (status.target_arn.empty()) status.target_arn = plan_.target.table;
  MutexLock lock(mutex_);
  last_look_ = std::move(status);
  ended_ = Outcome::kFailed;
}

void RunningJob::Stop() {
  if (const auto running = job()) running->Stop();
}

std::optional<Outcome> RunningJob::Ended() const {
  {
    MutexLock lock(mutex_);
    if (ended_) return ended_;
  }
  const auto running = job();
  return running ? running->Ended() : std::nullopt;
}

void RunningJob::Release() {
  const std::optional<Outcome> ended = Ended();
  DDBSYNC_CHECK(ended.has_value());
  JobStatus status = Status();
  std::shared_ptr<Parts> held;
  {
    MutexLock lock(mutex_);
    ended_ = ended;
    last_look_ = std::move(status);
    held.swap(parts_);
  }
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
    status = *last_look_;
    // It stands still while time goes on.
    status.now = shared_.clock.WallNow();
    if (status.tail.watermark) {
      status.tail.lag_seconds =
          std::max(0.0, std::chrono::duration<double>(status.now - *status.tail.watermark).count());
    }
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
