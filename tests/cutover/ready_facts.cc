#include "tests/cutover/ready_facts.h"

#include <gtest/gtest.h>

#include "cutover/permissions.h"

namespace ddbsync::cutover {
namespace {

constexpr const char* kIndex = R"(,"GlobalSecondaryIndexes":[{"IndexName":"by_owner",
    "KeySchema":[{"AttributeName":"owner","KeyType":"HASH"}],
    "Projection":{"ProjectionType":"INCLUDE","NonKeyAttributes":["b","a"]},
    "IndexStatus":"ACTIVE"}])";
constexpr const char* kStream = R"(,"StreamSpecification":
    {"StreamEnabled":true,"StreamViewType":"NEW_AND_OLD_IMAGES"},"LatestStreamArn":
    "arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2026-11-21T08:00:00.123")";

}  // namespace

dynamodb::TableDescription DescribeBare(const std::string& name, const std::string& more) {
  const auto table = dynamodb::ParseTable(
      R"({"Table":{"TableName":")" + name + R"(","TableArn":")" + std::string(kTable) + name +
      R"(","TableId":"id-of-)" + name + R"(","TableStatus":"ACTIVE","ItemCount":1000,
      "TableSizeBytes":1500000,"BillingModeSummary":{"BillingMode":"PAY_PER_REQUEST"},
      "AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"},
          {"AttributeName":"owner","AttributeType":"S"}],
      "KeySchema":[{"AttributeName":"id","KeyType":"HASH"}])" +
      more + "}}");
  EXPECT_TRUE(table) << ToString(table.error());
  return table.value_or(dynamodb::TableDescription());
}

dynamodb::TableDescription Describe(const std::string& name, const std::string& more) {
  return DescribeBare(name, kIndex + more);
}

void ProveAll(GateFacts& facts) {
  facts.permissions.emplace();
  for (const PermissionNeed& need : PermissionNeeds(facts)) {
    facts.permissions->push_back(
        {.action = need.action, .answer = Permission::Answer::kProven, .reason = {}});
  }
}

GateFacts ReadyFacts() {
  GateFacts facts;
  facts.source = Describe("orders", kStream);
  facts.target = Describe("orders-b");
  facts.source_ttl = dynamodb::TimeToLive{dynamodb::TtlStatus::kEnabled, "ends"};
  facts.target_ttl = dynamodb::TimeToLive{};
  facts.source_policy = std::nullopt;

  facts.record = {.job_id = "a-b",
                  .source_identity = facts.source->Identity(),
                  .source_arn = facts.source->arn,
                  .target_identity = facts.target->Identity(),
                  .target_arn = facts.target->arn,
                  .stream_arn = facts.source->latest_stream_arn,
                  .start_time = kNow - std::chrono::hours(24)};

  auto& job = facts.job;
  job.job_id = "a-b";
  job.state = replicator::JobState::kFollowing;
  job.ready = true;
  job.now = kNow;
  job.backfill.wanted = job.backfill.complete = true;
  job.tail.wanted = true;
  job.tail.shards_reading = 4;
  job.tail.watermark = kNow - std::chrono::seconds(5);
  job.tail.lag_seconds = 5;
  job.tail.headroom_seconds = 86395;
  facts.copied_by = kNow - std::chrono::hours(20);
  facts.peak_records_per_second = 100;

  verify::Status run;
  run.phase = verify::Phase::kEnded;
  run.outcome = verify::Outcome::kEqual;
  run.began = kNow - std::chrono::hours(2);
  run.completed = kNow - std::chrono::hours(1);
  run.source.items = 18000;
  run.target.items = 18000;
  facts.verification = run;

  ProveAll(facts);
  return facts;
}

}  // namespace ddbsync::cutover
