#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/client.h"
#include "base/clock.h"
#include "base/error.h"
#include "dynamodb/record_page.h"
#include "dynamodb/sequence_number.h"

namespace ddbsync::dynamodb {

struct ShardDescription {
  std::string id;
  std::string parent_id;                    ///< empty: none
  SequenceNumber starting_sequence_number;  ///< may be empty on some servers
  SequenceNumber ending_sequence_number;    ///< empty: open
  friend bool operator==(const ShardDescription&, const ShardDescription&) = default;
};

/// One page of DescribeStream.
struct StreamPage {
  std::string status;  ///< ENABLING, ENABLED, DISABLING, DISABLED
  std::vector<ShardDescription> shards;
  std::string last_shard_id;  ///< LastEvaluatedShardId; empty on the last page
};

struct StreamSummary {
  std::string arn;
  std::string label;
};

/// Where an iterator starts.
struct IteratorStart {
  enum class Type {
    kTrimHorizon,
    kLatest,  ///< not durable: where it points is known to the service alone
    kAtSequenceNumber,
    kAfterSequenceNumber
  };
  Type type = Type::kTrimHorizon;
  SequenceNumber sequence_number;  ///< empty for kTrimHorizon and kLatest
};

/// The streams' API. One call, one attempt; errors as dynamodb::Client. Safe from any thread.
class StreamsClient {
 public:
  /// `client` outlives this.
  explicit StreamsClient(aws::Client& client) : client_(client) {}

  /// All streams of a table, all pages walked by the caller: `start_arn` empty first, then the
  /// previous answer's second; empty when there is no more.
  [[nodiscard]] Result<std::pair<std::vector<StreamSummary>, std::string>> ListStreams(
      std::string_view table, std::string_view start_arn);
  /// At most 100 shards after `start_shard_id` (empty: from the first).
  [[nodiscard]] Result<StreamPage> DescribeStream(std::string_view stream_arn,
                                                  std::string_view start_shard_id);
  [[nodiscard]] Result<std::string> GetShardIterator(std::string_view stream_arn,
                                                     std::string_view shard_id,
                                                     const IteratorStart& start);
  [[nodiscard]] Result<RecordPage> GetRecords(std::string_view iterator, int limit,
                                              const KeySchema& schema);

  [[nodiscard]] aws::Client& aws() { return client_; }

 private:
  aws::Client& client_;
};

}  // namespace ddbsync::dynamodb
