#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "cutover/options.h"
#include "dynamodb/control_client.h"
#include "dynamodb/table.h"
#include "replicator/status.h"
#include "verify/status.h"

namespace ddbsync::cutover {

/// One condition of a cut-over.
struct Gate {
  std::string name;  ///< "backfill_complete"; stable, a metric's label
  bool ok = false;
  std::string observed;  ///< "lag 2.1 s"
  std::string limit;     ///< "at most 30 s"
  std::string fix;       ///< what to do or type; empty when ok
};

/// What the gates are judged by. What could not be found out says so and counts as not ok.
struct GateFacts {
  replicator::JobStatus job;
  /// Of the job's process, or the last durable one; none: there was none.
  std::optional<verify::Status> verification;
  std::optional<WallTime> verified_since;  ///< only a comparison begun after this counts
  Result<dynamodb::TableDescription> source, target;
  Result<dynamodb::TimeToLive> source_ttl, target_ttl;
  /// Write units per second: the most that the job has seen of the source lately.
  double peak_write_units = 0;
  bool stream_is_ours = false;  ///< ddbsync turned the source's stream on
  bool has_hook = false;
  /// Whether these keys may do what the cut-over will do; empty text: yes.
  std::string permissions_missing;
  Options options;
};

/// All gates, in the order in which they are shown. Pure.
[[nodiscard]] std::vector<Gate> Judge(const GateFacts& facts);
[[nodiscard]] bool AllHold(std::span<const Gate> gates);

/// How long writes will stop, with its parts.
struct Window {
  struct Part {
    std::string name;  ///< "drain"
    Duration typical{};
    std::string why;
  };
  std::vector<Part> parts;
  [[nodiscard]] Duration total() const;
};
[[nodiscard]] Window Predict(const GateFacts& facts);

/// Each call that a run would make, in order, as text.
[[nodiscard]] std::vector<std::string> Calls(const GateFacts& facts);

}  // namespace ddbsync::cutover
