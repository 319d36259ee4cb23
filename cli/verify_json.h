#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "cli/verify_request.h"
#include "verify/difference.h"
#include "verify/records.h"
#include "verify/status.h"

namespace ddbsync::cli {

/// One look at a verification, of this process, of a job's, or on the disk.
struct VerifyLook {
  std::string job_id = {};
  int run = 0;        ///< of its process, from 1; 0: read from the disk
  int asked_for = 0;  ///< times that one was asked for and this was the answer
  bool running = false;
  bool opening = false;  ///< it still looks at the tables: the status says nothing yet
  bool resumed = false;  ///< it goes on with what an earlier one had begun
  VerifyRequest request = {};
  verify::Status status = {};
  std::vector<verify::Difference> differences = {};  ///< the first ones that stand, by key
};

/// As the API serves it and `verify --json` prints it: the names of verify/status.h, nested alike;
/// what is unknown is null; times are RFC 3339 in UTC. Names are added, never changed or removed.
[[nodiscard]] std::string VerifyLookToJson(const VerifyLook& look, bool indented);
/// The reverse. Names that are missing (an older daemon's) keep their defaults. Errors: kCorrupt.
[[nodiscard]] Result<VerifyLook> VerifyLookFromJson(std::string_view text);

/// Of a run that was opened and not started yet: it has something of an earlier one.
[[nodiscard]] bool GoesOn(const verify::Status& opened);

/// At what the disk has of a run; `now`: this machine's time.
[[nodiscard]] VerifyLook LookAtRecords(const verify::State& state, std::string job_id,
                                       WallTime now);

/// Those that were seen first so long before the look.
void KeepOlder(VerifyLook& look, Duration min_age);
void ForgetValues(VerifyLook& look);

}  // namespace ddbsync::cli
