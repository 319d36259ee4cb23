#pragma once

// For the .cc files of checkpoint/ and of folders that keep records of their own in a Store: how a
// record's fields become the value under its key, and back. Payloads are CBOR maps: unlike JSON
// text they carry any bytes unchanged, so that no text a server sends can make a record unwritable.

#include <concepts>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "checkpoint/batch.h"
#include "checkpoint/envelope.h"

namespace ddbsync::checkpoint {

using nlohmann::json;

inline std::string KeyOf(const RecordKind& kind, std::string_view id = {}) {
  return std::string(kind.prefix).append(id);
}

/// Collects a record's fields.
class FieldWriter {
 public:
  template <class T>
  void operator()(const char* name, const T& value) {
    fields_[name] = value;
  }
  void operator()(const char* name, const WallTime& value) {
    fields_[name] = int64_t{value.time_since_epoch().count()};
  }
  [[nodiscard]] std::string Payload() const {
    std::string payload;
    json::to_cbor(fields_, payload);
    return payload;
  }

 private:
  json fields_ = json::object();
};

/// Fills a record from its fields and remembers the first that is missing or of the wrong type.
class FieldReader {
 public:
  explicit FieldReader(const json& fields) : fields_(fields) {}

  void operator()(const char* name, std::string& value) {
    if (const json* field = Find(name, &json::is_string)) {
      value = field->get_ref<const std::string&>();
    }
  }
  void operator()(const char* name, bool& value) {
    if (const json* field = Find(name, &json::is_boolean)) value = field->get<bool>();
  }
  template <std::signed_integral T>
  void operator()(const char* name, T& value) {
    const json* field = Find(name, &json::is_number_integer);
    if (field == nullptr) return;
    // Beyond 64 bits with a sign the library would wrap it round.
    const bool fits = field->is_number_unsigned() ? std::in_range<T>(field->get<uint64_t>())
                                                  : std::in_range<T>(field->get<int64_t>());
    if (fits) {
      value = static_cast<T>(field->get<int64_t>());
    } else {
      fault_ = name;
    }
  }
  void operator()(const char* name, WallTime& value) {
    int64_t milliseconds = 0;
    (*this)(name, milliseconds);
    value = WallTime(std::chrono::milliseconds(milliseconds));
  }
  /// Empty: none.
  [[nodiscard]] const std::string& fault() const { return fault_; }

 private:
  const json* Find(const char* name, bool (json::*is_type)() const noexcept) {
    const auto field = fields_.find(name);
    if (field != fields_.end() && ((*field).*is_type)()) return &*field;
    if (fault_.empty()) fault_ = name;
    return nullptr;
  }

  const json& fields_;
  std::string fault_;
};

// One list of fields per record serves writing and reading, so that the two cannot drift apart.
// What a record's key holds is not repeated in its fields.

template <class Record, class Of>
concept Is = std::same_as<std::remove_const_t<Record>, Of>;

template <class Record>
void PutRecord(Batch& batch, const RecordKind& kind, std::string_view id, const Record& record) {
  FieldWriter writer;
  Fields(writer, record);
  std::string key = KeyOf(kind, id);
  std::string value = Seal(kind, key, writer.Payload());
  batch.Put(std::move(key), std::move(value));
}

/// The payload's fields; something else than an object when it is not CBOR.
inline json ParsePayload(std::string_view payload) {
  try {
    return json::from_cbor(payload, /*strict=*/true, /*allow_exceptions=*/false);
  } catch (const json::exception&) {  // still thrown for a size that no memory holds
    return json(json::value_t::discarded);
  }
}

template <class Record>
Result<Record> ReadRecord(const RecordKind& kind, std::string_view key, std::string_view value) {
  auto payload = Unseal(kind, key, value);
  if (!payload) return std::unexpected(payload.error());
  const json fields = ParsePayload(*payload);
  if (!fields.is_object()) return Damaged(kind, key, "it is not a record");
  Record record;
  FieldReader reader(fields);
  Fields(reader, record);
  if (!reader.fault().empty()) {
    return Damaged(kind, key, "its field \"" + reader.fault() + "\" is missing or wrong");
  }
  return record;
}

}  // namespace ddbsync::checkpoint
