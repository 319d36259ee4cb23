#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "checkpoint/cutover_record.h"
#include "cutover/gates.h"
#include "cutover/status.h"

namespace ddbsync::cli {

/// One look at a job's latest cut-over, of its process or on the disk.
struct CutoverLook {
  std::string job_id = {};
  WallTime now = {};  ///< when it was looked
  cutover::Status status = {};
};

/// One look at what has to hold before there is one.
struct GatesLook {
  std::string job_id = {};
  WallTime now = {};              ///< when they were judged
  cutover::Options options = {};  ///< that they were judged by
  std::vector<cutover::Gate> gates = {};
  cutover::Window window = {};
  std::vector<std::string> calls = {};
  bool ready = false;
};

/// As the API serves it and `cutover status --json` prints it: the names of cutover/status.h; what
/// is unknown is null; times are RFC 3339 in UTC. Names are added, never changed or removed.
[[nodiscard]] std::string CutoverLookToJson(const CutoverLook& look, bool indented);
/// The reverse. Names that are missing (an older daemon's) keep their defaults. Errors: kCorrupt.
[[nodiscard]] Result<CutoverLook> CutoverLookFromJson(std::string_view text);

/// As the API serves it and `cutover plan --json` prints it, likewise.
[[nodiscard]] std::string GatesLookToJson(const GatesLook& look, bool indented);
[[nodiscard]] Result<GatesLook> GatesLookFromJson(std::string_view text);

/// For how long writes have been stopped, or were, where the freeze is over; 0: they never were.
[[nodiscard]] Duration FrozenFor(const CutoverLook& look);
/// They are stopped at this look.
[[nodiscard]] bool IsFrozen(const CutoverLook& look);

/// At what the disk has of one. The job's name and the time are the caller's to add.
[[nodiscard]] CutoverLook LookFromRecord(const checkpoint::CutoverRecord& record);

}  // namespace ddbsync::cli
