#pragma once

#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "aws/backoff.h"
#include "base/task.h"
#include "dynamodb/client.h"
#include "replicator/counters.h"
#include "replicator/dead_letters.h"
#include "replicator/fence.h"
#include "replicator/health.h"
#include "replicator/own_writes.h"
#include "replicator/rechecks.h"
#include "replicator/write_gate.h"

namespace ddbsync::replicator {

/// Repairs keys whose last write had an unknown outcome, in rounds of one consistent BatchGetItem:
///
///   idle ──keys have settled──▶ reading ──▶ waiting until the watermark has passed the read
///     ▲                                        │
///     └──────────── all tried ◀── writing ◀────┘   each key through the fence
///
/// The wait keeps a key from going backwards: without it the tail would still write older images
/// over the repair. The source's version is written without looking
/// at the target first: if it is there already, the write changes nothing and leaves no stream
/// record. A Task of Lane::kTailWrite.
class RecheckTask final : public Task {
 public:
  struct Context {
    dynamodb::Client& source;
    const std::string& source_table;
    dynamodb::Client& target;
    const std::string& target_table;
    const dynamodb::KeySchema& schema;
    aws::ServerClock& server_clock;  ///< of the source
    Rechecks& rechecks;
    Fence& fence;
    DeadLetters& dead_letters;
    WriteGate& gate;
    Counters& counters;
    Health& health;
    aws::RetryBudget& budget;
    /// The tail's; absent when there is no tail.
    std::function<std::optional<WallTime>()> watermark;
    const Clock& clock;
    OwnWrites* own_writes = nullptr;  ///< null: the target's stream is not watched
  };

  /// The context's members outlive the task.
  explicit RecheckTask(Context context)
      : context_(std::move(context)), backoff_(context_.budget, 0) {}

  Next Step(TimePoint now) override;

 private:
  enum class State { kIdle, kReading, kWaiting, kWriting };

  Next Pick(TimePoint now);
  Next Read();
  Next Wait(TimePoint now);
  Next WriteOne(TimePoint now);
  Next Write(const Rechecks::Due& due, TimePoint now);
  void Settle(const Rechecks::Due& due, const Result<dynamodb::BatchWriteResult>& result);
  [[nodiscard]] Next EndRound();

  const Context context_;
  aws::Backoff backoff_;

  State state_ = State::kIdle;
  std::vector<Rechecks::Due> round_;
  FencedRead read_;
  WallTime read_ended_;  ///< server's time
  std::optional<dynamodb::ItemPage> found_;
  std::unordered_map<std::string_view, std::string_view> images_;  ///< views into found_
};

}  // namespace ddbsync::replicator
