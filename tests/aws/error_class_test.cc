#include "aws/error_class.h"

#include <gtest/gtest.h>

namespace ddbsync::aws {
namespace {

Operation Op(bool is_write) {
  return {.service = "dynamodb",
          .target_prefix = "DynamoDB_20120810",
          .name = is_write ? "PutItem" : "Scan",
          .is_write = is_write,
          .timeout = std::chrono::seconds(1)};
}

Error Meaning(const std::string& code, int status, bool is_write = false) {
  const std::string body =
      R"({"__type":"com.amazonaws.dynamodb.v20120810#)" + code + R"(","message":"text"})";
  return Classify(Op(is_write), ParseServiceError(status, body, "R1"));
}

void ExpectBoth(const std::string& code, int status, ErrorCode expected) {
  EXPECT_EQ(Meaning(code, status, false).code, expected) << code;
  EXPECT_EQ(Meaning(code, status, true).code, expected) << code;
}

TEST(ErrorClass, ThrottlesAreDefiniteForWritesToo) {
  for (const char* code :
       {"ProvisionedThroughputExceededException", "ThrottlingException", "Throttling",
        "ThrottledException", "RequestThrottled", "RequestThrottledException",
        "RequestLimitExceeded", "TooManyRequestsException", "BandwidthLimitExceeded", "SlowDown",
        "LimitExceededException", "TransactionInProgressException", "PriorRequestNotComplete"}) {
    ExpectBoth(code, 400, ErrorCode::kThrottled);
    ExpectBoth(code, 503, ErrorCode::kThrottled);
  }
  ExpectBoth("", 429, ErrorCode::kThrottled);
}

TEST(ErrorClass, ServerErrorsAreRetriedForReadsAndAmbiguousForWrites) {
  for (const char* code : {"InternalServerError", "InternalFailure", "ServiceUnavailable", "",
                           "SomethingNewException"}) {
    for (const int status : {500, 502, 503, 504, 509}) {
      EXPECT_EQ(Meaning(code, status, false).code, ErrorCode::kRetry) << code << status;
      EXPECT_EQ(Meaning(code, status, true).code, ErrorCode::kAmbiguous) << code << status;
    }
  }
  EXPECT_EQ(Meaning("RequestTimeout", 400, false).code, ErrorCode::kRetry);
  EXPECT_EQ(Meaning("RequestTimeoutException", 408, true).code, ErrorCode::kAmbiguous);
}

TEST(ErrorClass, ConflictsOfReplicasAndTransactionsWereNotCarriedOut) {
  ExpectBoth("ReplicatedWriteConflictException", 400, ErrorCode::kRetry);
  ExpectBoth("TransactionConflictException", 400, ErrorCode::kRetry);
}

TEST(ErrorClass, PositionsHaveTheirOwnCodes) {
  ExpectBoth("ExpiredIteratorException", 400, ErrorCode::kExpiredIterator);
  ExpectBoth("TrimmedDataAccessException", 400, ErrorCode::kTrimmed);
}

TEST(ErrorClass, StatesOfTablesHaveTheirOwnCodes) {
  ExpectBoth("ResourceInUseException", 400, ErrorCode::kConflict);
  ExpectBoth("ConditionalCheckFailedException", 400, ErrorCode::kConflict);
  ExpectBoth("PolicyNotFoundException", 400, ErrorCode::kConflict);
  ExpectBoth("ResourceNotFoundException", 400, ErrorCode::kNotFound);
  ExpectBoth("TableNotFoundException", 400, ErrorCode::kNotFound);
}

TEST(ErrorClass, KeysPermissionsAndClocksAreDenied) {
  for (const char* code :
       {"AccessDeniedException", "AccessDenied", "MissingAuthenticationToken",
        "MissingAuthenticationTokenException", "IncompleteSignatureException",
        "UnrecognizedClientException", "InvalidClientTokenId", "ExpiredTokenException",
        "ExpiredToken", "RequestExpired", "RequestTimeTooSkewed", "RequestInTheFuture",
        "InvalidSignatureException", "SignatureDoesNotMatch", "AuthFailure", "KMSDisabledException",
        "InaccessibleEncryptionCredentialsException"}) {
    ExpectBoth(code, 400, ErrorCode::kDenied);
  }
  ExpectBoth("", 403, ErrorCode::kDenied);
}

TEST(ErrorClass, RequestsAndItemsThatStayWrongAreInvalid) {
  for (const char* code :
       {"ValidationException", "SerializationException", "UnknownOperationException",
        "ItemCollectionSizeLimitExceededException", "SomethingNewException"}) {
    ExpectBoth(code, 400, ErrorCode::kInvalid);
  }
  ExpectBoth("", 413, ErrorCode::kInvalid);
}

TEST(ErrorClass, AnAnswerFromInBetweenIsNeverARefusalOfTheItem) {
  for (const int status : {301, 400, 401, 403, 404, 405, 407, 421}) {
    ServiceError error = ParseServiceError(status, "<html>\n<h1>Not   Found</h1>\x01</html>", "");
    error.host = "db.example:8000";
    error.content_type = "text/html";
    EXPECT_EQ(Classify(Op(false), error).code, ErrorCode::kRetry) << status;
    const Error write = Classify(Op(true), error);
    EXPECT_EQ(write.code, ErrorCode::kAmbiguous) << status;
    EXPECT_EQ(write.message,
              "PutItem: the answer of db.example:8000 is not DynamoDB's: HTTP " +
                  std::to_string(status) +
                  ", text/html: <html> <h1>Not Found</h1> </html>; is this the right endpoint, and "
                  "does nothing between answer for it?");
  }
}

TEST(ErrorClass, AServerErrorFromInBetweenIsToldAsSuch) {
  const Error error = Classify(Op(false), ParseServiceError(502, "<html>", ""));
  EXPECT_EQ(error.code, ErrorCode::kRetry);
  EXPECT_EQ(error.message, "Scan: the answer is not DynamoDB's: HTTP 502: <html>");
}

TEST(ErrorClass, ARefusalWithoutANameIsStillOne) {
  const Error error = Classify(Op(false), ParseServiceError(403, R"({"message":"Forbidden"})", ""));
  EXPECT_EQ(error.code, ErrorCode::kDenied);
  EXPECT_EQ(error.message, "Scan: HTTP 403: Forbidden");
}

TEST(ErrorClass, MessageKeepsCodeStatusAndRequest) {
  const Error error = Meaning("ValidationException", 400, true);
  EXPECT_EQ(error.message, "PutItem: ValidationException: text");
  EXPECT_EQ(error.context, "HTTP 400, request R1");
}

TEST(ErrorClass, ReasonsOfAThrottleAreKept) {
  for (const char* member : {"ThrottlingReasons", "throttlingReasons"}) {
    const std::string body = R"({"__type":"a#ThrottlingException","message":"slow",")" +
                             std::string(member) +
                             R"(":[{"reason":"TableWriteKeyRangeThroughputExceeded",)"
                             R"("resource":"arn:aws:dynamodb:r:1:table/t"},7,{"reason":1}]})";
    const Error error = Classify(Op(true), ParseServiceError(400, body, ""));
    EXPECT_EQ(error.code, ErrorCode::kThrottled);
    EXPECT_NE(
        error.context.find("TableWriteKeyRangeThroughputExceeded of arn:aws:dynamodb:r:1:table/t"),
        std::string::npos)
        << error.context;
  }
}

TEST(ParseServiceError, CodeLosesItsNamespaceAndItsUri) {
  for (const char* type : {"Code", "com.amazon.coral.service#Code", "a#Code:http://internal/x#y",
                           "Code:http://internal/x"}) {
    const auto error =
        ParseServiceError(400, R"({"__type":")" + std::string(type) + R"(","Message":"m"})", "");
    EXPECT_EQ(error.code, "Code") << type;
    EXPECT_EQ(error.message, "m") << type;
  }
}

TEST(ParseServiceError, SurvivesAnyBody) {
  for (const char* body : {"", "{", "null", "7", "[]", R"({"__type":7,"message":{}})", "\xff\xfe",
                           R"({"__type":""})", R"({"__type":"#"})", "{\"message\":\"\\ud800\"}"}) {
    const auto error = ParseServiceError(500, body, "R");
    EXPECT_EQ(error.code, "") << body;
    EXPECT_EQ(error.status, 500);
    EXPECT_EQ(error.body, body);
    EXPECT_EQ(Classify(Op(true), error).code, ErrorCode::kAmbiguous);
  }
}

TEST(Quoted, IsShortAndPrintable) {
  EXPECT_EQ(Quoted(" a\n\n\tb\x7f"), "a b ");
  const std::string quoted = Quoted(std::string(10000, 'x'));
  EXPECT_EQ(quoted, std::string(200, 'x') + "...");
}

}  // namespace
}  // namespace ddbsync::aws
