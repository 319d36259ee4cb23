#include "cli/reverse.h"

#include <fmt/format.h>

#include <filesystem>
#include <string_view>
#include <utility>

#include "checkpoint/records.h"
#include "cli/meant_job.h"
#include "cli/state_directory.h"

namespace ddbsync::cli {
namespace {

/// False: there certainly is none. What cannot be looked at is not taken for that.
Result<bool> HasCheckpoint(const JobHome& home) {
  std::error_code failed;
  const std::filesystem::directory_iterator files(home.StoreDirectory(), failed);
  if (!failed) return true;
  if (failed == std::errc::no_such_file_or_directory || failed == std::errc::not_a_directory) {
    return false;
  }
  return Fail(ErrorCode::kDenied,
              "The checkpoint in " + home.StoreDirectory() +
                  " cannot be read: " + failed.message() +
                  ". See that the directory belongs to the user who runs ddbsync, or name another "
                  "with --state.");
}

/// Of a job that no process runs; none: it has not begun.
Result<std::optional<checkpoint::State>> LoadStopped(const JobHome& home) {
  const auto there = HasCheckpoint(home);
  if (!there) return std::unexpected(there.error());
  if (!*there) return std::nullopt;
  auto store = OpenStoppedStore(home);
  // Its first open was cut short.
  if (!store && store.error().code == ErrorCode::kNotFound) return std::nullopt;
  // Both at once would write to each other's source.
  if (!store) return std::unexpected(WithHolder(std::move(store.error()), home));
  auto state = checkpoint::LoadState(**store);
  if (!state) return std::unexpected(InDirectory(std::move(state.error()), home));
  return *std::move(state);
}

bool IsCommitted(const std::optional<checkpoint::State>& state) {
  return state && state->cutover && checkpoint::IsCommitted(*state->cutover);
}

Result<checkpoint::CutoverRecord> CommittedCutover(const JobHome& home) {
  auto state = LoadStopped(home);
  if (!state) return std::unexpected(std::move(state.error()));
  if (!*state) {
    return Fail(ErrorCode::kNotFound,
                "there is no job " + home.job_id + " in " + home.directory + " to go back from");
  }
  if (!IsCommitted(*state)) {
    return Fail(
        ErrorCode::kConflict,
        "no cut-over of job " + home.job_id +
            " is committed: its source is the live table, there is nothing to go back from");
  }
  return *(*state)->cutover;
}

bool HasOwnDirectory(const JobPlan& job) {
  return !job.settings.state.empty() && job.home.directory == job.settings.state;
}

/// A command on the job, as a person types it.
std::string Typed(std::string_view command, const JobPlan& job) {
  const std::string flags = JobFlags(job.settings, job.home);
  return fmt::format("`ddbsync {}{}{}`", command, flags.empty() ? "" : " ", flags);
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
  if (!HasWayBack(*cutover)) {
    return {{ErrorCode::kConflict,
             "the cut-over of job " + job.home.job_id +
                 " prepared no way back (`cutover run --reverse` does): what was written to the "
                 "target since may be in no stream. Copy it back as a job of its own, into an "
                 "empty table"}};
  }
  std::swap(job.source, job.target);
  job.source.label = "source " + job.source.table;
  job.target.label = "target " + job.target.table;
  std::swap(job.settings.src, job.settings.dst);
  const bool own_directory = HasOwnDirectory(job);
  job.home = WayBackHome(job.home, own_directory);
  if (own_directory) job.settings.state = job.home.directory;
  job.settings.job_name = job.home.job_id;
  replicator::JobOptions& options = job.settings.job;
  options.job_id = job.home.job_id;
  options.phases = replicator::Phases::kTailOnly;
  options.since = cutover->reverse_start;
  options.stream_arn = cutover->target_stream_arn;
  // It was the forward job that was asked for these. Nothing here copies, makes or empties a table.
  options.create_target = options.enable_stream = options.mirror = false;
  if (options.on_gap == replicator::OnGap::kResync) options.on_gap = replicator::OnGap::kHold;
  return {};
}

Result<std::optional<checkpoint::CutoverRecord>> FindCommitted(const RunPlan& plan) {
  if (plan.choice || plan.jobs.size() != 1) return std::nullopt;
  auto state = LoadStopped(plan.jobs.front().home);
  if (!state) return std::unexpected(std::move(state.error()));
  if (!IsCommitted(*state)) return std::nullopt;
  return *(*state)->cutover;
}

bool HasWayBack(const checkpoint::CutoverRecord& committed) {
  return !committed.target_stream_arn.empty();
}

bool HasWayBack(const cutover::Status& status) {
  return status.number > 0 && status.step == cutover::Step::kDone && status.reverse_start;
}

JobHome WayBackHome(const JobHome& home, bool own_directory) {
  return {home.job_id + "-reverse", home.directory + (own_directory ? "/reverse" : "-reverse")};
}

std::string LeftOfCutover(const cutover::Status& status, const JobPlan& job, bool alone) {
  if (HasWayBack(status)) {
    return "the cut-over is done, and nothing follows its way back yet: " + ReverseCommand(job);
  }
  const bool finished =
      status.number == 0 || !cutover::Committed(status.step) || status.step == cutover::Step::kDone;
  if (finished) return "";
  const std::string left =
      "the cut-over is committed and stays so, and what comes after it is not finished: ";
  const std::string finish = Typed("cutover commit", job);
  if (status.target_stream_arn.empty()) return left + finish;
  const std::string by_hand = finish + ", then " + ReverseCommand(job);
  if (!alone) return left + by_hand;
  return left + "the same command does that and goes on with the way back; by hand " + by_hand;
}

std::string ReverseCommand(const JobPlan& job) {
  return Typed("reverse", job);
}

}  // namespace ddbsync::cli
