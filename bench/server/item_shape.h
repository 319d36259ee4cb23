#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ddbsync::bench {

/// Digits of a key, zeros in front: "k000000000042" is the key of item 42.
inline constexpr size_t kKeyDigits = 12;

/// Items of one size that differ in their key alone, so that making one is a copy and some digits:
/// a string key "pk" and up to ten attributes of text, numbers and a truth value.
class ItemShape {
 public:
  /// `bytes` as DynamoDB measures items (developer guide, "Item sizes"); at least 32.
  explicit ItemShape(size_t bytes);

  [[nodiscard]] size_t bytes() const { return bytes_; }
  [[nodiscard]] double write_units() const;

  void AppendItem(uint64_t number, std::string& out) const;
  /// {"pk":{"S":"k..."}}
  static void AppendKey(uint64_t number, std::string& out);

 private:
  const size_t bytes_;
  std::string json_;   ///< of item 0
  size_t digits_ = 0;  ///< where the key's are
};

/// Calls `visit(number)` for each key in a request's body, however its JSON is spaced.
template <class Visit>
void ForEachKey(std::string_view body, Visit visit) {
  constexpr std::string_view kMark = "\"k0";  // no other text of an item begins so
  for (size_t at = body.find(kMark); at != std::string_view::npos;
       at = body.find(kMark, at + kKeyDigits)) {
    if (at + 2 + kKeyDigits >= body.size()) return;
    uint64_t number = 0;
    for (size_t i = 0; i < kKeyDigits; ++i) {
      number = number * 10 + static_cast<uint64_t>(body[at + 2 + i] - '0');
    }
    visit(number);
  }
}

}  // namespace ddbsync::bench
