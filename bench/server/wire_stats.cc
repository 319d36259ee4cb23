#include "bench/server/wire_stats.h"

#include <sys/resource.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace ddbsync::bench {
namespace {

constexpr uint64_t kBits = 64;

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  constexpr double kMicro = 1e-6;
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * kMicro;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// The value that a share of all are not above.
double Quantile(std::vector<float>& values, double share) {
  if (values.empty()) return 0;
  const auto last = static_cast<double>(values.size() - 1);
  const auto at = values.begin() + static_cast<ptrdiff_t>(share * last);
  std::ranges::nth_element(values, at);
  return *at;
}

nlohmann::json Quantiles(std::vector<float> milliseconds) {
  constexpr double kMedian = 0.5;
  constexpr double kTail = 0.99;
  return {{"count", milliseconds.size()},
          {"p50_ms", Quantile(milliseconds, kMedian)},
          {"p99_ms", Quantile(milliseconds, kTail)},
          {"max_ms", Quantile(milliseconds, 1)}};
}

}  // namespace

WireStats::WireStats(const Clock& clock, uint64_t keys, uint64_t shards)
    : clock_(clock),
      seen_(keys / kBits + 1),
      began_(clock.Now()),
      polled_(shards, TimePoint::min()) {}

void WireStats::SlidingSecond::Add(TimePoint now, double units) {
  recent_.emplace_back(now, units);
  sum_ += units;
  while (now - recent_.front().first >= std::chrono::seconds(1)) {
    sum_ -= recent_.front().second;
    recent_.pop_front();
  }
  most_ = std::max(most_, sum_);
}

void WireStats::OnRequest(std::string_view operation) {
  MutexLock lock(mutex_);
  most_in_flight_ = std::max(most_in_flight_, ++in_flight_);
  auto found = operations_.find(operation);
  if (found == operations_.end()) found = operations_.emplace(operation, Operation{}).first;
  Operation& of = found->second;
  if (++of.requests == 1) of.first = clock_.WallNow();
  of.most_in_flight = std::max(of.most_in_flight, ++of.in_flight);
}

void WireStats::OnAnswered(std::string_view operation) {
  MutexLock lock(mutex_);
  --in_flight_;
  const auto found = operations_.find(operation);
  if (found == operations_.end()) return;
  --found->second.in_flight;
  found->second.last = clock_.WallNow();
}

void WireStats::OnPolled(uint64_t shard) {
  MutexLock lock(mutex_);
  if (shard >= polled_.size()) return;
  const TimePoint now = clock_.Now();
  if (shard > 0 && polled_[shard] != TimePoint::min()) {
    idle_intervals_ms_.push_back(
        std::chrono::duration<float, std::milli>(now - polled_[shard]).count());
  }
  polled_[shard] = now;
}

void WireStats::OnRead(double units) {
  MutexLock lock(mutex_);
  ThisSecond().read_units += units;
  read_units_.Add(clock_.Now(), units);
}

void WireStats::OnWritten(const std::vector<uint64_t>& keys, double units,
                          bool duplicates_in_batch) {
  uint64_t distinct = 0;
  for (const uint64_t key : keys) {
    if (key / kBits >= seen_.size()) continue;
    const uint64_t bit = uint64_t{1} << (key % kBits);
    if ((seen_[key / kBits].fetch_or(bit, std::memory_order_relaxed) & bit) == 0) ++distinct;
  }
  MutexLock lock(mutex_);
  Second& second = ThisSecond();
  second.write_units += units;
  write_units_.Add(clock_.Now(), units);
  second.written += keys.size();
  written_ += keys.size();
  distinct_ += distinct;
  wrong_batches_ += duplicates_in_batch ? 1 : 0;
}

void WireStats::OnApplied(Duration took) {
  MutexLock lock(mutex_);
  applied_ms_.push_back(std::chrono::duration<float, std::milli>(took).count());
}

WireStats::Second& WireStats::ThisSecond() {
  const auto passed = std::chrono::floor<std::chrono::seconds>(clock_.Now() - began_).count();
  const auto index = static_cast<size_t>(std::max<int64_t>(0, passed));
  if (seconds_.size() <= index) seconds_.resize(index + 1);
  return seconds_[index];
}

std::string WireStats::Json() const {
  using nlohmann::json;
  MutexLock lock(mutex_);
  json seconds = json::array();
  for (const Second& second : seconds_) {
    seconds.push_back({{"read_units", second.read_units},
                       {"write_units", second.write_units},
                       {"written", second.written}});
  }
  const auto since_1970 = [](WallTime at) {
    return std::chrono::duration<double>(at.time_since_epoch()).count();
  };
  json operations = json::object();
  for (const auto& [name, of] : operations_) {
    if (of.requests == 0) continue;
    operations[name] = {{"requests", of.requests},
                        {"most_in_flight", of.most_in_flight},
                        {"first_at", since_1970(of.first)},
                        {"last_at", since_1970(of.last)}};
  }
  return json{
      {"cpu_seconds", CpuSeconds()},
      {"seconds_since_reset", std::chrono::duration<double>(clock_.Now() - began_).count()},
      {"operations", std::move(operations)},
      {"written", written_},
      {"distinct", distinct_},
      {"wrong_batches", wrong_batches_},
      {"most_in_flight", most_in_flight_},
      {"seconds", std::move(seconds)},
      {"most_units_in_a_second", {{"read", read_units_.most()}, {"write", write_units_.most()}}},
      {"applied", Quantiles(applied_ms_)},
      {"idle_intervals", Quantiles(idle_intervals_ms_)}}
      .dump();
}

void WireStats::Reset() {
  MutexLock lock(mutex_);
  began_ = clock_.Now();
  for (auto& [name, of] : operations_) {
    const int in_flight = of.in_flight;
    of = Operation{};
    of.in_flight = of.most_in_flight = in_flight;
  }
  seconds_.clear();
  read_units_ = write_units_ = {};
  applied_ms_.clear();
  std::ranges::fill(polled_, TimePoint::min());
  idle_intervals_ms_.clear();
  for (auto& bits : seen_) bits = 0;
  written_ = distinct_ = wrong_batches_ = 0;
  most_in_flight_ = in_flight_;
}

}  // namespace ddbsync::bench
