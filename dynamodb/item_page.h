#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/large_buffers.h"
#include "dynamodb/canonical_item.h"
#include "dynamodb/key_schema.h"

namespace ddbsync::dynamodb {

/// An item inside a page: bytes exactly as the server sent them. Lives as long as its page.
struct ItemView {
  std::string_view json;  ///< {"id":{"S":"a"},...}
  std::string_view key;   ///< canonical bytes (canonical_key.h)
};

struct BatchGetResult;

/// The items of one response. Owns its bytes; not copyable, and its views stay valid when it is
/// moved.
class ItemPage {
 public:
  /// Takes the body of a Scan response. Errors: kCorrupt (not JSON, or not a Scan response: treat
  /// as a broken response and ask again), kInvalid (an item without its key).
  [[nodiscard]] static Result<ItemPage> Parse(std::string body, const KeySchema& schema);

  /// Likewise, and makes digests(), which reads each item's text once for both. Errors: as Parse,
  /// and as DigestItem.
  [[nodiscard]] static Result<ItemPage> ParseDigested(std::string body, const KeySchema& schema);

  /// Takes the body of a GetItem response: one item, or none when it does not exist. Errors: as
  /// Parse; an answer without an item must be nothing but that, for it may lead to a delete.
  [[nodiscard]] static Result<ItemPage> ParseGetItem(std::string body, const KeySchema& schema);

  /// Takes the body of a BatchGetItem response for one table. Errors: as Parse.
  [[nodiscard]] static Result<BatchGetResult> ParseBatchGet(std::string body,
                                                            const KeySchema& schema);

  ItemPage(ItemPage&&) noexcept = default;
  ItemPage& operator=(ItemPage&&) noexcept = default;

  [[nodiscard]] const std::vector<ItemView>& items() const { return items_; }
  /// Of ParseDigested: those of items(), in their order. Else none.
  [[nodiscard]] const std::vector<Digest>& digests() const { return digests_; }
  /// Raw JSON of LastEvaluatedKey. None is the only sign of the segment's end.
  [[nodiscard]] const std::optional<std::string>& last_evaluated_key() const {
    return last_evaluated_key_;
  }
  /// ConsumedCapacity.CapacityUnits; none when the server does not say.
  [[nodiscard]] std::optional<double> consumed_units() const { return consumed_units_; }
  [[nodiscard]] size_t bytes() const;       ///< memory held
  [[nodiscard]] size_t item_bytes() const;  ///< of the items' JSON

 private:
  class Builder;

  /// What the views point into. On the heap as a whole, because a short string moves its bytes.
  struct Bytes {
    explicit Bytes(std::string taken) : body(std::move(taken)) {}
    ~Bytes() { KeepBuffer(std::move(body)); }
    Bytes(const Bytes&) = delete;
    Bytes& operator=(const Bytes&) = delete;

    std::string body;
    std::string keys;  ///< canonical keys, one behind the other
  };

  ItemPage() = default;

  std::unique_ptr<Bytes> bytes_;
  std::vector<ItemView> items_;
  std::vector<Digest> digests_;
  std::optional<std::string> last_evaluated_key_;
  std::optional<double> consumed_units_;
};

/// Items found of a BatchGetItem, and what must be asked again.
struct BatchGetResult {
  ItemPage found;
  std::string unprocessed_keys;          ///< raw JSON array of keys; empty when none
  std::vector<std::string> unprocessed;  ///< canonical bytes of the same keys
};

}  // namespace ddbsync::dynamodb
