#include "bench/virtual/virtual_copy.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/planted_bug.h"
#include "bench/server/item_shape.h"
#include "tests/simulation/process.h"

namespace ddbsync::bench {
namespace {

using namespace std::chrono_literals;
using replicator::JobStatus;

constexpr size_t kFillBatch = 25;  // API reference of BatchWriteItem

double SecondsOf(std::chrono::duration<double> duration) {
  return duration.count();
}

fake::BatchTally operator-(const fake::BatchTally& a, const fake::BatchTally& b) {
  return {a.all - b.all, a.refused - b.refused, a.cut - b.cut};
}

bool IsSlow(const CopySettings& settings, size_t partition) {
  return settings.slow_units_per_second > 0 && partition % 2 == 1;
}

fake::Options TargetOptions(const CopySettings& settings) {
  fake::Options options;
  options.seed = settings.seed + 1;  // of its own: tables of two services have different ids
  options.partitions = settings.partitions;
  options.partition_write_units = settings.units_per_second;
  options.partition_burst = settings.burst;
  for (int i = 0; i < settings.partitions; ++i) {
    if (!IsSlow(settings, static_cast<size_t>(i))) continue;
    options.partition_exceptions[i] = settings.slow_units_per_second;
  }
  return options;
}

fake::Options SourceOptions(const CopySettings& settings) {
  fake::Options options;
  options.seed = settings.seed;
  options.page_bytes = settings.page_items * settings.item_bytes;
  return options;
}

class Copy {
 public:
  explicit Copy(const CopySettings& settings)
      : settings_(settings),
        machine_(settings.seed),
        source_(machine_.clock(), SourceOptions(settings)),
        target_(machine_.clock(), TargetOptions(settings)) {
    for (fake::FakeDynamoDb* service : {&source_, &target_}) {
      service->SetAlarm(
          [this, service](TimePoint at) { machine_.At(at, [service] { service->Land(); }); });
    }
    if (!settings.deal) planted_bug = PlantedBug::kNoDealing;
  }
  Copy(const Copy&) = delete;
  Copy& operator=(const Copy&) = delete;
  ~Copy() {
    machine_.CutPower();
    disk_.CutPower();
    machine_.Crash();
    process_.reset();
    if (!settings_.deal) planted_bug = PlantedBug::kNone;
  }

  CopyFigures Run();

 private:
  static void Call(fake::FakeDynamoDb& service, const char* operation, const std::string& body) {
    const auto reply = service.Handle(std::string("DynamoDB_20120810.") + operation, body);
    DDBSYNC_CHECK(reply.status == 200);
  }
  static void Create(fake::FakeDynamoDb& service, const std::string& name) {
    Call(service, "CreateTable",
         R"({"TableName":")" + name +
             R"(","AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"}],)"
             R"("KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}],)"
             R"("BillingMode":"PAY_PER_REQUEST"})");
  }
  void Fill();
  std::string StartJob();
  void Sample(TimePoint began);
  void Sum(CopyFigures& figures);

  const CopySettings settings_;
  fake::SimExecutor machine_;
  fake::MemoryDisk disk_;
  fake::FakeDynamoDb source_, target_;
  std::unique_ptr<simulation::Process> process_;

  // As of the last sample.
  std::vector<CopySecond> timeline_;
  TimePoint sampled_;
  Use sampled_all_, sampled_fast_;
  fake::BatchTally sampled_batches_;
  WallTime began_;  ///< by the target's clock
};

void Copy::Fill() {
  const ItemShape shape(settings_.item_bytes);
  for (uint64_t item = 0; item < settings_.items;) {
    std::string body = R"({"RequestItems":{"source":[)";
    for (size_t i = 0; i < kFillBatch && item < settings_.items; ++i, ++item) {
      body += i > 0 ? R"(,{"PutRequest":{"Item":)" : R"({"PutRequest":{"Item":)";
      shape.AppendItem(item, body);
      body += "}}";
    }
    Call(source_, "BatchWriteItem", body + "]}}");
  }
}

/// Empty, or what speaks against it.
std::string Copy::StartJob() {
  process_ = std::make_unique<simulation::Process>(
      simulation::Surroundings{machine_, disk_, source_, target_, settings_.jitter / 2,
                               settings_.round_trip / 2},
      settings_.seed);
  replicator::JobOptions options;
  options.job_id = "bench";
  options.phases = replicator::Phases::kBackfillOnly;
  options.segments = settings_.segments;
  const auto faults = process_->Start(options);
  return faults.empty() ? "" : ToString(faults.front());
}

/// Closes the second that ends now.
void Copy::Sample(TimePoint began) {
  const TimePoint now = machine_.clock().Now();
  CopySecond second;
  second.seconds = SecondsOf(now - sampled_);
  Use all, fast;
  const auto partitions = target_.Partitions("target");
  // Kept from before counts in the second in which it may be used.
  const double kept = sampled_ == began ? SecondsOf(settings_.burst) : 0;
  for (size_t i = 0; i < partitions.size(); ++i) {
    const double given = partitions[i].rate * (second.seconds + kept);
    all.units += partitions[i].units;
    second.all.available += given;
    if (IsSlow(settings_, i)) continue;
    fast.units += partitions[i].units;
    second.fast.available += given;
  }
  second.all.units = all.units - sampled_all_.units;
  second.fast.units = fast.units - sampled_fast_.units;
  const fake::BatchTally batches = target_.Batches();
  second.batches = batches - sampled_batches_;
  const JobStatus status = process_->job().Status();
  second.in_flight_limit = status.writes.in_flight_limit;
  second.in_flight = status.writes.in_flight;
  second.segments_open = status.backfill.segments_open;
  timeline_.push_back(second);
  sampled_ = now;
  sampled_all_ = all;
  sampled_fast_ = fast;
  sampled_batches_ = batches;
}

void Copy::Sum(CopyFigures& figures) {
  const auto partitions = target_.Partitions("target");
  const double kept = SecondsOf(settings_.burst);
  const auto lasted = [&](const fake::PartitionLoad& load) {
    return load.units > 0 ? SecondsOf(load.last - began_) : 0.0;
  };
  double first_end = figures.ended.empty() ? SecondsOf(settings_.at_most) : 0;
  figures.slowest_fast = 1;
  for (size_t i = 0; i < partitions.size(); ++i) {
    const double seconds = lasted(partitions[i]);
    figures.seconds = std::max(figures.seconds, seconds);
    figures.refused_writes += partitions[i].refused;
    first_end = std::min(first_end, seconds);
    if (IsSlow(settings_, i)) continue;
    const Use use{partitions[i].units, partitions[i].rate * (seconds + kept)};
    figures.fast.units += use.units;
    figures.fast.available += use.available;
    figures.slowest_fast = std::min(figures.slowest_fast, use.ratio());
    figures.fast_seconds = std::max(figures.fast_seconds, seconds);
  }
  for (const auto& partition : partitions) {
    figures.all.units += partition.units;
    figures.all.available += partition.rate * (figures.seconds + kept);
  }
  double at = 0;
  for (size_t i = 0; i < timeline_.size(); ++i) {
    const CopySecond& second = timeline_[i];
    if (at < figures.fast_seconds) {
      figures.batches_while_fast.all += second.batches.all;
      figures.batches_while_fast.refused += second.batches.refused;
      figures.batches_while_fast.cut += second.batches.cut;
    }
    at += second.seconds;
    if (i == 0 || at > first_end) continue;
    figures.steady.units += second.all.units;
    figures.steady.available += second.all.available;
  }
}

CopyFigures Copy::Run() {
  CopyFigures figures;
  Create(source_, "source");
  Create(target_, "target");
  Fill();
  figures.ended = StartJob();
  if (!figures.ended.empty()) return figures;
  const TimePoint began = machine_.clock().Now();
  const fake::BatchTally batches_before = target_.Batches();
  began_ = target_.Now();
  sampled_ = began;
  sampled_batches_ = batches_before;
  const auto ended = [this] { return process_->job().Ended().has_value(); };
  while (!ended() && machine_.clock().Now() < began + settings_.at_most) {
    machine_.RunUntil(ended, machine_.clock().Now() + 1s);
    Sample(began);
  }
  const JobStatus status = process_->job().Status();
  if (process_->job().Ended() != replicator::Outcome::kDone) {
    figures.ended = ended() ? status.reason : "cut off";
  }
  figures.copied = target_.CountItems("target");
  figures.batches = target_.Batches() - batches_before;
  figures.segments = status.backfill.segments;
  Sum(figures);
  figures.timeline = std::move(timeline_);
  return figures;
}

}  // namespace

CopyFigures CopyInVirtualTime(const CopySettings& settings) {
  return Copy(settings).Run();
}

}  // namespace ddbsync::bench
