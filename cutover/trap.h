#pragma once

#include <deque>
#include <string>

#include "cutover/progress.h"
#include "dynamodb/key_schema.h"
#include "dynamodb/streams_client.h"

namespace ddbsync::cutover {

/// Looks through a stream that must be empty: what it holds was written although writes were
/// stopped. Reads every shard from its oldest record once; that nothing is found proves nothing,
/// because records arrive late. Used by one thread at a time.
class Trap {
 public:
  /// `streams` outlives this.
  Trap(dynamodb::StreamsClient& streams, std::string stream_arn, dynamodb::KeySchema schema)
      : streams_(streams), stream_arn_(std::move(stream_arn)), schema_(std::move(schema)) {}

  /// Done: every shard was looked at. Failed: there is a record.
  [[nodiscard]] Progress Step();

 private:
  [[nodiscard]] Progress List();

  dynamodb::StreamsClient& streams_;
  const std::string stream_arn_;
  const dynamodb::KeySchema schema_;
  bool listed_ = false;
  std::string last_shard_;          ///< of the listing's page before
  std::deque<std::string> shards_;  ///< still to be looked at
  std::string iterator_;            ///< of the first of them; empty: none yet
};

}  // namespace ddbsync::cutover
