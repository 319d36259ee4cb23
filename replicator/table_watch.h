#pragma once

#include <functional>
#include <string>

#include "aws/backoff.h"
#include "base/task.h"
#include "dynamodb/client.h"
#include "replicator/health.h"
#include "replicator/write_gate.h"

namespace ddbsync::replicator {

/// Looks at both tables from time to time: same name is not same table, and a stream that was
/// switched off and on again has lost what was written in between. A Task of Lane::kTailRead.
class TableWatch final : public Task {
 public:
  struct Watched {
    dynamodb::Client& client;
    std::string table;
    std::string identity;    ///< TableDescription::Identity() at start
    std::string stream_arn;  ///< that must stay; empty: of no concern
  };
  struct Context {
    Watched source;
    Watched target;
    const WriteGate& gate;
    Health& health;
    aws::RetryBudget& budget;
    std::function<void(const std::string& reason)> on_gap;
    /// The source is another table: what was lost of the one before is in no stream, nor in this.
    std::function<void(const std::string& reason)> on_recreated;
    /// A cut-over switches it off and on.
    std::function<bool()> stream_may_change;
    const Clock& clock;
  };

  explicit TableWatch(Context context)
      : context_(std::move(context)), backoff_(context_.budget, 0) {}
  Next Step(TimePoint now) override;

 private:
  [[nodiscard]] bool IsAsItWas(const Watched& watched,
                               const dynamodb::TableDescription& table) const;
  void Tell(const Watched& watched, const std::string& side,
            const dynamodb::TableDescription& table);

  const Context context_;
  aws::Backoff backoff_;
  bool source_is_next_ = true;
  bool first_ = true;
  int answers_ = 0;  ///< in a row that the table is not what it was
};

}  // namespace ddbsync::replicator
