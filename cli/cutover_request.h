#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "cutover/options.h"

namespace ddbsync::cli {

/// What is asked of a cut-over: by flags, and by POST /api/v1/cutover and /api/v1/gates.
struct CutoverRequest {
  /// None: the hook where the job has one, else the policy.
  std::optional<cutover::FreezeBy> freeze = {};
  cutover::DrainBy drain = cutover::DrainBy::kSeal;
  Duration timeout = std::chrono::seconds(60);
  bool stop_before_commit = false;
  bool full = false;
  bool seal_foreign = false;
  bool reverse = false;
  std::vector<std::string> exempt = {};  ///< ARNs of principals
  friend bool operator==(const CutoverRequest&, const CutoverRequest&) = default;
};

/// What cannot be asked for together, or not at all.
struct CutoverConflict {
  std::string_view flag;   ///< "seal-foreign"
  std::string_view field;  ///< "seal_foreign"
  std::string why;
};
[[nodiscard]] std::vector<CutoverConflict> ConflictsOf(const CutoverRequest& request);

/// `has_hook`: one is configured where it is to run.
[[nodiscard]] cutover::Options OptionsOf(const CutoverRequest& request, bool has_hook);
/// The reverse, with the freeze said.
[[nodiscard]] CutoverRequest RequestOf(const cutover::Options& options);

/// As flags: "--freeze policy --timeout 2m00s"; empty: none.
[[nodiscard]] std::string CutoverFlags(const CutoverRequest& request);

[[nodiscard]] std::string CutoverRequestToJson(const CutoverRequest& request);
/// {"freeze": "hook", "timeout_seconds": 60, ...}; what is missing keeps its default, also in an
/// empty body. Errors: kInvalid, all faults in one message. Never a command to run: whoever reaches
/// the API could run anything.
[[nodiscard]] Result<CutoverRequest> CutoverRequestFromJson(std::string_view text);

/// What POST /api/v1/abort says: {"reason": "..."}; empty when it gives none. Errors: kInvalid.
[[nodiscard]] Result<std::string> AbortReasonFromJson(std::string_view text);
[[nodiscard]] std::string AbortReasonToJson(std::string_view reason);

}  // namespace ddbsync::cli
