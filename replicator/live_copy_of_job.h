#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "replicator/changed_keys.h"
#include "replicator/live_copy.h"
#include "replicator/rechecks.h"
#include "replicator/write_gate.h"

namespace ddbsync::replicator {

/// A running job's parts as a verification sees them. A repair that it asks for is a recheck like
/// any other: durable, through the fence, and after the watermark has passed its read.
class LiveCopyOfJob final : public LiveCopy {
 public:
  struct Parts {
    Fence& fence;
    CapacityBucket& read_capacity;
    const WriteGate& gate;
    Rechecks& rechecks;
    ChangedKeys& changed;
    const Clock& clock;
    std::function<std::optional<WallTime>()> watermark;
  };
  /// All outlive this.
  explicit LiveCopyOfJob(Parts parts) : parts_(std::move(parts)) {}

  [[nodiscard]] std::optional<WallTime> watermark() const override { return parts_.watermark(); }
  [[nodiscard]] FencedRead BeginRead() override { return parts_.fence.BeginRead(); }
  [[nodiscard]] bool MayHaveChanged(std::string_view key, const FencedRead& read) override {
    return parts_.rechecks.Has(key) || parts_.fence.MayHaveBeenTouched(key, read);
  }
  [[nodiscard]] CapacityBucket& read_capacity() override { return parts_.read_capacity; }
  [[nodiscard]] bool ending() const override { return parts_.gate.closed(); }

  void AskRepair(std::string_view key, std::string_view key_json) override {
    parts_.rechecks.Note(key, key_json, parts_.clock.Now());
  }
  [[nodiscard]] bool RepairPending(std::string_view key) const override {
    return parts_.rechecks.Has(key);
  }
  [[nodiscard]] bool RepairsFull() const override { return parts_.rechecks.Full(); }

  void RememberChanges(bool on) override { parts_.changed.Remember(on); }
  [[nodiscard]] Changes TakeChanges() override { return parts_.changed.Take(); }

 private:
  const Parts parts_;
};

}  // namespace ddbsync::replicator
