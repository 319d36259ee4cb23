#pragma once

#include <optional>
#include <string_view>

#include "replicator/live_copy.h"
#include "replicator/resync.h"

namespace ddbsync::verify {

/// A running job as it is seen by who removes rows that only the target has: each removal that it
/// asks for is counted, durably with it or before it, and none is asked for beyond the resync's
/// bound. Any thread.
class BoundedCopy final : public replicator::LiveCopy {
 public:
  /// Both outlive this.
  BoundedCopy(replicator::LiveCopy& copy, replicator::Resync& resync)
      : copy_(copy), resync_(resync) {}

  [[nodiscard]] std::optional<WallTime> watermark() const override { return copy_.watermark(); }
  [[nodiscard]] replicator::FencedRead BeginRead() override { return copy_.BeginRead(); }
  [[nodiscard]] bool MayHaveChanged(std::string_view key,
                                    const replicator::FencedRead& read) override {
    return copy_.MayHaveChanged(key, read);
  }
  [[nodiscard]] replicator::CapacityBucket& read_capacity() override {
    return copy_.read_capacity();
  }
  [[nodiscard]] bool ending() const override { return copy_.ending(); }

  void AskRepair(std::string_view key, std::string_view key_json) override {
    // Not asked for, the key is found to be extra once more.
    if (resync_.TakeRemoval()) copy_.AskRepair(key, key_json);
  }
  [[nodiscard]] bool RepairPending(std::string_view key) const override {
    return copy_.RepairPending(key);
  }
  [[nodiscard]] bool RepairsFull() const override {
    return copy_.RepairsFull() || resync_.RemovalsExhausted();
  }

  void RememberChanges(bool on) override { copy_.RememberChanges(on); }
  [[nodiscard]] Changes TakeChanges() override { return copy_.TakeChanges(); }

 private:
  replicator::LiveCopy& copy_;
  replicator::Resync& resync_;
};

}  // namespace ddbsync::verify
