#include "dynamodb/item_page.h"

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
  [[nodiscard]] bool has_items() const { return has_items_; }

  Result<void> TakeItem(ondemand::document& document, ondemand::value& value) {
    has_items_ = true;
    std::string& keys = page_.bytes_->keys;
    const size_t key_start = keys.size();
    Result<std::string_view> json = ReadItem(document, value, schema_, keys);
    if (!json) return std::unexpected(std::move(json.error()));
    // Only the key's length is right until Build.
    page_.items_.push_back({.json = *json, .key = std::string_view(keys).substr(key_start)});
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

}  // namespace

Result<ItemPage> ItemPage::Parse(std::string body, const KeySchema& schema) {
  constexpr std::string_view kOperation = "Scan";
  Builder builder(std::move(body), schema);
  bool has_start = false;
  Result<void> read =
      ReadMembers(kOperation, builder.body(),
                  [&](ondemand::document& document, ondemand::field& member) -> Result<void> {
                    if (NameIs(member, "Items")) {
                      if (builder.has_items()) return Twice(kOperation, "Items");
                      return builder.TakeItems(document, member.value());
                    }
                    if (NameIs(member, "LastEvaluatedKey")) {
                      if (has_start) return Twice(kOperation, "LastEvaluatedKey");
                      has_start = true;
                      const std::string_view key = builder.TakeLastEvaluatedKey(member.value());
                      if (IsEmptyObject(key))
                        return NotAResponse(kOperation, "LastEvaluatedKey is empty");
                    } else if (NameIs(member, "ConsumedCapacity")) {
                      builder.TakeConsumedCapacity(member.value());
                    }
                    return {};
                  });
  if (!read) return std::unexpected(std::move(read.error()));
  if (!builder.has_items()) return NotAResponse(kOperation, "it has no \"Items\"");
  return builder.Build();
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
  return bytes_->body.capacity() + bytes_->keys.capacity() + items_.capacity() * sizeof(ItemView);
}

}  // namespace ddbsync::dynamodb
