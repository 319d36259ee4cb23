#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "checkpoint/records.h"
#include "cutover/options.h"
#include "cutover/report.h"
#include "dynamodb/control_client.h"
#include "dynamodb/table.h"
#include "replicator/status.h"
#include "verify/status.h"

namespace ddbsync::cutover {

/// Whether the keys may do something that a cut-over does (cutover/permissions.h).
struct Permission {
  enum class Answer {
    kProven,
    kDenied,
    kUnknown,  ///< neither; counts as kDenied
  };
  std::string action;  ///< "dynamodb:UpdateTable on source a"
  Answer answer = Answer::kUnknown;
  std::string reason;  ///< what the service said; empty when proven
  friend bool operator==(const Permission&, const Permission&) = default;
};

inline std::unexpected<Error> NotLookedAt() {
  return Fail(ErrorCode::kRetry, "not looked at yet");
}

/// What the gates are judged by. What could not be found out says so and counts as not ok; so does
/// all that nobody has filled in.
struct GateFacts {
  Options options;
  bool has_hook = false;  ///< a hook is configured

  // Of the job.
  replicator::JobStatus job;          ///< its latest look; no state but kStarting counts as unknown
  checkpoint::JobRecord record;       ///< what its checkpoint belongs to
  std::optional<WallTime> copied_by;  ///< Sightings
  std::optional<double> peak_records_per_second;  ///< likewise
  /// Of the job's process, or the last durable one; none: there was none.
  std::optional<verify::Status> verification;
  std::optional<WallTime> verified_since;  ///< only a comparison begun after this counts

  // Of the tables, by LookAtTables.
  Result<dynamodb::TableDescription> source = NotLookedAt(), target = NotLookedAt();
  Result<dynamodb::TimeToLive> source_ttl = NotLookedAt(), target_ttl = NotLookedAt();
  Result<std::optional<dynamodb::ResourcePolicy>> source_policy = NotLookedAt();  ///< kPolicy alone

  /// Of the keys, by ProbePermissions; none: they were not asked.
  std::optional<std::vector<Permission>> permissions;
};

/// All gates, in the order in which they are shown, of a job of which no cut-over is under way (one
/// that is has switched the stream and TTL that they look at). Pure.
[[nodiscard]] std::vector<Gate> Judge(const GateFacts& facts);
[[nodiscard]] bool AllHold(std::span<const Gate> gates);

/// How long writes will stop, with its parts.
struct Window {
  struct Part {
    std::string name;  ///< "drain"
    Duration typical{};
    std::string why;
    bool known = true;  ///< false: `typical` is nothing, `why` says what it depends on
  };
  std::vector<Part> parts;
  [[nodiscard]] Duration total() const;  ///< of what is known
  [[nodiscard]] bool known() const;      ///< all parts are
};
/// From asking for the freeze to the commit. Pure.
[[nodiscard]] Window Predict(const GateFacts& facts);

/// Each call that a run would make, in order, as text. Pure.
[[nodiscard]] std::vector<std::string> Calls(const GateFacts& facts);

}  // namespace ddbsync::cutover
