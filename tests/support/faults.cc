#include "tests/support/faults.h"

#include <array>
#include <utility>

namespace ddbsync::fake {
namespace {

constexpr std::array<std::pair<FaultKind, std::string_view>, 18> kNames{{
    {FaultKind::kNone, "none"},
    {FaultKind::kThrottle, "throttle"},
    {FaultKind::kUnprocessedOne, "unprocessed_one"},
    {FaultKind::kUnprocessedSome, "unprocessed_some"},
    {FaultKind::kUnprocessedAll, "unprocessed_all"},
    {FaultKind::kErrorBefore, "error_before"},
    {FaultKind::kErrorAfter, "error_after"},
    {FaultKind::kExpiredToken, "expired_token"},
    {FaultKind::kAccessDenied, "access_denied"},
    {FaultKind::kExpiredIterator, "expired_iterator"},
    {FaultKind::kHtmlBody, "html_body"},
    {FaultKind::kTruncatedBody, "truncated_body"},
    {FaultKind::kWrongCrc, "wrong_crc"},
    {FaultKind::kConnectionRefused, "connection_refused"},
    {FaultKind::kTimeout, "timeout"},
    {FaultKind::kResponseLost, "response_lost"},
    {FaultKind::kLateLanding, "late_landing"},
    {FaultKind::kSlow, "slow"},
}};

/// What middleboxes answer with: their own errors, and a login page that looks like success.
constexpr std::array<int, 4> kHtmlStatus{200, 403, 502, 503};

bool AppliesTo(FaultKind kind, std::string_view operation) {
  switch (kind) {
    case FaultKind::kUnprocessedOne:
    case FaultKind::kUnprocessedSome:
    case FaultKind::kUnprocessedAll:
      return operation == "BatchWriteItem" || operation == "BatchGetItem";
    case FaultKind::kExpiredIterator:
      return operation == "GetRecords";
    default:
      return true;
  }
}

}  // namespace

std::string_view ToString(FaultKind kind) {
  for (const auto& [known, name] : kNames) {
    if (known == kind) return name;
  }
  return "unknown";
}

std::optional<FaultKind> FaultKindFrom(std::string_view name) {
  for (const auto& [kind, known] : kNames) {
    if (known == name) return kind;
  }
  return std::nullopt;
}

OperationClass ClassOf(std::string_view operation) {
  if (operation == "Scan" || operation == "GetItem" || operation == "BatchGetItem") {
    return OperationClass::kRead;
  }
  if (operation == "PutItem" || operation == "DeleteItem" || operation == "UpdateItem" ||
      operation == "BatchWriteItem") {
    return OperationClass::kWrite;
  }
  if (operation == "ListStreams" || operation == "DescribeStream" ||
      operation == "GetShardIterator" || operation == "GetRecords") {
    return OperationClass::kStream;
  }
  return OperationClass::kControl;
}

void FaultPlan::SetRates(OperationClass operations, Rates rates) {
  MutexLock lock(mutex_);
  rates_[operations] = std::move(rates);
}

void FaultPlan::SetHook(Hook hook) {
  MutexLock lock(mutex_);
  hook_ = std::move(hook);
}

void FaultPlan::Enqueue(std::string_view operation, std::vector<Fault> faults) {
  MutexLock lock(mutex_);
  auto& queue = queued_[std::string(operation)];
  queue.insert(queue.end(), faults.begin(), faults.end());
}

void FaultPlan::Deny(std::string_view operation) {
  MutexLock lock(mutex_);
  denied_.emplace(operation);
}

void FaultPlan::Allow(std::string_view operation) {
  MutexLock lock(mutex_);
  denied_.erase(std::string(operation));
}

void FaultPlan::RejectItems(KeyPredicate predicate) {
  MutexLock lock(mutex_);
  rejected_ = std::move(predicate);
}

void FaultPlan::SetSlowness(Duration delay) {
  MutexLock lock(mutex_);
  slowness_ = delay;
}

void FaultPlan::SetLateBound(Duration longest) {
  MutexLock lock(mutex_);
  late_bound_ = longest;
}

void FaultPlan::Clear() {
  MutexLock lock(mutex_);
  hook_ = nullptr;
  rejected_ = nullptr;
  rates_.clear();
  queued_.clear();
  denied_.clear();
}

Fault FaultPlan::Decide(const FaultRequest& request) {
  Hook hook;
  {
    MutexLock lock(mutex_);
    hook = hook_;
  }
  if (hook) {
    if (const auto scripted = hook(request)) return *scripted;
  }
  MutexLock lock(mutex_);
  if (const auto queue = queued_.find(request.operation);
      queue != queued_.end() && !queue->second.empty()) {
    const Fault next = queue->second.front();
    queue->second.erase(queue->second.begin());
    return next;
  }
  if (denied_.contains(request.operation)) return Complete(FaultKind::kAccessDenied);
  return Complete(Draw(request.operation));
}

bool FaultPlan::IsRejected(std::string_view table, std::string_view key_json) const {
  MutexLock lock(mutex_);
  return rejected_ && rejected_(table, key_json);
}

FaultKind FaultPlan::Draw(std::string_view operation) {
  const auto rates = rates_.find(ClassOf(operation));
  if (rates == rates_.end()) return FaultKind::kNone;
  for (const auto& [kind, rate] : rates->second) {
    if (AppliesTo(kind, operation) && random_.Chance(rate)) return kind;
  }
  return FaultKind::kNone;
}

Fault FaultPlan::Complete(FaultKind kind) {
  Fault fault{kind};
  if (kind == FaultKind::kSlow) fault.delay = slowness_;
  if (kind == FaultKind::kLateLanding) fault.delay = random_.UpTo(late_bound_);
  if (kind == FaultKind::kHtmlBody) fault.status = kHtmlStatus[random_.Below(kHtmlStatus.size())];
  return fault;
}

}  // namespace ddbsync::fake
