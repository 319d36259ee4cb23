#include "dynamodb/control_client.h"

#include <gtest/gtest.h>

#include "canned_service.h"
#include "dynamodb/limits.h"

namespace ddbsync::dynamodb {
namespace {

using nlohmann::json;

constexpr std::string_view kArn = "arn:aws:dynamodb:eu-west-1:123456789012:table/orders";
constexpr const char* kInvalid = "com.amazon.coral.validate#ValidationException";
constexpr const char* kNoSuchPolicy = "com.amazonaws.dynamodb.v20120810#PolicyNotFoundException";
const KeySchema kSchema = {.partition = {"id", KeyType::kString}, .sort = {}};

class DynamoDbControl : public testing::Test {
 protected:
  void Refuse(const char* type, const std::string& message) { service_.Refuse(400, type, message); }
  const json& LastBody() { return service_.last().body; }

  CannedService service_;
  ControlClient client_{service_.client()};
};

TEST_F(DynamoDbControl, AStreamIsTurnedOnAndOff) {
  service_.Answer(R"({"TableDescription":{}})");
  ASSERT_TRUE(client_.EnableStream("orders", StreamView::kNewImage));
  EXPECT_EQ(service_.last().target, "DynamoDB_20120810.UpdateTable");
  EXPECT_EQ(LastBody(), json::parse(R"({"TableName":"orders","StreamSpecification":
      {"StreamEnabled":true,"StreamViewType":"NEW_IMAGE"}})"));
  service_.Answer(R"({"TableDescription":{}})");
  ASSERT_TRUE(client_.DisableStream("orders"));
  // AWS refuses to turn a stream off that is given a view.
  EXPECT_EQ(LastBody(), json::parse(R"({"TableName":"orders","StreamSpecification":
      {"StreamEnabled":false}})"));
  EXPECT_TRUE(service_.last().is_write);
  EXPECT_EQ(service_.last().timeout, limits::kControlTimeout);
}

TEST_F(DynamoDbControl, AStreamThatIsSoAlreadyOrIsChangingIsAConflict) {
  Refuse(kInvalid, "Table already has an enabled stream: TableName: orders");
  EXPECT_EQ(client_.EnableStream("orders", StreamView::kNewImage).error().code,
            ErrorCode::kConflict);
  Refuse(kInvalid, "Table has no stream to disable: TableName: orders");
  EXPECT_EQ(client_.DisableStream("orders").error().code, ErrorCode::kConflict);
  Refuse("x#ResourceInUseException", "Table is being updated: orders");
  EXPECT_EQ(client_.DisableStream("orders").error().code, ErrorCode::kConflict);
  Refuse(kInvalid, "One or more parameter values were invalid");
  EXPECT_EQ(client_.DisableStream("orders").error().code, ErrorCode::kInvalid);
}

TEST_F(DynamoDbControl, TimeToLiveIsDescribed) {
  service_.Answer(R"({"TimeToLiveDescription":{"TimeToLiveStatus":"DISABLED"}})");
  EXPECT_EQ(client_.DescribeTimeToLive("orders"), TimeToLive());
  EXPECT_EQ(service_.last().target, "DynamoDB_20120810.DescribeTimeToLive");
  EXPECT_FALSE(service_.last().is_write);
  for (const TtlStatus status :
       {TtlStatus::kEnabling, TtlStatus::kEnabled, TtlStatus::kDisabling}) {
    service_.Answer(json({{"TimeToLiveDescription",
                           {{"TimeToLiveStatus", ToString(status)}, {"AttributeName", "ends"}}}})
                        .dump());
    EXPECT_EQ(client_.DescribeTimeToLive("orders"), (TimeToLive{status, "ends"}));
  }
  for (const char* body : {"{}", R"({"TimeToLiveDescription":{}})",
                           R"({"TimeToLiveDescription":{"TimeToLiveStatus":"SLEEPING"}})"}) {
    service_.Answer(body);
    EXPECT_EQ(client_.DescribeTimeToLive("orders").error().code, ErrorCode::kCorrupt) << body;
  }
}

TEST_F(DynamoDbControl, TimeToLiveThatWasChangedJustNowIsTold) {
  service_.Answer(R"({"TimeToLiveSpecification":{"Enabled":false,"AttributeName":"ends"}})");
  EXPECT_EQ(client_.UpdateTimeToLive("orders", "ends", false), TtlUpdate::kAccepted);
  EXPECT_EQ(service_.last().target, "DynamoDB_20120810.UpdateTimeToLive");
  EXPECT_EQ(LastBody(), json::parse(R"({"TableName":"orders","TimeToLiveSpecification":
      {"AttributeName":"ends","Enabled":false}})"));
  EXPECT_TRUE(service_.last().is_write);
  Refuse(kInvalid, "Time to live has been modified multiple times within a fixed interval");
  EXPECT_EQ(client_.UpdateTimeToLive("orders", "ends", true), TtlUpdate::kTooSoon);
}

TEST_F(DynamoDbControl, TimeToLiveThatIsSoAlreadyIsAConflict) {
  for (const char* text :
       {"TimeToLive is already enabled", "TimeToLive is already disabled",
        "TimeToLive is active on a different AttributeName: current AttributeName is x"}) {
    Refuse(kInvalid, text);
    EXPECT_EQ(client_.UpdateTimeToLive("orders", "ends", true).error().code, ErrorCode::kConflict)
        << text;
  }
  Refuse(kInvalid, "Member must not be null");
  EXPECT_EQ(client_.UpdateTimeToLive("orders", "", true).error().code, ErrorCode::kInvalid);
}

TEST_F(DynamoDbControl, APolicyIsReadWithItsRevision) {
  service_.Answer(R"({"Policy":"{\"Version\":\"2012-10-17\"}","RevisionId":"17"})");
  const auto found = client_.GetResourcePolicy(kArn);
  ASSERT_TRUE(found) << ToString(found.error());
  EXPECT_EQ(**found, (ResourcePolicy{R"({"Version":"2012-10-17"})", "17"}));
  EXPECT_EQ(service_.last().target, "DynamoDB_20120810.GetResourcePolicy");
  EXPECT_EQ(LastBody(), json({{"ResourceArn", kArn}}));
  Refuse(kNoSuchPolicy, "Resource-based policy not found for the provided ResourceArn");
  const auto none = client_.GetResourcePolicy(kArn);
  ASSERT_TRUE(none);
  EXPECT_FALSE(none->has_value());
}

TEST_F(DynamoDbControl, ATableThatIsGoneIsNotOneWithoutAPolicy) {
  Refuse("x#ResourceNotFoundException", "Requested resource not found");
  EXPECT_EQ(client_.GetResourcePolicy(kArn).error().code, ErrorCode::kNotFound);
  service_.Answer(R"({"Policy":"{}"})");
  EXPECT_EQ(client_.GetResourcePolicy(kArn).error().code, ErrorCode::kCorrupt);
}

TEST_F(DynamoDbControl, APolicyIsReplacedOnlyWhereItIsTheOneExpected) {
  service_.Answer(R"({"RevisionId":"18"})");
  EXPECT_EQ(client_.PutResourcePolicy(kArn, "{}", kNoPolicy), "18");
  EXPECT_EQ(service_.last().target, "DynamoDB_20120810.PutResourcePolicy");
  EXPECT_EQ(LastBody(),
            json({{"ResourceArn", kArn}, {"Policy", "{}"}, {"ExpectedRevisionId", "NO_POLICY"}}));
  EXPECT_TRUE(service_.last().is_write);
  Refuse(kNoSuchPolicy, "Requested update for policy with revision id 17, but ...");
  EXPECT_EQ(client_.PutResourcePolicy(kArn, "{}", "17").error().code, ErrorCode::kConflict);
  Refuse("com.amazon.coral.availability#ThrottlingException",
         "Resource-based policy for table orders modified within the previous 15000 milliseconds.");
  EXPECT_EQ(client_.PutResourcePolicy(kArn, "{}", "18").error().code, ErrorCode::kThrottled);
  for (const char* body : {"", "{}", "<html>", R"({"RevisionId":5})"}) {
    service_.Answer(body);
    EXPECT_EQ(client_.PutResourcePolicy(kArn, "{}", "18").error().code, ErrorCode::kAmbiguous)
        << body;
  }
}

TEST_F(DynamoDbControl, APolicyIsDeletedOnlyWhereItIsTheOneExpected) {
  for (const char* body : {R"({"RevisionId":"18"})", "{}", ""}) {
    service_.Answer(body);
    EXPECT_TRUE(client_.DeleteResourcePolicy(kArn, "18"));
  }
  EXPECT_EQ(service_.last().target, "DynamoDB_20120810.DeleteResourcePolicy");
  EXPECT_EQ(LastBody(), json({{"ResourceArn", kArn}, {"ExpectedRevisionId", "18"}}));
  EXPECT_TRUE(service_.last().is_write);
  Refuse(kNoSuchPolicy, "Requested update for policy with revision id 18, but ...");
  EXPECT_EQ(client_.DeleteResourcePolicy(kArn, "18").error().code, ErrorCode::kConflict);
}

TEST_F(DynamoDbControl, TagsAreAnsweredWithNothing) {
  const std::vector<Tag> tags = {{"a", "1"}, {"b", ""}};
  service_.Answer("");
  ASSERT_TRUE(client_.TagResource(kArn, tags));
  EXPECT_EQ(service_.last().target, "DynamoDB_20120810.TagResource");
  EXPECT_EQ(LastBody()["Tags"], json::parse(R"([{"Key":"a","Value":"1"},{"Key":"b","Value":""}])"));
  const std::vector<std::string> keys = {"a", "b"};
  service_.Answer("");
  ASSERT_TRUE(client_.UntagResource(kArn, keys));
  EXPECT_EQ(service_.last().target, "DynamoDB_20120810.UntagResource");
  EXPECT_EQ(LastBody(), json({{"ResourceArn", kArn}, {"TagKeys", {"a", "b"}}}));
  service_.Answer("<html>");
  EXPECT_EQ(client_.TagResource(kArn, tags).error().code, ErrorCode::kAmbiguous);
  service_.Answer("<html>");
  EXPECT_EQ(client_.UntagResource(kArn, keys).error().code, ErrorCode::kAmbiguous);
}

TEST_F(DynamoDbControl, AChangeWhoseAnswerIsLostOrStrangeIsAmbiguous) {
  const auto each = [this](auto prepare) {
    std::vector<ErrorCode> codes;
    prepare();
    codes.push_back(client_.DisableStream("orders").error().code);
    prepare();
    codes.push_back(client_.EnableStream("orders", StreamView::kNewImage).error().code);
    prepare();
    codes.push_back(client_.UpdateTimeToLive("orders", "ends", true).error().code);
    prepare();
    codes.push_back(client_.PutResourcePolicy(kArn, "{}", "1").error().code);
    prepare();
    codes.push_back(client_.DeleteResourcePolicy(kArn, "1").error().code);
    return codes;
  };
  const std::vector<ErrorCode> ambiguous(5, ErrorCode::kAmbiguous);
  EXPECT_EQ(each([this] { service_.Answer("<html>"); }), ambiguous);
  EXPECT_EQ(each([this] { service_.Refuse(500, "x#InternalServerError", "oops"); }), ambiguous);
  EXPECT_EQ(each([this] { service_.FailWith({ErrorCode::kAmbiguous, "reset"}); }), ambiguous);
}

TEST_F(DynamoDbControl, AProbeAsksForADeleteThatCannotHappen) {
  const KeySchema schema = {.partition = {"id", KeyType::kBinary},
                            .sort = {{"at", KeyType::kNumber}}};
  Refuse("x#ConditionalCheckFailedException", "The conditional request failed");
  const WriteProbe probe = client_.ProbeDenied("orders", schema);
  EXPECT_EQ(probe.answer, WriteProbe::Answer::kAllowed);
  EXPECT_EQ(service_.last().target, "DynamoDB_20120810.DeleteItem");
  const json body = LastBody();
  EXPECT_EQ(body["ConditionExpression"], "attribute_exists(#key) AND attribute_not_exists(#key)");
  EXPECT_EQ(body["ExpressionAttributeNames"], json({{"#key", "id"}}));
  EXPECT_EQ(body["Key"].size(), 2u);
  EXPECT_TRUE(body["Key"]["id"].contains("B"));
  EXPECT_TRUE(body["Key"]["at"].contains("N"));
}

TEST_F(DynamoDbControl, AProbeIsDeniedOnlyWhereAPolicyOfTheTableSaysSo) {
  const auto answer_to = [this](const char* type, const char* message) {
    Refuse(type, message);
    const WriteProbe probe = client_.ProbeDenied("orders", kSchema);
    EXPECT_NE(probe.reason.find(message), std::string::npos);
    return probe.answer;
  };
  EXPECT_EQ(answer_to("com.amazon.coral.service#AccessDeniedException",
                      "User: u is not authorized to perform: dynamodb:DeleteItem on resource: r "
                      "with an explicit deny in a resource-based policy"),
            WriteProbe::Answer::kDenied);
  // These keys may only read; of others this says nothing.
  EXPECT_EQ(answer_to("com.amazon.coral.service#AccessDeniedException",
                      "User: u is not authorized to perform: dynamodb:DeleteItem on resource: r "
                      "because no identity-based policy allows the dynamodb:DeleteItem action"),
            WriteProbe::Answer::kUnknown);
  EXPECT_EQ(answer_to("x#ExpiredTokenException", "The security token has expired"),
            WriteProbe::Answer::kUnknown);
  EXPECT_EQ(answer_to("x#ThrottlingException", "Rate exceeded"), WriteProbe::Answer::kUnknown);
  EXPECT_EQ(answer_to("x#ResourceInUseException", "busy"), WriteProbe::Answer::kUnknown);
  service_.Answer("{}");
  EXPECT_EQ(client_.ProbeDenied("orders", kSchema).answer, WriteProbe::Answer::kUnknown);
  service_.FailWith({ErrorCode::kAmbiguous, "connection reset"});
  EXPECT_EQ(client_.ProbeDenied("orders", kSchema).answer, WriteProbe::Answer::kUnknown);
}

}  // namespace
}  // namespace ddbsync::dynamodb
