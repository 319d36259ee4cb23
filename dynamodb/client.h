#pragma once

#include <atomic>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "aws/client.h"
#include "base/error.h"
#include "dynamodb/batch.h"
#include "dynamodb/item_page.h"
#include "dynamodb/table.h"

namespace ddbsync::dynamodb {

struct ScanRequest {
  std::string_view table;
  int segment = 0;
  int total_segments = 1;
  std::string_view start_key;  ///< raw JSON of a LastEvaluatedKey; empty: from the start
  bool consistent = true;
  int limit = 0;          ///< items per page; 0: the server's own 1 MB
  bool digested = false;  ///< ItemPage::ParseDigested
};

/// Some of the names of an account's tables in a region.
struct TableNamePage {
  std::vector<std::string> names;
  std::string last;  ///< where the next page starts; empty: this was the last
};

struct Tag {
  std::string key;
  std::string value;
  friend bool operator==(const Tag&, const Tag&) = default;
};

/// Some of a table's tags.
struct TagPage {
  std::vector<Tag> tags;
  std::string next_token;  ///< asks for the next page; empty: this was the last
};

/// The tables' API. One call, one attempt; errors as aws::Client::Call says, plus kCorrupt for an
/// answer that is not what it should be (reads: ask again; writes are then reported kAmbiguous).
/// Tolerates servers that do not report or refuse ConsumedCapacity. Safe from any thread.
class Client {
 public:
  /// `client` outlives this.
  explicit Client(aws::Client& client) : client_(client) {}

  /// `start`: the last name of the page before; empty: from the first.
  [[nodiscard]] Result<TableNamePage> ListTables(std::string_view start);
  /// AWS answers about ten calls a second, and may not know yet what was tagged just now. kInvalid
  /// on servers without tags.
  [[nodiscard]] Result<TagPage> ListTags(std::string_view table_arn, std::string_view next_token);
  [[nodiscard]] Result<TableDescription> DescribeTable(std::string_view table);
  /// As DescribeTable's answer. `body` from CreateTableBody.
  [[nodiscard]] Result<void> CreateTable(std::string_view body);
  /// As ControlClient's.
  [[nodiscard]] Result<void> EnableStream(std::string_view table, StreamView view);

  [[nodiscard]] Result<ItemPage> Scan(const ScanRequest& request, const KeySchema& schema);

  /// One item, consistently read; an empty page when it does not exist. `key_json` is raw JSON.
  [[nodiscard]] Result<ItemPage> GetItem(std::string_view table, std::string_view key_json,
                                         const KeySchema& schema);
  /// At most 100 distinct keys, consistently read.
  [[nodiscard]] Result<BatchGetResult> BatchGetItem(std::string_view table,
                                                    std::span<const std::string_view> keys_json,
                                                    const KeySchema& schema);

  [[nodiscard]] Result<BatchWriteResult> BatchWriteItem(std::string_view table,
                                                        std::span<const WriteOp> ops,
                                                        const KeySchema& schema);
  [[nodiscard]] Result<void> PutItem(std::string_view table, std::string_view item_json);
  [[nodiscard]] Result<void> DeleteItem(std::string_view table, std::string_view key_json);

  [[nodiscard]] aws::Client& aws() { return client_; }

 private:
  /// As aws::Client::Call. When the server refuses to report capacity (`asked`): stops asking for
  /// good and returns kRetry.
  Result<std::string> CallAskingCapacity(const aws::Operation& operation, std::string_view body,
                                         bool asked);

  aws::Client& client_;
  /// Turned off for good when the server refuses ReturnConsumedCapacity.
  std::atomic<bool> ask_capacity_{true};
};

}  // namespace ddbsync::dynamodb
