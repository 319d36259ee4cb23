#include "dynamodb/record_page.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "dynamodb/response_reader_internal.h"

namespace ddbsync::dynamodb {
namespace {

constexpr std::string_view kOperation = "GetRecords";

/// Latest time that is believed, in seconds since 1970: the year 2200. Lag is counted in
/// nanoseconds, which overflow in 2262.
constexpr double kMaxSeconds = 7'258'118'400.0;

std::unexpected<Error> BadRecord(std::string_view why) {
  return Fail(ErrorCode::kInvalid, "A stream record " + std::string(why) + ".");
}

std::optional<StreamEvent> ParseEvent(std::string_view name) {
  if (name == "INSERT") return StreamEvent::kInsert;
  if (name == "MODIFY") return StreamEvent::kModify;
  if (name == "REMOVE") return StreamEvent::kRemove;
  return std::nullopt;
}

bool IsDigits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

/// The API reference spells the members with capitals, the developer guide and some servers
/// without.
bool IsTtlIdentity(ondemand::value& value) {
  bool service = false;
  bool dynamodb = false;
  for (ondemand::field member : value.get_object()) {
    if (NameIs(member, "Type") || NameIs(member, "type")) {
      service = RawString(member.value()) == "Service";
    } else if (NameIs(member, "PrincipalId") || NameIs(member, "principalId")) {
      dynamodb = RawString(member.value()) == "dynamodb.amazonaws.com";
    }
  }
  return service && dynamodb;
}

/// Reads the members of one record; Finish says whether it is whole.
class RecordReader {
 public:
  RecordReader(ondemand::document& document, const KeySchema& schema, std::string& keys)
      : document_(document), schema_(schema), keys_(keys), key_start_(keys.size()) {}

  /// Only what concerns us is taken out of its result (KeyReader::Take says why).
  template <class Member>
  Result<void> Take(Member& member) {
    const char* name = RawName(member);
    if (NameIs(name, "eventName")) return TakeEvent(member.value());
    if (NameIs(name, "dynamodb")) return TakeChange(member.value());
    if (NameIs(name, "userIdentity")) return TakeIdentity(member.value());
    return {};
  }

  /// Only the length of the record's key is right: the keys may still move.
  Result<RecordView> Finish() {
    if (!has_event_) return BadRecord("has no eventName");
    if (!has_key_) return BadRecord("has no Keys");
    if (view_.sequence_number.empty()) return BadRecord("has no SequenceNumber");
    if (!has_time_) return BadRecord("has no ApproximateCreationDateTime");
    view_.key = std::string_view(keys_).substr(key_start_);
    const bool is_remove = view_.event == StreamEvent::kRemove;
    view_.expired_by_ttl = ttl_identity_ && is_remove;
    if (is_remove) view_.new_image = {};
    return view_;
  }

 private:
  Result<void> TakeEvent(ondemand::value value) {
    if (IsNull(value)) return {};
    const std::string_view name = RawString(value);
    const std::optional<StreamEvent> event = ParseEvent(name);
    if (!event) return BadRecord("has an event that is not known: " + std::string(name));
    has_event_ = true;
    view_.event = *event;
    return {};
  }

  Result<void> TakeIdentity(ondemand::value value) {
    if (!IsNull(value)) ttl_identity_ = IsTtlIdentity(value);
    return {};
  }

  Result<void> TakeChange(ondemand::value value) {
    if (IsNull(value)) return {};
    for (auto member : value.get_object()) {
      if (Result<void> taken = TakeOfChange(member); !taken) return taken;
    }
    return {};
  }

  template <class Member>
  Result<void> TakeOfChange(Member& member) {
    const char* name = RawName(member);
    if (NameIs(name, "Keys")) return TakeKeys(member.value());
    if (NameIs(name, "NewImage")) return TakeNewImage(member.value());
    if (NameIs(name, "SequenceNumber")) return TakeSequenceNumber(member.value());
    if (NameIs(name, "ApproximateCreationDateTime")) return TakeTime(member.value());
    return {};
  }

  Result<void> TakeKeys(ondemand::value value) {
    if (IsNull(value)) return {};
    if (has_key_) return NotAResponse(kOperation, "a record has \"Keys\" twice");
    has_key_ = true;
    Result<std::string_view> json = ReadItem(document_, value, schema_, keys_);
    if (!json) return std::unexpected(std::move(json.error()));
    view_.key_json = *json;
    return {};
  }

  Result<void> TakeNewImage(ondemand::value value) {
    if (IsNull(value)) return {};
    if (!view_.new_image.empty()) {
      return NotAResponse(kOperation, "a record has \"NewImage\" twice");
    }
    view_.new_image = RawObject(value);
    return {};
  }

  Result<void> TakeSequenceNumber(ondemand::value value) {
    if (IsNull(value)) return {};
    view_.sequence_number = RawString(value);
    if (!IsDigits(view_.sequence_number)) return BadRecord("has a SequenceNumber of no digits");
    return {};
  }

  Result<void> TakeTime(ondemand::value value) {
    if (IsNull(value)) return {};
    const double seconds = value.get_double();
    if (!(seconds >= 0 && seconds <= kMaxSeconds)) {
      return BadRecord("has an ApproximateCreationDateTime that is no time");
    }
    has_time_ = true;
    view_.created = WallTime(std::chrono::milliseconds(std::llround(seconds * 1000)));
    return {};
  }

  ondemand::document& document_;
  const KeySchema& schema_;
  std::string& keys_;
  const size_t key_start_;
  RecordView view_;
  bool has_event_ = false;
  bool has_key_ = false;
  bool has_time_ = false;
  bool ttl_identity_ = false;
};

}  // namespace

/// Fills a page. The views of the keys are set last, when the keys no longer move.
class RecordPage::Builder {
 public:
  Builder(std::string body, const KeySchema& schema) : schema_(schema) {
    EnsurePadding(body);
    page_.bytes_ = std::make_unique<Bytes>(std::move(body));
  }

  [[nodiscard]] const std::string& body() const { return page_.bytes_->body; }
  [[nodiscard]] bool has_records() const { return has_records_; }

  Result<void> Take(ondemand::document& document, ondemand::field& member) {
    if (NameIs(member, "Records")) {
      if (has_records_) return NotAResponse(kOperation, "it has \"Records\" twice");
      has_records_ = true;
      for (ondemand::value record : member.value().get_array()) {
        if (Result<void> taken = TakeRecord(document, record); !taken) return taken;
      }
    } else if (NameIs(member, "NextShardIterator")) {
      if (page_.next_iterator_) return NotAResponse(kOperation, "it has two iterators");
      page_.next_iterator_ = std::string(std::string_view(member.value().get_string()));
      if (page_.next_iterator_->empty()) return NotAResponse(kOperation, "its iterator is empty");
    }
    return {};
  }

  RecordPage Build() {
    std::string_view keys = page_.bytes_->keys;
    for (RecordView& record : page_.records_) {
      record.key = keys.substr(0, record.key.size());
      keys.remove_prefix(record.key.size());
    }
    return std::move(page_);
  }

 private:
  Result<void> TakeRecord(ondemand::document& document, ondemand::value& value) {
    RecordReader reader(document, schema_, page_.bytes_->keys);
    for (auto member : value.get_object()) {
      if (Result<void> taken = reader.Take(member); !taken) return taken;
    }
    Result<RecordView> record = reader.Finish();
    if (!record) return std::unexpected(std::move(record.error()));
    page_.records_.push_back(*record);
    return {};
  }

  const KeySchema& schema_;
  RecordPage page_;
  bool has_records_ = false;
};

Result<RecordPage> RecordPage::Parse(std::string body, const KeySchema& schema) {
  Builder builder(std::move(body), schema);
  Result<void> read = ReadMembers(kOperation, builder.body(),
                                  [&](ondemand::document& document, ondemand::field& member) {
                                    return builder.Take(document, member);
                                  });
  if (!read) return std::unexpected(std::move(read.error()));
  if (!builder.has_records()) return NotAResponse(kOperation, "it has no \"Records\"");
  return builder.Build();
}

size_t RecordPage::bytes() const {
  return bytes_->body.capacity() + bytes_->keys.capacity() +
         records_.capacity() * sizeof(RecordView);
}

}  // namespace ddbsync::dynamodb
