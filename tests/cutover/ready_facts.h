#pragma once

#include <string>
#include <string_view>

#include "cutover/gates.h"

namespace ddbsync::cutover {

inline constexpr WallTime kNow{std::chrono::seconds(1795334400)};  // 2026-11-22T08:00:00Z
inline constexpr std::string_view kTable = "arn:aws:dynamodb:eu-west-1:123456789012:table/";

/// A job that follows, two equal tables, and keys that may do everything: all gates hold. The
/// source's TTL is on, its stream was turned on when the job began.
[[nodiscard]] GateFacts ReadyFacts();

/// What DescribeTable says of a table on demand with an index; `more`: further members as JSON,
/// each with a comma in front.
[[nodiscard]] dynamodb::TableDescription Describe(const std::string& name,
                                                  const std::string& more = {});
/// The same without its index.
[[nodiscard]] dynamodb::TableDescription DescribeBare(const std::string& name,
                                                      const std::string& more = {});

/// Every permission that the options need, proven.
void ProveAll(GateFacts& facts);

}  // namespace ddbsync::cutover
