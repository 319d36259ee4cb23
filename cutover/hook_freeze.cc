// Freezes that people and their commands carry out.
#include <fmt/format.h>

#include "cutover/freeze.h"
#include "cutover/limits.h"

namespace ddbsync::cutover {

Progress HookFreeze::Run(const std::string& action, TimePoint now) {
  if (running_ != action) {
    if (!running_.empty()) hook_.Kill();
    Hook::Variables variables = variables_;
    variables.emplace_back("DDBSYNC_CUTOVER_ACTION", action);
    if (auto begun = hook_.Begin(variables); !begun) {
      return Progress::Failed("cannot run the cut-over's hook: " + ToString(begun.error()));
    }
    running_ = action;
    began_ = now;
    return Progress::Wait(limits::kHookLook, "the hook runs: " + action);
  }
  const Hook::Look look = hook_.LookAtIt();
  if (!look.ended) {
    if (now < began_ + limits::kHookPatience) {
      return Progress::Wait(limits::kHookLook, "the hook runs: " + action);
    }
    hook_.Kill();
    running_.clear();
    return Progress::Failed("the hook did not end within its time: " + action);
  }
  running_.clear();
  if (look.code == 0) return Progress::Done();
  return Progress::Failed(fmt::format("the hook ended with {} at {}{}{}", look.code, action,
                                      look.output.empty() ? "" : ": ", look.output));
}

Progress HookFreeze::Lift(TimePoint now) {
  Progress progress = Run("thaw", now);
  if (progress.kind != Progress::Kind::kFailed) return progress;
  return Progress::Wait(limits::kThawRetry,
                        progress.text + "; writers may still be stopped. It is run again");
}

Progress ManualFreeze::Engage(TimePoint) {
  if (confirmed_) return Progress::Done();
  return Progress::Wait(limits::kConfirmLook,
                        "somebody stops all writers and says so: `ddbsync cutover frozen`");
}

}  // namespace ddbsync::cutover
