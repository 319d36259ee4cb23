#include "verify/resolver.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/planted_bug.h"
#include "replicator/limits.h"
#include "verify/limits.h"

namespace ddbsync::verify {
namespace {

std::string Shown(std::string_view json) {
  return std::string(json.substr(0, limits::kShownValueBytes));
}

}  // namespace

Next Resolver::Step(TimePoint now) {
  if (context_.run.stopped) return Next::Done();  // what is in hand stays a suspect, durably
  switch (state_) {
    case State::kIdle:
      return Pick(now);
    case State::kTarget:
      return Read(Table::kTarget, now);
    case State::kSource:
      return Read(Table::kSource, now);
    case State::kProving:
      return Prove(now);
  }
  return Next::Done();
}

bool Resolver::MayBeLookedAt(const Suspect& suspect, std::optional<WallTime> watermark) const {
  if (context_.repairs != nullptr && context_.repairs->Pending(suspect.key)) return false;
  if (context_.copy == nullptr) return true;
  // A write of unknown outcome is repaired by the job itself.
  if (context_.copy->RepairPending(suspect.key)) return false;
  if (!suspect.look || Planted(PlantedBug::kSuspectIsADifference)) return true;
  return watermark && *watermark > suspect.look->at + replicator::limits::kRecordTimeResolution;
}

Next Resolver::Pick(TimePoint now) {
  TimePoint next_due;
  round_ = context_.run.findings.TakeDue(now, limits::kLookupKeys, next_due);
  if (round_.empty()) return Next::At(std::min(next_due, now + limits::kSecondLook));
  const auto watermark = context_.copy == nullptr ? std::nullopt : context_.copy->watermark();
  std::erase_if(round_, [&](const Suspect& suspect) {
    if (MayBeLookedAt(suspect, watermark)) return false;
    context_.run.findings.PutBack(suspect, now + limits::kWatermarkLook);
    return true;
  });
  if (round_.empty()) return Next::Now();
  state_ = State::kTarget;
  if (context_.copy != nullptr) read_ = context_.copy->BeginRead();
  return Next::Now();
}

Next Resolver::Read(Table table, TimePoint now) {
  ComparedTable& side = context_.run.Of(table);
  const auto estimate = static_cast<double>(round_.size());
  using User = replicator::CapacityBucket::User;
  if (auto at = side.capacity.TakeOrRetryAt(User::kBackfill, estimate, now)) return Next::At(*at);
  std::vector<std::string_view> keys;
  for (const Suspect& suspect : round_) keys.push_back(suspect.key_json);
  auto result = side.client.BatchGetItem(side.name, keys, context_.run.schema);
  if (!result) {
    side.capacity.Correct(estimate, 0);
    return OnError(side, result.error());
  }
  side.units += side.capacity.Charge(estimate, result->found.consumed_units(), estimate);
  context_.run.health.Success(side.label);
  const TimePoint after = context_.run.clock.Now();
  std::erase_if(round_, [&](const Suspect& suspect) {
    if (std::ranges::find(result->unprocessed, suspect.key) == result->unprocessed.end()) {
      return false;
    }
    context_.run.findings.PutBack(suspect, after + limits::kSecondLook);
    return true;
  });
  if (round_.empty()) {
    state_ = State::kIdle;
    return Next::At(after + backoff_.OnFailure(ErrorCode::kThrottled));
  }
  backoff_.OnSuccess();
  const auto index = static_cast<size_t>(table);
  pages_[index] = std::move(result->found);
  images_[index].clear();
  for (const dynamodb::ItemView& item : pages_[index]->items()) {
    images_[index][item.key] = item.json;
  }
  if (table == Table::kTarget) {
    state_ = State::kSource;
    return Next::Now();
  }
  return JudgeAll();
}

Next Resolver::JudgeAll() {
  read_ended_ = context_.run.server_clock.Now();
  while (!round_.empty()) {
    Suspect suspect = std::move(round_.back());
    round_.pop_back();
    if (const auto judged = JudgeOne(suspect, read_ended_); !judged) {
      context_.run.findings.PutBack(suspect, context_.run.clock.Now() + limits::kLongestRest);
      return OnError(context_.run.source, judged.error());
    }
  }
  for (size_t side = 0; side < kTables; ++side) {
    images_[side].clear();
    pages_[side].reset();
  }
  if (candidates_.empty()) read_ = {};
  state_ = candidates_.empty() ? State::kIdle : State::kProving;
  return Next::Now();
}

Result<void> Resolver::JudgeOne(Suspect& suspect, WallTime at) {
  std::string_view json[kTables];
  Image image[kTables];
  for (size_t side = 0; side < kTables; ++side) {
    const auto found = images_[side].find(suspect.key);
    if (found == images_[side].end()) continue;
    json[side] = found->second;
    const auto digest = ImageOf(found->second);
    if (!digest) return std::unexpected(digest.error());
    image[side] = *digest;
  }
  const Fate fate = Judge(suspect, image[0], image[1], at, context_.copy != nullptr);
  if (fate != Fate::kDiffers) {
    LookAgain(suspect, fate, context_.run.clock.Now());
    return {};
  }
  Difference difference{.kind = !image[1]   ? DifferenceKind::kMissing
                                : !image[0] ? DifferenceKind::kExtra
                                            : DifferenceKind::kDifferent,
                        .key = suspect.key,
                        .key_json = suspect.key_json,
                        .since = suspect.since};
  if (image[0] && image[1]) difference.attributes = DifferingAttributes(json[0], json[1]);
  if (context_.options.show_values) {
    difference.source_json = Shown(json[0]);
    difference.target_json = Shown(json[1]);
  }
  candidates_.push_back({std::move(suspect), std::move(difference)});
  return {};
}

void Resolver::LookAgain(const Suspect& suspect, Fate fate, TimePoint now) {
  Findings& findings = context_.run.findings;
  if (fate == Fate::kEqual) return findings.SettleEqual(suspect);
  if (fate == Fate::kUndecided) return findings.SettleUndecided(suspect);
  const Duration rest =
      std::min<Duration>(limits::kSecondLook * suspect.looks, limits::kLongestRest);
  findings.PutBack(suspect, now + rest);
}

Next Resolver::Prove(TimePoint now) {
  replicator::LiveCopy* copy = context_.copy;
  const bool proves = copy != nullptr && !Planted(PlantedBug::kSuspectIsADifference);
  if (proves) {
    const auto watermark = copy->watermark();
    if (!watermark || *watermark <= read_ended_ + replicator::limits::kRecordTimeResolution) {
      return Next::At(now + limits::kWatermarkLook);
    }
  }
  for (Candidate& candidate : candidates_) {
    if (proves && copy->MayHaveChanged(candidate.suspect.key, read_)) {
      LookAgain(candidate.suspect, Unproven(candidate.suspect), now);
    } else {
      Confirm(candidate, now);
    }
  }
  candidates_.clear();
  read_ = {};
  state_ = State::kIdle;
  return Next::Now();
}

void Resolver::Confirm(Candidate& candidate, TimePoint now) {
  if (Repair(candidate.suspect, candidate.difference, now)) return;
  context_.run.findings.SettleDifferent(candidate.suspect, std::move(candidate.difference));
}

bool Resolver::Repair(Suspect& suspect, const Difference& difference, TimePoint now) {
  if (context_.repairs == nullptr || suspect.repairs >= limits::kMostRepairs) return false;
  if (difference.kind == DifferenceKind::kExtra && !context_.options.delete_extra) return false;
  if (!context_.repairs->Full()) {
    context_.repairs->Ask(suspect.key, suspect.key_json);
    ++suspect.repairs;
  }
  // Looked at from the beginning once it is done, as if it had just been found.
  suspect.look.reset();
  suspect.looks = 0;
  context_.run.findings.PutBack(suspect, now + limits::kSecondLook);
  return true;
}

void Resolver::PutAllBack(Duration rest) {
  const TimePoint due = context_.run.clock.Now() + rest;
  for (const Suspect& suspect : round_) context_.run.findings.PutBack(suspect, due);
  for (const Candidate& candidate : candidates_) {
    context_.run.findings.PutBack(candidate.suspect, due);
  }
  round_.clear();
  candidates_.clear();
  read_ = {};
  state_ = State::kIdle;
}

Next Resolver::OnError(const ComparedTable& table, const Error& error) {
  const TimePoint now = context_.run.clock.Now();
  PutAllBack(limits::kSecondLook);
  if (error.code == ErrorCode::kNotFound || error.code == ErrorCode::kInvalid) {
    context_.run.health.Fatal(
        {error.code, table.label + " cannot be read: " + error.message, error.context});
    return Next::Done();
  }
  context_.run.health.Trouble(table.label, error, now);
  if (context_.run.health.DeniedFor(table.label, limits::kDeniedGrace, now)) {
    context_.run.health.Fatal(error);
  }
  return Next::At(now + backoff_.OnFailure(error.code));
}

}  // namespace ddbsync::verify
