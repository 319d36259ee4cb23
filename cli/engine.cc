#include "cli/engine.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <filesystem>

#include "checkpoint/leveldb_store.h"
#include "checkpoint/records.h"
#include "cli/api.h"
#include "cli/api_file.h"
#include "cli/control.h"
#include "cli/job_metrics.h"
#include "cli/limits.h"
#include "cli/page.h"
#include "metrics/listen_address.h"

namespace ddbsync::cli {
namespace {

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

/// Of this process, all its threads together.
Duration ProcessorTime() {
  timespec used{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

}  // namespace

Engine::Engine(const RunPlan& plan, const aws::Environment& environment, Clock& clock)
    : plan_(plan),
      environment_(environment),
      clock_(clock),
      started_at_(clock.WallNow()),
      executor_(clock, {.max_threads_per_lane = plan.settings.io_threads}) {}

Engine::~Engine() {
  // Nothing may look at the job, then nothing may run in it, before it goes.
  server_.Stop();
  if (card_left_) RemoveApiFile(plan_.home.ApiFile());
  executor_.Stop();
}

std::expected<void, std::vector<Error>> Engine::Open() {
  std::vector<Error> faults;
  OpenStore(faults);
  ConnectSides(faults);
  // A second start of a running job would also find its port taken; the lock is the truth of it.
  if (faults.empty()) Serve(faults);
  // Before the tables are looked at, which may take minutes: `status` finds this process meanwhile.
  if (faults.empty()) LeaveCard(faults);
  if (!faults.empty()) return std::unexpected(std::move(faults));

  replicator::JobOptions options = plan_.settings.job;
  options.processor_time = ProcessorTime;
  auto job = replicator::Job::Open(std::move(options), source_->Side(), target_->Side(), *store_,
                                   executor_, clock_);
  if (!job) return std::unexpected(std::move(job.error()));
  job_ = std::move(*job);
  visible_job_ = job_.get();
  return {};
}

void Engine::LeaveCard(std::vector<Error>& faults) {
  const auto absolute = [](const std::string& path) {
    return path.empty() ? path : std::filesystem::absolute(path).string();
  };
  const auto written =
      WriteApiFile(plan_.home.ApiFile(), {.job_id = plan_.home.job_id,
                                          .address = metrics::LocalAddress(server_.address()),
                                          .pid = static_cast<int>(getpid()),
                                          .token_file = absolute(plan_.settings.token_file),
                                          .certificate = absolute(plan_.settings.tls_cert)});
  card_left_ = written.has_value();
  if (!written) faults.push_back(written.error());
}

void Engine::OpenStore(std::vector<Error>& faults) {
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
  store_ = std::move(*store);
  if (auto state = checkpoint::LoadState(*store_); !state) {
    state.error().message += " (in " + plan_.home.directory + ")";
    faults.push_back(std::move(state.error()));
  }
}

void Engine::ConnectSides(std::vector<Error>& faults) {
  for (const auto& [endpoint, clients] :
       {std::pair{&plan_.source, &source_}, std::pair{&plan_.target, &target_}}) {
    auto made =
        EndpointClients::Make(*endpoint, plan_.settings.job.settle, environment_, clock_, calls_);
    if (made) {
      *clients = std::move(*made);
    } else {
      faults.push_back(std::move(made.error()));
    }
  }
}

void Engine::Serve(std::vector<Error>& faults) {
  const metrics::Labels labels = {{"job_id", plan_.home.job_id}};
  exposition_.Register([this, labels](metrics::Samples& samples) {
    const replicator::JobStatus status = Status();
    WriteJobMetrics(status, samples, labels);
    if (const replicator::Job* job = visible_job_.load()) {
      job->apply_delay().WriteTo(samples, metrics::kRecordApplyDelaySeconds, labels);
      if (WantsShardMetrics(plan_.settings.shard_metrics, status)) {
        WriteShardMetrics(job->Shards(), status.now, samples, labels);
      }
    }
    calls_.WriteTo(samples, labels);
  });
  AddRoutes(server_, {.status = [this] { return Status(); },
                      .checkpoint = [this] { return checkpoint::LoadState(*store_); },
                      .metrics = [this] { return exposition_.Text(); },
                      .history = [this] { return HistoryToJson(history_.Looks(), clock_.Now()); },
                      .family = [this] { return Family(); }});
  AddPage(server_);
  AddControls(server_, {.job = [this] { return visible_job_.load(); },
                        .status = [this] { return Status(); },
                        .stop = [this] { stop_asked_ = true; }});
  if (auto started = server_.Start(plan_.settings.listen, plan_.access); !started) {
    faults.push_back(std::move(started.error()));
    return;
  }
  executor_.Spawn(Lane::kControl, "history", HistoryTask(history_, [this] { return Status(); }));
}

streams::ShardFamily Engine::Family() const {
  const replicator::Job* job = visible_job_;
  return job == nullptr ? streams::ShardFamily() : job->Family(limits::kMostShardsDrawn);
}

std::string Engine::url() const {
  return (plan_.access.identity ? "https://" : "http://") +
         metrics::LocalAddress(server_.address()) + "/";
}

replicator::JobStatus Engine::Status() const {
  replicator::JobStatus status;
  if (const replicator::Job* job = visible_job_) {
    status = job->Status();
  } else {
    status.job_id = plan_.home.job_id;
    status.reason = "looking at the tables and the checkpoint";
    status.started_at = started_at_;
    status.now = clock_.WallNow();
  }
  if (status.version.empty()) status.version = DDBSYNC_VERSION;
  return status;
}

}  // namespace ddbsync::cli
