#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "aws/client.h"
#include "aws/server_clock.h"
#include "checkpoint/records.h"
#include "checkpoint/store.h"
#include "dynamodb/client.h"
#include "dynamodb/streams_client.h"
#include "replicator/job.h"
#include "tests/support/client_parts.h"
#include "tests/support/fake_dynamodb.h"
#include "tests/support/fake_transport.h"
#include "tests/support/memory_disk.h"
#include "tests/support/sim_executor.h"
#include "verify/extras_removal.h"
#include "verify/verification.h"

namespace ddbsync::simulation {

/// What a process of ddbsync finds outside: the machine and the two services.
struct Surroundings {
  fake::SimExecutor& machine;
  fake::MemoryDisk& disk;
  fake::FakeDynamoDb& source;
  fake::FakeDynamoDb& target;
  Duration longest_delay;   ///< of a message, each way
  Duration least_delay{0};  ///< what every message takes; the drawn delay comes on top
  const char* source_table = "source";
  const char* target_table = "target";
  const char* state = "/state";
  const char* removal = "/removal";
  const char* key_id = "AKIDEXAMPLE";  ///< whose requests they are, to policies of the tables
};

/// One life of ddbsync: the real engine with clients of its own, from its start until the machine
/// crashes. Destroyed after SimExecutor::Crash and before MemoryDisk::Restart.
class Process {
 public:
  Process(const Surroundings& outside, uint64_t seed);
  ~Process();

  /// What an earlier life left durable. Errors: the disk's.
  [[nodiscard]] Result<checkpoint::State> ReadState();
  /// As `ddbsync start` does. The faults that speak against it; none: the job runs.
  [[nodiscard]] std::vector<Error> Start(const replicator::JobOptions& options);

  [[nodiscard]] replicator::Job& job() { return *job_; }
  [[nodiscard]] replicator::Side SourceSide();
  [[nodiscard]] replicator::Side TargetSide();
  [[nodiscard]] checkpoint::Store& store() { return *store_; }  ///< once its state was read
  [[nodiscard]] Executor& executor() { return outside_.machine; }
  /// For a verification through the job that runs, with a store of its own.
  [[nodiscard]] verify::Verification::Parts VerifyParts(std::shared_ptr<checkpoint::Store> store);
  [[nodiscard]] WallTime source_time() const { return source_side_->server_clock.Now(); }

 private:
  class DiskStore;
  struct Endpoint {
    Endpoint(const Surroundings& outside, fake::FakeDynamoDb& service, fake::FixedKeys& keys,
             fake::NoObserver& observer, uint64_t seed);
    fake::FakeTransport transport;
    aws::ServerClock server_clock;
    aws::Client aws;
    dynamodb::Client tables;
    dynamodb::StreamsClient streams;
  };
  [[nodiscard]] Result<void> OpenStore();
  [[nodiscard]] Result<std::unique_ptr<checkpoint::Store>> OpenOnDisk(const char* directory);
  void StartRemoval(const replicator::JobOptions& options);

  const Surroundings outside_;
  fake::FixedKeys keys_;
  fake::NoObserver observer_;
  const std::unique_ptr<Endpoint> source_side_, target_side_;
  std::unique_ptr<checkpoint::Store> store_;
  std::unique_ptr<replicator::Job> job_;
  std::shared_ptr<verify::ExtrasRemoval> removal_;
};

}  // namespace ddbsync::simulation
