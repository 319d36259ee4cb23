// Numbers of keys. An input is lines, each a number or something else. What holds:
//  - a line is a DynamoDB number exactly when the decimal of tests/support takes it for one, and
//  its
//    canonical text says the same value;
//  - two lines have the same canonical text exactly when they are the same number;
//  - the canonical text and the decimal's plain text are spellings of the number themselves;
//  - JSON escapes inside a spelling change nothing.

#include <vector>

#include "base/error.h"
#include "dynamodb/canonical_key.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/oracle.h"
#include "tests/support/decimal.h"

namespace ddbsync::fuzz {
namespace {

using dynamodb::CanonicalNumber;

/// A JSON string's inside, every character as \u00XX.
std::string Escaped(std::string_view text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string escaped;
  for (const char c : text) {
    escaped += "\\u00";
    escaped += kHex[static_cast<unsigned char>(c) >> 4];
    escaped += kHex[static_cast<unsigned char>(c) & 0xF];
  }
  return escaped;
}

std::string Key(std::string_view raw) {
  std::string key = "before";
  const Result<void> appended = dynamodb::AppendCanonical(dynamodb::KeyType::kNumber, raw, key);
  DDBSYNC_CHECK(appended || key == "before");
  return key;
}

/// The canonical text; nothing for what is no number.
std::optional<std::string> Check(std::string_view line) {
  const Result<std::string> canonical = CanonicalNumber(line);
  const std::optional<std::string> expected = NumberText(line);
  DDBSYNC_CHECK(canonical.has_value() == expected.has_value());
  if (!canonical) {
    DDBSYNC_CHECK(canonical.error().code == ErrorCode::kInvalid);
    DDBSYNC_CHECK(canonical.error().message.size() < 200);
    return std::nullopt;
  }
  DDBSYNC_CHECK(*canonical == *expected);
  DDBSYNC_CHECK(CanonicalNumber(*canonical) == *canonical);
  DDBSYNC_CHECK(CanonicalNumber(fake::ToPlainText(fake::ParseDecimal(line))) == *canonical);
  DDBSYNC_CHECK(Key(line) == Key(*canonical) && Key(line) == Key(Escaped(line)));
  return *canonical;
}

/// Order-preserving bytes: equal for equal numbers only, and made without the canonical text.
std::string Value(std::string_view line) {
  return fake::ToOrderedBytes(fake::ParseDecimal(line));
}

}  // namespace
}  // namespace ddbsync::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ddbsync::fuzz;
  constexpr size_t kMostLines = 8;
  std::vector<std::pair<std::string, std::string>> numbers;
  Input input(data, size);
  while (!input.empty() && numbers.size() < kMostLines) {
    const std::string_view line = input.Line();
    if (auto canonical = Check(line)) numbers.emplace_back(std::move(*canonical), Value(line));
  }
  for (const auto& a : numbers) {
    for (const auto& b : numbers) DDBSYNC_CHECK((a.first == b.first) == (a.second == b.second));
  }
  return 0;
}
