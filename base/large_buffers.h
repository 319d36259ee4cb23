#pragma once

#include <cstddef>
#include <string>

namespace ddbsync {

/// Buffers of a page or a large body are used again instead of being given back: each would be
/// faulted in and cleared anew, and in the heap, where they differ in size, they would leave holes
/// that take twice the memory. At most limits::kKeptBufferBytes are kept for the next who asks. Any
/// thread.

/// Empty, with room for `capacity`; a kept one where that is large.
[[nodiscard]] std::string TakeBuffer(size_t capacity);

/// What it holds is lost. A small one, or one too many, is freed.
void KeepBuffer(std::string&& buffer) noexcept;

/// Bytes kept now.
[[nodiscard]] size_t KeptBufferBytes();

}  // namespace ddbsync
