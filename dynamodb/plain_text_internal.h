#pragma once

// Private to dynamodb/: where the plain part of a JSON string ends. All of an item's bytes are
// looked at here, so it is done for many at once.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace ddbsync::dynamodb {

inline bool IsControl(char c) {
  return static_cast<unsigned char>(c) < ' ';
}

inline constexpr ptrdiff_t kBlockBytes = 16;

/// One bit for each of the next kBlockBytes, set for a quote, a backslash and a control character.
inline uint32_t PlainEnds(const char* bytes) {
  using Block [[gnu::vector_size(kBlockBytes)]] = unsigned char;  // of g++ and clang
  Block block;
  std::memcpy(&block, bytes, sizeof(block));
  const auto ends = (block == '"') | (block == '\\') | (block < ' ');
#ifdef __SSE2__
  return static_cast<uint32_t>(_mm_movemask_epi8(std::bit_cast<__m128i>(ends)));
#else
  uint32_t bits = 0;
  for (int i = 0; i < kBlockBytes; ++i) bits |= (ends[i] & 1U) << i;
  return bits;
#endif
}

/// From `at` the next quote, backslash or control character, or `end`. Most texts are short: a call
/// for each made a page a quarter slower to digest.
[[gnu::always_inline]] inline const char* PlainEnd(const char* at, const char* end) {
  for (; end - at >= 2 * kBlockBytes; at += 2 * kBlockBytes) {
    const uint32_t ends = PlainEnds(at) | PlainEnds(at + kBlockBytes) << kBlockBytes;
    if (ends != 0) return at + std::countr_zero(ends);
  }
  if (end - at >= kBlockBytes) {
    if (const uint32_t ends = PlainEnds(at); ends != 0) return at + std::countr_zero(ends);
    at += kBlockBytes;
  }
  while (at != end && *at != '"' && *at != '\\' && !IsControl(*at)) ++at;
  return at;
}

}  // namespace ddbsync::dynamodb
