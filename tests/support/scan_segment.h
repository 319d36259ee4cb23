#pragma once

#include <cstdint>
#include <limits>

namespace ddbsync::fake {

/// A segment of a parallel scan: a range of the hash space.
struct ScanSegment {
  int64_t segment = 0;
  int64_t total = 1;

  uint64_t First() const { return Bound(segment); }
  /// Inclusive.
  uint64_t Last() const {
    return segment + 1 == total ? std::numeric_limits<uint64_t>::max() : Bound(segment + 1) - 1;
  }

 private:
  uint64_t Bound(int64_t index) const {
    const auto count = static_cast<uint64_t>(total);
    const uint64_t width = std::numeric_limits<uint64_t>::max() / count;
    return width * static_cast<uint64_t>(index);
  }
};

}  // namespace ddbsync::fake
