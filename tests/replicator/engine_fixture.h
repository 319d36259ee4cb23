#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "aws/client.h"
#include "aws/server_clock.h"
#include "base/clock.h"
#include "base/thread_executor.h"
#include "checkpoint/leveldb_store.h"
#include "checkpoint/store.h"
#include "dynamodb/client.h"
#include "dynamodb/streams_client.h"
#include "replicator/job.h"
#include "tests/support/client_parts.h"
#include "tests/support/fake_dynamodb.h"
#include "tests/support/fake_transport.h"

namespace ddbsync::replicator {

/// The real engine on real threads over the in-memory DynamoDB: a source table "src" with a stream
/// and an empty target "dst" (key id: S), a checkpoint in a directory of the test's own.
class EngineFixture : public ::testing::Test {
 protected:
  EngineFixture() : EngineFixture(fake::Options{}) {}
  explicit EngineFixture(fake::Options options);
  ~EngineFixture() override;

  void CreateTable(const std::string& name, const std::string& view);  ///< view: "" for no stream
  void Put(const std::string& table, const std::string& id, int version);
  void Delete(const std::string& table, const std::string& id);
  nlohmann::json Call(const std::string& operation, const nlohmann::json& request);

  /// Opens and starts a job on the same checkpoint; checks that nothing speaks against it.
  void Start(JobOptions options = {});
  /// As Open says.
  std::vector<Error> OpenFaults(JobOptions options = {});
  /// Stops the executor where it stands, as a crash would, and lets go of the job.
  void Crash();
  /// An orderly stop.
  Outcome StopAndWait();

  /// Waits until it holds, at most for `patience`; what a test waits for, never a fixed time.
  [[nodiscard]] bool Eventually(const std::function<bool()>& condition,
                                Duration patience = std::chrono::seconds(30));
  /// Source and target hold the same items.
  [[nodiscard]] bool Equal();
  [[nodiscard]] JobStatus Status() { return job_->Status(); }

  /// Makes executor_ and store_, where there are none.
  void Connect();
  [[nodiscard]] Side MakeSide(const std::string& label, const std::string& table);

  SystemClock clock_;
  fake::FakeDynamoDb service_;
  std::string directory_;
  std::unique_ptr<checkpoint::Store> store_;
  std::unique_ptr<ThreadExecutor> executor_;
  std::unique_ptr<Job> job_;

 private:
  fake::FixedKeys keys_;
  fake::NoObserver observer_;
  fake::FakeTransport transport_;
  aws::ServerClock server_clock_;
  std::unique_ptr<aws::Client> aws_;
  std::unique_ptr<dynamodb::Client> tables_;
  std::unique_ptr<dynamodb::StreamsClient> streams_;
};

}  // namespace ddbsync::replicator
