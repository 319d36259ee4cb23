#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "base/task.h"
#include "dynamodb/record_page.h"
#include "dynamodb/sequence_number.h"

namespace ddbsync::streams {

/// Where a ShardReader's pages go. Calls of one shard never overlap; different shards' may.
class RecordSink {
 public:
  virtual ~RecordSink() = default;

  /// Takes a page with at least one record. `applied` is called exactly once, from any thread (also
  /// from inside Apply), when every record is acknowledged by the target, a dead letter, or of no
  /// concern; the shard's next page comes only after that.
  virtual void Apply(const std::string& shard_id, std::shared_ptr<const dynamodb::RecordPage> page,
                     std::function<void()> applied) = 0;

  /// The shard has nothing newer than what is applied: nothing that was written before `since`
  /// (server's time) and could be read then is left.
  virtual void OnTip(const std::string& shard_id, WallTime since) = 0;

  /// Read to its end and everything applied.
  virtual void OnEnd(const std::string& shard_id) = 0;

  /// Records that were never read may be gone: kTrimmed (older than the stream's retention) or
  /// kNotFound (the shard vanished). The reader stands still until it is told to go on from the
  /// oldest record (ShardReader::RestartFromHorizon) or dropped.
  virtual void OnLoss(const std::string& shard_id, const Error& error) = 0;

  /// Other errors, for status and logs; the reader goes on by itself. `failures` in a row.
  virtual void OnTrouble(const std::string& shard_id, const Error& error, int failures) = 0;
};

}  // namespace ddbsync::streams
