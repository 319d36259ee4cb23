#include "tests/simulation/history.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "replicator/limits.h"
#include "streams/limits.h"
#include "tests/support/scan_segment.h"
#include "tests/support/stream.h"
#include "tests/support/table_key.h"

namespace ddbsync::simulation {
namespace {

using nlohmann::json;

constexpr std::chrono::seconds kRounding{1};
/// A shard that is found finished counts from the beginning of the listing that told.
constexpr std::chrono::hours kSlackOfMarkers{1};
/// What a start deletes to see whether it may write.
constexpr std::string_view kProbe = "ddbsync-permission-probe";

uint64_t HashOfKey(std::string_view key_json) {
  json key = json::parse(key_json);
  return fake::HashOf(fake::PositionOfKey({.partition = {"id", 'S'}, .sort = {}}, key));
}

std::string Seconds(Duration duration) {
  return std::to_string(std::chrono::duration<double>(duration).count());
}

uint64_t OrdinalOf(std::string_view sequence_number) {
  return fake::OrdinalOf(sequence_number).value_or(0);
}

template <class Records>
std::set<std::string> KeysOf(const Records& records) {
  std::set<std::string> keys;
  for (const auto& record : records) keys.insert(record.key_json);
  return keys;
}

}  // namespace

History::Key& History::KeyOf(std::string_view key_json) {
  const auto found = keys_.find(key_json);
  if (found != keys_.end()) return found->second;
  Key& key = keys_[std::string(key_json)];
  key.name = key_json;
  key.hash = HashOfKey(key_json);
  return key;
}

void History::OnSource(const fake::AppliedWrite& write) {
  if (write.before == nullptr && write.after == nullptr) return;
  Key& key = KeyOf(write.key_json);
  Version version{.item = {},
                  .at = write.at,
                  .shard = std::string(write.shard_id),
                  .ordinal = OrdinalOf(write.sequence_number)};
  if (write.after != nullptr) {
    version.item = *write.after;
    key.by_item[*write.after] = key.versions.size();
  }
  if (!version.shard.empty()) {
    Shard& shard = shards_[version.shard];
    shard.stream = write.stream_arn;
    shard.ancestor = write.ancestor_shard_id;
    version.counted = start_ && version.at >= Earliest() + kRounding;
    if (version.counted) ++shard.unapplied;
    changes_.push_back({&key, key.versions.size()});
  }
  key.versions.push_back(std::move(version));
}

void History::OnTarget(const fake::AppliedWrite& write) {
  if (violation_ || write.key_json.find(kProbe) != std::string_view::npos) return;
  ++target_writes_;
  if (ended_ && !write.sender_gone) {
    Violate("gap", std::string(write.key_json) + " was written after the loss was on record");
  }
  Key& key = KeyOf(write.key_json);
  write.after != nullptr ? OnTargetPut(key, write) : OnTargetDelete(key, write);
}

void History::OnTargetPut(Key& key, const fake::AppliedWrite& write) {
  const auto found = key.by_item.find(*write.after);
  if (found == key.by_item.end()) {
    Violate("I5", key.name + " became what the source never held: " + *write.after);
    return;
  }
  const size_t version = found->second;
  key.now = version;
  key.absent = false;
  if (!write.sender_gone) {
    if (version <= key.settled) {
      Violate("I7", "version " + std::to_string(version) + " was written again of " + Tell(key) +
                        ", though the checkpoint was past it when the process started");
    }
    CheckOrder(key, version, version);
    CheckLineage(key, key.versions[version]);
    CheckStreamBefore(key, key.versions[version]);
  }
  Applied(key, version);
}

void History::OnTargetDelete(Key& key, const fake::AppliedWrite& write) {
  const size_t newest = LatestDeletion(key);
  key.absent = true;
  if (!write.sender_gone) {
    CheckDeletion(key);
    // The oldest deletion that is not older than what was written before.
    size_t oldest = newest;
    for (size_t i = std::max(key.low, key.covered); i < newest; ++i) {
      if (key.versions[i].item) continue;
      oldest = i;
      break;
    }
    CheckOrder(key, oldest, newest);
  }
  Applied(key, newest);
}

/// Neither a record that counts nor a look at the source can have told that it is gone.
void History::CheckDeletion(const Key& key) {
  if (!start_) return;
  for (size_t i = key.versions.size(); i-- > 0;) {
    if (!key.versions[i].item) return;
    if (key.versions[i].at < Earliest() - kRounding - options_.staleness) break;
  }
  Violate("I1", "a row was deleted that the source has had all the time since T0: " + Tell(key));
}

void History::CheckOrder(Key& key, size_t oldest, size_t newest) {
  const auto told = [&](const std::string& was) {
    return key.name + " went back from version " + was + " to " + std::to_string(newest) + " of " +
           std::to_string(key.versions.size() - 1);
  };
  if (newest < key.covered) {
    Violate("I7", told(std::to_string(key.covered) + ", which the checkpoint had"));
  } else if (ordered_ && newest < key.low) {
    const bool resurrected = !key.versions[key.low].item && key.versions[newest].item;
    Violate(resurrected ? "I6" : "I3", told(std::to_string(key.low)));
  }
  key.low = oldest;
}

void History::CheckLineage(const Key& key, const Version& version) {
  // What is read back for a parent's record may be newer than its shard.
  if (!ordered_ || version.shard.empty() || options_.read_back) return;
  auto ancestor = shards_.find(shards_[version.shard].ancestor);
  for (; ancestor != shards_.end(); ancestor = shards_.find(ancestor->second.ancestor)) {
    if (ancestor->second.unapplied == 0) continue;
    Violate("I4", key.name + " of " + version.shard + " was written before " +
                      std::to_string(ancestor->second.unapplied) + " changes of its ancestor " +
                      ancestor->first);
    return;
  }
}

/// Where a cut-over ended a stream, the next one is not begun before all of it is applied (I4).
void History::CheckStreamBefore(const Key& key, const Version& version) {
  if (!copied_ || version.shard.empty() || options_.read_back) return;
  const std::string& stream = shards_[version.shard].stream;
  for (const auto& [id, shard] : shards_) {
    if (shard.stream >= stream || shard.unapplied == 0) continue;
    Violate("I4", key.name + " of the new stream was written before " +
                      std::to_string(shard.unapplied) + " changes of " + id + " of the old");
    return;
  }
}

void History::Applied(Key& key, size_t version) {
  for (; key.ever < version; ++key.ever) {
    Version& passed = key.versions[key.ever + 1];
    if (passed.shard.empty()) continue;
    Shard& shard = shards_[passed.shard];
    if (std::exchange(passed.counted, false)) --shard.unapplied;
    shard.followed = shard.followed || ordered_;  // the copy is done
  }
}

size_t History::LatestDeletion(const Key& key) {
  size_t version = key.versions.size() - 1;
  while (version > 0 && key.versions[version].item) --version;
  return version;
}

size_t History::Has(const Key& key) {
  return key.absent ? LatestDeletion(key) : key.now;
}

size_t History::Had(const Key& key) {
  return std::max(key.ever, Has(key));
}

WallTime History::Earliest() const {
  return *start_ - replicator::limits::kStartMargin;
}

bool History::ChangedSinceStart(const Key& key) const {
  return key.versions.size() > 1 && key.versions.back().at >= Earliest() - options_.staleness;
}

bool History::LeftToRemoval(const Key& key) const {
  return not_before_ != WallTime{} && !key.versions.back().item;
}

bool History::Concerns(const Change& change) const {
  // A record's time has whole seconds.
  return start_ && change.key->versions[change.version].at >= not_before_ &&
         change.key->versions[change.version].at >= Earliest() + kRounding;
}

bool History::IsRecorded(const Change& change, const checkpoint::State& durable) const {
  const Version& version = change.key->versions[change.version];
  // A stream's ARN ends with its time. A later one is followed when all of this one is applied.
  if (shards_.at(version.shard).stream < durable.job->stream_arn) return true;
  return std::ranges::any_of(durable.shards, [&](const checkpoint::ShardRecord& shard) {
    return shard.shard_id == version.shard &&
           (shard.finished ||
            (!shard.position.empty() && OrdinalOf(shard.position) >= version.ordinal));
  });
}

void History::SetStart(WallTime start) {
  if (!start_) start_ = start;
}

void History::BeginAgain(WallTime start) {
  if (!start_ || *start_ == start) return SetStart(start);
  start_ = not_before_ = start;
  ordered_ = copied_ = false;
  durable_ = {};
  for (auto& [name, key] : keys_) {
    key.low = key.covered = key.settled = 0;
    for (Version& version : key.versions) version.counted = false;
  }
  for (auto& [name, shard] : shards_) {
    shard.unapplied = 0;
    shard.followed = false;
  }
}

void History::BeginLife(const checkpoint::State& durable) {
  ordered_ = false;
  for (auto& [name, key] : keys_) key.low = key.covered = key.settled = 0;
  for (auto& [name, shard] : shards_) shard.followed = false;
  for (const Change& change : changes_) {
    if (!Concerns(change) || !IsRecorded(change, durable)) continue;
    change.key->covered = std::max(change.key->covered, change.version);
  }
  // Neither the tail has a reason to write these again, nor the copy, nor who compares.
  const std::vector<Copied> copied = CopiedParts(durable);
  const std::set<std::string> rechecked = Rechecked(durable);
  for (auto& [name, key] : keys_) {
    const bool is_copied = std::ranges::any_of(copied, [&key](const Copied& part) {
      return key.hash >= part.first && key.hash <= part.last;
    });
    if (!is_copied || rechecked.contains(name)) continue;
    key.settled = ChangedSinceStart(key) ? key.covered : key.versions.size() - 1;
  }
}

void History::CheckDurable(const checkpoint::State& durable, WallTime now) {
  if (violation_) return;
  if (!durable.job) {
    if (start_) Violate("I7", "the checkpoint is empty, as if nothing had ever been recorded");
    return;
  }
  SetStart(durable.job->start_time);
  const std::set<std::string> rechecked = Rechecked(durable);
  for (const Change& change : changes_) {
    const Key& key = *change.key;
    const bool there = Has(key) >= change.version || rechecked.contains(key.name);
    if (there || !Concerns(change) || !IsRecorded(change, durable)) continue;
    Violate("I2", "the position in " + key.versions[change.version].shard + " is past version " +
                      std::to_string(change.version) + " of " + Tell(key));
    return;
  }
  CheckSegments(durable, rechecked);
  CheckNothingTakenBack(durable, now);
  durable_ = durable;
  looked_ = now;
}

std::set<std::string> History::Rechecked(const checkpoint::State& durable) {
  std::set<std::string> rechecked = KeysOf(durable.rechecks);
  rechecked.merge(KeysOf(durable.dead_letters));
  return rechecked;
}

std::vector<History::Copied> History::CopiedParts(const checkpoint::State& durable) {
  std::vector<Copied> parts;
  for (const auto& record : durable.segments) {
    const fake::ScanSegment segment{record.segment, durable.job->total_segments};
    if (record.finished) {
      parts.push_back({record.segment, segment.First(), segment.Last()});
    } else if (!record.cursor.empty()) {
      parts.push_back({record.segment, segment.First(), HashOfKey(record.cursor)});
    }
  }
  return parts;
}

void History::CheckSegments(const checkpoint::State& durable,
                            const std::set<std::string>& rechecked) {
  for (const Copied& part : CopiedParts(durable)) {
    for (const auto& [name, key] : keys_) {
      if (key.hash < part.first || key.hash > part.last) continue;
      const size_t newest = key.versions.size() - 1;
      if (ChangedSinceStart(key) || Has(key) >= newest || rechecked.contains(name)) continue;
      if (LeftToRemoval(key)) continue;
      Violate("I2", "segment " + std::to_string(part.segment) + " is recorded past " + Tell(key) +
                        ", which the target does not have");
      return;
    }
  }
}

void History::CheckNothingTakenBack(const checkpoint::State& durable, WallTime now) {
  const bool made_up_for = durable.resync && durable.resync->completed != WallTime{};
  if (durable.gaps.size() < durable_.gaps.size() && !made_up_for) {
    Violate("gap", "a loss is no longer on record");
  }
  const bool same_stream = !durable_.job || durable_.job->stream_arn == durable.job->stream_arn;
  if (same_stream) CheckShardsNotTakenBack(durable, now);
  for (const auto& before : durable_.segments) {
    const auto after =
        std::ranges::find(durable.segments, before.segment, &checkpoint::SegmentRecord::segment);
    const auto place = [](const checkpoint::SegmentRecord& record) {
      if (record.finished) return std::numeric_limits<uint64_t>::max();
      return record.cursor.empty() ? 0 : HashOfKey(record.cursor);
    };
    if (after == durable.segments.end() || place(*after) < place(before)) {
      Violate("I7", "segment " + std::to_string(before.segment) + " went back");
    }
  }
}

void History::CheckShardsNotTakenBack(const checkpoint::State& durable, WallTime now) {
  for (const auto& before : durable_.shards) {
    const auto record =
        std::ranges::find(durable.shards, before.shard_id, &checkpoint::ShardRecord::shard_id);
    if (record == durable.shards.end()) {
      // Forgotten long after its end, which may as well have come since the last look.
      const WallTime ended = before.finished ? before.finished_at : looked_;
      if (now - ended >= limits::kFinishedMarkerAge - kSlackOfMarkers) continue;
      Violate("I7", "the record of " + before.shard_id + " is gone " + Seconds(now - ended) +
                        " s after " + (before.finished ? "its end" : "the last look, unfinished"));
      continue;
    }
    const bool back = (before.finished && !record->finished) ||
                      OrdinalOf(record->position) < OrdinalOf(before.position);
    if (back) Violate("I7", "the position in " + before.shard_id + " went back");
  }
}

void History::CheckWatermark(WallTime watermark) {
  if (violation_ || !start_) return;
  const Change* oldest = OldestUnapplied();
  if (oldest == nullptr) return;
  const Version& version = oldest->key->versions[oldest->version];
  if (version.at >= watermark) return;
  Violate("I9", "the watermark is " + std::to_string((watermark - version.at).count()) +
                    " ms past version " + std::to_string(oldest->version) + " of " +
                    Tell(*oldest->key) + ", which the target never had");
}

void History::CheckReadyInOutage(WallTime since, WallTime now, Duration allowed) {
  if (violation_ || !start_) return;
  const Change* oldest = OldestUnapplied();
  if (oldest == nullptr) return;
  const Version& version = oldest->key->versions[oldest->version];
  if (!shards_[version.shard].followed || now - std::max(since, version.at) <= allowed) return;
  Violate("I9", "the target takes nothing for " + Seconds(now - since) + " s and lacks version " +
                    std::to_string(oldest->version) + " of " + Tell(*oldest->key) +
                    ", but the job is ready");
}

const History::Change* History::OldestUnapplied() {
  while (first_unapplied_ < changes_.size()) {
    const Change& change = changes_[first_unapplied_];
    if (Concerns(change) && Had(*change.key) < change.version) return &change;
    ++first_unapplied_;
  }
  return nullptr;
}

void History::CheckBackfillComplete() {
  copied_ = true;
  if (violation_ || !start_) return;
  for (const auto& [name, key] : keys_) {
    const size_t newest = key.versions.size() - 1;
    if (ChangedSinceStart(key) || Had(key) >= newest || LeftToRemoval(key)) continue;
    Violate("I8", "the copy is called complete, but " + Tell(key) + " was never written");
    return;
  }
}

void History::CheckEqual(const std::map<std::string, std::string>& source,
                         const std::map<std::string, std::string>& target,
                         const std::string& invariant) {
  if (violation_ || source == target) return;
  const auto past = [this](const std::string& key) {
    const auto known = keys_.find(key);
    return known == keys_.end() ? std::string() : "; " + Tell(known->second);
  };
  for (const auto& [key, item] : source) {
    const auto found = target.find(key);
    if (found == target.end()) {
      Violate(invariant, key + " is missing on the target" + past(key));
    } else if (found->second != item) {
      Violate(invariant,
              key + " is " + found->second + " on the target instead of " + item + past(key));
    }
  }
  for (const auto& [key, item] : target) {
    if (!source.contains(key)) Violate(invariant, key + " is on the target, but not on the source");
  }
}

void History::Violate(std::string invariant, std::string what) {
  if (!violation_) violation_ = Violation{std::move(invariant), std::move(what)};
}

std::string History::Tell(const Key& key) const {
  const auto seconds = [this](WallTime at) { return Seconds(at - start_.value_or(WallTime())); };
  std::string text = key.name + " (versions, in seconds since T0:";
  for (size_t i = 1; i < key.versions.size(); ++i) {
    const Version& version = key.versions[i];
    text += " " + std::to_string(i) + (version.item ? " put " : " deleted ") + seconds(version.at) +
            (version.shard.empty() ? " in no stream" : "");
  }
  return text + "; the target has " + (key.absent ? "nothing" : std::to_string(key.now)) + ")";
}

}  // namespace ddbsync::simulation
