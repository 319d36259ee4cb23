#include "tests/simulation/process.h"

#include <utility>

#include "checkpoint/leveldb_store.h"
#include "verify/limits.h"

namespace ddbsync::simulation {

/// The LevelDB store, whose background work is done as soon as a call has returned.
class Process::DiskStore final : public checkpoint::Store {
 public:
  DiskStore(std::unique_ptr<checkpoint::Store> store, fake::MemoryDisk& disk)
      : store_(std::move(store)), disk_(disk) {
    disk_.RunBackground();
  }
  Result<void> Commit(const checkpoint::Batch& batch) override {
    return Finish(store_->Commit(batch));
  }
  Result<std::optional<std::string>> Get(std::string_view key) override {
    return Finish(store_->Get(key));
  }
  Result<void> Scan(std::string_view prefix, const Visit& visit) override {
    return Finish(store_->Scan(prefix, visit));
  }
  Result<void> Reopen() override { return Finish(store_->Reopen()); }

 private:
  template <class T>
  T Finish(T result) {
    disk_.RunBackground();
    return result;
  }
  const std::unique_ptr<checkpoint::Store> store_;
  fake::MemoryDisk& disk_;
};

Process::Endpoint::Endpoint(const Surroundings& outside, fake::FakeDynamoDb& service,
                            fake::FixedKeys& keys, fake::NoObserver& observer, uint64_t seed)
    : transport(service, outside.machine.sleeping_clock(),
                {.seed = seed,
                 .least_delay = outside.least_delay,
                 .max_request_delay = outside.longest_delay,
                 .max_response_delay = outside.longest_delay,
                 .is_up = [&machine = outside.machine] { return machine.powered(); }}),
      server_clock(outside.machine.clock()),
      aws({.url = "http://127.0.0.1:1/", .region = "us-east-1"}, keys, transport, server_clock,
          outside.machine.clock(), observer),
      tables(aws),
      streams(aws) {}

Process::Process(const Surroundings& outside, uint64_t seed)
    : outside_(outside),
      keys_(outside.key_id),
      source_side_(std::make_unique<Endpoint>(outside, outside.source, keys_, observer_, seed * 2)),
      target_side_(
          std::make_unique<Endpoint>(outside, outside.target, keys_, observer_, seed * 2 + 1)) {}

Process::~Process() = default;

Result<void> Process::OpenStore() {
  if (store_ != nullptr) return {};
  auto store = OpenOnDisk(outside_.state);
  if (!store) return std::unexpected(store.error());
  store_ = *std::move(store);
  return {};
}

Result<std::unique_ptr<checkpoint::Store>> Process::OpenOnDisk(const char* directory) {
  auto store = checkpoint::OpenLevelDbStore(directory, /*create=*/true, &outside_.disk);
  if (!store) return std::unexpected(store.error());
  return std::make_unique<DiskStore>(*std::move(store), outside_.disk);
}

void Process::StartRemoval(const replicator::JobOptions& options) {
  removal_ = std::make_shared<verify::ExtrasRemoval>(verify::ExtrasRemoval::Parts{
      .executor = outside_.machine,
      .source = SourceSide(),
      .target = TargetSide(),
      .job = *job_,
      .open_store = [this]() -> Result<std::shared_ptr<checkpoint::Store>> {
        auto store = OpenOnDisk(outside_.removal);
        if (!store) return std::unexpected(store.error());
        return std::shared_ptr<checkpoint::Store>(*std::move(store));
      },
      .memory_bytes = 8 * verify::limits::kBytesPerWalker,
      .settle = options.settle,
      .clock = outside_.machine.sleeping_clock()});
  outside_.machine.Spawn(Lane::kControl, "removal", removal_);
}

Result<checkpoint::State> Process::ReadState() {
  if (auto opened = OpenStore(); !opened) return std::unexpected(opened.error());
  return checkpoint::LoadState(*store_);
}

replicator::Side Process::SourceSide() {
  return {.label = "source a",
          .table = outside_.source_table,
          .tables = &source_side_->tables,
          .streams = &source_side_->streams};
}

replicator::Side Process::TargetSide() {
  return {.label = "target b",
          .table = outside_.target_table,
          .tables = &target_side_->tables,
          .streams = &target_side_->streams};
}

verify::Verification::Parts Process::VerifyParts(std::shared_ptr<checkpoint::Store> store) {
  return {.executor = outside_.machine,
          .source = SourceSide(),
          .target = TargetSide(),
          .store = std::move(store),
          .copy = &job_->live_copy(),
          .changes_per_second = 0,
          .read_capacity = std::nullopt,
          .clock = outside_.machine.sleeping_clock()};
}

std::vector<Error> Process::Start(const replicator::JobOptions& options) {
  if (auto opened = OpenStore(); !opened) return {opened.error()};
  auto job = replicator::Job::Open(options, SourceSide(), TargetSide(), *store_, outside_.machine,
                                   outside_.machine.sleeping_clock());
  if (!job) return job.error();
  job_ = *std::move(job);
  if (auto started = job_->Start(); !started) return {started.error()};
  if (job_->resync().under_way()) StartRemoval(options);
  return {};
}

}  // namespace ddbsync::simulation
