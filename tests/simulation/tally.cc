#include "tests/simulation/tally.h"

#include <fmt/format.h>

namespace ddbsync::simulation {
namespace {

std::string Told(const std::map<cutover::Step, int>& steps) {
  std::string text;
  for (const auto& [step, count] : steps) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", ToString(step), count);
  }
  return text.empty() ? "none" : text;
}

}  // namespace

void Tally::Add(uint64_t seed, const Scenario& scenario, const Verdict& verdict) {
  ++histories;
  changes += verdict.changes;
  writes += verdict.writes;
  starts += static_cast<uint64_t>(verdict.starts);
  gaps += verdict.gap ? 1 : 0;
  verifications += static_cast<uint64_t>(verdict.verifications);
  long_ones += scenario.is_long ? 1 : 0;
  simulated += verdict.simulated;
  if (verdict.violation) violations.emplace(seed, *verdict.violation);
}

void Tally::Add(uint64_t seed, const CutoverVerdict& verdict) {
  ++histories;
  changes += verdict.changes;
  starts += static_cast<uint64_t>(verdict.starts);
  committed += verdict.committed ? 1 : 0;
  reversed += static_cast<uint64_t>(verdict.reversed);
  comparisons += static_cast<uint64_t>(verdict.comparisons);
  strays += static_cast<uint64_t>(verdict.strays);
  for (const auto& [step, count] : verdict.taken_back) taken_back[step] += count;
  for (const auto& [step, count] : verdict.crashes) crashes[step] += count;
  simulated += verdict.simulated;
  if (verdict.violation) violations.emplace(seed, *verdict.violation);
}

std::string Told(const Tally& tally, bool cutovers) {
  if (!cutovers) {
    return fmt::format(
        "{} of them of 60 hours; {} changes, {} writes, {} starts, {} true gaps, {} verifications, "
        "{:.0f} simulated hours",
        tally.long_ones, tally.changes, tally.writes, tally.starts, tally.gaps, tally.verifications,
        tally.simulated.count());
  }
  return fmt::format(
      "{} committed, of which {} went back by reverse; taken back from: {}; processes ended at: "
      "{}; "
      "{} stray writes, {} comparisons, {} changes, {} starts, {:.0f} simulated hours",
      tally.committed, tally.reversed, Told(tally.taken_back), Told(tally.crashes), tally.strays,
      tally.comparisons, tally.changes, tally.starts, tally.simulated.count());
}

}  // namespace ddbsync::simulation
