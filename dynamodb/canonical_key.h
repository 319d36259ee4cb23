#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "dynamodb/key_schema.h"

namespace ddbsync::dynamodb {

// Canonical key bytes: equal exactly when DynamoDB takes two keys for the same. For each key
// attribute: its type letter, its length as four big-endian bytes, its canonical value. Canonical
// is, for S, the UTF-8 text with JSON escapes undone; for B, the base64 text as servers print it;
// for N, the text of CanonicalNumber. Compared in full, never by a hash alone.

/// Appends one attribute's part. `value` is the JSON text inside the quotes (escapes still in it).
/// Errors: kInvalid (bad escape, not a number, lone surrogate).
[[nodiscard]] Result<void> AppendCanonical(KeyType type, std::string_view value, std::string& out);

/// "-1.5e3", "-1500" and "-1500.0" give the same text: sign, digits without leading or trailing
/// zeros, "e", exponent; "0" for zero. Errors: kInvalid when it is not a DynamoDB number (38
/// digits, 1E-130 to 9.99E+125).
[[nodiscard]] Result<std::string> CanonicalNumber(std::string_view text);

}  // namespace ddbsync::dynamodb
