#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace ddbsync::dynamodb {

// Items by value, whatever their spelling: for proving two tables equal, item for item.
//
// Canonical bytes of a value are a type letter and what its length says:
//   S, N, B  as in canonical_key.h: four big-endian bytes of length, then the value. B is refused
//            unless it is padded base64 (RFC 4648), in which texts are equal exactly when bytes are
//   T, F, Z  true, false, NULL; nothing follows
//   L        four bytes of count, then the elements in their order
//   M        four bytes of count, then for each member its name (as an S) and its value, by name
//   s, n, b  sets: four bytes of count, then the members (each as S, N or B), in an order of ours
// An item is an M.
//
// `item_json` is an item as servers write it: {"name":{"S":"..."},...}, with any white space and
// any escapes. Its bytes may be a view of a page (ItemView::json): nothing is read behind its end,
// and no simdjson parser is used, so that pages may be read before, between and after. UTF-8 is not
// checked again, as ItemPage has done it. Safe from any thread; each keeps buffers of its own.
//
// Errors of both, which leave `out` as it was and name the attribute as context:
//   kCorrupt  not the JSON of an item, or one with the same name twice in the item or a map
//   kInvalid  a value that DynamoDB does not know: no type or an unknown one, several members, not
//             a number, not base64, a broken escape, a NULL that is not true, the same member twice
//             in a set; nested too deep or too long (limits.h)

/// Appends bytes that are equal exactly when two items are equal.
[[nodiscard]] Result<void> AppendCanonicalItem(std::string_view item_json, std::string& out);

/// XXH3-128 of an item's canonical bytes. It finds differences that came about by themselves; an
/// adversary who chooses both items can make two that share one.
struct Digest {
  uint64_t low = 0;
  uint64_t high = 0;
  friend bool operator==(const Digest&, const Digest&) = default;
};

[[nodiscard]] Result<Digest> DigestItem(std::string_view item_json);

}  // namespace ddbsync::dynamodb
