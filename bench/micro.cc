// micro: what the steps of the straight path cost by themselves (Google Benchmark). A step that is
// slow here is slow in a copy; a copy's own figures come from bench/run.

#include <benchmark/benchmark.h>
#include <libdeflate.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "aws/client.h"
#include "aws/credentials.h"
#include "aws/server_clock.h"
#include "aws/transport.h"
#include "bench/server/item_shape.h"
#include "bench/server/wire_stream.h"
#include "checkpoint/leveldb_store.h"
#include "checkpoint/records.h"
#include "dynamodb/batch.h"
#include "dynamodb/canonical_item.h"
#include "dynamodb/canonical_key.h"
#include "dynamodb/item_page.h"
#include "dynamodb/record_page.h"
#include "tests/support/client_parts.h"

namespace ddbsync::bench {
namespace {

constexpr size_t kItemBytes = 1024;
constexpr size_t kPageItems = 1000;  // of 1 KB: a page of 1 MB
constexpr size_t kPadding = 64;      // what simdjson may read behind the end

dynamodb::KeySchema Schema() {
  return {.partition = {.name = "pk", .type = dynamodb::KeyType::kString}, .sort = std::nullopt};
}

std::string WithPadding(std::string body) {
  body.reserve(body.size() + kPadding);
  return body;
}

std::string ScanBody(size_t items, size_t item_bytes) {
  const ItemShape shape(item_bytes);
  std::string body = R"({"Items":[)";
  for (size_t i = 0; i < items; ++i) {
    if (i > 0) body += ',';
    shape.AppendItem(i, body);
  }
  return body + R"(],"Count":1,"ScannedCount":1,"LastEvaluatedKey":{"pk":{"S":"k1"}}})";
}

std::string RecordsBody(size_t records) {
  const SystemClock clock;
  const ItemShape shape(kItemBytes);
  const std::string arn = "arn:aws:dynamodb:us-east-1:000000000000:table/source/stream/2024";
  const WireStream stream({.arn = arn, .table = "source", .records = records}, shape, 0, clock);
  return stream.GetRecords(R"({"ShardIterator":"0|0"})");
}

/// Items a second and bytes a second of what a loop has gone through.
void Count(benchmark::State& state, size_t items, size_t bytes) {
  const auto rounds = static_cast<int64_t>(state.iterations());
  state.SetItemsProcessed(rounds * static_cast<int64_t>(items));
  state.SetBytesProcessed(rounds * static_cast<int64_t>(bytes));
}

using Parse = Result<dynamodb::ItemPage>(std::string body, const dynamodb::KeySchema& schema);

/// Argument: bytes of an item; the page has 1 MB of them.
void SliceItemPage(benchmark::State& state, Parse* parse) {
  const auto item_bytes = static_cast<size_t>(state.range(0));
  const size_t items = kPageItems * kItemBytes / item_bytes;
  const std::string body = ScanBody(items, item_bytes);
  const dynamodb::KeySchema schema = Schema();
  for (auto _ : state) {
    state.PauseTiming();
    std::string received = WithPadding(body);
    state.ResumeTiming();
    auto page = parse(std::move(received), schema);
    DDBSYNC_CHECK(page && page->items().size() == items);
    benchmark::DoNotOptimize(page);
  }
  Count(state, items, body.size());
}
BENCHMARK_CAPTURE(SliceItemPage, plain, dynamodb::ItemPage::Parse)->Arg(100)->Arg(1024)->Arg(10240);
BENCHMARK_CAPTURE(SliceItemPage, digested, dynamodb::ItemPage::ParseDigested)
    ->Arg(100)
    ->Arg(1024)
    ->Arg(10240);

void SliceRecordPage(benchmark::State& state) {
  const std::string body = RecordsBody(kPageItems);
  const dynamodb::KeySchema schema = Schema();
  for (auto _ : state) {
    state.PauseTiming();
    std::string received = WithPadding(body);
    state.ResumeTiming();
    auto page = dynamodb::RecordPage::Parse(std::move(received), schema);
    DDBSYNC_CHECK(page && page->records().size() == kPageItems);
    benchmark::DoNotOptimize(page);
  }
  Count(state, kPageItems, body.size());
}
BENCHMARK(SliceRecordPage);

void MakeCanonicalKey(benchmark::State& state, dynamodb::KeyType type, const std::string& value) {
  std::string key;
  for (auto _ : state) {
    key.clear();
    DDBSYNC_CHECK(dynamodb::AppendCanonical(type, value, key).has_value());
    benchmark::DoNotOptimize(key);
  }
  Count(state, 1, value.size());
}
BENCHMARK_CAPTURE(MakeCanonicalKey, text, dynamodb::KeyType::kString, "k000000000042");
BENCHMARK_CAPTURE(MakeCanonicalKey, escaped, dynamodb::KeyType::kString, R"(caf\u00e9 \"42\")");
BENCHMARK_CAPTURE(MakeCanonicalKey, number, dynamodb::KeyType::kNumber, "-1234567.8900e3");
BENCHMARK_CAPTURE(MakeCanonicalKey, binary, dynamodb::KeyType::kBinary, "AAECAwQFBgcICQoLDA0ODw==");

/// The item of a copy, 1 KB in eleven attributes that come by name.
std::string SortedItem() {
  std::string item;
  ItemShape(kItemBytes).AppendItem(42, item);
  return item;
}

/// 1 KB in eleven attributes of most types, in the order of a hash, with an escape, a set to sort
/// and a map.
std::string ShuffledItem() {
  const auto text = [](std::string_view name, size_t bytes) {
    return "\"" + std::string(name) + R"(":{"S":")" + std::string(bytes, name[0]) + "\"},";
  };
  return "{" + text("zone", 120) + R"("price":{"N":"1234567.89"},)" + text("comment", 200) +
         R"("pk":{"S":"k000000000042"},"tags":{"SS":["winter","new","blue"]},)" +
         text("address", 150) + R"("shipped":{"BOOL":true},"blob":{"B":")" + std::string(128, 'A') +
         R"("},)" + text("title", 180) + R"("said":{"S":"\"caf\u00e9\""},)" +
         R"("size":{"M":{"w":{"N":"12.5"},"h":{"N":"30"}}}})";
}

void DigestItem(benchmark::State& state, const std::string& item) {
  for (auto _ : state) {
    auto digest = dynamodb::DigestItem(item);
    DDBSYNC_CHECK(digest.has_value());
    benchmark::DoNotOptimize(digest);
  }
  Count(state, 1, item.size());
}
BENCHMARK_CAPTURE(DigestItem, sorted, SortedItem());
BENCHMARK_CAPTURE(DigestItem, shuffled, ShuffledItem());

/// A full batch of the page's items.
std::vector<dynamodb::WriteOp> FullBatch(const dynamodb::ItemPage& page) {
  std::vector<dynamodb::WriteOp> ops;
  for (const auto& item : page.items()) {
    if (ops.size() == dynamodb::kMaxBatchOps) break;
    ops.push_back({dynamodb::WriteOp::Kind::kPut, item.json, item.key});
  }
  return ops;
}

void AssembleBatch(benchmark::State& state) {
  auto page = dynamodb::ItemPage::Parse(WithPadding(ScanBody(kPageItems, kItemBytes)), Schema());
  DDBSYNC_CHECK(page.has_value());
  const auto ops = FullBatch(*page);
  size_t bytes = 0;
  for (auto _ : state) {
    const std::string body = dynamodb::BatchWriteBody("target", ops, true);
    bytes = body.size();
    benchmark::DoNotOptimize(body.data());
  }
  Count(state, ops.size(), bytes);
}
BENCHMARK(AssembleBatch);

/// Answers at once.
struct NoNetwork final : aws::Transport {
  Result<aws::HttpResponse> Send(const aws::HttpRequest& request) override {
    benchmark::DoNotOptimize(request.headers.data());
    aws::HttpResponse response;
    response.status = 200;
    response.body = "{}";
    return response;
  }
};

/// A call without its network: hashed, signed, its headers built. Argument: items of the batch in
/// its body; none is the signing alone.
void SignRequest(benchmark::State& state) {
  fake::FixedKeys keys;
  fake::NoObserver observer;
  NoNetwork network;
  const SystemClock clock;
  aws::ServerClock server_clock(clock);
  aws::Client client({.url = "http://127.0.0.1:8000/", .region = "us-east-1"}, keys, network,
                     server_clock, clock, observer);
  const auto items = static_cast<size_t>(state.range(0));
  const std::string body = items == 0 ? "{}" : ScanBody(items, kItemBytes);
  const aws::Operation operation{.service = "dynamodb",
                                 .target_prefix = "DynamoDB_20120810",
                                 .name = "BatchWriteItem",
                                 .is_write = true,
                                 .timeout = std::chrono::seconds(1)};
  for (auto _ : state) {
    auto answer = client.Call(operation, body);
    DDBSYNC_CHECK(answer.has_value());
    benchmark::DoNotOptimize(answer);
  }
  Count(state, 1, body.size());
}
BENCHMARK(SignRequest)->Arg(0)->Arg(25);

/// The check of a page against its x-amz-crc32, by the library that aws/client.cc uses.
void CheckCrc32(benchmark::State& state) {
  const std::string body = ScanBody(kPageItems, kItemBytes);
  for (auto _ : state) {
    benchmark::DoNotOptimize(libdeflate_crc32(0, body.data(), body.size()));
  }
  Count(state, kPageItems, body.size());
}
BENCHMARK(CheckCrc32);

/// A folder that goes with its owner.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "ddbsync_micro_XXXXXX").string();
    DDBSYNC_CHECK(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// One synced batch, with the cursors of so many segments and the positions of as many shards. Most
/// of its time is the disk's; its CPU is ours.
void CommitCheckpoint(benchmark::State& state) {
  const TemporaryFolder folder;
  auto store = checkpoint::OpenLevelDbStore(folder.path() + "/state", /*create=*/true, nullptr);
  DDBSYNC_CHECK(store.has_value());
  const auto changes = static_cast<int>(state.range(0));
  int64_t round = 0;
  for (auto _ : state) {
    ++round;
    checkpoint::Batch batch;
    for (int i = 0; i < changes; ++i) {
      const std::string number = std::to_string(round * changes + i);
      checkpoint::PutSegment(batch, {.segment = i,
                                     .cursor = R"({"pk":{"S":"k)" + number + "\"}}",
                                     .items_read = round * static_cast<int64_t>(kPageItems)});
      checkpoint::PutShard(batch, {.shard_id = "shardId-0000000170000000000-" + std::to_string(i),
                                   .position = "10000000000000000" + number});
    }
    DDBSYNC_CHECK((*store)->Commit(batch).has_value());
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations()) * 2 * changes);
}
BENCHMARK(CommitCheckpoint)->Arg(1)->Arg(64)->Arg(1000)->UseRealTime();

}  // namespace
}  // namespace ddbsync::bench

BENCHMARK_MAIN();
