#include "tests/simulation/scenario.h"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include "tests/simulation/dice.h"

namespace ddbsync::simulation {
namespace {

using fake::FaultKind;
using namespace std::chrono_literals;

constexpr Duration kRetention = 24h;
/// Less than replicator::limits::kLateChildren.
constexpr Duration kLatestListing = 8s;

/// Less than replicator::limits::kTipMargin.
constexpr Duration kLatestRecord = 4900ms;

/// The outage begins in the middle; what is written then has to wait.
constexpr Duration kOutageWriting = 90s;

constexpr std::initializer_list<FaultKind> kReadFaults = {
    FaultKind::kUnprocessedOne,    FaultKind::kUnprocessedSome, FaultKind::kUnprocessedAll,
    FaultKind::kThrottle,          FaultKind::kErrorBefore,     FaultKind::kExpiredToken,
    FaultKind::kHtmlBody,          FaultKind::kTruncatedBody,   FaultKind::kWrongCrc,
    FaultKind::kConnectionRefused, FaultKind::kTimeout,         FaultKind::kSlow};
constexpr std::initializer_list<FaultKind> kStreamFaults = {
    FaultKind::kThrottle,          FaultKind::kErrorBefore,
    FaultKind::kExpiredToken,      FaultKind::kTruncatedBody,
    FaultKind::kConnectionRefused, FaultKind::kTimeout,
    FaultKind::kExpiredIterator,   FaultKind::kSlow};
constexpr std::initializer_list<FaultKind> kWriteFaults = {
    FaultKind::kThrottle,       FaultKind::kUnprocessedOne,    FaultKind::kUnprocessedSome,
    FaultKind::kUnprocessedAll, FaultKind::kErrorBefore,       FaultKind::kErrorAfter,
    FaultKind::kExpiredToken,   FaultKind::kHtmlBody,          FaultKind::kTruncatedBody,
    FaultKind::kWrongCrc,       FaultKind::kConnectionRefused, FaultKind::kTimeout,
    FaultKind::kResponseLost,   FaultKind::kLateLanding,       FaultKind::kSlow};

void DrawStream(Dice& dice, fake::StreamOptions& stream) {
  stream.initial_shards = static_cast<int>(dice.Between(1, 4));
  stream.shard_life = dice.OneOf<Duration>({0s, 40s, 90s, 4min});
  stream.split_rate = dice.OneOf({0.0, 0.3, 1.0});
  stream.max_open_shards = 8;
  stream.iterator_life = dice.OneOf<Duration>({5s, 30s, 15min});
  stream.listing_delay = dice.OneOf<Duration>({0s, 3s, kLatestListing});
  stream.listing_miss_rate = dice.OneOf({0.0, 0.0, 0.02, 0.1});
  stream.describe_page = dice.OneOf({2, 5, 100});
  stream.records_page = dice.OneOf({3, 20, 1000});
  stream.empty_page_rate = dice.OneOf({0.0, 0.0, 0.2, 0.5});
  stream.ignore_shard_filter = dice.Chance(0.2);
}

void DrawFaults(Dice& dice, Scenario& scenario) {
  if (dice.Chance(0.15)) return;  // a calm day; what breaks now breaks by itself
  const double highest = dice.Logarithmic(0.02, 0.3);
  scenario.source_read_faults = dice.Rates(kReadFaults, highest);
  scenario.stream_faults = dice.Rates(kStreamFaults, highest);
  scenario.target_write_faults = dice.Rates(kWriteFaults, highest);
  scenario.control_faults = dice.Rates(kReadFaults, highest / 4);
  scenario.failing_disk_rate = dice.Chance(0.3) ? dice.Logarithmic(0.0005, 0.02) : 0;
  scenario.wall_clock_jumps = dice.Chance(0.2);
}

void DrawEndings(Dice& dice, Scenario& scenario) {
  constexpr uint64_t kStepsOfACrash = 300;
  const int64_t count = dice.OneOf({0, 1, 2, 3, 5});
  for (int64_t i = 0; i < count; ++i) {
    Ending ending;
    ending.after = dice.Between(0s, scenario.writing / count * 3 / 2);
    ending.in_order = dice.Chance(0.2);
    ending.steps = static_cast<uint64_t>(dice.Between(0, kStepsOfACrash));
    ending.downtime = dice.Between(0s, dice.OneOf<Duration>({0s, 2s, 8s, 60s}));
    scenario.endings.push_back(ending);
  }
  if (scenario.endings.empty() || scenario.is_long) return;
  // A backfill that is interrupted for long: just inside what the stream keeps, or beyond.
  auto& last = scenario.endings.back();
  if (!dice.Chance(0.05)) return;
  last.downtime = dice.OneOf<Duration>({30min, 20h, 22h, 25h, 60h});
  auto& life = scenario.source.streams.shard_life;
  life = life > Duration::zero() ? Duration(4h) : life;  // or hundreds of shards roll meanwhile
}

void DrawShort(Dice& dice, Scenario& scenario) {
  scenario.quiet_before = dice.OneOf<Duration>({0s, 20min, 20min, 20min});
  scenario.cold_keys = static_cast<int>(dice.Between(0, 150));
  scenario.hot_keys = static_cast<int>(dice.Between(1, 4));
  scenario.hot_share = dice.OneOf({0.0, 0.5, 0.9});
  scenario.padding_bytes = dice.OneOf({0, 40, 400});
  scenario.pause_between_writes = dice.OneOf<Duration>({100ms, 500ms, 3s});
  scenario.writing = dice.Between(20s, 150s);
  scenario.look_every = 1s;
  scenario.source.page_bytes = dice.OneOf<size_t>({200, 1000, 10000, size_t{1} << 20});
  DrawStream(dice, scenario.source.streams);
  scenario.longest_delay = dice.OneOf<Duration>({0s, 5ms, 50ms, 300ms});
  scenario.longest_start_delay = dice.OneOf<Duration>({0s, 1ms, 50ms});
  scenario.job.poll_interval = dice.OneOf<Duration>({50ms, 250ms, 250ms, 1s});
  scenario.stream_outage = dice.Chance(0.05);
  if (dice.Chance(0.3)) scenario.job.read_capacity = dice.Logarithmic(0.5, 20);
  if (dice.Chance(0.3)) scenario.job.write_capacity = dice.Logarithmic(2, 50);
  DrawFaults(dice, scenario);
  DrawEndings(dice, scenario);
}

/// Reads are eventually consistent from a minute after each start on: the copy lasts for longer, as
/// long as there are changes.
void SlowDown(Scenario& scenario) {
  constexpr Duration kConsistentAtFirst = 60s;
  constexpr double kUnitsOfAPage = 1;
  scenario.writing += kConsistentAtFirst;
  scenario.source.page_bytes = 1;  // an item a page
  scenario.job.read_capacity = (scenario.cold_keys + scenario.hot_keys) * kUnitsOfAPage /
                               std::chrono::duration<double>(scenario.writing).count();
}

/// Streams keep 24 hours and iterators live 15 minutes, as on AWS; shards roll every four hours.
void DrawLong(Dice& dice, Scenario& scenario) {
  constexpr double kHours = 60;
  constexpr double kUnitsOfAPage = 1;
  scenario.cold_keys = 150;
  scenario.quiet_before = 20min;
  scenario.writing = Duration(std::chrono::hours(static_cast<int>(kHours)));
  scenario.pause_between_writes = 4min;
  scenario.look_every = 1min;
  scenario.source.page_bytes = 1;  // an item a page
  scenario.source.streams.initial_shards = static_cast<int>(dice.Between(1, 2));
  scenario.source.streams.split_rate = 0.1;
  scenario.source.streams.max_open_shards = 3;
  scenario.source.streams.listing_delay = kLatestListing;
  scenario.longest_delay = 20ms;
  scenario.job.poll_interval = 2min;
  scenario.job.read_capacity = scenario.cold_keys * kUnitsOfAPage / (kHours * 3600);
  scenario.stream_faults = dice.Rates(kStreamFaults, 0.02);
  scenario.target_write_faults = dice.Rates(kWriteFaults, 0.1);
  DrawEndings(dice, scenario);
  for (Ending& ending : scenario.endings) {
    ending.downtime = dice.Between(0s, dice.OneOf<Duration>({1min, 5h, 20h}));
  }
}

}  // namespace

bool Scenario::MayLoseChanges() const {
  // The records of a shard end with it; to be sure, half of the time that it lived counts too.
  const Duration safe = kRetention - 1h;
  return std::ranges::any_of(endings, [&](const Ending& e) { return e.downtime > safe; });
}

std::string Describe(const Scenario& scenario) {
  std::string text;
  const auto add = [&text](std::string_view name, const auto& value) {
    text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", name, value);
  };
  const auto seconds = [](Duration duration) {
    return fmt::format("{:g} s", std::chrono::duration<double>(duration).count());
  };
  const auto add_faults = [&](std::string_view name, const fake::FaultPlan::Rates& rates) {
    std::string kinds;
    for (const auto& [kind, rate] : rates) {
      kinds += fmt::format(" {} {:.3f}", fake::ToString(kind), rate);
    }
    if (!kinds.empty()) add(name, kinds);
  };
  const auto& streams = scenario.source.streams;
  add("keys", fmt::format("{} cold, {} hot", scenario.cold_keys, scenario.hot_keys));
  add("writing", seconds(scenario.writing) + ", pauses " + seconds(scenario.pause_between_writes));
  add("view", scenario.view);
  add("staleness", seconds(scenario.source.staleness));
  add("scan page", scenario.source.page_bytes);
  add("segments", scenario.job.segments);
  add("fence", scenario.job.fence_bytes);
  add("poll", seconds(scenario.job.poll_interval));
  add("shards", fmt::format("{}, life {}, splits {}, listed within {}, {} a page",
                            streams.initial_shards, seconds(streams.shard_life), streams.split_rate,
                            seconds(streams.listing_delay), streams.describe_page));
  add("records", fmt::format("{} a page, {} empty", streams.records_page, streams.empty_page_rate));
  add("records readable within", seconds(streams.record_delay));
  add("iterators", seconds(streams.iterator_life));
  add("delays", seconds(scenario.longest_delay) + ", " + seconds(scenario.longest_start_delay));
  add("target units", scenario.target.partition_write_units);
  add("capacity", fmt::format("{} read, {} write", scenario.job.read_capacity.value_or(0),
                              scenario.job.write_capacity.value_or(0)));
  add("disk faults", scenario.failing_disk_rate);
  if (scenario.stream_outage) add("stream outage", "yes");
  if (scenario.target_outage != FaultKind::kNone) {
    add("target outage", fake::ToString(scenario.target_outage));
  }
  add_faults("source", scenario.source_read_faults);
  add_faults("stream", scenario.stream_faults);
  add_faults("target", scenario.target_write_faults);
  for (const Ending& ending : scenario.endings) {
    add(ending.in_order ? "stop" : "crash",
        fmt::format("after {} and {} steps, down for {}", seconds(ending.after), ending.steps,
                    seconds(ending.downtime)));
  }
  return text;
}

Scenario Draw(uint64_t seed) {
  Dice dice(seed);
  Scenario scenario;
  scenario.seed = seed;
  scenario.is_long = seed % Scenario::kLongEvery == 0;
  scenario.source.seed = seed;
  scenario.target.seed = seed + 1;
  scenario.job.settle = dice.OneOf<Duration>({5s, 12s, 30s});
  scenario.late_bound = scenario.job.settle - 1s;
  scenario.view =
      dice.OneOf({"NEW_AND_OLD_IMAGES", "NEW_IMAGE", "NEW_AND_OLD_IMAGES", "KEYS_ONLY"});
  scenario.job.job_id = "a-b";
  scenario.job.segments = static_cast<int>(dice.OneOf({1, 2, 4, 8}));
  if (dice.Chance(0.15)) {
    scenario.job.eventually_consistent = true;
    scenario.source.staleness = dice.OneOf<Duration>({1s, 10s, 50s});
  }
  scenario.is_long ? DrawLong(dice, scenario) : DrawShort(dice, scenario);
  if (scenario.job.eventually_consistent && !scenario.is_long) SlowDown(scenario);
  if (dice.Chance(0.2) && !scenario.is_long) {
    scenario.target.partition_write_units = dice.Logarithmic(1, 20);
    scenario.target.partitions = 4;
  }
  scenario.source.streams.record_delay =
      dice.OneOf<Duration>({0s, 0s, 300ms, 2s, kLatestRecord, kLatestRecord});
  if (dice.Chance(0.05) && !scenario.is_long) {
    scenario.target_outage =
        dice.OneOf({FaultKind::kErrorBefore, FaultKind::kConnectionRefused, FaultKind::kTimeout,
                    FaultKind::kThrottle, FaultKind::kUnprocessedAll});
    scenario.writing = std::max(scenario.writing, kOutageWriting);
  }
  scenario.job.processors = dice.OneOf({4, 16, 64});  // with what is in flight, then
  if (dice.Chance(0.1)) scenario.job.fence_bytes = dice.OneOf<size_t>({1000, 4000, 16000});
  return scenario;
}

}  // namespace ddbsync::simulation
