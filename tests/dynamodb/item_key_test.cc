#include "dynamodb/item_key.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <nlohmann/json.hpp>

#include "random_page.h"

namespace ddbsync::dynamodb {
namespace {

TEST(ItemKey, ValuesAreSplicedAsTheyStand) {
  const Result<std::string> key = KeyJson(
      R"({"x":{"L":[]}, "at" : {"N":"1e3"} ,"id":{"S":"caf\u00e9"}})", RandomPage::Schema());
  ASSERT_TRUE(key) << ToString(key.error());
  EXPECT_EQ(*key, R"({"id":{"S":"caf\u00e9"},"at":{"N":"1e3"}})");
}

TEST(ItemKey, NamesAreEscapedAgain) {
  const KeySchema schema = {.partition = {"a\"b", KeyType::kBinary}, .sort = {}};
  const Result<std::string> key = KeyJson(R"({"\u0061\"b":{"B":"AA=="}})", schema);
  ASSERT_TRUE(key);
  EXPECT_EQ(*key, R"({"a\"b":{"B":"AA=="}})");
}

TEST(ItemKey, AnItemWithoutItsKeyIsInvalid) {
  for (const std::string_view item :
       {R"({"id":{"S":"a"}})", R"({"id":{"S":"a"},"at":{"S":"1"}})",
        R"({"id":null,"at":{"N":"1"}})", R"({"id":{"S":"a"},"at":{"N":"one"}})"}) {
    const Result<std::string> key = KeyJson(item, RandomPage::Schema());
    ASSERT_FALSE(key) << item;
    EXPECT_EQ(key.error().code, ErrorCode::kInvalid);
  }
}

TEST(ItemKey, WhatIsNoItemIsCorrupt) {
  for (const std::string_view item :
       {"", "[]", R"({"id":{"S":"a"},"at":{"N":"1"})", R"({"id":{"S":"a"},"at":{"N":"1"}},)"}) {
    EXPECT_EQ(KeyJson(item, RandomPage::Schema()).error().code, ErrorCode::kCorrupt) << item;
    EXPECT_EQ(CanonicalKey(item, RandomPage::Schema()).error().code, ErrorCode::kCorrupt) << item;
  }
}

RC_GTEST_PROP(ItemKeyProperty, TheKeyOfAnItemIsTheKeyOfItsKey, (uint32_t seed)) {
  const RandomItem item = RandomPage(seed).Item();
  const Result<std::string> key_json = KeyJson(item.json, RandomPage::Schema());
  RC_ASSERT(key_json.has_value());
  RC_ASSERT(nlohmann::json::parse(*key_json) == nlohmann::json::parse(item.key_json));
  RC_ASSERT(CanonicalKey(item.json, RandomPage::Schema()).value() == item.key);
  RC_ASSERT(CanonicalKey(*key_json, RandomPage::Schema()).value() == item.key);
}

}  // namespace
}  // namespace ddbsync::dynamodb
