#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/large_buffers.h"
#include "dynamodb/key_schema.h"

namespace ddbsync::dynamodb {

enum class StreamEvent { kInsert, kModify, kRemove };

/// A change inside a page of a stream. Lives as long as its page.
struct RecordView {
  StreamEvent event = StreamEvent::kInsert;
  std::string_view key;       ///< canonical bytes
  std::string_view key_json;  ///< {"id":{"S":"a"}}
  std::string_view
      new_image;  ///< raw JSON; empty when the record has none (REMOVE, KEYS_ONLY, OLD_IMAGE)
  std::string_view sequence_number;
  WallTime created;             ///< ApproximateCreationDateTime: whole seconds on AWS
  bool expired_by_ttl = false;  ///< userIdentity says that DynamoDB's TTL deleted it
};

/// One GetRecords response. Owns its bytes; not copyable, views survive a move.
class RecordPage {
 public:
  /// Errors: kCorrupt (not JSON, or not a GetRecords response), kInvalid (a record without key or
  /// sequence number, or an event that is not known).
  [[nodiscard]] static Result<RecordPage> Parse(std::string body, const KeySchema& schema);

  RecordPage(RecordPage&&) noexcept = default;
  RecordPage& operator=(RecordPage&&) noexcept = default;

  [[nodiscard]] const std::vector<RecordView>& records() const { return records_; }
  /// None is the only sign of the shard's end; records of the same page still count.
  [[nodiscard]] const std::optional<std::string>& next_iterator() const { return next_iterator_; }
  [[nodiscard]] size_t bytes() const;

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

  RecordPage() = default;

  std::unique_ptr<Bytes> bytes_;
  std::vector<RecordView> records_;
  std::optional<std::string> next_iterator_;
};

}  // namespace ddbsync::dynamodb
