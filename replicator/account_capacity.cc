#include "replicator/account_capacity.h"

#include <algorithm>
#include <array>
#include <limits>

#include "replicator/limits.h"

namespace ddbsync::replicator {
namespace {

/// DynamoDB Local's, which has none.
constexpr std::string_view kNoAccount = "000000000000";

}  // namespace

std::optional<TimePoint> SharedCapacity::TakeOrRetryAt(const void* job, CapacityBucket::User user,
                                                       double estimate, TimePoint now) {
  MutexLock lock(mutex_);
  if (!bucket_.rate()) return std::nullopt;
  Share& mine = ShareOf(job);
  const bool backfill = user == CapacityBucket::User::kBackfill;
  std::optional<TimePoint> retry_at;
  if (backfill && OthersHadLess(mine, now)) {
    retry_at = now + limits::kCapacityTurn;
  } else {
    retry_at = bucket_.TakeOrRetryAt(user, estimate, now);
  }
  if (retry_at) {
    if (backfill) mine.waits_until = *retry_at + limits::kCapacityLook;
    return retry_at;
  }
  mine.waits_until = TimePoint::min();
  mine.had += estimate;
  return std::nullopt;
}

bool SharedCapacity::OthersHadLess(const Share& mine, TimePoint now) const {
  return std::ranges::any_of(shares_, [&](const auto& entry) {
    const Share& other = entry.second;
    return other.waits_until > now && other.had < mine.had;
  });
}

SharedCapacity::Share& SharedCapacity::ShareOf(const void* job) {
  const auto [found, is_new] = shares_.try_emplace(job);
  // Who comes late does not get what the others had before.
  if (is_new && shares_.size() > 1) {
    double least = std::numeric_limits<double>::infinity();
    for (const auto& [other, share] : shares_) {
      if (other != job) least = std::min(least, share.had);
    }
    found->second.had = least;
  }
  return found->second;
}

void SharedCapacity::Correct(const void* job, double estimate, double better) {
  MutexLock lock(mutex_);
  bucket_.Correct(estimate, better);
  if (const auto share = shares_.find(job); share != shares_.end()) {
    share->second.had += better - estimate;
  }
}

void SharedCapacity::Forget(const void* job) {
  MutexLock lock(mutex_);
  shares_.erase(job);
}

std::string AccountCapacity::Of(std::string_view table_arn, std::string_view url) {
  // arn:PARTITION:dynamodb:REGION:ACCOUNT:table/NAME
  constexpr size_t kParts = 5;
  std::array<std::string_view, kParts> parts;
  for (std::string_view& part : parts) {
    const size_t colon = std::min(table_arn.find(':'), table_arn.size());
    part = table_arn.substr(0, colon);
    table_arn.remove_prefix(std::min(colon + 1, table_arn.size()));
  }
  const std::string_view region = parts[3], account = parts[4];
  const bool known = !account.empty() && account != kNoAccount;
  return std::string(known ? account : url).append(" ").append(region);
}

SharedCapacity& AccountCapacity::Reads(const std::string& account) {
  MutexLock lock(mutex_);
  auto& shared = of_reads_[account];
  if (!shared) shared = std::make_unique<SharedCapacity>("account-read-capacity", reads_);
  return *shared;
}

SharedCapacity& AccountCapacity::Writes(const std::string& account) {
  MutexLock lock(mutex_);
  auto& shared = of_writes_[account];
  if (!shared) shared = std::make_unique<SharedCapacity>("account-write-capacity", writes_);
  return *shared;
}

}  // namespace ddbsync::replicator
