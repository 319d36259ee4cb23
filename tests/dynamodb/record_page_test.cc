#include "dynamodb/record_page.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>

#include "dynamodb/canonical_key.h"
#include "random_page.h"

namespace ddbsync::dynamodb {
namespace {

const KeySchema kHashOnly = {.partition = {"id", KeyType::kString}, .sort = {}};

constexpr std::string_view kPut =
    R"({"eventID":"e1","eventName":"MODIFY","eventVersion":"1.1","eventSource":"aws:dynamodb",)"
    R"("awsRegion":"us-east-1","dynamodb":{"ApproximateCreationDateTime":1.46480431E9,)"
    R"("Keys":{"id":{"S":"a"}},"NewImage":{"id":{"S":"a"}, "n":{"N":"1"}},)"
    R"("OldImage":{"id":{"S":"a"},"n":{"N":"0"}},"SequenceNumber":"100000000003498069978",)"
    R"("SizeBytes":41,"StreamViewType":"NEW_AND_OLD_IMAGES"}})";

std::string Replaced(std::string_view text, std::string_view from, std::string_view to) {
  std::string result(text);
  const size_t at = result.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return result.replace(at, from.size(), to);
}

Result<RecordPage> ParseRecord(std::string_view record) {
  return RecordPage::Parse("{\"Records\":[" + std::string(record) + "]}", kHashOnly);
}

TEST(RecordPage, ARecordIsReadWhole) {
  Result<RecordPage> page = RecordPage::Parse(
      R"({"NextShardIterator":"arn:x|1|AA\/=","Records":[)" + std::string(kPut) + "]}", kHashOnly);
  ASSERT_TRUE(page) << ToString(page.error());
  EXPECT_EQ(page->next_iterator(), "arn:x|1|AA/=");
  ASSERT_EQ(page->records().size(), 1u);
  const RecordView& record = page->records()[0];
  EXPECT_EQ(record.event, StreamEvent::kModify);
  EXPECT_EQ(record.key_json, R"({"id":{"S":"a"}})");
  EXPECT_EQ(record.new_image, R"({"id":{"S":"a"}, "n":{"N":"1"}})");
  EXPECT_EQ(record.sequence_number, "100000000003498069978");
  EXPECT_EQ(record.created, WallTime(std::chrono::seconds(1464804310)));
  EXPECT_FALSE(record.expired_by_ttl);
  std::string key;
  ASSERT_TRUE(AppendCanonical(KeyType::kString, "a", key));
  EXPECT_EQ(record.key, key);
  EXPECT_GT(page->bytes(), kPut.size());
}

TEST(RecordPage, ThePageWithoutAnIteratorEndsTheShardAndStillCounts) {
  Result<RecordPage> page = ParseRecord(kPut);
  ASSERT_TRUE(page);
  EXPECT_FALSE(page->next_iterator().has_value());
  EXPECT_EQ(page->records().size(), 1u);
}

TEST(RecordPage, TimesMayHaveFractionsOrNone) {
  for (const auto& [text, milliseconds] :
       {std::pair{"1464804310", 1464804310000}, std::pair{"1464804310.25", 1464804310250},
        std::pair{"1.464804310001E9", 1464804310001}}) {
    Result<RecordPage> page = ParseRecord(Replaced(kPut, "1.46480431E9", text));
    ASSERT_TRUE(page) << text;
    EXPECT_EQ(page->records()[0].created.time_since_epoch().count(), milliseconds);
  }
}

TEST(RecordPage, KeysOnlyAndRemoveHaveNoNewImage) {
  const std::string keys_only =
      Replaced(kPut, R"("NewImage":{"id":{"S":"a"}, "n":{"N":"1"}},)", "");
  Result<RecordPage> page = ParseRecord(keys_only);
  ASSERT_TRUE(page);
  EXPECT_TRUE(page->records()[0].new_image.empty());
  page = ParseRecord(Replaced(keys_only, "MODIFY", "REMOVE"));
  ASSERT_TRUE(page);
  EXPECT_EQ(page->records()[0].event, StreamEvent::kRemove);
  EXPECT_TRUE(page->records()[0].new_image.empty());
}

TEST(RecordPage, TtlDeletesAreKnownInBothSpellings) {
  const std::string remove = Replaced(kPut, "MODIFY", "REMOVE");
  const auto with_identity = [&](std::string_view identity) {
    return Replaced(remove, R"({"eventID")",
                    R"({"userIdentity":)" + std::string(identity) + R"(,"eventID")");
  };
  const auto expired = [&](std::string_view identity) {
    Result<RecordPage> page = ParseRecord(with_identity(identity));
    EXPECT_TRUE(page) << ToString(page.error());
    return page && page->records()[0].expired_by_ttl;
  };
  EXPECT_TRUE(expired(R"({"PrincipalId":"dynamodb.amazonaws.com","Type":"Service"})"));
  EXPECT_TRUE(expired(R"({"type":"Service","principalId":"dynamodb.amazonaws.com"})"));
  EXPECT_FALSE(expired(R"({"principalId":"someone","type":"Service"})"));
  EXPECT_FALSE(expired(R"({"principalId":"dynamodb.amazonaws.com"})"));
  EXPECT_FALSE(expired("null"));
  EXPECT_FALSE(expired("{}"));
}

TEST(RecordPage, ARecordWithoutWhatOrdersItIsInvalid) {
  for (const std::string& record :
       {Replaced(kPut, R"("SequenceNumber")", R"("Other")"),
        Replaced(kPut, R"("SequenceNumber":"1)", R"("SequenceNumber":"x)"),
        Replaced(kPut, R"("SequenceNumber":"100000000003498069978")", R"("SequenceNumber":"")"),
        Replaced(kPut, R"("Keys")", R"("Other")"),
        Replaced(kPut, R"("Keys":{"id")", R"("Keys":{"x")"),
        Replaced(kPut, R"("eventName")", R"("other")"), Replaced(kPut, "MODIFY", "RENAME"),
        Replaced(kPut, "ApproximateCreationDateTime", "Other"),
        Replaced(kPut, "1.46480431E9", "-5"), Replaced(kPut, "1.46480431E9", "253402300799"),
        Replaced(kPut, R"("dynamodb":)", R"("other":)")}) {
    Result<RecordPage> page = ParseRecord(record);
    ASSERT_FALSE(page) << record;
    EXPECT_EQ(page.error().code, ErrorCode::kInvalid) << ToString(page.error());
  }
}

TEST(RecordPage, WhatIsNotAGetRecordsResponseIsCorrupt) {
  for (const std::string body :
       {R"()", R"(<html>)", R"({})", R"({"NextShardIterator":"x"})", R"({"Records":{}})",
        R"({"Records":null})", R"({"Records":[],"NextShardIterator":""})",
        R"({"Records":[],"NextShardIterator":5})", R"({"Records":[5]})", R"({"Records":[]} x)",
        R"({"Records":[],"Records":[]})",
        R"({"Records":[],"NextShardIterator":"x","NextShardIterator":"y"})"}) {
    Result<RecordPage> page = RecordPage::Parse(body, kHashOnly);
    ASSERT_FALSE(page) << body;
    EXPECT_EQ(page.error().code, ErrorCode::kCorrupt) << body;
  }
}

TEST(RecordPage, EveryTruncationIsCorrupt) {
  const std::string body = R"({"Records":[)" + std::string(kPut) + "," + std::string(kPut) +
                           R"(],"NextShardIterator":"x"})";
  ASSERT_TRUE(RecordPage::Parse(body, kHashOnly));
  for (size_t length = 0; length < body.size(); ++length) {
    Result<RecordPage> page = RecordPage::Parse(body.substr(0, length), kHashOnly);
    ASSERT_FALSE(page) << length;
    EXPECT_EQ(page.error().code, ErrorCode::kCorrupt) << length;
  }
}

/// A record around the item: as many of its members as it has in some spelling.
std::string RecordText(RandomPage& random, const RandomItem& item, std::string_view event,
                       const std::string& number) {
  const std::string image = event == "REMOVE" ? "" : "\"NewImage\":" + item.json + ",";
  return random.Space() + "{\"dynamodb\"" + random.Space() + ":{\"Keys\":" + item.key_json +
         random.Space() + "," + image + "\"SequenceNumber\":\"" + number + "\"" + random.Space() +
         ",\"ApproximateCreationDateTime\":1464804310" + random.Space() + "},\"eventName\":\"" +
         std::string(event) + "\"}" + random.Space();
}

RC_GTEST_PROP(RecordPageProperty, RecordsAreExactWhateverTheSpelling, (uint32_t seed)) {
  RandomPage random(seed);
  std::vector<RandomItem> items(random.Below(8));
  std::string records;
  std::vector<std::string> numbers;
  const std::array<std::string_view, 3> events = {"INSERT", "MODIFY", "REMOVE"};
  for (RandomItem& item : items) {
    item = random.Item();
    numbers.push_back(std::string(random.Below(40), '7') + "1");
    records += records.empty() ? "" : ",";
    records += RecordText(random, item, events[numbers.size() % 3], numbers.back());
  }
  const std::string iterator = random.Text() + "x";
  const Result<RecordPage> page = RecordPage::Parse(
      "{\"NextShardIterator\":" + random.Quoted(iterator) + ",\"Records\":[" + records + "]}",
      RandomPage::Schema());
  RC_ASSERT(page.has_value());
  RC_ASSERT(page->next_iterator() == iterator);
  RC_ASSERT(page->records().size() == items.size());
  for (size_t i = 0; i < items.size(); ++i) {
    const RecordView& record = page->records()[i];
    RC_ASSERT(record.key == items[i].key);
    RC_ASSERT(record.key_json == items[i].key_json);
    RC_ASSERT(record.sequence_number == numbers[i]);
    RC_ASSERT(record.new_image == ((i + 1) % 3 == 2 ? "" : items[i].json));
  }
}

TEST(RecordPage, ViewsSurviveAMove) {
  Result<RecordPage> parsed = ParseRecord(kPut);
  ASSERT_TRUE(parsed);
  RecordPage page = std::move(*parsed);
  EXPECT_EQ(page.records()[0].key_json, R"({"id":{"S":"a"}})");
  EXPECT_EQ(page.records()[0].key.size(), 6u);
}

}  // namespace
}  // namespace ddbsync::dynamodb
