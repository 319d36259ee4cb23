#include "cli/reverse.h"

#include <filesystem>
#include <utility>

#include "checkpoint/leveldb_store.h"
#include "checkpoint/records.h"
#include "cli/state_directory.h"

namespace ddbsync::cli {
namespace {

Result<checkpoint::CutoverRecord> CommittedCutover(const JobHome& home) {
  std::error_code gone;
  if (!std::filesystem::exists(home.StoreDirectory(), gone)) {
    return Fail(ErrorCode::kNotFound,
                "there is no job " + home.job_id + " in " + home.directory + " to go back from");
  }
  auto store = checkpoint::OpenLevelDbStore(home.StoreDirectory(), /*create=*/false, nullptr);
  // Both at once would write to each other's source.
  if (!store) return std::unexpected(WithHolder(std::move(store.error()), home));
  auto state = checkpoint::LoadState(**store);
  if (!state) return std::unexpected(std::move(state.error()));
  const auto& cutover = state->cutover;
  if (!cutover || !checkpoint::IsCommitted(*cutover)) {
    return Fail(
        ErrorCode::kConflict,
        "no cut-over of job " + home.job_id +
            " is committed: its source is the live table, there is nothing to go back from");
  }
  if (cutover->target_stream_arn.empty()) {
    return Fail(ErrorCode::kConflict,
                "the cut-over of job " + home.job_id +
                    " prepared no way back (`cutover run --reverse` does): what was written to the "
                    "target since may be in no stream. Copy it back as a job of its own, into an "
                    "empty table");
  }
  return *cutover;
}

}  // namespace

std::vector<Error> TurnRound(RunPlan& plan) {
  if (plan.choice || plan.jobs.size() != 1) {
    return {{ErrorCode::kInvalid,
             "`reverse` goes back from one job: name it with --src and --dst, as it was started"}};
  }
  JobPlan& job = plan.jobs.front();
  const auto cutover = CommittedCutover(job.home);
  if (!cutover) return {cutover.error()};
  std::swap(job.source, job.target);
  job.source.label = "source " + job.source.table;
  job.target.label = "target " + job.target.table;
  std::swap(job.settings.src, job.settings.dst);
  job.home.job_id += "-reverse";
  job.home.directory += "-reverse";
  job.settings.job.job_id = job.home.job_id;
  job.settings.job.phases = replicator::Phases::kTailOnly;
  job.settings.job.since = cutover->reverse_start;
  job.settings.job.stream_arn = cutover->target_stream_arn;
  return {};
}

}  // namespace ddbsync::cli
