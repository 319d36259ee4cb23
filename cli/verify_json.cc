#include "cli/verify_json.h"

#include <utility>

#include "cli/json_fields_internal.h"
#include "verify/buckets.h"

namespace ddbsync::cli {
namespace {

using verify::Difference;
using verify::DifferenceKind;
using verify::Status;

constexpr auto kWalkSide = [](auto& io, auto& side) {
  io.Field("items", side.items);
  io.Field("summed", side.summed);
  io.Field("digest", side.digest);
  io.Field("bytes", side.bytes);
  io.Field("expected", side.expected);
  io.Field("units", side.units);
};

constexpr auto kWalkDifference = [](auto& io, auto& difference) {
  io.Field("kind", difference.kind);
  io.Field("key", difference.key_json);
  io.Field("since", difference.since);
  io.Field("attributes", difference.attributes);
  io.Field("source", difference.source_json);
  io.Field("target", difference.target_json);
};

constexpr auto kWalkStatus = [](auto& io, auto& s) {
  io.Field("form", s.form);
  io.Field("why", s.why);
  io.Field("generation", s.generation);
  io.Field("sample", s.sample);
  io.Field("repairs", s.repairs);
  io.Field("began", s.began);
  io.Field("now", s.now);
  io.Field("completed", s.completed);
  io.Nested("source", s.source, kWalkSide);
  io.Nested("target", s.target, kWalkSide);
  io.Field("progress", s.progress);
  io.Field("items_per_second", s.items_per_second);
  io.Field("eta_seconds", s.eta_seconds);
  io.Field("suspects", s.suspects);
  io.Field("missing", s.differences[static_cast<size_t>(DifferenceKind::kMissing)]);
  io.Field("extra", s.differences[static_cast<size_t>(DifferenceKind::kExtra)]);
  io.Field("different", s.differences[static_cast<size_t>(DifferenceKind::kDifferent)]);
  io.Field("undecided", s.undecided);
  io.Field("repaired", s.repaired);
  io.Field("oldest_difference", s.oldest_difference);
  io.Field("last_warning", s.last_warning);
  io.Field("outcome", s.outcome);
  io.Field("reason", s.reason);
};

constexpr auto kWalkLook = [](auto& io, auto& look) {
  io.Field("job_id", look.job_id);
  io.Field("run", look.run);
  io.Field("asked_for", look.asked_for);
  io.Field("running", look.running);
  io.Field("resumed", look.resumed);
  kWalkStatus(io, look.status);
  io.List("differences", look.differences, kWalkDifference);
};

constexpr const char* kOpening = "opening";

}  // namespace

std::string VerifyLookToJson(const VerifyLook& look, bool indented) {
  Json json;
  JsonWriter io(json);
  kWalkLook(io, look);
  json["phase"] = look.opening ? kOpening : std::string(ToString(look.status.phase));
  json["request"] = Json::parse(VerifyRequestToJson(look.request));
  return Text(json, indented);
}

Result<VerifyLook> VerifyLookFromJson(std::string_view text) {
  try {
    const Json json = Json::parse(text);
    if (!json.is_object()) {
      return Fail(ErrorCode::kCorrupt, "what a verification found is no JSON object");
    }
    VerifyLook look;
    JsonReader io(json);
    kWalkLook(io, look);
    look.opening = json.value("phase", "") == kOpening;
    io.Field("phase", look.status.phase);
    if (json.contains("request")) {
      // What only a newer daemon understands is no fault of what it found.
      look.request = VerifyRequestFromJson(json["request"].dump()).value_or(VerifyRequest());
    }
    return look;
  } catch (const Json::exception& error) {
    return Fail(ErrorCode::kCorrupt, "what a verification found cannot be read", error.what());
  }
}

bool GoesOn(const Status& opened) {
  return opened.phase != verify::Phase::kEnded &&
         (opened.source.items + opened.target.items + opened.suspects + opened.standing() +
              opened.repaired >
          0);
}

VerifyLook LookAtRecords(const verify::State& state, std::string job_id, WallTime now) {
  VerifyLook look;
  look.job_id = std::move(job_id);
  if (!state.run) return look;
  const verify::RunRecord& run = *state.run;
  Status& status = look.status;
  status.form = run.form;
  status.why = run.why;
  status.phase = run.phase;
  status.generation = run.generation;
  constexpr double kMillion = 1e6;
  look.request.sample = status.sample = static_cast<double>(run.sample_ppm) / kMillion;
  status.began = run.began;
  status.now = now;
  status.completed = run.completed;
  status.source.expected = run.source_items;
  status.target.expected = run.target_items;
  for (const auto& [side, table] : {std::pair{&status.source, verify::Table::kSource},
                                    {&status.target, verify::Table::kTarget}}) {
    for (const verify::WalkedSegment& segment : state.walked[static_cast<size_t>(table)]) {
      side->items += segment.items;
      side->bytes += segment.bytes;
    }
    if (run.buckets <= 0 || run.phase == verify::Phase::kDigesting) continue;
    verify::Buckets sums(static_cast<size_t>(run.buckets));
    for (const auto& [piece, bytes] : state.sums[static_cast<size_t>(table)]) {
      if (!sums.SetPiece(piece, bytes)) break;  // damage is told by who goes on with it
    }
    side->summed = sums.items();
    side->digest = verify::ToString(sums.Total());
  }
  status.suspects = static_cast<int64_t>(state.suspects.size());
  for (const Difference& difference : state.differences) {
    ++status.differences[static_cast<size_t>(difference.kind)];
    if (!status.oldest_difference || difference.since < *status.oldest_difference) {
      status.oldest_difference = difference.since;
    }
  }
  status.undecided = run.undecided;
  status.repaired = run.repaired;
  if (run.phase == verify::Phase::kEnded) {
    status.progress = 1;
    const bool equal = status.standing() == 0 && status.undecided == 0;
    status.outcome = equal ? verify::Outcome::kEqual : verify::Outcome::kDifferent;
  }
  look.differences = state.differences;
  return look;
}

void KeepOlder(VerifyLook& look, Duration min_age) {
  const WallTime before = look.status.now - std::chrono::duration_cast<WallTime::duration>(min_age);
  std::erase_if(look.differences,
                [&](const Difference& difference) { return difference.since > before; });
}

void ForgetValues(VerifyLook& look) {
  for (Difference& difference : look.differences) {
    difference.source_json.clear();
    difference.target_json.clear();
  }
}

}  // namespace ddbsync::cli
