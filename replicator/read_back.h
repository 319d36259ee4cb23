#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "aws/backoff.h"
#include "base/byte_credit.h"
#include "base/task.h"
#include "dynamodb/client.h"
#include "replicator/health.h"
#include "replicator/tail_queue.h"

namespace ddbsync::replicator {

/// For streams without new images (KEYS_ONLY, OLD_IMAGE): reads the page's keys from the source,
/// consistently, and writes what is there; a key that is not there is deleted. What is read is at
/// least as new as the record, so values of a key never go backwards; versions in between are lost.
/// A few keys at a time, the next when those are applied, so that images of one piece are in
/// memory. A Task of Lane::kTailRead, one BatchGetItem a step.
class ReadBack final : public Task {
 public:
  struct Context {
    dynamodb::Client& source;
    const std::string& table;
    const dynamodb::KeySchema& schema;
    TailQueue& queue;
    ByteCredit& credit;
    aws::RetryBudget& budget;
    Health& health;
    const Clock& clock;
  };

  /// `records` are views into `page`, with distinct keys. `applied` is called once, at the end. The
  /// context's members outlive the task.
  ReadBack(Context context, std::shared_ptr<const dynamodb::RecordPage> page,
           std::vector<const dynamodb::RecordView*> records, std::function<void()> applied);

  Next Step(TimePoint now) override;

 private:
  void Write(dynamodb::BatchGetResult result, std::vector<const dynamodb::RecordView*> asked);

  const Context context_;
  const std::shared_ptr<const dynamodb::RecordPage> page_;
  std::vector<const dynamodb::RecordView*> missing_;  ///< not read yet
  const std::function<void()> applied_;
  aws::Backoff backoff_;
  /// A piece is on its way to the target. Shared with it: it may be answered after the task is
  /// gone.
  std::shared_ptr<std::atomic<bool>> writing_ = std::make_shared<std::atomic<bool>>(false);
};

}  // namespace ddbsync::replicator
