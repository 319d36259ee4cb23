#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "tests/support/random.h"

namespace ddbsync::fake {

enum class FaultKind {
  kNone,
  // The service's doing.
  kThrottle,         ///< 400, the whole call; streams: LimitExceeded- or ThrottlingException
  kUnprocessedOne,   ///< batches only, as the next two
  kUnprocessedSome,  ///< each op with an even chance
  kUnprocessedAll,
  kErrorBefore,  ///< 500, nothing was done
  kErrorAfter,   ///< 500 after it was done
  kExpiredToken,
  kAccessDenied,
  kExpiredIterator,  ///< GetRecords only
  // Something between.
  kHtmlBody,       ///< nothing was done; Fault::status
  kTruncatedBody,  ///< done; half of the JSON comes back, without a CRC
  kWrongCrc,       ///< done
  kConnectionRefused,
  kTimeout,       ///< nothing was done, nothing comes back
  kResponseLost,  ///< done; the connection breaks instead of an answer
  kLateLanding,  ///< nothing comes back, and it is done up to Fault::delay after the caller gave up
  kSlow,         ///< done; the answer takes Fault::delay longer
};

std::string_view ToString(FaultKind kind);
/// None when there is no such name.
std::optional<FaultKind> FaultKindFrom(std::string_view name);

struct Fault {
  FaultKind kind = FaultKind::kNone;
  Duration delay{0};  ///< kSlow, kLateLanding
  int status = 503;   ///< kHtmlBody
};

/// A request before it is carried out.
struct FaultRequest {
  std::string_view operation;  ///< "BatchWriteItem"
  std::string_view body;
};

enum class OperationClass { kControl, kRead, kWrite, kStream };
OperationClass ClassOf(std::string_view operation);

/// Decides for each request what goes wrong: a hook first, then refused actions, then chance, all
/// from one seed. Safe from any thread.
class FaultPlan {
 public:
  using Hook = std::function<std::optional<Fault>(const FaultRequest&)>;
  using KeyPredicate = std::function<bool(std::string_view table, std::string_view key_json)>;
  using Rates = std::map<FaultKind, double>;

  explicit FaultPlan(uint64_t seed) : random_(seed) {}

  /// The probability of each kind; what is not named does not happen.
  void SetRates(OperationClass operations, Rates rates);
  /// Asked first; nothing leaves the decision to the rest. Called without a lock held.
  void SetHook(Hook hook);
  /// Scripted: the next calls of `operation` meet these, in turn.
  void Enqueue(std::string_view operation, std::vector<Fault> faults);
  /// AccessDenied for one action until allowed again.
  void Deny(std::string_view operation);
  void Allow(std::string_view operation);
  /// Writes of these keys are a ValidationException. `key_json` is normalised, compact JSON.
  void RejectItems(KeyPredicate predicate);
  void SetSlowness(Duration delay);     ///< of a drawn kSlow
  void SetLateBound(Duration longest);  ///< of a drawn kLateLanding
  /// No fault any more, of any sort.
  void Clear();

  Fault Decide(const FaultRequest& request);
  bool IsRejected(std::string_view table, std::string_view key_json) const;

 private:
  FaultKind Draw(std::string_view operation) REQUIRES(mutex_);
  Fault Complete(FaultKind kind) REQUIRES(mutex_);

  mutable Mutex mutex_;
  Random random_ GUARDED_BY(mutex_);
  Hook hook_ GUARDED_BY(mutex_);
  KeyPredicate rejected_ GUARDED_BY(mutex_);
  std::map<OperationClass, Rates> rates_ GUARDED_BY(mutex_);
  std::map<std::string, std::vector<Fault>, std::less<>> queued_ GUARDED_BY(mutex_);
  std::set<std::string, std::less<>> denied_ GUARDED_BY(mutex_);
  Duration slowness_ GUARDED_BY(mutex_) = std::chrono::seconds(2);
  Duration late_bound_ GUARDED_BY(mutex_) = std::chrono::seconds(4);
};

}  // namespace ddbsync::fake
