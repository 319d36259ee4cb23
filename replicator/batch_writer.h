#pragma once

#include <string>

#include "base/task.h"
#include "dynamodb/client.h"
#include "dynamodb/key_schema.h"
#include "replicator/batch_source.h"
#include "replicator/counters.h"
#include "replicator/health.h"
#include "replicator/own_writes.h"
#include "replicator/pace.h"
#include "replicator/write_gate.h"

namespace ddbsync::replicator {

/// What all writer slots of a job share; members outlive the slots.
struct WriterContext {
  dynamodb::Client& target;
  const std::string& table;
  const dynamodb::KeySchema& schema;
  WriteGate& gate;
  InFlightLimit& backfill_limit;  ///< what hinders either lane slows the backfill
  CapacityBucket& capacity;
  Counters& counters;
  Health& health;
  const Clock& clock;
  OwnWrites* own_writes;  ///< null: the target's stream is not watched
};

/// The part under which target writes report to Health.
inline constexpr const char* kTargetWritesPart = "target writes";

/// A writer slot: takes a batch from its source, sends it, tells it the answer. The only place that
/// sends BatchWriteItem. A Task of Lane::kTailWrite or Lane::kBackfillWrite.
class BatchWriter final : public Task {
 public:
  enum class Kind { kTail, kBackfill };

  /// `source` outlives the slot. `slot` is its number within the source.
  BatchWriter(Kind kind, int slot, BatchSource& source, WriterContext context)
      : kind_(kind), slot_(slot), source_(source), context_(context) {}

  Next Step(TimePoint now) override;

 private:
  Next Write(TimePoint now);
  struct Sent {
    InFlightLimit::Feedback feedback = InFlightLimit::Feedback::kNeutral;
    Duration took{0};  ///< as of a batch of usual size
  };
  Sent Send(WriteBatch& batch);
  [[nodiscard]] InFlightLimit::Feedback FeedbackOf(const WriteBatch& batch,
                                                   const dynamodb::BatchWriteResult& result) const;
  /// PlantedBug::kPutIfAbsent: what is there is left alone.
  Result<dynamodb::BatchWriteResult> PutIfAbsent(std::span<const dynamodb::WriteOp> ops);
  void Count(const WriteBatch& batch, const Result<dynamodb::BatchWriteResult>& result,
             double units);

  const Kind kind_;
  const int slot_;
  BatchSource& source_;
  const WriterContext context_;
  /// What calls cost for each unit that we compute: more where the table has indexes.
  double cost_ratio_ = 1;
};

}  // namespace ddbsync::replicator
