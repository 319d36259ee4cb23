#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "checkpoint/batch.h"

namespace ddbsync::checkpoint {

/// Where a job's durable state lives. LevelDB today; nothing above may assume that it is the only
/// home or that the job is owned for ever. Safe from any thread.
class Store {
 public:
  virtual ~Store() = default;

  /// All changes or none, synced to the disk before it returns. Errors: kIo (disk full, ...) and
  /// kCorrupt poison the store, because LevelDB 1.23 can acknowledge a later write after a torn
  /// append and lose it at the next open; what failed may or may not be there after the Reopen.
  /// kPoisoned, with the first failure as its context, until Reopen succeeds.
  [[nodiscard]] virtual Result<void> Commit(const Batch& batch) = 0;

  /// None when there is no such record. Errors: kIo, kPoisoned, kCorrupt.
  [[nodiscard]] virtual Result<std::optional<std::string>> Get(std::string_view key) = 0;

  /// Calls `visit` for each record whose key starts with `prefix`, in key order; stops when it
  /// returns an error and returns that error. `visit` may not commit or reopen. Errors besides
  /// its own: kIo, kPoisoned, kCorrupt.
  using Visit = std::function<Result<void>(std::string_view key, std::string_view value)>;
  [[nodiscard]] virtual Result<void> Scan(std::string_view prefix, const Visit& visit) = 0;

  /// Closes and opens again, keeping the ownership of the job meanwhile; clears the poison. Waits
  /// for calls under way. On an error (kIo, kCorrupt, kNotFound when its files are gone) the store
  /// stays or becomes poisoned; try again.
  [[nodiscard]] virtual Result<void> Reopen() = 0;
};

}  // namespace ddbsync::checkpoint
