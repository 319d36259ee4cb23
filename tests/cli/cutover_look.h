#pragma once

#include "cli/cutover_json.h"
#include "cli/values.h"

namespace ddbsync::cli {

/// One that is under way, with something in every field.
inline CutoverLook SomeCutover(cutover::Step step = cutover::Step::kDraining) {
  CutoverLook look;
  look.job_id = "a-b";
  look.now = *ParseTime("2026-11-22T10:00:20Z");
  cutover::Status& s = look.status;
  s.number = 3;
  s.step = step;
  s.options = {.freeze = cutover::FreezeBy::kPolicy,
               .timeout = std::chrono::seconds(90),
               .reverse = true,
               .exempt = {"arn:aws:iam::123456789012:role/reverse"}};
  s.doing = "2 shards are read to their ends";
  s.began = *ParseTime("2026-11-22T10:00:00Z");
  s.frozen_at = *ParseTime("2026-11-22T10:00:12Z");
  s.sealed_at = *ParseTime("2026-11-22T10:00:15Z");
  s.old_stream_arn = "arn:old";
  s.new_stream_arn = "arn:new";
  s.target_stream_arn = "arn:target";
  s.reverse_start = *ParseTime("2026-11-22T10:00:01Z");
  s.left = std::chrono::milliseconds(41'500);
  s.report.events = {{*s.began, "preparing", "the target's stream is on"},
                     {*s.frozen_at, "freezing", "the policy acts"}};
  s.report.gates = {
      {.name = "lag", .ok = true, .observed = "lag 1.2 s", .limit = "at most 30 s", .fix = ""}};
  s.report.digests = {.source = "00ff", .target = "00ff"};
  return look;
}

inline GatesLook SomeGates(bool ready = false) {
  GatesLook look;
  look.job_id = "a-b";
  look.now = *ParseTime("2026-11-22T10:00:20Z");
  look.options.freeze = cutover::FreezeBy::kPolicy;
  look.ready = ready;
  look.gates = {{.name = "backfill_complete",
                 .ok = true,
                 .observed = "complete",
                 .limit = "complete",
                 .fix = ""},
                {.name = "lag",
                 .ok = ready,
                 .observed = "lag 45 s",
                 .limit = "at most 30 s",
                 .fix = ready ? "" : "wait until it has caught up"}};
  look.window.parts = {
      {.name = "freeze", .typical = std::chrono::seconds(5), .why = "policies take"},
      {.name = "drain", .typical = std::chrono::milliseconds(2500), .why = "lag"}};
  look.calls = {"PutResourcePolicy on orders", "UpdateTable on orders: stream off"};
  return look;
}

}  // namespace ddbsync::cli
