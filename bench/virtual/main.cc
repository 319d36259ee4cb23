// virtual_time: how much of a target's write capacity a copy uses, and how often it is throttled.
// The real engine against the in-memory DynamoDB in virtual time, so a table with 64 partitions
// fits on any machine and a second run gives the same figures (docs/performance.md).

#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdio>
#include <string>

#include "base/log.h"
#include "bench/virtual/virtual_copy.h"

namespace ddbsync::bench {
namespace {

/// What P10 cuts every second partition down to: 100 of the 1,000 units that DynamoDB gives one.
constexpr double kSlowShare = 0.1;
/// Filled so that full use of the partitions takes so long: begin and end are a small part.
constexpr double kSeconds = 10;
/// Until a run is cut off: one without dealing takes many times as long and tells nothing new.
constexpr double kNaiveSeconds = 30;
constexpr double kLongestSeconds = 3600;

int Main(int argc, char** argv) {
  CLI::App app("Copies in virtual time and prints one JSON object");
  std::string name;
  CopySettings settings;
  bool naive = false;
  double seconds = kSeconds;
  double most_seconds = 0;
  double round_trip_ms = 5, jitter_ms = 1, burst_seconds = 1;
  app.add_option("--case", name, "P9: equal partitions; P10: every second one is slow")
      ->required()
      ->check(CLI::IsMember({"P9", "P10"}));
  app.add_flag("--naive", naive, "Without dealing: batches of one segment, in scan order");
  app.add_option("--partitions", settings.partitions)->check(CLI::Range(1, 10'000));
  app.add_option("--units", settings.units_per_second, "Of a partition, a second")
      ->check(CLI::PositiveNumber);
  app.add_option("--seconds", seconds, "How long the items last at full use of equal partitions")
      ->check(CLI::PositiveNumber);
  app.add_option("--at-most", most_seconds, "Virtual seconds until it is cut off")
      ->check(CLI::PositiveNumber);
  app.add_option("--segments", settings.segments, "Default: as the engine chooses")
      ->check(CLI::Range(1, 1'000'000));
  app.add_option("--page-items", settings.page_items)->check(CLI::PositiveNumber);
  app.add_option("--round-trip-ms", round_trip_ms)->check(CLI::NonNegativeNumber);
  app.add_option("--jitter-ms", jitter_ms)->check(CLI::NonNegativeNumber);
  app.add_option("--burst-seconds", burst_seconds, "What a partition keeps of unused units")
      ->check(CLI::PositiveNumber);
  app.add_option("--seed", settings.seed);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    constexpr int kUsage = 2;
    return app.exit(error) == 0 ? 0 : kUsage;
  }
  const auto duration = [](double of_seconds) {
    return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(of_seconds));
  };
  if (name == "P10") settings.slow_units_per_second = settings.units_per_second * kSlowShare;
  settings.items =
      static_cast<uint64_t>(std::ceil(settings.partitions * settings.units_per_second * seconds));
  settings.deal = !naive;
  settings.at_most =
      duration(most_seconds > 0 ? most_seconds : (naive ? kNaiveSeconds : kLongestSeconds));
  settings.round_trip = duration(round_trip_ms / 1000);
  settings.jitter = duration(jitter_ms / 1000);
  settings.burst = duration(burst_seconds);
  SetLogSink([](std::string_view) {});
  const auto began = std::chrono::steady_clock::now();
  const CopyFigures figures = CopyInVirtualTime(settings);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  std::printf("%s\n", ToJson(name, settings, figures, took.count()).c_str());
  const bool as_meant =
      figures.ended.empty() ? figures.copied == settings.items : figures.ended == "cut off";
  return as_meant ? 0 : 1;
}

}  // namespace
}  // namespace ddbsync::bench

int main(int argc, char** argv) {
  return ddbsync::bench::Main(argc, argv);
}
