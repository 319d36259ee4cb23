#include "cli/lone_cutover.h"

#include <memory>
#include <utility>

#include "base/thread_executor.h"
#include "checkpoint/committer.h"
#include "checkpoint/ledger.h"
#include "checkpoint/records.h"
#include "cli/call_metrics.h"
#include "cli/endpoint_clients.h"
#include "cli/limits.h"
#include "cli/state_directory.h"
#include "cutover/cutover.h"

namespace ddbsync::cli {
namespace {

Result<std::unique_ptr<EndpointClients>> Connect(const JobPlan& plan, const Endpoint& endpoint,
                                                 const aws::Environment& environment, Clock& clock,
                                                 CallMetrics& calls) {
  return EndpointClients::Make(endpoint, plan.settings.job.settle, environment, clock, calls);
}

}  // namespace

Result<cutover::Status> FinishCutoverAlone(
    const JobPlan& plan, const aws::Environment& environment, Clock& clock,
    const std::function<bool(const CutoverLook& look)>& go_on) {
  auto store = OpenStoppedStore(plan.home);
  if (!store) return std::unexpected(WithHolder(std::move(store.error()), plan.home));
  const auto state = checkpoint::LoadState(**store);
  if (!state) return std::unexpected(state.error());
  if (!state->job || !state->cutover || !checkpoint::IsCommitted(*state->cutover)) {
    return Fail(ErrorCode::kConflict,
                "no process runs the job, and no cut-over of it is committed: start the job first");
  }
  CallMetrics calls;
  const auto source = Connect(plan, plan.source, environment, clock, calls);
  if (!source) return std::unexpected(source.error());
  const auto target = Connect(plan, plan.target, environment, clock, calls);
  if (!target) return std::unexpected(target.error());

  checkpoint::Ledger ledger;
  const auto cutover = std::make_shared<cutover::Cutover>(
      cutover::Cutover::Parts{.job_id = plan.home.job_id,
                              .source_arn = state->job->source_arn,
                              .target_arn = state->job->target_arn,
                              .schema = {},
                              .source = (*source)->Side(),
                              .target = (*target)->Side(),
                              .ledger = ledger,
                              .status = {},
                              .clock = clock},
      state->cutover);
  // The last: its threads end before anything else goes.
  ThreadExecutor executor(clock, {.max_threads_per_lane = 1});
  executor.Spawn(Lane::kCommit, "committer",
                 std::make_shared<checkpoint::Committer>(ledger, **store));
  executor.Spawn(Lane::kControl, "cut-over", cutover);
  while (true) {
    cutover::Status status = cutover->GetStatus();
    const CutoverLook look{.job_id = plan.home.job_id, .now = clock.WallNow(), .status = status};
    const bool wanted = go_on(look);
    if (status.step == cutover::Step::kDone && cutover->MayStop()) {
      executor.Stop();
      return status;
    }
    if (!wanted) {
      executor.Stop();
      return Fail(ErrorCode::kCancelled, "stopped; the same command finishes what is left");
    }
    clock.SleepFor(limits::kCutoverLookInterval);
  }
}

}  // namespace ddbsync::cli
