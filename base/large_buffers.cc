#include "base/large_buffers.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/limits.h"
#include "base/mutex.h"

namespace ddbsync {
namespace {

class Shelf {
 public:
  std::string Take(size_t capacity) {
    MutexLock lock(mutex_);
    for (size_t i = count_; i > 0; --i) {
      const size_t room = kept_[i - 1].capacity();
      if (room < capacity || room > 2 * capacity) continue;  // what is counted is the room
      std::swap(kept_[i - 1], kept_[count_ - 1]);
      bytes_ -= kept_[--count_].capacity();
      return std::exchange(kept_[count_], {});
    }
    return {};
  }

  /// False: there is no room for it.
  bool Keep(std::string& buffer) {
    MutexLock lock(mutex_);
    if (count_ == kept_.size() || bytes_ + buffer.capacity() > limits::kKeptBufferBytes) {
      return false;
    }
    bytes_ += buffer.capacity();
    buffer.clear();
    kept_[count_++] = std::move(buffer);
    return true;
  }

  size_t bytes() {
    MutexLock lock(mutex_);
    return bytes_;
  }

 private:
  Mutex mutex_;
  std::array<std::string, limits::kKeptBuffers> kept_ GUARDED_BY(mutex_);
  size_t count_ GUARDED_BY(mutex_) = 0;
  size_t bytes_ GUARDED_BY(mutex_) = 0;
};

/// Never destroyed: pages may outlive what is destroyed at the process's end.
Shelf& TheShelf() {
  static auto* const shelf = new Shelf;  // NOLINT(cppcoreguidelines-owning-memory)
  return *shelf;
}

}  // namespace

std::string TakeBuffer(size_t capacity) {
  std::string buffer;
  if (capacity >= limits::kLargeBufferBytes) buffer = TheShelf().Take(capacity);
  buffer.reserve(capacity);
  return buffer;
}

void KeepBuffer(std::string&& buffer) noexcept {
  if (buffer.capacity() < limits::kLargeBufferBytes) return;
  if (!TheShelf().Keep(buffer)) std::string().swap(buffer);
}

size_t KeptBufferBytes() {
  return TheShelf().bytes();
}

}  // namespace ddbsync
