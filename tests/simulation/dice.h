#pragma once

#include <cmath>
#include <cstdint>
#include <initializer_list>

#include "base/clock.h"
#include "tests/support/faults.h"
#include "tests/support/random.h"

namespace ddbsync::simulation {

/// Chance with a taste for the extremes, to draw scenarios with.
class Dice {
 public:
  explicit Dice(uint64_t seed) : random_(seed) {}

  bool Chance(double probability) { return random_.Chance(probability); }
  int64_t Between(int64_t low, int64_t high) {
    return low + static_cast<int64_t>(random_.Below(static_cast<uint64_t>(high - low + 1)));
  }
  Duration Between(Duration low, Duration high) { return low + random_.UpTo(high - low); }
  template <class T>
  T OneOf(std::initializer_list<T> choices) {
    return choices.begin()[random_.Below(choices.size())];
  }
  /// Evenly among orders of magnitude.
  double Logarithmic(double low, double high) {
    constexpr double kSteps = 1000;
    const double part = static_cast<double>(random_.Below(1001)) / kSteps;
    return low * std::pow(high / low, part);
  }
  /// Each kind with a rate of its own, some not at all.
  fake::FaultPlan::Rates Rates(std::initializer_list<fake::FaultKind> kinds, double highest) {
    fake::FaultPlan::Rates rates;
    for (const fake::FaultKind kind : kinds) {
      if (Chance(0.5)) rates[kind] = Logarithmic(highest / 100, highest);
    }
    return rates;
  }

 private:
  fake::Random random_;
};

}  // namespace ddbsync::simulation
