#include "cli/cutover_metrics.h"

#include <chrono>
#include <string>

#include "metrics/families.h"

namespace ddbsync::cli {

using cutover::Step;

void WriteCutoverMetrics(const CutoverLook& cutover, const GatesLook& gates,
                         metrics::Samples& samples, const metrics::Labels& labels) {
  const auto add = [&](const metrics::Family& family, double value, metrics::Labels more = {}) {
    more.insert(more.begin(), labels.begin(), labels.end());
    samples.Add(family, value, more);
  };
  add(metrics::kCutoverReady, gates.ready ? 1 : 0);
  for (const cutover::Gate& gate : gates.gates) {
    add(metrics::kCutoverGateOk, gate.ok ? 1 : 0, {{"gate", gate.name}});
  }
  for (int step = 0; step <= static_cast<int>(Step::kRolledBack); ++step) {
    const auto known = static_cast<Step>(step);
    const bool there = cutover.status.number > 0 && cutover.status.step == known;
    add(metrics::kCutoverStep, there ? 1 : 0, {{"step", std::string(ToString(known))}});
  }
  const Duration frozen = IsFrozen(cutover) ? FrozenFor(cutover) : Duration(0);
  add(metrics::kCutoverFrozenSeconds, std::chrono::duration<double>(frozen).count());
}

}  // namespace ddbsync::cli
