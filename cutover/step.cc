#include "cutover/step.h"

#include <array>
#include <utility>

namespace ddbsync::cutover {
namespace {

// Kept in checkpoints: never renamed.
constexpr std::array<std::pair<Step, std::string_view>, 12> kNames = {{
    {Step::kPreparing, "preparing"},
    {Step::kFreezing, "freezing"},
    {Step::kSealing, "sealing"},
    {Step::kDraining, "draining"},
    {Step::kComparing, "comparing"},
    {Step::kReady, "ready"},
    {Step::kCommitted, "committed"},
    {Step::kDone, "done"},
    {Step::kRestoring, "restoring"},
    {Step::kThawing, "thawing"},
    {Step::kCatchingUp, "catching_up"},
    {Step::kRolledBack, "rolled_back"},
}};

}  // namespace

std::string_view ToString(Step step) {
  for (const auto& [known, name] : kNames) {
    if (known == step) return name;
  }
  return "unknown";
}

std::optional<Step> StepFromString(std::string_view text) {
  for (const auto& [step, name] : kNames) {
    if (name == text) return step;
  }
  return std::nullopt;
}

bool Ended(Step step) {
  return step == Step::kDone || step == Step::kRolledBack;
}

bool Committed(Step step) {
  return step == Step::kCommitted || step == Step::kDone;
}

bool TakesBack(Step step) {
  return step == Step::kRestoring || step == Step::kThawing || step == Step::kCatchingUp ||
         step == Step::kRolledBack;
}

bool Frozen(Step step) {
  switch (step) {
    case Step::kFreezing:
    case Step::kSealing:
    case Step::kDraining:
    case Step::kComparing:
    case Step::kReady:
    case Step::kRestoring:
    case Step::kThawing:
      return true;
    default:
      return false;
  }
}

}  // namespace ddbsync::cutover
