#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "verify/options.h"

namespace ddbsync::cli {

/// What is asked of a verification: by flags, and by POST /api/v1/verify.
struct VerifyRequest {
  verify::Form form = verify::Form::kChoose;
  double sample = 1;  ///< share of each table, above 0
  bool repair = false;
  bool delete_extra = false;
  bool watch = false;
  bool show_values = false;
  bool anew = false;
  /// Units per second of each table; of the source of a running job the job's own bound counts.
  std::optional<double> read_capacity = {};
  friend bool operator==(const VerifyRequest&, const VerifyRequest&) = default;
};

/// Whether both are answered by one and the same verification: they differ in `anew` at most.
[[nodiscard]] bool IsSameAsked(const VerifyRequest& one, const VerifyRequest& other);

/// What cannot be asked for together.
struct VerifyConflict {
  std::string_view flag;   ///< "delete-extra"
  std::string_view field;  ///< "delete_extra"
  std::string_view why;
};
[[nodiscard]] std::vector<VerifyConflict> ConflictsOf(const VerifyRequest& request);

/// As flags: "--sample 1% --repair"; empty: none.
[[nodiscard]] std::string FlagsText(const VerifyRequest& request);

[[nodiscard]] verify::Options OptionsOf(const VerifyRequest& request);

[[nodiscard]] std::string VerifyRequestToJson(const VerifyRequest& request);
/// {"sample": 0.01, "repair": true, ...}; what is missing keeps its default, also in an empty body.
/// Errors: kInvalid, all faults in one message.
[[nodiscard]] Result<VerifyRequest> VerifyRequestFromJson(std::string_view text);

}  // namespace ddbsync::cli
