#include <cmath>
#include <nlohmann/json.hpp>

#include "bench/virtual/virtual_copy.h"

namespace ddbsync::bench {
namespace {

using nlohmann::ordered_json;

/// Four digits behind the point say all there is to say.
double Rounded(double value) {
  constexpr double kScale = 1e4;
  return std::round(value * kScale) / kScale;
}

double Share(uint64_t part, uint64_t all) {
  return all == 0 ? 0 : Rounded(static_cast<double>(part) / static_cast<double>(all));
}

ordered_json Of(const Use& use) {
  return {{"units_written", Rounded(use.units)},
          {"units_available", Rounded(use.available)},
          {"ratio", Rounded(use.ratio())}};
}

ordered_json Of(const fake::BatchTally& batches) {
  return {{"total", batches.all},
          {"refused", batches.refused},
          {"cut", batches.cut},
          {"refused_share", Share(batches.refused, batches.all)},
          {"throttled_share", Share(batches.refused + batches.cut, batches.all)}};
}

template <class Value>
ordered_json Listed(const CopyFigures& figures, Value value) {
  ordered_json list = ordered_json::array();
  for (const CopySecond& second : figures.timeline) list.push_back(value(second));
  return list;
}

}  // namespace

std::string ToJson(const std::string& name, const CopySettings& settings,
                   const CopyFigures& figures, double wall_seconds) {
  const auto milliseconds = [](Duration duration) {
    return std::chrono::duration<double, std::milli>(duration).count();
  };
  ordered_json json = {
      {"case", name},
      {"dealt", settings.deal},
      {"partitions", settings.partitions},
      {"units_per_second", settings.units_per_second},
      {"slow_units_per_second", settings.slow_units_per_second},
      {"burst_ms", milliseconds(settings.burst)},
      {"round_trip_ms", milliseconds(settings.round_trip)},
      {"jitter_ms", milliseconds(settings.jitter)},
      {"items", settings.items},
      {"item_bytes", settings.item_bytes},
      {"page_items", settings.page_items},
      {"segments", figures.segments},
      {"seed", settings.seed},
      {"complete", figures.ended.empty() && figures.copied == settings.items},
      {"reason", figures.ended},
      {"items_copied", figures.copied},
      {"virtual_seconds", Rounded(figures.seconds)},
      {"wall_seconds", Rounded(wall_seconds)},
      {"window", "from the start of the job to the last write; what partitions kept counts"},
  };
  json.update(Of(figures.all));
  json["steady"] = Of(figures.steady);
  json["steady"]["window"] = "from the second second until a partition ran out of items";
  json["fast"] = Of(figures.fast);
  json["fast"]["window"] = "each partition that is not slow, until its own last write";
  json["fast"]["least_ratio"] = Rounded(figures.slowest_fast);
  json["fast"]["virtual_seconds"] = Rounded(figures.fast_seconds);
  json["fast"]["requests"] = Of(figures.batches_while_fast);
  json["requests"] = Of(figures.batches);
  json["writes_refused"] = figures.refused_writes;
  json["utilisation"] =
      Listed(figures, [](const CopySecond& second) { return Rounded(second.all.ratio()); });
  json["fast_utilisation"] =
      Listed(figures, [](const CopySecond& second) { return Rounded(second.fast.ratio()); });
  json["throttled_requests"] = Listed(figures, [](const CopySecond& second) {
    return Share(second.batches.refused + second.batches.cut, second.batches.all);
  });
  json["in_flight_limit"] =
      Listed(figures, [](const CopySecond& second) { return second.in_flight_limit; });
  json["in_flight"] = Listed(figures, [](const CopySecond& second) { return second.in_flight; });
  json["segments_open"] =
      Listed(figures, [](const CopySecond& second) { return second.segments_open; });
  return json.dump();
}

}  // namespace ddbsync::bench
