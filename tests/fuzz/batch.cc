// Batches of writes. An input is ops, one a line ("+" and an item, "-" and a key), an empty line,
// and what a server answered. What holds:
//  - a batch has at most 25 ops and, unless one op alone is larger, at most kBatchBytes; all ops
//    fit somewhere;
//  - of items that are JSON the body is JSON, with exactly these ops in their order;
//  - an answer that is taken accounts for every leftover it names, each once (a leftover that is
//    overlooked would be lost); any part of the batch handed back, spelled anew, is that part;
//  - a leftover that was not sent is never taken for one that was.
// On the first run, once: batches around kBatchBytes.

#include "dynamodb/batch.h"

#include <algorithm>
#include <deque>
#include <set>

#include "base/error.h"
#include "dynamodb/item_key.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/oracle.h"

namespace ddbsync::fuzz {
namespace {

using namespace ddbsync::dynamodb;

using nlohmann::json;

const KeySchema& Schema() {
  return Schemas()[1];
}

/// Ops and what their keys point into.
struct Ops {
  std::vector<WriteOp> list;
  std::deque<std::string> keys;
  bool is_json = true;  ///< each of them, to a second parser
};

Ops ReadOps(Input& input) {
  Ops ops;
  std::set<std::string> seen;
  while (!input.empty()) {
    const std::string_view line = input.Line();
    if (line.empty()) break;
    const std::string_view item = line.substr(1);
    Result<std::string> key = CanonicalKey(item, Schema());
    // The callers never have a key twice (record_page.cc).
    if (!key || !seen.insert(*key).second) continue;
    ops.keys.push_back(std::move(*key));
    ops.list.push_back(
        {line[0] == '-' ? WriteOp::Kind::kDelete : WriteOp::Kind::kPut, item, ops.keys.back()});
    ops.is_json = ops.is_json && ParseJson(item).has_value();
  }
  return ops;
}

json RequestOf(const WriteOp& op) {
  const json operand = json::parse(op.json);
  if (op.kind == WriteOp::Kind::kPut) return {{"PutRequest", {{"Item", operand}}}};
  return {{"DeleteRequest", {{"Key", operand}}}};
}

json LeftoversOf(json requests) {
  return {{"UnprocessedItems", {{"arn:aws:dynamodb:r:1:table/t", std::move(requests)}}}};
}

void CheckBody(std::span<const WriteOp> ops) {
  for (const std::string_view table : {"orders", "a\"\\\n\x7f"}) {
    const std::optional<json> body = ParseJson(BatchWriteBody(table, ops, true));
    DDBSYNC_CHECK(body && body->size() == 2 && body->at("ReturnConsumedCapacity") == "TOTAL");
    DDBSYNC_CHECK(body->at("RequestItems").size() == 1);
    const json& requests = body->at("RequestItems").at(std::string(table));
    DDBSYNC_CHECK(requests.size() == ops.size());
    for (size_t i = 0; i < ops.size(); ++i) DDBSYNC_CHECK(requests[i] == RequestOf(ops[i]));
  }
}

/// Every second op comes back, last first.
void CheckPart(std::span<const WriteOp> ops) {
  std::vector<size_t> expected;
  json requests = json::array();
  for (size_t i = ops.size() % 2; i < ops.size(); i += 2) {
    expected.push_back(i);
    requests.insert(requests.begin(), RequestOf(ops[i]));
  }
  const std::string answer = LeftoversOf(requests).dump(1, ' ', /*ensure_ascii=*/true);
  const Result<BatchWriteResult> result = ParseBatchWriteResponse(answer, ops, Schema());
  DDBSYNC_CHECK(result && result->unprocessed == expected);

  requests.push_back(RequestOf(ops.back()));
  const std::string foreign = LeftoversOf(requests).dump();
  const auto others = ops.first(ops.size() - 1);
  DDBSYNC_CHECK(!ParseBatchWriteResponse(foreign, others, Schema()));
}

void CheckAnswer(std::string_view answer, std::span<const WriteOp> ops) {
  const Result<BatchWriteResult> result = ParseBatchWriteResponse(answer, ops, Schema());
  if (!result) {
    DDBSYNC_CHECK(result.error().code == ErrorCode::kCorrupt);
    return;
  }
  const std::vector<size_t>& found = result->unprocessed;
  DDBSYNC_CHECK(std::ranges::is_sorted(found));
  DDBSYNC_CHECK(std::ranges::adjacent_find(found) == found.end());
  DDBSYNC_CHECK(found.empty() || found.back() < ops.size());
  const std::optional<json> document = ParseJson(answer);
  if (!document) return;
  size_t named = 0;
  for (const json& table : document->at("UnprocessedItems")) named += table.size();
  DDBSYNC_CHECK(found.size() == named);
}

void CheckBatches(std::span<const WriteOp> ops, bool is_json, std::string_view answer) {
  CheckAnswer(answer, ops.first(FitBatch(ops)));
  for (std::span<const WriteOp> rest = ops; !rest.empty();) {
    const size_t count = FitBatch(rest);
    DDBSYNC_CHECK(count >= 1 && count <= std::min<size_t>(rest.size(), 25));
    const std::span<const WriteOp> batch = rest.first(count);
    rest = rest.subspan(count);
    if (!is_json) continue;
    CheckBody(batch);
    CheckPart(batch);
  }
}

/// Ops of this size, of a table with the longest name.
void CheckSize(size_t size) {
  const std::string table(1024, 't');
  const std::string item(size, 'x');
  const std::vector<WriteOp> ops(30, {.kind = WriteOp::Kind::kDelete, .json = item, .key = {}});
  const size_t count = FitBatch(ops);
  const auto body_size = [&](size_t n) {
    return BatchWriteBody(table, std::span(ops).first(n), true).size();
  };
  DDBSYNC_CHECK(count >= 1 && count <= 25);
  DDBSYNC_CHECK(count == 1 || body_size(count) <= kBatchBytes);
  // Nor is much of a call left unused.
  DDBSYNC_CHECK(count == 25 || body_size(count + 1) + 4096 > kBatchBytes);
}

/// Batches of items whose sum is about what one call may carry.
bool CheckGenerated() {
  for (const size_t count : {1, 2, 7, 25}) {
    // What stands around the ops takes some of it: how much is not looked at here.
    for (const size_t around : {0, 600, 1200, 1800, 2400}) {
      CheckSize((kBatchBytes - around) / count - kOpOverheadBytes);
    }
  }
  CheckSize(kBatchBytes + 1);
  return true;
}

}  // namespace
}  // namespace ddbsync::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ddbsync::fuzz;
  [[maybe_unused]] static const bool generated = CheckGenerated();
  Input input(data, size);
  const Ops ops = ReadOps(input);
  CheckBatches(ops.list, ops.is_json, input.Rest());
  return 0;
}
