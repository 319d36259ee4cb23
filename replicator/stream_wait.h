#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "aws/backoff.h"
#include "base/clock.h"
#include "base/task.h"
#include "dynamodb/client.h"

namespace ddbsync::replicator {

namespace limits {

/// How often it is looked whether a stream that is off was turned on.
inline constexpr std::chrono::seconds kStreamWaitLook{10};

}  // namespace limits

/// Of a job that would begin again after a gap, but whose source has no stream: waits until
/// somebody turns one on. A Task of Lane::kTailRead.
class StreamWait final : public Task {
 public:
  struct Context {
    dynamodb::Client& source;
    std::string table;
    std::string identity;  ///< of no other table
    aws::RetryBudget& budget;
    std::function<bool()> ending;
    std::function<void()> on_stream;  ///< there is one; called once
    const Clock& clock;
  };

  explicit StreamWait(Context context)
      : context_(std::move(context)), backoff_(context_.budget, 0) {}
  Next Step(TimePoint now) override;

 private:
  const Context context_;
  aws::Backoff backoff_;
};

}  // namespace ddbsync::replicator
