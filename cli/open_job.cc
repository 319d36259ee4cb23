#include "cli/open_job.h"

#include <algorithm>
#include <utility>

#include "base/limits.h"
#include "checkpoint/leveldb_store.h"
#include "checkpoint/records.h"
#include "cli/limits.h"

namespace ddbsync::cli {

using replicator::Job;

namespace {

std::shared_ptr<verify::ExtrasRemoval> MakeRemoval(const OpenJob::Parts& parts, Executor& executor,
                                                   Job& job) {
  size_t memory = parts.options.memory_bytes;
  if (memory == 0) memory = ddbsync::limits::kDefaultMemoryBytes;
  const auto open =
      [directory =
           parts.plan.home.RemovalDirectory()]() -> Result<std::shared_ptr<checkpoint::Store>> {
    auto store = checkpoint::OpenLevelDbStore(directory, /*create=*/true, nullptr);
    if (!store) return std::unexpected(std::move(store.error()));
    return std::shared_ptr<checkpoint::Store>(*std::move(store));
  };
  return std::make_shared<verify::ExtrasRemoval>(
      verify::ExtrasRemoval::Parts{.executor = executor,
                                   .source = parts.source,
                                   .target = parts.target,
                                   .job = job,
                                   .open_store = open,
                                   .memory_bytes = memory / limits::kVerifyPartOfMemory,
                                   .settle = parts.options.settle,
                                   .clock = parts.clock});
}

}  // namespace

OpenJob::OpenJob(Executor& executor, std::string log_as, Clock& clock)
    : clock_(clock), executor_(executor, std::move(log_as)) {}

std::expected<std::unique_ptr<OpenJob>, std::vector<Error>> OpenJob::Make(const Parts& parts) {
  std::unique_ptr<OpenJob> made(new OpenJob(parts.executor, parts.log_as, parts.clock));
  auto job = Job::Open(parts.options, parts.source, parts.target, parts.store, made->executor_,
                       parts.clock);
  if (!job) return std::unexpected(std::move(job.error()));
  // It was read just now, by the job.
  auto state = checkpoint::LoadState(parts.store);
  if (!state) return std::unexpected(std::vector{std::move(state.error())});
  made->job_ = *std::move(job);
  Job* const opened = made->job_.get();
  const JobHome& home = parts.plan.home;
  const size_t memory = parts.options.memory_bytes;
  made->verification_ = std::make_unique<JobVerification>(JobVerification::Parts{
      .job_id = home.job_id,
      .directory = home.VerificationDirectory(),
      .executor = made->executor_,
      .source = parts.source,
      .target = parts.target,
      .copy = opened->live_copy(),
      .changes_per_second = [opened] { return opened->Status().tail.records_per_second; },
      .memory_bytes = memory > 0 ? memory : ddbsync::limits::kDefaultMemoryBytes,
      .processors = parts.options.processors,
      .settle = parts.options.settle,
      .clock = parts.clock});
  made->cutover_ =
      std::make_unique<JobCutover>(JobCutover::Parts{.job_id = home.job_id,
                                                     .executor = made->executor_,
                                                     .source = parts.source,
                                                     .target = parts.target,
                                                     .job = *opened,
                                                     .verification = *made->verification_,
                                                     .found = std::move(state->cutover),
                                                     .hook = parts.plan.settings.cutover_hook,
                                                     .clock = parts.clock});
  made->removal_ = MakeRemoval(parts, made->executor_, *opened);
  return made;
}

OpenJob::~OpenJob() {
  executor_.Close();
}

Result<void> OpenJob::Start() {
  Result<void> started = job_->Start();
  if (!started) return started;
  cutover_->Start();
  if (job_->resync().under_way()) {
    executor_.Spawn(Lane::kControl, "removal of extra rows", removal_);
  }
  return started;
}

void OpenJob::Stop() {
  if (!stop_asked_) stop_asked_at_ = clock_.Now();
  stop_asked_ = true;
  verification_->Stop();
  std::ignore = cutover_->Abort("the job was asked to stop");
  Tend();
}

void OpenJob::Tend() {
  if (!stop_asked_ && !cutover_->Done()) return;
  // What is left after that, the next start takes back.
  const bool patient = stop_asked_at_.load() > clock_.Now() - limits::kTakeBackPatience;
  if (patient && !cutover_->MayStop()) return;
  if (!job_stopped_.exchange(true)) job_->Stop();
}

std::optional<replicator::Outcome> OpenJob::Ended() const {
  const auto ended = job_->Ended();
  if (!ended || cutover_->MayStop()) return ended;
  const TimePoint now = clock_.Now();
  const MutexLock lock(mutex_);
  if (!ended_since_) ended_since_ = now;
  const TimePoint since = std::min(*ended_since_, stop_asked_at_.load());
  return now < since + limits::kTakeBackPatience ? std::nullopt : ended;
}

void OpenJob::End() {
  verification_->End();
  executor_.Close();
}

}  // namespace ddbsync::cli
