#include "bench/server/item_shape.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace ddbsync::bench {
namespace {

constexpr size_t kKeyBytes = 2 + 1 + kKeyDigits;  // "pk" and its value
constexpr size_t kSmallest = 32;
constexpr size_t kBytesPerAttribute = 100;
constexpr size_t kMostTexts = 8;
constexpr double kWriteUnitBytes = 1024;

void PutDigits(uint64_t number, char* digits) {
  for (size_t i = kKeyDigits; i-- > 0; number /= 10) {
    digits[i] = static_cast<char>('0' + number % 10);
  }
}

}  // namespace

ItemShape::ItemShape(size_t bytes) : bytes_(bytes) {
  DDBSYNC_CHECK(bytes >= kSmallest);
  size_t left = bytes - kKeyBytes;
  json_ = R"({"pk":{"S":"k)";
  digits_ = json_.size();
  json_.append(kKeyDigits, '0').append("\"}");
  if (left > 2 * kBytesPerAttribute) {
    // A number costs two digits a byte and one byte more, a truth value one.
    json_ += R"(,"price":{"N":"1234567.89"},"shipped":{"BOOL":true})";
    left -= 5 + 6 + 7 + 1;
  }
  const size_t texts = std::clamp(left / kBytesPerAttribute, size_t{1}, kMostTexts);
  for (size_t i = 0; i < texts; ++i) {
    const size_t share = left / (texts - i);
    left -= share;
    const std::string name = "text" + std::to_string(i);
    json_.append(",\"").append(name).append("\":{\"S\":\"");
    json_.append(share - std::min(share, name.size()), static_cast<char>('a' + i)).append("\"}");
  }
  json_ += '}';
}

double ItemShape::write_units() const {
  return std::ceil(static_cast<double>(bytes_) / kWriteUnitBytes);
}

void ItemShape::AppendItem(uint64_t number, std::string& out) const {
  const size_t start = out.size();
  out += json_;
  PutDigits(number, out.data() + start + digits_);
}

void ItemShape::AppendKey(uint64_t number, std::string& out) {
  out += R"({"pk":{"S":"k)";
  const size_t start = out.size();
  out.append(kKeyDigits, '0').append("\"}}");
  PutDigits(number, out.data() + start);
}

}  // namespace ddbsync::bench
