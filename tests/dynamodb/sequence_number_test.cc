#include "dynamodb/sequence_number.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace ddbsync::dynamodb {
namespace {

TEST(SequenceNumber, LongerIsLarger) {
  EXPECT_LT(SequenceNumber("999999999999999999999"), SequenceNumber("1000000000000000000000"));
  EXPECT_LT(SequenceNumber("9"), SequenceNumber("10"));
}

TEST(SequenceNumber, EqualLengthsCompareByText) {
  EXPECT_LT(SequenceNumber("100000000003498069978"), SequenceNumber("100000000003498069979"));
}

TEST(SequenceNumber, LeadingZerosDoNotCount) {
  EXPECT_EQ(SequenceNumber("000000000000000000123"), SequenceNumber("123"));
  EXPECT_LT(SequenceNumber("0099"), SequenceNumber("100"));
}

TEST(SequenceNumber, NoneComesBeforeZero) {
  EXPECT_LT(SequenceNumber(), SequenceNumber("0"));
  EXPECT_EQ(SequenceNumber("0"), SequenceNumber("00"));
  EXPECT_EQ(SequenceNumber(), SequenceNumber(""));
  EXPECT_TRUE(SequenceNumber().empty());
}

RC_GTEST_PROP(SequenceNumberProperty, OrderIsThatOfTheIntegers, ()) {
  __extension__ typedef unsigned __int128 Integer;
  const auto number = [](Integer value, int zeros) {
    std::string digits;
    for (Integer rest = value; rest > 0; rest /= 10) {
      digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(rest % 10)));
    }
    return SequenceNumber(std::string(zeros, '0') + (digits.empty() ? "0" : digits));
  };
  // Products have all lengths up to 38 digits.
  const auto value = [] {
    const auto shift = *rc::gen::inRange(0, 127);
    return (Integer{*rc::gen::arbitrary<uint64_t>()} << 64 | *rc::gen::arbitrary<uint64_t>()) >>
           shift;
  };
  const Integer a = value();
  const Integer b = *rc::gen::arbitrary<bool>() ? a + 1 : value();
  const int zeros = *rc::gen::inRange(0, 5);
  RC_ASSERT((number(a, zeros) <=> number(b, 0)) == (a <=> b));
  RC_ASSERT((number(b, 0) <=> number(a, zeros)) == (b <=> a));
  RC_ASSERT(number(a, zeros) == number(a, 0));
}

}  // namespace
}  // namespace ddbsync::dynamodb
