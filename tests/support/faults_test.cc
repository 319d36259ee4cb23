#include "tests/support/faults.h"

#include <gtest/gtest.h>
#include <libdeflate.h>

#include <nlohmann/json.hpp>

#include "tests/support/fake_dynamodb.h"
#include "tests/support/fake_transport.h"
#include "tests/support/manual_clock.h"

namespace ddbsync::fake {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;

/// A transport to a service with an empty table "tbl" (key id: S).
class FaultsTest : public ::testing::Test {
 protected:
  FaultsTest() { Begin({}); }

  void Begin(Options options) {
    service_ = std::make_unique<FakeDynamoDb>(clock_, std::move(options));
    transport_ = std::make_unique<FakeTransport>(*service_, clock_);
    const json table = {
        {"TableName", "tbl"},
        {"AttributeDefinitions", json::array({{{"AttributeName", "id"}, {"AttributeType", "S"}}})},
        {"KeySchema", json::array({{{"AttributeName", "id"}, {"KeyType", "HASH"}}})},
        {"BillingMode", "PAY_PER_REQUEST"}};
    EXPECT_EQ(Send("CreateTable", table)->status, 200);
  }

  Result<aws::HttpResponse> Send(const std::string& operation, const json& request) {
    const std::string body = request.dump();
    return transport_->Send(
        {"http://fake/", {{"x-amz-target", "DynamoDB_20120810." + operation}}, body, 10s, true});
  }

  Result<aws::HttpResponse> Put(const std::string& id) {
    return Send("PutItem", {{"TableName", "tbl"}, {"Item", {{"id", {{"S", id}}}}}});
  }

  Result<aws::HttpResponse> PutWith(Fault fault, const std::string& id = "a") {
    service_->faults().Enqueue("PutItem", {fault});
    return Put(id);
  }

  json Batch(int count) {
    json ops = json::array();
    for (int i = 0; i < count; ++i) {
      ops.push_back({{"PutRequest", {{"Item", {{"id", {{"S", std::to_string(i)}}}}}}}});
    }
    return {{"RequestItems", {{"tbl", std::move(ops)}}}};
  }

  size_t Stored() { return service_->Items("tbl").size(); }

  ManualClock clock_;
  std::unique_ptr<FakeDynamoDb> service_;
  std::unique_ptr<FakeTransport> transport_;
};

bool CrcMatches(const aws::HttpResponse& response) {
  const uint32_t crc = libdeflate_crc32(0, response.body.data(), response.body.size());
  return response.crc32 == std::to_string(crc);
}

TEST_F(FaultsTest, ServiceErrorsBeforeAndAfterTheWrite) {
  EXPECT_EQ(PutWith({FaultKind::kErrorBefore})->status, 500);
  EXPECT_EQ(Stored(), 0U);
  EXPECT_EQ(PutWith({FaultKind::kErrorAfter})->status, 500);
  EXPECT_EQ(Stored(), 1U);
}

TEST_F(FaultsTest, RefusalsChangeNothing) {
  for (const auto& [kind, name] : std::vector<std::pair<FaultKind, std::string>>{
           {FaultKind::kThrottle, "ProvisionedThroughputExceededException"},
           {FaultKind::kExpiredToken, "ExpiredTokenException"},
           {FaultKind::kAccessDenied, "AccessDeniedException"}}) {
    const auto response = PutWith({kind});
    EXPECT_EQ(response->status, 400);
    EXPECT_NE(response->body.find(name), std::string::npos) << response->body;
    EXPECT_TRUE(CrcMatches(*response));
  }
  EXPECT_EQ(Stored(), 0U);
}

TEST_F(FaultsTest, DamagedAnswersHideAWriteThatWasDone) {
  const auto truncated = PutWith({FaultKind::kTruncatedBody});
  EXPECT_FALSE(json::accept(truncated->body));
  EXPECT_TRUE(truncated->crc32.empty());
  EXPECT_EQ(Stored(), 1U);
  EXPECT_FALSE(CrcMatches(*PutWith({FaultKind::kWrongCrc}, "b")));
  EXPECT_EQ(Stored(), 2U);
}

TEST_F(FaultsTest, HtmlIsNotFromTheService) {
  const auto response = PutWith({.kind = FaultKind::kHtmlBody, .status = 200});
  EXPECT_EQ(response->status, 200);
  EXPECT_TRUE(response->body.starts_with("<html>"));
  EXPECT_EQ(Stored(), 0U);
}

TEST_F(FaultsTest, NetworkFaultsSayWhatTheSenderCanKnow) {
  EXPECT_EQ(PutWith({FaultKind::kConnectionRefused}).error().code, ErrorCode::kRetry);
  const TimePoint before = clock_.Now();
  EXPECT_EQ(PutWith({FaultKind::kTimeout}).error().code, ErrorCode::kAmbiguous);
  EXPECT_EQ(clock_.Now() - before, 10s);
  EXPECT_EQ(Stored(), 0U);
  EXPECT_EQ(PutWith({FaultKind::kResponseLost}).error().code, ErrorCode::kAmbiguous);
  EXPECT_EQ(Stored(), 1U);
}

TEST_F(FaultsTest, LateLandingComesAfterTheSenderGaveUp) {
  EXPECT_EQ(PutWith({FaultKind::kLateLanding, 3s}).error().code, ErrorCode::kAmbiguous);
  EXPECT_EQ(Stored(), 0U);
  clock_.Advance(2999ms);
  EXPECT_EQ(Stored(), 0U);
  clock_.Advance(1ms);
  EXPECT_EQ(Stored(), 1U);
}

TEST_F(FaultsTest, SlowAnswerBecomesATimeOut) {
  EXPECT_TRUE(PutWith({FaultKind::kSlow, 9s}));
  EXPECT_EQ(PutWith({FaultKind::kSlow, 11s}, "b").error().code, ErrorCode::kAmbiguous);
  EXPECT_EQ(Stored(), 2U);
}

TEST_F(FaultsTest, UnprocessedItemsAreThoseThatWereNotWritten) {
  for (const auto& [kind, left] : std::vector<std::pair<FaultKind, size_t>>{
           {FaultKind::kUnprocessedAll, 25}, {FaultKind::kUnprocessedOne, 1}}) {
    const size_t before = Stored();
    service_->faults().Enqueue("BatchWriteItem", {{kind}});
    const json answer = json::parse(Send("BatchWriteItem", Batch(25))->body);
    ASSERT_EQ(answer["UnprocessedItems"]["tbl"].size(), left);
    EXPECT_EQ(Stored() - before, 25 - left);
    const std::string missing =
        answer["UnprocessedItems"]["tbl"][0]["PutRequest"]["Item"]["id"].dump();
    EXPECT_FALSE(service_->Items("tbl").contains("{\"id\":" + missing + "}"));
  }
}

TEST_F(FaultsTest, RejectedItemRefusesItsBatch) {
  service_->faults().RejectItems([](std::string_view table, std::string_view key) {
    return table == "tbl" && key == R"({"id":{"S":"7"}})";
  });
  EXPECT_EQ(Send("BatchWriteItem", Batch(25))->status, 400);
  EXPECT_EQ(Send("BatchWriteItem", Batch(7))->status, 200);
  EXPECT_EQ(Put("7")->status, 400);
}

TEST_F(FaultsTest, DeniedActionIsDeniedUntilAllowed) {
  service_->faults().Deny("PutItem");
  EXPECT_EQ(Put("a")->status, 400);
  EXPECT_EQ(Send("Scan", {{"TableName", "tbl"}})->status, 200);
  service_->faults().Allow("PutItem");
  EXPECT_EQ(Put("a")->status, 200);
}

TEST_F(FaultsTest, HookSeesEachRequestFirst) {
  service_->faults().SetHook([](const FaultRequest& request) -> std::optional<Fault> {
    if (request.body.find("\"b\"") == std::string_view::npos) return std::nullopt;
    return Fault{FaultKind::kErrorBefore};
  });
  EXPECT_EQ(Put("a")->status, 200);
  EXPECT_EQ(Put("b")->status, 500);
}

TEST_F(FaultsTest, ChanceFollowsTheRatesAndTheSeed) {
  std::vector<std::string> outcomes;
  for (int run = 0; run < 2; ++run) {
    Begin({});
    service_->faults().SetRates(OperationClass::kWrite, {{FaultKind::kThrottle, 0.3}});
    std::string outcome;
    for (int i = 0; i < 1000; ++i) outcome += Put("a")->status == 200 ? '.' : 'x';
    outcomes.push_back(outcome);
    EXPECT_EQ(Send("Scan", {{"TableName", "tbl"}})->status, 200);
  }
  EXPECT_EQ(outcomes[0], outcomes[1]);
  const auto throttled = std::count(outcomes[0].begin(), outcomes[0].end(), 'x');
  EXPECT_GT(throttled, 200);
  EXPECT_LT(throttled, 400);
}

TEST_F(FaultsTest, HotPartitionIsThrottledAlone) {
  Begin({.partition_write_units = 10, .partitions = 1});
  const json answer = json::parse(Send("BatchWriteItem", Batch(25))->body);
  EXPECT_EQ(answer["UnprocessedItems"]["tbl"].size(), 15U);
  const auto refused = Put("x");
  EXPECT_NE(refused->body.find("TableWriteKeyRangeThroughputExceeded"), std::string::npos);
  clock_.Advance(1s);
  EXPECT_EQ(Put("x")->status, 200);
}

TEST_F(FaultsTest, PartitionsHaveRatesOfTheirOwnAndSayWhatTheyGave) {
  Begin({.partition_write_units = 1000, .partitions = 2, .partition_exceptions = {{1, 2.0}}});
  const json answer = json::parse(Send("BatchWriteItem", Batch(25))->body);
  const size_t left = answer["UnprocessedItems"]["tbl"].size();
  const auto loads = service_->Partitions("tbl");
  ASSERT_EQ(loads.size(), 2U);
  EXPECT_EQ(loads[0].rate, 1000);
  EXPECT_EQ(loads[1].rate, 2);
  EXPECT_EQ(loads[1].units, 2);
  EXPECT_EQ(loads[1].refused, left);
  EXPECT_EQ(loads[0].units + loads[1].units + static_cast<double>(left), 25);
  EXPECT_EQ(loads[0].last, service_->Now());
  EXPECT_EQ(service_->CountItems("tbl"), 25 - left);
  EXPECT_EQ(service_->Batches().all, 1U);
  EXPECT_EQ(service_->Batches().cut, 1U);
}

TEST_F(FaultsTest, WhatAPartitionDidNotUseIsKeptAsLongAsTheBurst) {
  Begin({.partition_write_units = 5, .partition_burst = 2s});
  const auto fits = [&] {
    const json answer = json::parse(Send("BatchWriteItem", Batch(25))->body);
    return 25 - answer["UnprocessedItems"]["tbl"].size();
  };
  EXPECT_EQ(fits(), 10U);
  clock_.Advance(1s);
  EXPECT_EQ(fits(), 5U);
  clock_.Advance(1min);
  EXPECT_EQ(fits(), 10U);
  EXPECT_EQ(service_->Batches().refused, 0U);
  EXPECT_EQ(Send("BatchWriteItem", Batch(25))->status, 400);
  EXPECT_EQ(service_->Batches().refused, 1U);
}

TEST_F(FaultsTest, EveryMessageTakesItsLeastDelay) {
  transport_ = std::make_unique<FakeTransport>(
      *service_, clock_, FakeTransport::Options{.least_delay = 2ms, .max_request_delay = 1ms});
  for (int i = 0; i < 20; ++i) {
    const TimePoint sent = clock_.Now();
    EXPECT_EQ(Put("a")->status, 200);
    EXPECT_GE(clock_.Now() - sent, 4ms);
    EXPECT_LE(clock_.Now() - sent, 5ms);
  }
}

TEST_F(FaultsTest, EventuallyConsistentReadsMayBeStaleAndConsistentOnesNever) {
  Begin({.staleness = 5s});
  ASSERT_EQ(Put("a")->status, 200);
  clock_.Advance(1s);
  bool missed = false;
  for (int i = 0; i < 50; ++i) {
    json scan = {{"TableName", "tbl"}, {"ConsistentRead", true}};
    EXPECT_EQ(json::parse(Send("Scan", scan)->body)["Count"], 1);
    scan["ConsistentRead"] = false;
    missed = missed || json::parse(Send("Scan", scan)->body)["Count"] == 0;
  }
  EXPECT_TRUE(missed);
  clock_.Advance(5s);
  EXPECT_EQ(json::parse(Send("Scan", {{"TableName", "tbl"}})->body)["Count"], 1);
}

}  // namespace
}  // namespace ddbsync::fake
