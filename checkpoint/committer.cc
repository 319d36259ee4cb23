#include "checkpoint/committer.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/planted_bug.h"
#include "checkpoint/limits.h"

namespace ddbsync::checkpoint {
namespace {

Duration PauseAfter(int failures_in_a_row) {
  Duration pause = limits::kFirstCommitRetry;
  for (int i = 1; i < failures_in_a_row && pause < limits::kLongestCommitRetry; ++i) pause *= 2;
  return std::min<Duration>(pause, limits::kLongestCommitRetry);
}

}  // namespace

Duration CommitterStatus::Age(TimePoint now) const {
  if (last_ok == TimePoint{} || now < last_ok) return Duration{0};
  return now - last_ok;
}

Next Committer::Step(TimePoint now) {
  {
    MutexLock lock(mutex_);
    if (status_.last_ok == TimePoint{}) status_.last_ok = now;
  }
  if (failures_in_a_row_ > 0 && !Planted(PlantedBug::kPoisonedStoreUsed)) {
    if (auto reopened = store_.Reopen(); !reopened) return Failed(now, reopened.error());
  }
  const Result<bool> wrote = Commit();
  if (!wrote) return Failed(now, wrote.error());
  return Succeeded(now, *wrote);
}

Result<bool> Committer::Commit() {
  Ledger::Staged staged = ledger_.Take();
  const bool something = !staged.batch.empty();
  if (something) {
    if (auto committed = store_.Commit(staged.batch); !committed) {
      ledger_.PutBack(std::move(staged));
      return std::unexpected(committed.error());
    }
  }
  ledger_.MarkDurable(staged.ticket);
  return something;
}

Next Committer::Failed(TimePoint now, Error error) {
  ++failures_in_a_row_;
  const Duration pause = PauseAfter(failures_in_a_row_);
  Log(LogLevel::kError, "commit_failed", error.message,
      {{"context", error.context},
       {"code", ToString(error.code)},
       {"failures_in_a_row", failures_in_a_row_},
       {"retry_in_seconds", std::chrono::duration<double>(pause).count()}});
  MutexLock lock(mutex_);
  ++status_.commits_failed;
  status_.last_error = std::move(error);
  return Next::At(now + pause);
}

Next Committer::Succeeded(TimePoint now, bool wrote) {
  if (failures_in_a_row_ > 0) {
    Log(LogLevel::kInfo, "commit_recovered", "The checkpoint is durable again.",
        {{"failures", failures_in_a_row_}});
  }
  failures_in_a_row_ = 0;
  MutexLock lock(mutex_);
  if (wrote) ++status_.commits_ok;
  // The step's begin: what was staged during the sync waits for the next one.
  status_.last_ok = now;
  status_.last_error.reset();
  return Next::At(now + limits::kCommitInterval);
}

CommitterStatus Committer::Status() const {
  MutexLock lock(mutex_);
  return status_;
}

}  // namespace ddbsync::checkpoint
