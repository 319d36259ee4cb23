#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "base/mutex.h"
#include "tests/support/fake_dynamodb.h"
#include "tests/support/state.h"

namespace ddbsync::fake {

/// Everything behind the door, and its lock.
class FakeDynamoDb::Service {
 public:
  Service(const Clock& clock, Options options)
      : plan(options.seed ^ kPlanSeed), clock_(clock), state_(std::move(options), plan) {
    // Once: a calendar clock that jumps later is the machine's trouble, not the service's.
    offset_ = clock.WallNow().time_since_epoch() - clock.Now().time_since_epoch();
  }

  HttpReply Handle(std::string_view target, std::string_view body, const Fault& fault,
                   std::string_view key_id) {
    MutexLock lock(mutex_);
    const Instant now = ServiceNow();
    LandUntil(now);
    return Carry(now, {target, body, fault, key_id, now});
  }

  Ticket Submit(TimePoint at, std::string_view target, std::string_view body, const Fault& fault,
                std::string_view key_id) {
    std::function<void(TimePoint)> alarm;
    Ticket ticket = 0;
    {
      MutexLock lock(mutex_);
      ticket = ++last_ticket_;
      pending_.emplace(std::pair(ToInstant(at), ticket),
                       Pending{std::string(target), std::string(body), fault, std::string(key_id),
                               ServiceNow()});
      alarm = alarm_;
    }
    if (alarm) alarm(at);
    return ticket;
  }

  std::optional<HttpReply> Collect(Ticket ticket) {
    MutexLock lock(mutex_);
    LandUntil(ServiceNow());
    const auto found = answers_.find(ticket);
    if (found == answers_.end()) return std::nullopt;
    HttpReply reply = std::move(found->second);
    answers_.erase(found);
    return reply;
  }

  void Hasten(Ticket ticket, TimePoint at) {
    std::function<void(TimePoint)> alarm;
    {
      MutexLock lock(mutex_);
      const auto found = std::ranges::find_if(
          pending_, [&](const auto& entry) { return entry.first.second == ticket; });
      if (found == pending_.end() || found->first.first <= ToInstant(at)) return;
      auto request = pending_.extract(found);
      request.key().first = ToInstant(at);
      pending_.insert(std::move(request));
      alarm = alarm_;
    }
    if (alarm) alarm(at);
  }

  void Abandon(Ticket ticket) {
    MutexLock lock(mutex_);
    if (answers_.erase(ticket) == 0) abandoned_.insert(ticket);
  }

  /// Runs `use` on what the fake holds, as of now.
  template <class Use>
  auto With(Use use) {
    MutexLock lock(mutex_);
    LandUntil(ServiceNow());
    state_.now = ServiceNow();
    state_.CatchUp();
    return use(state_);
  }

  void SetAlarm(std::function<void(TimePoint)> alarm) {
    MutexLock lock(mutex_);
    alarm_ = std::move(alarm);
  }

  void Advance(Duration by) {
    MutexLock lock(mutex_);
    offset_ += by;
  }

  std::map<std::string, uint64_t> Counts() {
    MutexLock lock(mutex_);
    return counts_;
  }

  FaultPlan plan;

 private:
  /// Keeps the plan's numbers apart from the tables'.
  static constexpr uint64_t kPlanSeed = 0x5fa01713;

  struct Arrived {
    std::string_view target;
    std::string_view body;
    const Fault& fault;
    std::string_view key_id;  ///< empty: not signed
    Instant admitted;         ///< when it was submitted
  };
  struct Pending {
    std::string target;
    std::string body;
    Fault fault;
    std::string key_id;
    Instant admitted;
  };

  Instant ToInstant(TimePoint time) const REQUIRES(mutex_) {
    return Instant(time.time_since_epoch() + offset_);
  }
  Instant ServiceNow() const REQUIRES(mutex_) { return ToInstant(clock_.Now()); }

  void LandUntil(Instant time) REQUIRES(mutex_) {
    while (!pending_.empty() && pending_.begin()->first.first <= time) {
      const auto [at, ticket] = pending_.begin()->first;
      const Pending request = std::move(pending_.begin()->second);
      pending_.erase(pending_.begin());
      state_.sender_gone = abandoned_.erase(ticket) > 0;
      HttpReply reply = Carry(
          at, {request.target, request.body, request.fault, request.key_id, request.admitted});
      if (!std::exchange(state_.sender_gone, false)) answers_.emplace(ticket, std::move(reply));
    }
  }

  HttpReply Carry(Instant at, const Arrived& arrived) REQUIRES(mutex_);
  void Finish(HttpReply& reply, const Fault& fault) REQUIRES(mutex_);

  const Clock& clock_;
  Mutex mutex_;
  Duration offset_ GUARDED_BY(mutex_){};
  State state_ GUARDED_BY(mutex_);
  Ticket last_ticket_ GUARDED_BY(mutex_) = 0;
  std::map<std::pair<Instant, Ticket>, Pending> pending_ GUARDED_BY(mutex_);
  std::map<Ticket, HttpReply> answers_ GUARDED_BY(mutex_);
  std::set<Ticket> abandoned_ GUARDED_BY(mutex_);
  std::function<void(TimePoint)> alarm_ GUARDED_BY(mutex_);
  std::map<std::string, uint64_t> counts_ GUARDED_BY(mutex_);
};

}  // namespace ddbsync::fake
