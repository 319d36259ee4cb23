#include "aws/backoff.h"

#include <algorithm>
#include <cmath>

namespace ddbsync::aws {
namespace {

Duration Base(ErrorCode code) {
  return code == ErrorCode::kThrottled ? limits::kThrottleBase : limits::kTransientBase;
}

}  // namespace

int RetryBudget::Cost(ErrorCode code) {
  return code == ErrorCode::kThrottled ? limits::kThrottleCost : limits::kTransientCost;
}

bool RetryBudget::Spend(ErrorCode code) {
  const int cost = Cost(code);
  MutexLock lock(mutex_);
  if (tokens_ < cost) return false;
  tokens_ -= cost;
  return true;
}

void RetryBudget::Refund(int tokens) {
  MutexLock lock(mutex_);
  tokens_ = std::min(tokens_ + tokens, limits::kRetryTokens);
}

Duration Backoff::OnFailure(ErrorCode code) {
  const bool affordable = budget_.Spend(code);
  last_cost_ = affordable ? RetryBudget::Cost(code) : 0;
  auto bound = static_cast<double>(Duration(limits::kLongestDelay).count());
  if (affordable) {
    const auto base = static_cast<double>(Base(code).count());
    bound = std::min(bound, std::ldexp(base, failures_));
  }
  ++failures_;
  return Duration(static_cast<int64_t>(Random() * bound));
}

double Backoff::Random() {
  // SplitMix64 (Steele, Lea, Flood 2014): eight bytes of state, and its first number is as good as
  // any other, which is the one that most tasks use.
  random_state_ += 0x9e3779b97f4a7c15;
  uint64_t mixed = random_state_;
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
  mixed ^= mixed >> 31;
  return std::ldexp(static_cast<double>(mixed >> 11), -53);
}

void Backoff::OnSuccess() {
  budget_.Refund(failures_ == 0 ? limits::kFirstTryRefund : last_cost_);
  failures_ = 0;
  last_cost_ = 0;
}

}  // namespace ddbsync::aws
