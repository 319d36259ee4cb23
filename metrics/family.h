#pragma once

#include <array>
#include <string_view>

namespace ddbsync::metrics {

enum class FamilyType { kGauge, kCounter, kHistogram };

/// What a family tells of, and so when it is shown. All but those of the process carry the label
/// job_id.
enum class Subject {
  kProcess,
  kJob,
  kTail,      ///< not shown by `backfill`
  kBackfill,  ///< not shown by `tail`
  kVerify,    ///< once a verification was begun in this process
  kCutover,   ///< not shown by `backfill`
  kWatch,     ///< with --watch-target
  kShards,    ///< a series for each shard that is read (--shard-metrics)
  kCalls,     ///< a series once there was such a call
};

struct Label {
  std::string_view name;    ///< empty: none
  std::string_view values;  ///< the possible ones
};

struct Family {
  std::string_view name;
  FamilyType type;
  std::string_view unit;
  Subject subject;
  std::string_view help;             ///< one sentence
  std::array<Label, 3> labels = {};  ///< besides job_id
};

constexpr Family GaugeOf(std::string_view name, std::string_view unit, Subject subject,
                         std::string_view help, Label first = {}, Label second = {}) {
  return {name, FamilyType::kGauge, unit, subject, help, {first, second}};
}
constexpr Family CounterOf(std::string_view name, std::string_view unit, Subject subject,
                           std::string_view help, Label first = {}, Label second = {},
                           Label third = {}) {
  return {name, FamilyType::kCounter, unit, subject, help, {first, second, third}};
}
constexpr Family HistogramOf(std::string_view name, std::string_view unit, Subject subject,
                             std::string_view help, Label first = {}, Label second = {}) {
  return {name, FamilyType::kHistogram, unit, subject, help, {first, second}};
}

}  // namespace ddbsync::metrics
