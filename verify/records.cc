#include "verify/records.h"

#include <algorithm>
#include <charconv>
#include <cstdio>

#include "checkpoint/record_codec_internal.h"
#include "dynamodb/canonical_item.h"

namespace ddbsync::verify {
namespace {

using checkpoint::Batch;
using checkpoint::PutRecord;
using checkpoint::RecordKind;

constexpr RecordKind kRun{"verification", "verification", 1};
constexpr RecordKind kWalked{"walked segment", "walked/", 1};
constexpr RecordKind kSums{"sums", "sums/", dynamodb::kDigestVersion};
constexpr RecordKind kSuspect{"suspect", "suspect/", 1};
constexpr RecordKind kDifference{"difference", "difference/", 1};

constexpr const char* kSides[kTables] = {"source/", "target/"};

/// "source/00000012", so that they are listed in their order.
std::string Numbered(Table table, size_t number) {
  char id[24];
  std::snprintf(id, sizeof id, "%s%08zu", kSides[static_cast<size_t>(table)], number);
  return id;
}

/// The table and the number of what Numbered made.
std::optional<std::pair<size_t, size_t>> Unnumbered(std::string_view id) {
  for (size_t side = 0; side < kTables; ++side) {
    if (!id.starts_with(kSides[side])) continue;
    const std::string_view digits = id.substr(std::string_view(kSides[side]).size());
    size_t number = 0;
    const auto [end, failed] = std::from_chars(digits.begin(), digits.end(), number);
    if (failed == std::errc() && end == digits.end()) return std::pair(side, number);
  }
  return std::nullopt;
}

}  // namespace

struct SumsRecord {
  std::string bytes = {};
};

// Found by the codec through the records' own namespace.

template <class Record, class Of>
concept Is = checkpoint::Is<Record, Of>;

/// An enum as a number. One beyond `last`, which only a bug could have written, reads as the first.
template <class Enum>
static void Number(auto& field, const char* name, Enum& value, std::remove_const_t<Enum> last) {
  auto number = static_cast<int64_t>(value);
  field(name, number);
  if constexpr (!std::is_const_v<Enum>) {
    const bool known = number >= 0 && number <= static_cast<int64_t>(last);
    value = known ? static_cast<Enum>(number) : Enum{};
  }
}

/// Zero for none: nothing was complete in 1970.
static void Optional(auto& field, const char* name, Is<std::optional<WallTime>> auto& value) {
  WallTime time = value.value_or(WallTime());
  field(name, time);
  if constexpr (!std::is_const_v<std::remove_reference_t<decltype(value)>>) {
    value = time == WallTime() ? std::nullopt : std::optional(time);
  }
}

/// Names, one after the other; none holds a line feed that matters: they are for people.
static void List(auto& field, const char* name, auto& list) {
  std::string text;
  for (const std::string& element : list) text.append(element).append("\n");
  field(name, text);
  if constexpr (!std::is_const_v<std::remove_reference_t<decltype(list)>>) {
    list.clear();
    for (size_t at = 0; at < text.size();) {
      const size_t end = std::min(text.find('\n', at), text.size());
      list.push_back(text.substr(at, end - at));
      at = end + 1;
    }
  }
}

static void Fields(auto& field, Is<RunRecord> auto& run) {
  field("source_identity", run.source_identity);
  field("target_identity", run.target_identity);
  Number(field, "form", run.form, Form::kQuiet);
  field("why", run.why);
  Number(field, "phase", run.phase, Phase::kEnded);
  field("extras_only", run.extras_only);
  field("sample_ppm", run.sample_ppm);
  field("seed", run.seed);
  field("source_segments", run.source_segments);
  field("target_segments", run.target_segments);
  field("buckets", run.buckets);
  field("source_items", run.source_items);
  field("target_items", run.target_items);
  field("began_ms", run.began);
  field("generation", run.generation);
  Optional(field, "completed_ms", run.completed);
  field("undecided", run.undecided);
  field("repaired", run.repaired);
}

static void Fields(auto& field, Is<WalkedSegment> auto& segment) {
  field("segment", segment.segment);
  field("cursor", segment.cursor);
  field("finished", segment.finished);
  field("items", segment.items);
  field("bytes", segment.bytes);
}

static void Fields(auto& field, Is<SumsRecord> auto& sums) {
  field("bytes", sums.bytes);
}

static void Fields(auto& field, Is<Suspect> auto& suspect) {
  field("key_json", suspect.key_json);
  field("since_ms", suspect.since);
}

static void Fields(auto& field, Is<Difference> auto& difference) {
  Number(field, "kind", difference.kind, DifferenceKind::kDifferent);
  field("key_json", difference.key_json);
  field("since_ms", difference.since);
  List(field, "attributes", difference.attributes);
}

namespace {

Result<void> Read(State& state, std::string_view key, std::string_view value) {
  const auto read = [&]<class Record>(const RecordKind& kind, auto take) -> Result<void> {
    auto record = checkpoint::ReadRecord<Record>(kind, key, value);
    if (!record) return std::unexpected(record.error());
    return take(*std::move(record), std::string(key.substr(kind.prefix.size())));
  };
  if (key == kRun.prefix) {
    return read.operator()<RunRecord>(kRun, [&](RunRecord run, const std::string&) -> Result<void> {
      state.run = std::move(run);
      return {};
    });
  }
  if (key.starts_with(kWalked.prefix)) {
    return read.operator()<WalkedSegment>(
        kWalked, [&](WalkedSegment segment, const std::string& id) -> Result<void> {
          const auto place = Unnumbered(id);
          if (!place) return checkpoint::Damaged(kWalked, key, "its key is wrong");
          state.walked[place->first].push_back(std::move(segment));
          return {};
        });
  }
  if (key.starts_with(kSums.prefix)) {
    return read.operator()<SumsRecord>(
        kSums, [&](SumsRecord sums, const std::string& id) -> Result<void> {
          const auto place = Unnumbered(id);
          if (!place) {
            return checkpoint::Damaged(kSums, key, "its key is wrong");
          }
          state.sums[place->first][place->second] = std::move(sums.bytes);
          if (checkpoint::VersionOf(value) != kSums.version) state.old_digests = true;
          return {};
        });
  }
  if (key.starts_with(kSuspect.prefix)) {
    return read.operator()<Suspect>(kSuspect, [&](Suspect suspect, std::string id) -> Result<void> {
      suspect.key = std::move(id);
      state.suspects.push_back(std::move(suspect));
      return {};
    });
  }
  if (key.starts_with(kDifference.prefix)) {
    return read.operator()<Difference>(kDifference,
                                       [&](Difference difference, std::string id) -> Result<void> {
                                         difference.key = std::move(id);
                                         state.differences.push_back(std::move(difference));
                                         return {};
                                       });
  }
  return checkpoint::Damaged({"unknown", "", 0}, key, "its kind is unknown");
}

}  // namespace

Result<State> LoadRun(checkpoint::Store& store) {
  State state;
  auto scanned = store.Scan(
      "", [&](std::string_view key, std::string_view value) { return Read(state, key, value); });
  if (!scanned) return std::unexpected(scanned.error());
  return state;
}

void PutRun(Batch& batch, const RunRecord& run) {
  PutRecord(batch, kRun, {}, run);
}

void PutSegment(Batch& batch, Table table, const WalkedSegment& segment) {
  PutRecord(batch, kWalked, Numbered(table, static_cast<size_t>(segment.segment)), segment);
}

void DeleteSegment(Batch& batch, Table table, int segment) {
  batch.Delete(checkpoint::KeyOf(kWalked, Numbered(table, static_cast<size_t>(segment))));
}

void PutSums(Batch& batch, Table table, size_t piece, std::string bytes) {
  PutRecord(batch, kSums, Numbered(table, piece), SumsRecord{std::move(bytes)});
}

void PutSuspect(Batch& batch, const Suspect& suspect) {
  PutRecord(batch, kSuspect, suspect.key, suspect);
}

void DeleteSuspect(Batch& batch, std::string_view key) {
  batch.Delete(checkpoint::KeyOf(kSuspect, key));
}

void PutDifference(Batch& batch, const Difference& difference) {
  PutRecord(batch, kDifference, difference.key, difference);
}

void DeleteDifference(Batch& batch, std::string_view key) {
  batch.Delete(checkpoint::KeyOf(kDifference, key));
}

Result<void> DeleteAll(checkpoint::Store& store, Batch& batch) {
  return store.Scan("", [&](std::string_view key, std::string_view) -> Result<void> {
    batch.Delete(std::string(key));
    return {};
  });
}

}  // namespace ddbsync::verify
