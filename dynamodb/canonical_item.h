#pragma once

#include <compare>
#include <cstdint>
#include <string_view>

#include "base/error.h"

namespace ddbsync::dynamodb {

/// Stands for an item's value, whatever its spelling: for proving two tables equal, item for item.
/// Items that are equal have the same digest; others have different ones, but for a chance of
/// 2^-128. That holds for differences that came about by themselves: an adversary who chooses items
/// can make two that share one.
struct Digest {
  uint64_t low = 0;
  uint64_t high = 0;
  friend auto operator<=>(const Digest&, const Digest&) = default;
};

/// To be raised when items come to have other digests, so that sums of old and new ones, which
/// would differ, are never compared (verify/records).
inline constexpr uint8_t kDigestVersion = 2;

// How it is made. Each attribute is hashed (XXH3-128) in one canonical text:
//   name":{"S":"text   the name with as few escapes as can be, the text with none
//   name":{"N":"12.5   plain, without zeros that say nothing; so for B, its padded base64
//                      (RFC 4648), and BOOL and NULL, the word
//   name":{"L":"       and XXH3-128 of the elements' hashes; an element is hashed without a
//                      name. The same for sets (SS, NS, BS), whose members' hashes are sorted
//   name":{"M":"       and the digest of the map
// The digest of an item or a map is XXH3-128 of the sum of its members' hashes and their number. So
// nothing is sorted or copied for it, and since servers write S, N and B just so, mostly the hash
// is taken where they lie.

/// Of an item as servers write it: {"name":{"S":"..."},...}, with any white space and any escapes.
/// It may be a view of a page (ItemView::json): nothing is read behind its end, and no simdjson
/// parser is used, so that pages may be read before, between and after. UTF-8 is not checked again,
/// as ItemPage has done it. Safe from any thread; each keeps buffers of its own.
///
/// Errors, which name the attribute as context:
///   kCorrupt  not the JSON of an item, or one with the same name twice in the item or a map
///   kInvalid  a value that DynamoDB does not know: no type or an unknown one, several members, not
///             a number, not base64, a broken escape, a NULL that is not true, the same member
///             twice in a set; nested too deep or too long (limits.h)
[[nodiscard]] Result<Digest> DigestItem(std::string_view item_json);

}  // namespace ddbsync::dynamodb
