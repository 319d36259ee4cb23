#include <nlohmann/json.hpp>
#include <set>

#include "aws/client.h"
#include "aws/server_clock.h"
#include "dynamodb/client.h"
#include "dynamodb/control_client.h"
#include "dynamodb/streams_client.h"
#include "tests/contract/contract_fixture.h"
#include "tests/support/client_parts.h"

namespace ddbsync::contract {
namespace {

/// The engine's own clients against both servers.
class ClientContract : public ContractTest {
 protected:
  void SetUp() override {
    ContractTest::SetUp();
    if (IsSkipped()) return;
    server_clock_ = std::make_unique<aws::ServerClock>(clock());
    aws_ = std::make_unique<aws::Client>(aws::Client::Options{url(), "us-east-1"}, keys_,
                                         transport(), *server_clock_, clock(), observer_);
    tables_ = std::make_unique<dynamodb::Client>(*aws_);
    streams_ = std::make_unique<dynamodb::StreamsClient>(*aws_);
    control_ = std::make_unique<dynamodb::ControlClient>(*aws_);
  }

  fake::FixedKeys keys_{"contract"};
  fake::NoObserver observer_;
  std::unique_ptr<aws::ServerClock> server_clock_;
  std::unique_ptr<aws::Client> aws_;
  std::unique_ptr<dynamodb::Client> tables_;
  std::unique_ptr<dynamodb::StreamsClient> streams_;
  std::unique_ptr<dynamodb::ControlClient> control_;
};
CONTRACT_SUITE(ClientContract);

TEST_P(ClientContract, ItemsWrittenInABatchAreScannedBack) {
  const std::string name = MakeTable({{"id", "S"}});
  const auto table = tables_->DescribeTable(name);
  ASSERT_TRUE(table) << ToString(table.error());
  std::vector<std::string> items;
  std::vector<std::string> keys;
  for (int i = 0; i < 25; ++i) {
    items.push_back(R"({"id":{"S":"item)" + std::to_string(i) + R"("},"v":{"N":"1e2"}})");
    keys.push_back("item" + std::to_string(i));
  }
  std::vector<dynamodb::WriteOp> ops;
  for (size_t i = 0; i < items.size(); ++i) {
    ops.push_back({dynamodb::WriteOp::Kind::kPut, items[i], keys[i]});
  }
  const auto written = tables_->BatchWriteItem(name, ops, table->key);
  ASSERT_TRUE(written) << ToString(written.error());
  EXPECT_TRUE(written->unprocessed.empty());
  EXPECT_TRUE(written->consumed_units.has_value());
  std::set<std::string> found;
  std::string start;
  for (bool more = true; more;) {
    const auto page = tables_->Scan({.table = name, .start_key = start, .limit = 10}, table->key);
    ASSERT_TRUE(page) << ToString(page.error());
    for (const auto& item : page->items()) found.emplace(item.key);
    more = page->last_evaluated_key().has_value();
    if (more) start = *page->last_evaluated_key();
  }
  EXPECT_EQ(found.size(), 25U);
}

TEST_P(ClientContract, ChangesAreReadFromTheStream) {
  const std::string name = MakeTable({{"id", "S"}}, "NEW_IMAGE");
  const auto table = tables_->DescribeTable(name);
  ASSERT_TRUE(table) << ToString(table.error());
  EXPECT_EQ(table->stream_view, dynamodb::StreamView::kNewImage);
  ASSERT_TRUE(tables_->PutItem(name, R"({"id":{"S":"a"},"v":{"N":"1"}})"));
  ASSERT_TRUE(tables_->DeleteItem(name, R"({"id":{"S":"a"}})"));
  std::vector<dynamodb::StreamEvent> events;
  for (int attempt = 0; attempt < 200 && events.size() < 2; ++attempt) {
    events.clear();
    const auto page = streams_->DescribeStream(table->latest_stream_arn, "");
    ASSERT_TRUE(page) << ToString(page.error());
    for (const auto& shard : page->shards) {
      const auto iterator = streams_->GetShardIterator(table->latest_stream_arn, shard.id, {});
      ASSERT_TRUE(iterator) << ToString(iterator.error());
      const auto records = streams_->GetRecords(*iterator, 1000, table->key);
      ASSERT_TRUE(records) << ToString(records.error());
      for (const auto& record : records->records()) events.push_back(record.event);
    }
    if (events.size() < 2) clock().SleepFor(std::chrono::milliseconds(50));
  }
  EXPECT_EQ(events, (std::vector{dynamodb::StreamEvent::kInsert, dynamodb::StreamEvent::kRemove}));
}

TEST_P(ClientContract, RefusalsHaveTheirMeaning) {
  const std::string name = MakeTable({{"id", "S"}});
  EXPECT_EQ(tables_->DescribeTable(NewName()).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(tables_->PutItem(name, R"({"id":{"N":"1"}})").error().code, ErrorCode::kInvalid);
  ASSERT_TRUE(tables_->EnableStream(name, dynamodb::StreamView::kNewImage));
  EXPECT_EQ(tables_->EnableStream(name, dynamodb::StreamView::kNewImage).error().code,
            ErrorCode::kConflict);
}

TEST_P(ClientContract, AStreamIsTurnedOffOnceAndOnAgain) {
  const std::string name = MakeTable({{"id", "S"}});
  EXPECT_EQ(control_->DisableStream(name).error().code, ErrorCode::kConflict);
  ASSERT_TRUE(control_->EnableStream(name, dynamodb::StreamView::kNewImage));
  EXPECT_EQ(control_->EnableStream(name, dynamodb::StreamView::kNewImage).error().code,
            ErrorCode::kConflict);
  ASSERT_TRUE(control_->DisableStream(name));
  EXPECT_FALSE(tables_->DescribeTable(name)->stream_view.has_value());
  EXPECT_EQ(control_->DisableStream(name).error().code, ErrorCode::kConflict);
  ASSERT_TRUE(control_->EnableStream(name, dynamodb::StreamView::kNewImage));
  EXPECT_EQ(control_->DisableStream(NewName()).error().code, ErrorCode::kNotFound);
}

TEST_P(ClientContract, TimeToLiveIsTurnedOnAndOff) {
  using dynamodb::TimeToLive;
  using dynamodb::TtlStatus;
  using dynamodb::TtlUpdate;
  const std::string name = MakeTable({{"id", "S"}});
  EXPECT_EQ(control_->DescribeTimeToLive(name), TimeToLive());
  EXPECT_EQ(control_->UpdateTimeToLive(name, "ends", false).error().code, ErrorCode::kConflict);
  EXPECT_EQ(control_->UpdateTimeToLive(name, "ends", true), TtlUpdate::kAccepted);
  EXPECT_EQ(control_->DescribeTimeToLive(name), (TimeToLive{TtlStatus::kEnabled, "ends"}));
  EXPECT_EQ(control_->UpdateTimeToLive(name, "ends", true).error().code, ErrorCode::kConflict);
  EXPECT_EQ(control_->UpdateTimeToLive(name, "other", false).error().code, ErrorCode::kConflict);
  if (!is_local()) {  // which lets it be changed at any time
    EXPECT_EQ(control_->UpdateTimeToLive(name, "ends", false), TtlUpdate::kTooSoon);
    clock().SleepFor(std::chrono::hours(1));
  }
  EXPECT_EQ(control_->UpdateTimeToLive(name, "ends", false), TtlUpdate::kAccepted);
  EXPECT_EQ(control_->DescribeTimeToLive(name), TimeToLive());
}

TEST_P(ClientContract, AProbeChangesNothingWhateverTheKey) {
  using dynamodb::WriteProbe;
  for (const char* partition : {"S", "N", "B"}) {
    for (const char* sort : {"S", "N", "B"}) {
      const std::string name = MakeTable({{"id", partition}, {"at", sort}});
      const auto table = tables_->DescribeTable(name);
      ASSERT_TRUE(table) << ToString(table.error());
      const WriteProbe probe = control_->ProbeDenied(name, table->key);
      EXPECT_EQ(probe.answer, WriteProbe::Answer::kAllowed) << partition << sort << probe.reason;
    }
  }
  const dynamodb::KeySchema schema{.partition = {"id", dynamodb::KeyType::kString}, .sort = {}};
  EXPECT_EQ(control_->ProbeDenied(NewName(), schema).answer, WriteProbe::Answer::kUnknown);
}

TEST_P(ClientContract, APolicyIsPutAndTakenAwayByItsRevision) {
  if (is_local()) GTEST_SKIP() << "DynamoDB Local has no resource-based policies";
  using dynamodb::WriteProbe;
  const std::string name = MakeTable({{"id", "S"}});
  const auto table = tables_->DescribeTable(name);
  ASSERT_TRUE(table) << ToString(table.error());
  const std::string policy =
      R"({"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":)"
      R"(["dynamodb:DeleteItem"],"Resource":")" +
      table->arn + R"("}]})";
  EXPECT_EQ(control_->GetResourcePolicy(table->arn), std::nullopt);
  const auto revision = control_->PutResourcePolicy(table->arn, policy, dynamodb::kNoPolicy);
  ASSERT_TRUE(revision) << ToString(revision.error());
  EXPECT_EQ(control_->GetResourcePolicy(table->arn).value()->revision, *revision);
  EXPECT_EQ(control_->ProbeDenied(name, table->key).answer, WriteProbe::Answer::kDenied);
  EXPECT_EQ(control_->PutResourcePolicy(table->arn, policy, dynamodb::kNoPolicy).error().code,
            ErrorCode::kConflict);
  EXPECT_EQ(control_->DeleteResourcePolicy(table->arn, *revision).error().code,
            ErrorCode::kThrottled);
  clock().SleepFor(std::chrono::seconds(15));
  EXPECT_EQ(control_->DeleteResourcePolicy(table->arn, "17").error().code, ErrorCode::kConflict);
  ASSERT_TRUE(control_->DeleteResourcePolicy(table->arn, *revision));
  EXPECT_EQ(control_->ProbeDenied(name, table->key).answer, WriteProbe::Answer::kAllowed);
}

TEST_P(ClientContract, TagsArePutAndTakenAway) {
  if (is_local()) GTEST_SKIP() << "DynamoDB Local has no tags";
  const std::string arn = tables_->DescribeTable(MakeTable({{"id", "S"}}))->arn;
  const std::vector<dynamodb::Tag> tags = {{"a", "1"}, {"b", ""}};
  ASSERT_TRUE(control_->TagResource(arn, tags));
  EXPECT_EQ(tables_->ListTags(arn, "")->tags, tags);
  const std::vector<std::string> keys = {"a", "none"};
  ASSERT_TRUE(control_->UntagResource(arn, keys));
  EXPECT_EQ(tables_->ListTags(arn, "")->tags, (std::vector<dynamodb::Tag>{{"b", ""}}));
}

TEST_P(ClientContract, TablesAreListedAfterAName) {
  const std::string first = MakeTable({{"id", "S"}});
  const std::string second = MakeTable({{"id", "S"}});
  std::vector<std::string> names;
  std::string last = first;
  do {
    const auto page = tables_->ListTables(last);
    ASSERT_TRUE(page) << ToString(page.error());
    names.insert(names.end(), page->names.begin(), page->names.end());
    last = page->last;
  } while (!last.empty());
  EXPECT_EQ(std::ranges::count(names, first), first < second ? 0 : 1);
  EXPECT_EQ(std::ranges::count(names, second), first < second ? 1 : 0);
}

TEST_P(ClientContract, TagsAreReadWhereThereAreAny) {
  const std::string name = MakeTable({{"id", "S"}});
  const auto table = tables_->DescribeTable(name);
  ASSERT_TRUE(table) << ToString(table.error());
  const auto none = tables_->ListTags(table->arn, "");
  if (is_local()) {
    // It knows no tags: told as a fault of the request, not as an empty list.
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code, ErrorCode::kInvalid);
    return;
  }
  ASSERT_TRUE(none) << ToString(none.error());
  EXPECT_TRUE(none->tags.empty());
  Ok("TagResource", {{"ResourceArn", table->arn}, {"Tags", {{{"Key", "a"}, {"Value", "1"}}}}});
  EXPECT_EQ(tables_->ListTags(table->arn, "")->tags, (std::vector<dynamodb::Tag>{{"a", "1"}}));
}

}  // namespace
}  // namespace ddbsync::contract
