#include "dynamodb/canonical_key.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>

namespace ddbsync::dynamodb {
namespace {

std::string Canonical(std::string_view text) {
  const Result<std::string> canonical = CanonicalNumber(text);
  return canonical ? *canonical : "error: " + std::string(ToString(canonical.error().code));
}

/// A number as its digits in a fixed-point register wide enough for every DynamoDB number: the
/// exact reference, by another method than the code's.
class Register {
 public:
  explicit Register(const std::string& text) {
    const size_t mark = std::min(text.find_first_of("eE"), text.size());
    const int exponent = mark < text.size() ? std::atoi(text.c_str() + mark + 1) : 0;
    std::string mantissa = text.substr(0, mark);
    negative_ = mantissa[0] == '-';
    std::erase_if(mantissa, [](char c) { return c == '-' || c == '+'; });
    const size_t point = std::min(mantissa.find('.'), mantissa.size());
    for (size_t i = 0; i < mantissa.size(); ++i) {
      if (i == point) continue;
      const int weight = static_cast<int>(point) - static_cast<int>(i) - (i < point ? 1 : 0);
      digits_.at(kPoint + weight + exponent) = mantissa[i];
    }
    if (std::ranges::count(digits_, '0') == kWidth) negative_ = false;
  }

  friend bool operator==(const Register&, const Register&) = default;

 private:
  static constexpr int kWidth = 1000;
  static constexpr int kPoint = 500;

  static constexpr std::array<char, kWidth> Zeros() {
    std::array<char, kWidth> zeros{};
    zeros.fill('0');
    return zeros;
  }

  bool negative_ = false;
  std::array<char, kWidth> digits_ = Zeros();
};

/// A value within DynamoDB's range: digits without zeros at either end, times a power of ten.
struct Value {
  bool negative;
  std::string digits;
  int exponent;
};

Value RandomValue() {
  Value value;
  value.negative = *rc::gen::arbitrary<bool>();
  value.digits = *rc::gen::resize(
      38, rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::inRange('0', ':'))));
  value.digits.resize(std::min<size_t>(value.digits.size(), 38));
  value.digits.front() = '7';
  value.digits.back() = '3';
  const int length = static_cast<int>(value.digits.size());
  value.exponent = *rc::gen::inRange(-130, 126) - (length - 1);
  return value;
}

/// One of the many ways to write a value.
std::string Spelling(const Value& value) {
  std::string digits = std::string(*rc::gen::inRange(0, 4), '0') + value.digits;
  int exponent = value.exponent;
  const int zeros = *rc::gen::inRange(0, 4);
  digits += std::string(zeros, '0');
  exponent -= zeros;
  const int point = *rc::gen::inRange(0, static_cast<int>(digits.size()) + 1);
  if (*rc::gen::arbitrary<bool>()) {
    exponent += static_cast<int>(digits.size()) - point;
    digits.insert(point, ".");
  }
  const std::string sign = value.negative ? "-" : *rc::gen::element<std::string>("", "+");
  std::string text = sign + digits;
  if (exponent == 0 && *rc::gen::arbitrary<bool>()) return text;
  const std::string exponent_sign = exponent >= 0 ? *rc::gen::element<std::string>("", "+") : "";
  return text + *rc::gen::element<std::string>("e", "E") + exponent_sign + std::to_string(exponent);
}

TEST(CanonicalNumber, OneValueHasOneText) {
  EXPECT_EQ(Canonical("-1.5e3"), "-15e2");
  EXPECT_EQ(Canonical("-1500"), "-15e2");
  EXPECT_EQ(Canonical("-1500.0"), "-15e2");
  EXPECT_EQ(Canonical("1000"), Canonical("1e3"));
  EXPECT_EQ(Canonical("+.5"), "5e-1");
  EXPECT_EQ(Canonical("0.50"), "5e-1");
  EXPECT_EQ(Canonical("5."), "5e0");
  EXPECT_EQ(Canonical("0001"), "1e0");
}

TEST(CanonicalNumber, EveryZeroIsZero) {
  for (const char* zero : {"0", "-0", "+0", "0.000", "-0e5", "0.0e126", "000", ".0"}) {
    EXPECT_EQ(Canonical(zero), "0") << zero;
  }
}

TEST(CanonicalNumber, DigitsBeyondADoubleStayExact) {
  EXPECT_EQ(Canonical("12345678901234567890123456789012345678"),
            "12345678901234567890123456789012345678e0");
  EXPECT_NE(Canonical("12345678901234567890123456789012345678"),
            Canonical("12345678901234567890123456789012345679"));
}

TEST(CanonicalNumber, RangeIsDynamoDbs) {
  EXPECT_EQ(Canonical("1E-130"), "1e-130");
  EXPECT_EQ(Canonical("9.9999999999999999999999999999999999999E+125"),
            "99999999999999999999999999999999999999e88");
  EXPECT_EQ(Canonical("1" + std::string(125, '0')), "1e125");
  for (const std::string_view text : {"1E-131", "9.9E-131", "1E126", "1e99999999999999999999",
                                      "1e-99999999999999999999", "1e9223372036854775808"}) {
    EXPECT_EQ(Canonical(text), "error: invalid") << text;
  }
}

TEST(CanonicalNumber, ThirtyNineDigitsAreTooManyUnlessZerosEndThem) {
  EXPECT_EQ(Canonical("123456789012345678901234567890123456789"), "error: invalid");
  EXPECT_EQ(Canonical("12345678901234567890123456789012345678000"),
            "12345678901234567890123456789012345678e3");
}

TEST(CanonicalNumber, WhatIsNoNumberIsRefused) {
  for (const std::string_view text :
       {"", "-", "+", ".", "e5", "1e", "1e+", "1.2.3", "1 ", " 1", "0x10", "NaN", "Infinity", "--1",
        "1e5.0", "1,5", "1e5e5", "+-1", "1-"}) {
    EXPECT_EQ(Canonical(text), "error: invalid") << text;
  }
}

RC_GTEST_PROP(CanonicalNumberProperty, SpellingsOfAValueAgree, ()) {
  const Value value = RandomValue();
  const std::string a = Spelling(value);
  const std::string b = Spelling(value);
  RC_ASSERT(Register(a) == Register(b));
  const std::string canonical = Canonical(a);
  RC_ASSERT(canonical == Canonical(b));
  RC_ASSERT(Register(canonical) == Register(a));
}

RC_GTEST_PROP(CanonicalNumberProperty, TextsAreEqualExactlyWhenValuesAre, ()) {
  // Few digits and exponents, so that equal values are common.
  const auto text = [] {
    return *rc::gen::element<std::string>("", "-") + std::to_string(*rc::gen::inRange(0, 30)) +
           *rc::gen::element<std::string>("", ".", ".0", ".5", ".50", "0", "00") + "e" +
           std::to_string(*rc::gen::inRange(-3, 4));
  };
  const std::string a = text();
  const std::string b = text();
  RC_ASSERT((Canonical(a) == Canonical(b)) == (Register(a) == Register(b)));
}

TEST(CanonicalKey, PartsAreTypeLengthAndValue) {
  std::string key;
  ASSERT_TRUE(AppendCanonical(KeyType::kString, "ab", key));
  ASSERT_TRUE(AppendCanonical(KeyType::kNumber, "10", key));
  ASSERT_TRUE(AppendCanonical(KeyType::kBinary, "AAE=", key));
  const std::string expected(
      "S\0\0\0\2abN\0\0\0\3"
      "1e1B\0\0\0\4AAE=",
      7 + 8 + 9);
  EXPECT_EQ(key, expected);
}

TEST(CanonicalKey, LengthKeepsPartsApart) {
  std::string a;
  ASSERT_TRUE(AppendCanonical(KeyType::kString, "aS", a));
  ASSERT_TRUE(AppendCanonical(KeyType::kString, "b", a));
  std::string b;
  ASSERT_TRUE(AppendCanonical(KeyType::kString, "a", b));
  ASSERT_TRUE(AppendCanonical(KeyType::kString, "Sb", b));
  EXPECT_NE(a, b);
}

TEST(CanonicalKey, EscapesAreUndoneInEveryType) {
  const auto same = [](KeyType type, std::string_view a, std::string_view b) {
    std::string left;
    std::string right;
    return AppendCanonical(type, a, left) && AppendCanonical(type, b, right) && left == right;
  };
  EXPECT_TRUE(same(KeyType::kString, "caf\\u00e9", "café"));
  EXPECT_TRUE(same(KeyType::kString, "\\ud83d\\ude00", "\xF0\x9F\x98\x80"));
  EXPECT_TRUE(same(KeyType::kBinary, "ab\\/c", "ab/c"));
  EXPECT_TRUE(same(KeyType::kNumber, "\\u0031\\u0065\\u0033", "1000"));
}

TEST(CanonicalKey, AnErrorLeavesTheKeyAsItWas) {
  std::string key = "before";
  EXPECT_EQ(AppendCanonical(KeyType::kNumber, "x", key).error().code, ErrorCode::kInvalid);
  EXPECT_EQ(AppendCanonical(KeyType::kNumber, "123x", key).error().code, ErrorCode::kInvalid);
  EXPECT_EQ(AppendCanonical(KeyType::kString, "a\\ud800", key).error().code, ErrorCode::kInvalid);
  EXPECT_EQ(key, "before");
}

}  // namespace
}  // namespace ddbsync::dynamodb
