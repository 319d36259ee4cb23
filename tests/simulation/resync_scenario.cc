#include "tests/simulation/resync_scenario.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "tests/simulation/dice.h"

namespace ddbsync::simulation {
namespace {

using namespace std::chrono_literals;

constexpr uint64_t kSeed = 0x4e5c;  // keeps its numbers apart from the others'
constexpr uint64_t kStepsOfACrash = 2000;

double Seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace

ResyncScenario DrawResync(uint64_t seed) {
  // The histories of 60 hours are another's.
  const uint64_t like = seed % Scenario::kLongEvery == 0 ? seed + 1 : seed;
  ResyncScenario scenario;
  scenario.history = Draw(like);
  Dice dice(seed ^ kSeed);
  Scenario& history = scenario.history;
  history.job.on_gap = replicator::OnGap::kResync;
  history.job.enable_stream = dice.Chance(0.2);
  history.job.most_extra = {.share = 1};
  history.job.mirror = dice.Chance(0.5);
  history.stream_outage = false;
  history.target_outage = fake::FaultKind::kNone;
  history.writing = dice.Between(40s, 4min);
  if (history.job.mirror) scenario.strangers = static_cast<int>(dice.Between(1, 60));
  for (Ending& ending : history.endings) ending.downtime = std::min<Duration>(ending.downtime, 60s);
  const bool trims = !history.endings.empty() && dice.Chance(0.2);
  if (trims) {
    history.endings.back().downtime = 30h;
    auto& life = history.source.streams.shard_life;
    life = life > Duration::zero() ? Duration(4h) : life;  // or thousands of shards roll meanwhile
  }
  const int64_t losses = trims || (history.job.mirror && dice.Chance(0.3)) ? 0 : dice.Between(1, 2);
  for (int64_t i = 0; i < losses; ++i) {
    scenario.losses.push_back({.after = dice.Between(5s, history.writing),
                               .off = dice.Between(1s, dice.OneOf<Duration>({3s, 60s}))});
  }
  for (const char* step : {"copying", "counting", "removing"}) {
    if (!dice.Chance(0.6)) continue;
    scenario.endings.push_back({.step = step,
                                .steps = static_cast<uint64_t>(dice.Between(0, kStepsOfACrash)),
                                .downtime = dice.Between(0s, 8s)});
  }
  return scenario;
}

std::string Describe(const ResyncScenario& scenario) {
  std::string text = fmt::format("{} strangers", scenario.strangers);
  for (const StreamLoss& loss : scenario.losses) {
    text +=
        fmt::format(", no stream for {:g} s after {:g} s", Seconds(loss.off), Seconds(loss.after));
  }
  for (const ResyncEnding& ending : scenario.endings) {
    text += fmt::format(", crash {} steps after {}", ending.steps, ending.step);
  }
  return text + "; " + Describe(scenario.history);
}

}  // namespace ddbsync::simulation
