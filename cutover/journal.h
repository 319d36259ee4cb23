#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "checkpoint/cutover_record.h"
#include "cutover/options.h"
#include "cutover/report.h"
#include "cutover/status.h"

namespace ddbsync::cutover {

// What the words of a checkpoint's cut-over mean.

[[nodiscard]] std::string OptionsToText(const Options& options);
/// Errors: kCorrupt.
[[nodiscard]] Result<Options> OptionsFromText(std::string_view text);

[[nodiscard]] std::string ReportToText(const Report& report);
/// Errors: kCorrupt.
[[nodiscard]] Result<Report> ReportFromText(std::string_view text);

/// What the record alone tells; what it waits for is not in it. Errors: kCorrupt.
[[nodiscard]] Result<Status> StatusOf(const checkpoint::CutoverRecord& record);

}  // namespace ddbsync::cutover
