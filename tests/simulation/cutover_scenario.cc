#include "tests/simulation/cutover_scenario.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <initializer_list>

#include "tests/simulation/dice.h"

namespace ddbsync::simulation {
namespace {

using cutover::DrainBy;
using cutover::FreezeBy;
using cutover::Step;
using fake::FaultKind;
using namespace std::chrono_literals;

constexpr uint64_t kSeed = 0xc07;  // keeps its numbers apart from the history's

constexpr std::initializer_list<FaultKind> kControlFaults = {
    FaultKind::kThrottle,      FaultKind::kErrorBefore,
    FaultKind::kErrorAfter,    FaultKind::kHtmlBody,
    FaultKind::kTruncatedBody, FaultKind::kWrongCrc,
    FaultKind::kTimeout,       FaultKind::kConnectionRefused,
    FaultKind::kResponseLost,  FaultKind::kLateLanding,
    FaultKind::kSlow};

/// Calm enough to follow closely, as the gates of a cut-over ask for.
Scenario DrawHistory(Dice& dice, uint64_t seed) {
  Scenario history = Draw(2 * seed + 1);  // odd: none of the long ones
  history.endings.clear();
  history.stream_outage = false;
  history.target_outage = FaultKind::kNone;
  history.target.partition_write_units = 0;
  history.job.read_capacity.reset();
  history.job.write_capacity.reset();
  history.writing = 100h;  // until it is told to stop
  history.pause_between_writes = dice.OneOf<Duration>({300ms, 1s, 3s});
  history.quiet_before = dice.OneOf<Duration>({0s, 20min});
  history.cold_keys = std::min(history.cold_keys, 80);
  const double most = dice.OneOf({0.0, 0.0, 0.05, 1.0});
  for (auto* rates : {&history.source_read_faults, &history.stream_faults,
                      &history.target_write_faults, &history.control_faults}) {
    std::erase_if(*rates, [&](const auto& rate) { return rate.second > most; });
  }
  return history;
}

void DrawServices(Dice& dice, Scenario& history) {
  auto& source = history.source;
  source.policy_delay = dice.OneOf<Duration>({0s, 2s, 10s});
  source.policy_pause = dice.OneOf<Duration>({0s, 15s});
  source.ttl_delay = dice.OneOf<Duration>({0s, 5s});
  source.ttl_pause = dice.OneOf<Duration>({0s, 10s, 1h});
  source.streams.enable_delay = dice.OneOf<Duration>({0s, 1s, 8s});
  source.streams.disable_delay = dice.OneOf<Duration>({0s, 1s, 8s});
  auto& target = history.target;
  target.ttl_delay = dice.OneOf<Duration>({0s, 5s});
  target.streams.initial_shards = static_cast<int>(dice.Between(1, 3));
  target.streams.shard_life = source.streams.shard_life;
  target.streams.enable_delay = dice.OneOf<Duration>({0s, 1s, 8s});
}

cutover::Options DrawOptions(Dice& dice) {
  cutover::Options options;
  options.freeze =
      dice.OneOf({FreezeBy::kPolicy, FreezeBy::kPolicy, FreezeBy::kHook, FreezeBy::kManual});
  options.drain = dice.OneOf({DrainBy::kSeal, DrainBy::kSeal, DrainBy::kQuiesce});
  options.timeout = dice.OneOf<Duration>({20s, 60s, 60s, 5min, 5min});
  options.stop_before_commit = dice.Chance(0.3);
  options.full = dice.Chance(0.3);
  options.seal_foreign = dice.Chance(0.5);
  options.reverse = dice.Chance(0.5);
  if (options.reverse) options.exempt = {"arn:aws:iam::000000000000:user/AKIDREVERSE"};
  return options;
}

void DrawPeople(Dice& dice, Attempt& attempt) {
  attempt.obeys_within = dice.OneOf<Duration>({0s, 1s, 10s});
  attempt.vetoes = dice.OneOf({0, 0, 0, 1});
  attempt.hook_hangs = dice.Chance(0.05);
  if (!dice.Chance(0.05)) attempt.confirms_after = dice.Between(1s, 20s);
  if (!dice.Chance(0.1)) attempt.commits_after = dice.Between(0s, 15s);
  if (dice.Chance(0.15)) attempt.aborts_after = dice.Between(0s, attempt.options.timeout);
  if (dice.Chance(0.3)) {
    for (int64_t i = dice.Between(1, 3); i > 0; --i) {
      attempt.strays.push_back(dice.Between(0s, dice.OneOf<Duration>({1s, 5s, 30s})));
    }
  }
  if (dice.Chance(0.07)) attempt.policy_lifted_after = dice.Between(0s, 20s);
}

void DrawEndings(Dice& dice, Attempt& attempt) {
  constexpr uint64_t kMostSteps = 400;
  for (int64_t i = dice.OneOf({0, 0, 1, 2, 4, 8}); i > 0; --i) {
    CutoverEnding ending;
    ending.at = dice.OneOf({Step::kFreezing, Step::kSealing, Step::kSealing, Step::kDraining,
                            Step::kComparing, Step::kReady, Step::kCommitted, Step::kCommitted,
                            Step::kRestoring, Step::kThawing, Step::kCatchingUp});
    // Most steps are short.
    ending.steps = static_cast<uint64_t>(dice.Logarithmic(1, kMostSteps)) - 1;
    ending.in_order = dice.Chance(0.2);
    ending.downtime = dice.Between(0s, dice.OneOf<Duration>({0s, 2s, 8s, 60s}));
    attempt.endings.push_back(ending);
  }
}

Attempt DrawAttempt(Dice& dice) {
  Attempt attempt;
  attempt.options = DrawOptions(dice);
  if (dice.Chance(0.5))
    attempt.control_faults = dice.Rates(kControlFaults, dice.Logarithmic(0.02, 0.3));
  if (dice.Chance(0.1)) {
    attempt.denied =
        dice.OneOf({"UpdateTable", "PutResourcePolicy", "DeleteResourcePolicy", "UpdateTimeToLive",
                    "DescribeTimeToLive", "DescribeTable", "GetResourcePolicy", "TagResource"});
    attempt.denied_for = dice.Between(1s, 3min);
  }
  if (dice.Chance(0.15)) attempt.stream_out_for = dice.Between(5s, 40s);
  DrawPeople(dice, attempt);
  DrawEndings(dice, attempt);
  return attempt;
}

std::string Seconds(Duration duration) {
  return fmt::format("{:g} s", std::chrono::duration<double>(duration).count());
}

std::string Describe(const Attempt& attempt) {
  const cutover::Options& options = attempt.options;
  std::string text = fmt::format(
      "freeze {}, drain {}, time-out {}{}{}{}, obeyed within {}", ToString(options.freeze),
      ToString(options.drain), Seconds(options.timeout),
      options.stop_before_commit ? ", stops before the commit" : "", options.full ? ", full" : "",
      options.reverse ? ", reverse" : "", Seconds(attempt.obeys_within));
  for (const auto& [kind, rate] : attempt.control_faults) {
    text += fmt::format(", {} {:.3f}", fake::ToString(kind), rate);
  }
  if (!attempt.denied.empty()) {
    text += fmt::format(", {} denied for {}", attempt.denied, Seconds(attempt.denied_for));
  }
  if (attempt.stream_out_for > 0s) {
    text += fmt::format(", no stream for {}", Seconds(attempt.stream_out_for));
  }
  if (attempt.vetoes > 0) text += fmt::format(", {} vetoes", attempt.vetoes);
  if (attempt.hook_hangs) text += ", the hook hangs";
  const auto add = [&text](const char* what, const std::optional<Duration>& after) {
    text += fmt::format(", {} {}", what, after ? "after " + Seconds(*after) : "never");
  };
  if (options.freeze == FreezeBy::kManual) add("confirmed", attempt.confirms_after);
  if (options.stop_before_commit) add("committed", attempt.commits_after);
  if (attempt.aborts_after) add("aborted", attempt.aborts_after);
  if (attempt.policy_lifted_after) add("policy lifted", attempt.policy_lifted_after);
  for (const Duration stray : attempt.strays) text += ", stray after " + Seconds(stray);
  for (const CutoverEnding& ending : attempt.endings) {
    text += fmt::format(", {} {} steps into {}, down for {}", ending.in_order ? "stop" : "crash",
                        ending.steps, ToString(ending.at), Seconds(ending.downtime));
  }
  return text;
}

}  // namespace

std::string Describe(const CutoverScenario& scenario) {
  std::string text = Describe(scenario.history);
  const auto& source = scenario.history.source;
  text += fmt::format(
      "\n  policies act within {}, time to live {}, requests linger {}, streams {} to switch off "
      "and {} on",
      Seconds(source.policy_delay), scenario.source_ttl ? "on" : "off", Seconds(scenario.lingering),
      Seconds(source.streams.disable_delay), Seconds(source.streams.enable_delay));
  for (const Attempt& attempt : scenario.attempts) text += "\n  cut-over: " + Describe(attempt);
  return text;
}

CutoverScenario DrawCutover(uint64_t seed) {
  Dice dice(seed ^ kSeed);
  CutoverScenario scenario;
  scenario.history = DrawHistory(dice, seed);
  DrawServices(dice, scenario.history);
  scenario.source_ttl = dice.Chance(0.3);
  // Records a quarter of an hour older than the way back's start count as well.
  scenario.back_after = dice.OneOf<Duration>({10s, 10s, 10s, 10s, 40min});
  scenario.source_policy = dice.Chance(0.2);
  if (dice.Chance(0.3)) scenario.lingering = dice.OneOf<Duration>({200ms, 1s});
  for (int64_t i = dice.OneOf({1, 1, 2}); i > 0; --i) {
    scenario.attempts.push_back(DrawAttempt(dice));
  }
  return scenario;
}

}  // namespace ddbsync::simulation
