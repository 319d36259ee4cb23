#pragma once

#include <cstdint>

#include "base/clock.h"

namespace ddbsync::fake {

/// Numbers that depend on the seed alone, on every machine and library (splitmix64). Not
/// thread-safe.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t Next() {
    uint64_t mixed = state_ += 0x9e3779b97f4a7c15;
    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111eb;
    return mixed ^ mixed >> 31;
  }
  /// 0 to `bound` - 1; 0 when `bound` is 0.
  uint64_t Below(uint64_t bound) { return bound == 0 ? 0 : Next() % bound; }
  bool Chance(double probability) {
    constexpr double kRange = 18446744073709551616.0;  // 2^64
    return probability > 0 && static_cast<double>(Next()) < probability * kRange;
  }
  /// 0 to `longest`, both included.
  Duration UpTo(Duration longest) {
    if (longest <= Duration::zero()) return Duration::zero();
    return Duration(static_cast<int64_t>(Below(static_cast<uint64_t>(longest.count()) + 1)));
  }

 private:
  uint64_t state_;
};

}  // namespace ddbsync::fake
