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

}  // namespace

WireStats::WireStats(const Clock& clock, uint64_t keys)
    : clock_(clock), seen_(keys / kBits + 1), began_(clock.Now()) {}

void WireStats::OnRequest(std::string_view operation) {
  const int now_in_flight = ++in_flight_;
  MutexLock lock(mutex_);
  most_in_flight_ = std::max(most_in_flight_, now_in_flight);
  const auto found = requests_.find(operation);
  if (found != requests_.end()) {
    ++found->second;
    return;
  }
  requests_.emplace(operation, 1);
  first_requests_.emplace(operation, clock_.WallNow());
}

void WireStats::OnAnswered() {
  --in_flight_;
}

void WireStats::OnRead(double units) {
  MutexLock lock(mutex_);
  ThisSecond().read_units += units;
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
  json first = json::object();
  for (const auto& [operation, at] : first_requests_) {
    first[operation] = std::chrono::duration<double>(at.time_since_epoch()).count();
  }
  std::vector<float> applied = applied_ms_;
  constexpr double kMedian = 0.5;
  constexpr double kTail = 0.99;
  return json{{"cpu_seconds", CpuSeconds()},
              {"requests", requests_},
              {"first_request_at", std::move(first)},
              {"written", written_},
              {"distinct", distinct_},
              {"wrong_batches", wrong_batches_},
              {"most_in_flight", most_in_flight_},
              {"seconds", std::move(seconds)},
              {"applied",
               {{"count", applied.size()},
                {"p50_ms", Quantile(applied, kMedian)},
                {"p99_ms", Quantile(applied, kTail)},
                {"max_ms", Quantile(applied, 1)}}}}
      .dump();
}

void WireStats::Reset() {
  MutexLock lock(mutex_);
  began_ = clock_.Now();
  requests_.clear();
  first_requests_.clear();
  seconds_.clear();
  applied_ms_.clear();
  for (auto& bits : seen_) bits = 0;
  written_ = distinct_ = wrong_batches_ = 0;
  most_in_flight_ = 0;
}

}  // namespace ddbsync::bench
