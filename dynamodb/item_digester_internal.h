#pragma once

// Private to dynamodb/: the digests of a page's items, and their keys, in one reading of its text.

#include "base/error.h"
#include "dynamodb/canonical_item.h"

namespace ddbsync::dynamodb {

class KeyFinder;
class Tokens;

/// As DigestItem, of the item that comes next in `tokens`, which are behind it afterwards. `key`,
/// if there is one, has seen each attribute of an item whose digest is made.
[[nodiscard]] Result<Digest> DigestNextItem(Tokens& tokens, KeyFinder* key);

}  // namespace ddbsync::dynamodb
