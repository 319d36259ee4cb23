// Discovery, lineage and shard readers together, against the in-memory DynamoDB in virtual time:
// shards that roll and split every minute, listings that are late and come in parts, sparse shards,
// failing calls, and a reader that crashes now and then. Every change arrives once and in its key's
// order.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "aws/client.h"
#include "aws/server_clock.h"
#include "base/byte_credit.h"
#include "streams/discovery.h"
#include "streams/limits.h"
#include "streams/lineage.h"
#include "streams/shard_reader.h"
#include "tests/streams/test_client.h"
#include "tests/support/fake_dynamodb.h"
#include "tests/support/fake_transport.h"
#include "tests/support/sim_executor.h"

namespace ddbsync::streams {
namespace {

using fake::FaultKind;
using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr int kSeeds = 2;
constexpr int kKeys = 40;
constexpr Duration kWritingTime = minutes(5);
constexpr Duration kPatience = minutes(20);

/// What survives a crash of the reader: how far each shard is applied, and what was applied.
struct Durable {
  std::map<std::string, ShardProgress> shards;
  std::map<std::string, std::string> items;  // as FakeDynamoDb::Items
  std::map<std::string, int> versions;       // by key, the highest applied
  uint64_t records = 0;
  std::vector<std::string> faults;
};

/// One process that reads the stream: the part that the replicator plays around streams/.
class Reading final : public RecordSink,
                      public ListingObserver,
                      public std::enable_shared_from_this<Reading> {
 public:
  Reading(fake::SimExecutor& executor, dynamodb::StreamsClient& client, ByteCredit& credit,
          std::string stream_arn, WallTime earliest, uint64_t seed, Durable& durable)
      : executor_(executor),
        client_(client),
        credit_(credit),
        stream_arn_(std::move(stream_arn)),
        random_(seed),
        durable_(durable),
        lineage_(earliest),
        discovery_(std::make_shared<Discovery>(stream_arn_, client_, *this, budget_)) {
    for (const auto& [id, progress] : durable_.shards) lineage_.Restore(progress);
  }

  void Start() {
    discovery_waker_ = executor_.Spawn(Lane::kTailRead, "discovery", discovery_);
    StartReady();
  }

  /// Everything that the shard held at `time` was applied: it ended, or a later poll found nothing.
  [[nodiscard]] bool IsPast(const std::string& shard_id, WallTime time) const {
    const auto progress = durable_.shards.find(shard_id);
    if (progress == durable_.shards.end()) return false;
    const auto tip = tips_.find(shard_id);
    return progress->second.finished || (tip != tips_.end() && tip->second > time);
  }

  void Apply(const std::string& shard_id, std::shared_ptr<const dynamodb::RecordPage> page,
             std::function<void()> applied) override {
    executor_.At(executor_.clock().Now() + random_.UpTo(milliseconds(700)),
                 [weak = weak_from_this(), shard_id, page, applied] {
                   const auto self = weak.lock();
                   if (!self) return;  // crashed meanwhile
                   self->ApplyNow(shard_id, *page);
                   applied();
                 });
  }

  void OnTip(const std::string& shard_id, WallTime since) override { tips_[shard_id] = since; }

  void OnEnd(const std::string& shard_id) override {
    const WallTime now = client_.aws().server_clock().Now();
    durable_.shards[shard_id].finished = true;
    durable_.shards[shard_id].finished_at = now;
    lineage_.Finish(shard_id, now);
    StartReady();
    if (!lineage_.HasUnknownChildren(shard_id)) return;
    discovery_->LookForChildren(shard_id);
    discovery_waker_.Wake();
  }

  void OnLoss(const std::string& shard_id, const Error& error) override {
    durable_.faults.push_back("loss of " + shard_id + ": " + ToString(error));
  }
  void OnTrouble(const std::string&, const Error&, int) override {}

  void OnPage(const dynamodb::StreamPage& page) override {
    lineage_.Observe(page.shards);
    StartReady();
  }
  void OnListingComplete(WallTime began, const std::string&) override {
    lineage_.CompleteListing(began);
    for (const LostShard& lost : lineage_.TakeLost()) {
      durable_.faults.push_back("lost " + lost.shard_id + ": " + lost.reason);
    }
    for (const std::string& id : lineage_.TakeFinishedUnread()) {
      durable_.faults.push_back("finished unread: " + id);
    }
    StartReady();
  }
  void OnListingTrouble(const Error&, int) override {}

 private:
  void StartReady() {
    for (const ReadyShard& ready : lineage_.TakeReady()) {
      durable_.shards.try_emplace(
          ready.shard_id, ShardProgress{.shard_id = ready.shard_id, .parent_id = ready.parent_id});
      auto reader =
          std::make_shared<ShardReader>(ShardReader::Options{.stream_arn = stream_arn_,
                                                             .shard_id = ready.shard_id,
                                                             .position = ready.position,
                                                             .poll_interval = milliseconds(250)},
                                        schema_, client_, *this, credit_, budget_, counters_);
      reader->SetWaker(executor_.Spawn(Lane::kTailRead, ready.shard_id, reader));
    }
  }

  void ApplyNow(const std::string& shard_id, const dynamodb::RecordPage& page) {
    for (const dynamodb::RecordView& record : page.records()) {
      const std::string key(record.key_json);
      ++durable_.records;
      if (record.event == dynamodb::StreamEvent::kRemove) {
        durable_.items.erase(key);
        continue;
      }
      const std::string image(record.new_image);
      const int version = std::stoi(json::parse(image)["v"]["N"].get<std::string>());
      if (version <= durable_.versions[key]) durable_.faults.push_back("out of order: " + key);
      durable_.versions[key] = version;
      durable_.items[key] = image;
    }
    durable_.shards[shard_id].position =
        dynamodb::SequenceNumber(page.records().back().sequence_number);
  }

  fake::SimExecutor& executor_;
  dynamodb::StreamsClient& client_;
  ByteCredit& credit_;
  const std::string stream_arn_;
  const dynamodb::KeySchema schema_{.partition = {.name = "id"}, .sort = {}};
  fake::Random random_;
  aws::RetryBudget budget_;
  ReaderCounters counters_;
  Durable& durable_;
  Lineage lineage_;
  std::shared_ptr<Discovery> discovery_;
  Waker discovery_waker_;
  std::map<std::string, WallTime> tips_;
};

/// A table that is written to, and a process that reads its stream.
class ReadingWorld {
 public:
  ~ReadingWorld() { executor_.Crash(); }  // while there is a service to hang up on

  explicit ReadingWorld(uint64_t seed)
      : random_(seed),
        executor_({.seed = seed, .max_start_delay = milliseconds(20)}),
        service_(executor_.clock(), ServiceOptions(seed)),
        transport_(service_, executor_.sleeping_clock(),
                   {.seed = seed,
                    .max_request_delay = milliseconds(30),
                    .max_response_delay = milliseconds(30),
                    .is_up = [this] { return executor_.powered(); }}),
        client_(executor_.clock(), transport_) {
    MakeTable();
    service_.SetWriteObserver([this](const fake::AppliedWrite& write) {
      const bool changes = write.before == nullptr || write.after == nullptr
                               ? write.before != write.after
                               : *write.before != *write.after;
      if (changes) ++changes_;
    });
    service_.faults().SetHook([this](const fake::FaultRequest& request) {
      NoteListing(request.operation);
      return std::optional<fake::Fault>();
    });
    service_.faults().SetRates(fake::OperationClass::kStream,
                               {{FaultKind::kThrottle, 0.03},
                                {FaultKind::kErrorBefore, 0.02},
                                {FaultKind::kExpiredIterator, 0.02},
                                {FaultKind::kTruncatedBody, 0.01},
                                {FaultKind::kWrongCrc, 0.01},
                                {FaultKind::kHtmlBody, 0.01},
                                {FaultKind::kConnectionRefused, 0.01},
                                {FaultKind::kTimeout, 0.005},
                                {FaultKind::kResponseLost, 0.01}});
  }

  /// Writes and reads, with as many crashes between as said; then waits for the rest.
  void Run(int crashes) {
    earliest_ = service_.Now() - minutes(15);
    writing_ends_ = executor_.clock().Now() + kWritingTime;
    Write();
    Begin();
    for (int i = 0; i < crashes; ++i) {
      executor_.RunFor(random_.UpTo(kWritingTime / crashes));
      Crash();
    }
    executor_.RunUntil([&] { return executor_.clock().Now() >= writing_ends_; },
                       executor_.clock().Now() + kWritingTime);
    const WallTime written = service_.Now();
    const std::vector<fake::ShardSummary> shards = service_.Shards("tbl");
    caught_up_ =
        executor_.RunUntil([&] { return IsCaughtUp(shards, written); },
                           executor_.clock().Now() + kPatience) == fake::SimExecutor::Ended::kDone;
  }

  void Check() {
    EXPECT_TRUE(durable_.faults.empty()) << durable_.faults.front();
    EXPECT_EQ(durable_.records, changes_);
    EXPECT_EQ(durable_.items, service_.Items("tbl"));
    EXPECT_TRUE(caught_up_);
    EXPECT_LE(most_listings_, 10u) << "calls of DescribeStream in a second";
    EXPECT_GT(changes_, 1000u);
    EXPECT_GE(durable_.shards.size(), 10u);  // or nothing rolled
  }

 private:
  static fake::Options ServiceOptions(uint64_t seed) {
    fake::Options options;
    options.seed = seed;
    options.streams.initial_shards = 3;
    options.streams.shard_life = seconds(60);
    options.streams.split_rate = 0.2;
    options.streams.max_open_shards = 10;
    options.streams.iterator_life = seconds(20);
    options.streams.listing_delay = seconds(5);
    options.streams.describe_page = 7;
    options.streams.records_page = 20;
    options.streams.empty_page_rate = 0.2;
    return options;
  }

  void MakeTable() {
    Call("CreateTable",
         {{"TableName", "tbl"},
          {"AttributeDefinitions", {{{"AttributeName", "id"}, {"AttributeType", "S"}}}},
          {"KeySchema", {{{"AttributeName", "id"}, {"KeyType", "HASH"}}}},
          {"BillingMode", "PAY_PER_REQUEST"},
          {"StreamSpecification", {{"StreamEnabled", true}, {"StreamViewType", "NEW_IMAGE"}}}});
    stream_arn_ = Call("DescribeTable", {{"TableName", "tbl"}})["Table"]["LatestStreamArn"];
  }

  json Call(const std::string& operation, const json& request) {
    const fake::HttpReply reply = service_.Handle("DynamoDB_20120810." + operation, request.dump());
    EXPECT_EQ(reply.status, 200) << reply.body;
    return json::parse(reply.body);
  }

  /// Puts and deletes in bursts and with pauses, until the end of the writing time.
  void Write() {
    if (executor_.clock().Now() >= writing_ends_) return;
    const json key = {{"S", "k" + std::to_string(random_.Below(kKeys))}};
    if (random_.Chance(0.2)) {
      Call("DeleteItem", {{"TableName", "tbl"}, {"Key", {{"id", key}}}});
    } else {
      Call("PutItem", {{"TableName", "tbl"},
                       {"Item", {{"id", key}, {"v", {{"N", std::to_string(++version_)}}}}}});
    }
    const Duration pause =
        random_.Chance(0.02) ? random_.UpTo(seconds(10)) : random_.UpTo(milliseconds(200));
    executor_.At(executor_.clock().Now() + pause, [this] { Write(); });
  }

  void Begin() {
    reading_ = std::make_shared<Reading>(executor_, client_.streams, credit_, stream_arn_,
                                         earliest_, random_.Next(), durable_);
    listings_.clear();
    reading_->Start();
  }

  void Crash() {
    executor_.CutPower();
    executor_.Crash();
    reading_.reset();
    executor_.RunWorldFor(random_.UpTo(seconds(30)));
    executor_.Restart();
    Begin();
  }

  bool IsCaughtUp(const std::vector<fake::ShardSummary>& shards, WallTime written) {
    return durable_.records == changes_ && std::ranges::all_of(shards, [&](const auto& shard) {
             return reading_->IsPast(shard.id, written);
           });
  }

  void NoteListing(std::string_view operation) {
    if (operation != "DescribeStream") return;
    const TimePoint now = executor_.clock().Now();
    listings_.insert(now);
    // The network may bring calls of a second closer together.
    const Duration window = seconds(1) - milliseconds(50);
    listings_.erase(listings_.begin(), listings_.upper_bound(now - window));
    most_listings_ = std::max(most_listings_, listings_.size());
  }

  fake::Random random_;
  ByteCredit credit_{size_t{64} << 20, size_t{16} << 20};  // outlives pages of crashed readers
  fake::SimExecutor executor_;
  fake::FakeDynamoDb service_;
  fake::FakeTransport transport_;
  TestClient client_;
  Durable durable_;
  std::string stream_arn_;
  WallTime earliest_;
  TimePoint writing_ends_;
  std::shared_ptr<Reading> reading_;
  std::multiset<TimePoint> listings_;
  size_t most_listings_ = 0;
  uint64_t changes_ = 0;
  int version_ = 0;
  bool caught_up_ = false;
};

class ReadingTest : public testing::TestWithParam<int> {};

TEST_P(ReadingTest, EveryChangeArrivesOnceAndInOrder) {
  ReadingWorld world(static_cast<uint64_t>(GetParam()));
  world.Run(0);
  world.Check();
}

TEST_P(ReadingTest, EveryChangeArrivesOnceAndInOrderThoughTheReaderCrashes) {
  ReadingWorld world(static_cast<uint64_t>(GetParam()));
  world.Run(4);
  world.Check();
}

INSTANTIATE_TEST_SUITE_P(Seeds, ReadingTest, testing::Range(1, kSeeds + 1));

}  // namespace
}  // namespace ddbsync::streams
