#pragma once

#include <atomic>
#include <string>

#include "aws/backoff.h"
#include "base/byte_credit.h"
#include "base/task.h"
#include "dynamodb/client.h"
#include "dynamodb/key_schema.h"
#include "replicator/backfill.h"
#include "replicator/counters.h"
#include "replicator/fence.h"
#include "replicator/health.h"
#include "replicator/pace.h"
#include "replicator/write_gate.h"

namespace ddbsync::replicator {

/// What all scanners of a job share; members outlive the scanners.
struct ScanContext {
  dynamodb::Client& source;
  const std::string& table;
  const dynamodb::KeySchema& schema;
  int total_segments;
  Backfill& backfill;
  Fence& fence;
  ByteCredit& credit;
  InFlightLimit& limit;
  CapacityBucket& capacity;
  std::atomic<double>& units_per_page;  ///< what the newest page of any segment cost
  aws::RetryBudget& budget;
  const WriteGate& gate;  ///< closed: no more reads
  const std::atomic<bool>& paused;
  Counters& counters;
  Health& health;
  const Clock& clock;
};

/// Reads one segment page by page and gives the pages to Backfill. A Task of Lane::kScan.
class SegmentScanner final : public Task {
 public:
  SegmentScanner(int segment, const ScanContext& context)
      : segment_(segment),
        context_(context),
        backoff_(context.budget, static_cast<uint64_t>(segment)) {}

  Next Step(TimePoint now) override;

 private:
  Next Read(const std::string& cursor, TimePoint now);
  Next OnError(const Error& error);

  const int segment_;
  const ScanContext context_;
  aws::Backoff backoff_;
};

}  // namespace ddbsync::replicator
