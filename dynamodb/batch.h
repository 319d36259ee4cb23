#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "dynamodb/key_schema.h"

namespace ddbsync::dynamodb {

/// One change of a batch. Views belong to the caller's page.
struct WriteOp {
  enum class Kind { kPut, kDelete };
  Kind kind = Kind::kPut;
  std::string_view json;  ///< kPut: the item; kDelete: the key
  std::string_view key;   ///< canonical bytes
};

// BatchWriteItem's limits (API reference).
inline constexpr size_t kMaxBatchOps = 25;
inline constexpr size_t kMaxBatchBytes = size_t{16} << 20;

/// What we send in one call, unless a single op is larger. What a call costs us beside its bytes is
/// nothing to this; larger bodies would cost memory for each call in flight, and on a slow line
/// more time than a call may take.
inline constexpr size_t kBatchBytes = size_t{1} << 20;

/// Body bytes of an op beside its JSON: {"DeleteRequest":{"Item":}}, and the comma.
inline constexpr size_t kOpOverheadBytes = 32;

/// How many of `ops`, from the first, go in one call: at least one.
[[nodiscard]] size_t FitBatch(std::span<const WriteOp> ops);

/// The request body, spliced from the views. `ops` fit in one call and have distinct keys.
[[nodiscard]] std::string BatchWriteBody(std::string_view table, std::span<const WriteOp> ops,
                                         bool ask_capacity);

struct BatchWriteResult {
  std::vector<size_t> unprocessed;  ///< indices into the ops that were sent, ascending
  std::optional<double> consumed_units;
};

/// Errors: kCorrupt when it is not a BatchWriteItem response, or names an op that was not sent.
/// The outcome is then unknown: the caller treats the write as ambiguous.
[[nodiscard]] Result<BatchWriteResult> ParseBatchWriteResponse(std::string_view body,
                                                               std::span<const WriteOp> ops,
                                                               const KeySchema& schema);

}  // namespace ddbsync::dynamodb
