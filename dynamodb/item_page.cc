#include "dynamodb/item_page.h"

#include "dynamodb/item_digester_internal.h"
#include "dynamodb/item_tokens_internal.h"
#include "dynamodb/key_texts_internal.h"
#include "dynamodb/response_reader_internal.h"

namespace ddbsync::dynamodb {

/// Fills a page member by member. The views of the keys are set last, when the keys no longer move.
class ItemPage::Builder {
 public:
  Builder(std::string body, const KeySchema& schema) : schema_(schema) {
    EnsurePadding(body);
    page_.bytes_ = std::make_unique<Bytes>(std::move(body));
  }

  [[nodiscard]] const std::string& body() const { return page_.bytes_->body; }
  [[nodiscard]] std::string TakeBody() { return std::move(page_.bytes_->body); }
  [[nodiscard]] bool has_items() const { return has_items_; }

  /// Reads a Scan response: `text` is the body, or the body without its items.
  Result<void> ReadScan(const std::string& text);
  /// Reads the body, one, and digests its items, in one reading. False: this cannot be done with
  /// it, and no page is to be built.
  bool ReadDigestedScan();

  Result<void> TakeItem(ondemand::document& document, ondemand::value& value) {
    has_items_ = true;
    std::string& keys = page_.bytes_->keys;
    const size_t key_start = keys.size();
    Result<std::string_view> json = ReadItem(document, value, schema_, keys);
    if (!json) return std::unexpected(std::move(json.error()));
    Add(*json, key_start);
    return {};
  }

  Result<void> TakeItems(ondemand::document& document, ondemand::value& value) {
    has_items_ = true;
    for (ondemand::value item : value.get_array()) {
      if (Result<void> taken = TakeItem(document, item); !taken) return taken;
    }
    return {};
  }

  const std::string& TakeLastEvaluatedKey(ondemand::value& value) {
    return page_.last_evaluated_key_.emplace(RawObject(value));
  }

  void TakeConsumedCapacity(ondemand::value& value) {
    page_.consumed_units_ = ConsumedUnits(value);
  }

  ItemPage Build() {
    std::string_view keys = page_.bytes_->keys;
    for (ItemView& item : page_.items_) {
      item.key = keys.substr(0, item.key.size());
      keys.remove_prefix(item.key.size());
    }
    return std::move(page_);
  }

 private:
  /// Digests the items of the array that comes next in `tokens`, which are of the body. False: one
  /// has no digest or no key.
  bool DigestItems(Tokens& tokens) {
    KeyFinder key(schema_);
    std::string& keys = page_.bytes_->keys;
    bool more = tokens.Take('[') && !tokens.Take(']');
    while (more) {
      const size_t key_start = keys.size();
      (void)tokens.AtEnd();  // stands at the item then
      const size_t item_start = tokens.offset();
      const Result<Digest> digest = DigestNextItem(tokens, &key);
      if (!digest || !key.TakeKey(keys)) return false;
      page_.digests_.push_back(*digest);
      Add(std::string_view(body()).substr(item_start, tokens.offset() - item_start), key_start);
      more = tokens.Take(',');
      if (!more && !tokens.Take(']')) return false;
    }
    return true;
  }

  /// Only the key's length is right until Build.
  void Add(std::string_view json, size_t key_start) {
    const std::string_view keys = page_.bytes_->keys;
    page_.items_.push_back({.json = json, .key = keys.substr(key_start)});
  }

  const KeySchema& schema_;
  ItemPage page_;
  bool has_items_ = false;
};

namespace {

std::unexpected<Error> Twice(std::string_view operation, std::string_view member) {
  return NotAResponse(operation, "it has \"" + std::string(member) + "\" twice");
}

bool IsEmptyObject(std::string_view object) {
  return object.find_first_not_of(" \t\r\n", 1) == object.size() - 1;
}

/// {"table":{"Keys":[...],...}}, of one table.
Result<void> TakeUnprocessedKeys(ondemand::document& document, ondemand::value& value,
                                 const KeySchema& schema, BatchGetResult& result) {
  std::string key;
  for (ondemand::field table : value.get_object()) {
    bool has_keys = false;
    for (ondemand::field member : table.value().get_object()) {
      if (!NameIs(member, "Keys")) continue;
      has_keys = true;
      for (ondemand::value element : member.value().get_array()) {
        key.clear();
        Result<std::string_view> json = ReadItem(document, element, schema, key);
        if (!json) return std::unexpected(std::move(json.error()));
        result.unprocessed_keys += result.unprocessed.empty() ? "[" : ",";
        result.unprocessed_keys += *json;
        result.unprocessed.push_back(key);
      }
    }
    if (!has_keys) return NotAResponse("BatchGetItem", "it leaves a table without saying its keys");
  }
  if (!result.unprocessed.empty()) result.unprocessed_keys += "]";
  return {};
}

constexpr std::string_view kScan = "Scan";

/// Goes to the array of "Items", which comes next then. False for a Scan response in which it is
/// not found by its plain name, behind members that are whole.
bool FindItems(Tokens& tokens) {
  RawText name;
  if (!tokens.Take('{')) return false;
  while (tokens.Take(name) && tokens.Take(':')) {
    if (name.raw == "Items") return tokens.Next() == '[';
    if (!tokens.TakeValue() || !tokens.Take(',')) return false;
  }
  return false;
}

}  // namespace

Result<void> ItemPage::Builder::ReadScan(const std::string& text) {
  bool has_start = false;
  Result<void> read = ReadMembers(
      kScan, text, [&](ondemand::document& document, ondemand::field& member) -> Result<void> {
        if (NameIs(member, "Items")) {
          if (has_items_) return Twice(kScan, "Items");
          return TakeItems(document, member.value());
        }
        if (NameIs(member, "LastEvaluatedKey")) {
          if (has_start) return Twice(kScan, "LastEvaluatedKey");
          has_start = true;
          const std::string_view key = TakeLastEvaluatedKey(member.value());
          if (IsEmptyObject(key)) return NotAResponse(kScan, "LastEvaluatedKey is empty");
        } else if (NameIs(member, "ConsumedCapacity")) {
          TakeConsumedCapacity(member.value());
        }
        return {};
      });
  if (read && !has_items_) return NotAResponse(kScan, "it has no \"Items\"");
  return read;
}

bool ItemPage::Builder::ReadDigestedScan() {
  if (!simdjson::validate_utf8(body())) return false;
  Tokens tokens(body());
  if (!FindItems(tokens)) return false;
  const size_t start = tokens.offset();
  if (!DigestItems(tokens)) return false;
  // What stands around the items is little, and read as ever.
  std::string around = body().substr(0, start) + "[]";
  around.append(body(), tokens.offset());
  EnsurePadding(around);
  // Of a damaged body the other parser may find items there.
  return ReadScan(around).has_value() && page_.items_.size() == page_.digests_.size();
}

Result<ItemPage> ItemPage::Parse(std::string body, const KeySchema& schema) {
  Builder builder(std::move(body), schema);
  if (Result<void> read = builder.ReadScan(builder.body()); !read) {
    return std::unexpected(std::move(read.error()));
  }
  return builder.Build();
}

Result<ItemPage> ItemPage::ParseDigested(std::string body, const KeySchema& schema) {
  Builder builder(std::move(body), schema);
  if (builder.ReadDigestedScan()) return builder.Build();
  // Two readings judge what one did not understand, and say what is wrong with it.
  Result<ItemPage> page = Parse(builder.TakeBody(), schema);
  if (!page) return page;
  for (const ItemView& item : page->items_) {
    const Result<Digest> digest = DigestItem(item.json);
    if (!digest) return std::unexpected(digest.error());
    page->digests_.push_back(*digest);
  }
  return page;
}

Result<ItemPage> ItemPage::ParseGetItem(std::string body, const KeySchema& schema) {
  constexpr std::string_view kOperation = "GetItem";
  Builder builder(std::move(body), schema);
  bool unknown_member = false;
  Result<void> read =
      ReadMembers(kOperation, builder.body(),
                  [&](ondemand::document& document, ondemand::field& member) -> Result<void> {
                    if (NameIs(member, "Item")) {
                      if (builder.has_items()) return Twice(kOperation, "Item");
                      return builder.TakeItem(document, member.value());
                    }
                    if (NameIs(member, "ConsumedCapacity")) {
                      builder.TakeConsumedCapacity(member.value());
                    } else {
                      unknown_member = true;
                    }
                    return {};
                  });
  if (!read) return std::unexpected(std::move(read.error()));
  if (!builder.has_items() && unknown_member) {
    return NotAResponse(kOperation, "it has no \"Item\" but something else");
  }
  return builder.Build();
}

Result<BatchGetResult> ItemPage::ParseBatchGet(std::string body, const KeySchema& schema) {
  constexpr std::string_view kOperation = "BatchGetItem";
  Builder builder(std::move(body), schema);
  BatchGetResult result{.found = ItemPage(), .unprocessed_keys = {}, .unprocessed = {}};
  bool has_responses = false;
  bool has_unprocessed = false;
  Result<void> read =
      ReadMembers(kOperation, builder.body(),
                  [&](ondemand::document& document, ondemand::field& member) -> Result<void> {
                    if (NameIs(member, "Responses")) {
                      if (has_responses) return Twice(kOperation, "Responses");
                      has_responses = true;
                      for (ondemand::field table : member.value().get_object()) {
                        Result<void> taken = builder.TakeItems(document, table.value());
                        if (!taken) return taken;
                      }
                    } else if (NameIs(member, "UnprocessedKeys")) {
                      if (has_unprocessed) return Twice(kOperation, "UnprocessedKeys");
                      has_unprocessed = true;
                      return TakeUnprocessedKeys(document, member.value(), schema, result);
                    } else if (NameIs(member, "ConsumedCapacity")) {
                      builder.TakeConsumedCapacity(member.value());
                    }
                    return {};
                  });
  if (!read) return std::unexpected(std::move(read.error()));
  // A key in neither list does not exist, so both lists must be there.
  if (!has_responses) return NotAResponse(kOperation, "it has no \"Responses\"");
  if (!has_unprocessed) return NotAResponse(kOperation, "it has no \"UnprocessedKeys\"");
  result.found = builder.Build();
  return result;
}

size_t ItemPage::bytes() const {
  return bytes_->body.capacity() + bytes_->keys.capacity() + items_.capacity() * sizeof(ItemView) +
         digests_.capacity() * sizeof(Digest);
}

size_t ItemPage::item_bytes() const {
  size_t bytes = 0;
  for (const ItemView& item : items_) bytes += item.json.size();
  return bytes;
}

}  // namespace ddbsync::dynamodb
