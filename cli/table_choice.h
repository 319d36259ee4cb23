#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "cli/endpoint.h"
#include "dynamodb/client.h"

namespace ddbsync::cli {

/// Which tables are copied where none is named: --src-prefix, --dst-prefix, --src-tag.
struct TableChoice {
  Endpoint source;  ///< where to look; without a table
  Endpoint target;  ///< where the copies are; likewise
  std::string src_prefix;
  std::optional<std::string> dst_prefix;  ///< none: names stay
  std::optional<dynamodb::Tag> tag;

  /// What the copy of a table that FindTables found is called.
  [[nodiscard]] std::string TargetName(std::string_view source_name) const;
  /// The source's table of a job that is called so; none: such a job is not of this choice.
  [[nodiscard]] std::optional<std::string> SourceOf(std::string_view job_name) const;
  /// "begins with `DEV-`", for messages.
  [[nodiscard]] std::string Description() const;
};

/// The names of the chosen tables, in their order. Blocks, and is patient with a server that is
/// not. A table that goes meanwhile is not there. Errors: as `tables` says; kNotFound: there is no
/// such table.
[[nodiscard]] Result<std::vector<std::string>> FindTables(const TableChoice& choice,
                                                          dynamodb::Client& tables, Clock& clock);

}  // namespace ddbsync::cli
