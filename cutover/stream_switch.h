#pragma once

#include <optional>
#include <string>

#include "cutover/progress.h"
#include "dynamodb/client.h"
#include "dynamodb/control_client.h"
#include "dynamodb/streams_client.h"
#include "replicator/job.h"

namespace ddbsync::cutover {

/// Gives a table another stream than the one it has: off, and on again at once. Finds out by
/// looking where it is, so that whoever resumes it needs to know the old stream's name alone. Used
/// by one thread at a time.
class StreamSwitch {
 public:
  /// `old_arn`: the stream to end; empty: any stream will do, one is turned on where there is none.
  StreamSwitch(replicator::Side side, std::string old_arn, dynamodb::StreamView view);

  /// Done once arn() is ENABLED and has shards.
  [[nodiscard]] Progress Step();
  /// The old stream may be off: it was asked for, or seen.
  [[nodiscard]] bool began() const { return began_; }
  [[nodiscard]] const std::string& arn() const { return arn_; }

 private:
  enum class Act { kLook, kDisable, kEnable, kAwait };
  [[nodiscard]] Progress Look();
  [[nodiscard]] Progress Await();

  const replicator::Side side_;
  dynamodb::ControlClient control_;
  const std::string old_arn_;
  const dynamodb::StreamView view_;
  Act act_ = Act::kLook;
  bool began_ = false;
  std::string arn_;
};

}  // namespace ddbsync::cutover
