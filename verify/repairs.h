#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "aws/backoff.h"
#include "base/mutex.h"
#include "base/task.h"
#include "dynamodb/client.h"
#include "replicator/health.h"
#include "replicator/live_copy.h"
#include "verify/limits.h"

namespace ddbsync::verify {

/// Gives keys of the target what the source has. Any thread.
class Repairs {
 public:
  virtual ~Repairs() = default;
  virtual void Ask(std::string_view key, std::string_view key_json) = 0;
  /// Asked for and not done yet.
  [[nodiscard]] virtual bool Pending(std::string_view key) const = 0;
  /// No more should be asked for now.
  [[nodiscard]] virtual bool Full() const = 0;
};

/// By the job that runs: through its fence, durable there.
class RepairsByJob final : public Repairs {
 public:
  /// `copy` outlives this.
  explicit RepairsByJob(replicator::LiveCopy& copy) : copy_(copy) {}
  void Ask(std::string_view key, std::string_view key_json) override {
    copy_.AskRepair(key, key_json);
  }
  [[nodiscard]] bool Pending(std::string_view key) const override {
    return copy_.RepairPending(key);
  }
  [[nodiscard]] bool Full() const override { return copy_.RepairsFull(); }

 private:
  replicator::LiveCopy& copy_;
};

/// By ourselves, where no job runs and none can be started meanwhile (its checkpoint is held): a
/// consistent read of the source, then the write. A write of unknown outcome is made again after
/// the settle time, and then stands. A Task of Lane::kBackfillWrite.
class DirectRepairs final : public Repairs, public Task {
 public:
  struct Context {
    dynamodb::Client& source;
    std::string source_table;
    dynamodb::Client& target;
    std::string target_table;
    const dynamodb::KeySchema& schema;
    replicator::Health& health;
    aws::RetryBudget& budget;
    const std::atomic<bool>& stopped;
    Duration settle;
    const Clock& clock;
  };

  /// The context's members outlive this.
  explicit DirectRepairs(Context context)
      : context_(std::move(context)), backoff_(context_.budget, 0) {}

  void Ask(std::string_view key, std::string_view key_json) override;
  [[nodiscard]] bool Pending(std::string_view key) const override;
  [[nodiscard]] bool Full() const override;

  Next Step(TimePoint now) override;

 private:
  struct Asked {
    std::string key;
    std::string key_json;
  };
  Next Read();
  Next Write();
  void Done(std::string_view key);
  Next OnError(const Error& error);

  const Context context_;
  aws::Backoff backoff_;
  // Of the task's steps alone.
  std::vector<Asked> round_;
  std::optional<dynamodb::ItemPage> images_;

  mutable Mutex mutex_;
  std::map<std::string, std::string, std::less<>> pending_ GUARDED_BY(mutex_);  ///< key, as JSON
};

}  // namespace ddbsync::verify
