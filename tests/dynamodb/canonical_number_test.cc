// CanonicalNumber beside the fake's decimal, which was written apart from it.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <optional>
#include <string>

#include "dynamodb/canonical_key.h"
#include "tests/support/decimal.h"
#include "tests/support/refusal.h"

namespace ddbsync::dynamodb {
namespace {

std::optional<fake::Decimal> Decimal(const std::string& text) {
  try {
    return fake::ParseDecimal(text);
  } catch (const fake::Refusal&) {
    return std::nullopt;
  }
}

/// Texts that are numbers, nearly numbers, and numbers at the edge of the range.
std::string AnyText() {
  const auto digits = [](int most) {
    return *rc::gen::container<std::string>(*rc::gen::inRange(0, most),
                                            rc::gen::elementOf(std::string("0001599")));
  };
  const auto any_of = [](auto... texts) { return *rc::gen::element<std::string>(texts...); };
  std::string text = any_of("", "", "-", "+", "--") + digits(30);
  text += any_of("", ".", ".", "..") + digits(30);
  text += any_of("", "e", "E", "e-", "E+", "x");
  return text + any_of("", digits(2), "125", "126", "130", "131", digits(25));
}

RC_GTEST_PROP(CanonicalNumberProperty, TakesWhatTheDecimalTakesForTheSameValue, ()) {
  const std::string text = AnyText();
  const std::optional<fake::Decimal> decimal = Decimal(text);
  const Result<std::string> canonical = CanonicalNumber(text);
  RC_CLASSIFY(decimal.has_value());
  RC_ASSERT(canonical.has_value() == decimal.has_value());
  if (!canonical) return;
  RC_ASSERT(fake::ToPlainText(*Decimal(*canonical)) == fake::ToPlainText(*decimal));
  RC_ASSERT(CanonicalNumber(fake::ToPlainText(*decimal)).value() == *canonical);
}

RC_GTEST_PROP(CanonicalNumberProperty, TextsAreEqualExactlyWhenDecimalsAre, ()) {
  const std::string a = AnyText();
  const std::string b = *rc::gen::arbitrary<bool>() ? AnyText() : a + "0";
  if (!Decimal(a) || !Decimal(b)) return;
  const bool same = fake::ToOrderedBytes(*Decimal(a)) == fake::ToOrderedBytes(*Decimal(b));
  RC_CLASSIFY(same);
  RC_ASSERT((CanonicalNumber(a).value() == CanonicalNumber(b).value()) == same);
}

}  // namespace
}  // namespace ddbsync::dynamodb
