#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>

#include "aws/client.h"
#include "aws/server_clock.h"
#include "replicator/batch_writer.h"
#include "tests/support/client_parts.h"
#include "tests/support/fake_dynamodb.h"
#include "tests/support/fake_transport.h"
#include "tests/support/sim_executor.h"

namespace ddbsync::replicator {

/// Real writer slots in virtual time, over the in-memory DynamoDB and its empty table "dst", whose
/// key is the string "id".
class WriterFixture : public ::testing::Test {
 protected:
  WriterFixture() {
    const auto reply = service_.Handle(
        "DynamoDB_20120810.CreateTable",
        R"({"TableName":"dst","AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}],)"
        R"("KeySchema":[{"AttributeName":"id","KeyType":"HASH"}],"BillingMode":"PAY_PER_REQUEST"})");
    EXPECT_EQ(reply.status, 200) << reply.body;
  }
  /// Before what the slots write from is gone.
  void TearDown() override { machine_.Crash(); }

  void SpawnSlots(BatchWriter::Kind kind, BatchSource& source, int count) {
    const Lane lane = kind == BatchWriter::Kind::kTail ? Lane::kTailWrite : Lane::kBackfillWrite;
    for (int slot = 0; slot < count; ++slot) {
      machine_.Spawn(lane, "slot " + std::to_string(slot),
                     std::make_shared<BatchWriter>(kind, slot, source, context_));
    }
  }

  fake::SimExecutor machine_{1};
  fake::FakeDynamoDb service_{machine_.sleeping_clock(), {}};
  fake::FakeTransport transport_{
      service_, machine_.sleeping_clock(), {.least_delay = std::chrono::milliseconds(1)}};
  fake::FixedKeys keys_;
  fake::NoObserver observer_;
  aws::ServerClock server_clock_{machine_.clock()};
  aws::Client aws_{{.url = "http://127.0.0.1:1/", .region = "us-east-1"},
                   keys_,
                   transport_,
                   server_clock_,
                   machine_.clock(),
                   observer_};
  dynamodb::Client target_{aws_};
  const std::string table_ = "dst";
  const dynamodb::KeySchema schema_{.partition = {"id", dynamodb::KeyType::kString}, .sort = {}};
  WriteGate gate_{TimePoint::min()};
  InFlightLimit limit_{{.initial = 8, .maximum = 64}};
  CapacityBucket capacity_{"write-capacity", std::nullopt};
  Counters counters_;
  Health health_;
  WriterContext context_{target_,   table_,  schema_,          gate_,  limit_, capacity_,
                         counters_, health_, machine_.clock(), nullptr};
};

}  // namespace ddbsync::replicator
