#include "aws/client.h"

#include <gtest/gtest.h>

#include "aws/timestamp.h"
#include "manual_clock.h"
#include "scripted_transport.h"

namespace ddbsync::aws {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Operation kScan{.service = "dynamodb",
                          .target_prefix = "DynamoDB_20120810",
                          .name = "Scan",
                          .is_write = false,
                          .timeout = seconds(7)};
constexpr Operation kPut{.service = "dynamodb",
                         .target_prefix = "DynamoDB_20120810",
                         .name = "PutItem",
                         .is_write = true,
                         .timeout = seconds(9)};

HttpResponse Answer(int status, std::string body) {
  HttpResponse response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

HttpResponse Refusal(const std::string& code, int status = 400) {
  HttpResponse response =
      Answer(status, R"({"__type":"com.amazon.coral.service#)" + code + R"(","message":"no"})");
  response.request_id = "R1";
  return response;
}

class ClientTest : public ::testing::Test {
 protected:
  ClientTest() { AlwaysAnswer(Answer(200, "{}")); }

  void AlwaysAnswer(HttpResponse response) {
    transport_.answer = [response](const SeenRequest&) { return response; };
  }

  /// The error of a call that must fail.
  Error FailedCall(const Operation& operation = kScan) {
    const auto result = client_.Call(operation, "{}");
    EXPECT_FALSE(result);
    return result ? Error{} : result.error();
  }

  ManualClock clock_{*ParseIsoTime("2026-11-21T12:00:00Z")};
  ScriptedCredentials credentials_;
  ScriptedTransport transport_;
  ServerClock server_clock_{clock_};
  CallList calls_;
  Client client_{{.url = "http://127.0.0.1:8000", .region = "eu-west-1"},
                 credentials_,
                 transport_,
                 server_clock_,
                 clock_,
                 calls_};
};

TEST_F(ClientTest, RequestCarriesWhatTheServiceNeedsAndIsSigned) {
  credentials_.origin.session_token = "token";
  ASSERT_TRUE(client_.Call(kPut, "{\"a\":1}"));
  const SeenRequest seen = transport_.last();
  EXPECT_EQ(seen.url, "http://127.0.0.1:8000");
  EXPECT_EQ(seen.body, "{\"a\":1}");
  EXPECT_EQ(seen.timeout, seconds(9));
  EXPECT_TRUE(seen.is_write);
  EXPECT_EQ(seen.Header("Host"), "127.0.0.1:8000");
  EXPECT_EQ(seen.Header("Content-Type"), "application/x-amz-json-1.0");
  EXPECT_EQ(seen.Header("X-Amz-Target"), "DynamoDB_20120810.PutItem");
  EXPECT_EQ(seen.Header("X-Amz-Date"), "20261121T120000Z");
  EXPECT_EQ(seen.Header("X-Amz-Security-Token"), "token");
  EXPECT_EQ(seen.Header("Accept-Encoding"), "identity");
  EXPECT_TRUE(seen.Header("Authorization")
                  .starts_with("AWS4-HMAC-SHA256 "
                               "Credential=AKIDEXAMPLE/20261121/eu-west-1/dynamodb/aws4_request, "
                               "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;"
                               "x-amz-target, Signature="))
      << seen.Header("Authorization");
}

TEST_F(ClientTest, SignatureFitsTheHeadersAndBodyThatAreSent) {
  ASSERT_TRUE(client_.Call(kScan, "{\"a\":1}"));
  const SeenRequest seen = transport_.last();
  CanonicalRequest canonical{
      .method = "POST", .path = "/", .query = {}, .headers = {}, .payload_hash = {}};
  for (const auto& header : seen.headers) {
    if (header.first != "Authorization" && header.first != "Accept-Encoding") {
      canonical.headers.push_back(header);
    }
  }
  const std::string hash = Sha256Hex("{\"a\":1}");
  canonical.payload_hash = hash;
  const SigningScope scope{.region = "eu-west-1", .service = "dynamodb", .time = clock_.WallNow()};
  EXPECT_EQ(seen.Header("Authorization"),
            AuthorizationHeader(credentials_.origin, scope, canonical,
                                SigningKey(credentials_.origin.secret_access_key, scope)));
}

TEST_F(ClientTest, EveryAttemptIsSignedAnew) {
  ASSERT_TRUE(client_.Call(kScan, "{}"));
  const std::string first = transport_.last().Header("Authorization");
  clock_.Advance(seconds(1));
  ASSERT_TRUE(client_.Call(kScan, "{}"));
  EXPECT_NE(transport_.last().Header("Authorization"), first);
}

TEST_F(ClientTest, DefaultPortIsNotPartOfTheHost) {
  for (const auto& [url, host] : {std::pair("https://dynamodb.eu-west-1.amazonaws.com:443/",
                                            "dynamodb.eu-west-1.amazonaws.com"),
                                  std::pair("http://a.example:80/", "a.example"),
                                  std::pair("https://a.example:80", "a.example:80"),
                                  std::pair("http://[::1]:8000/", "[::1]:8000")}) {
    Client client({.url = url, .region = "eu-west-1"}, credentials_, transport_, server_clock_,
                  clock_, calls_);
    ASSERT_TRUE(client.Call(kScan, "{}"));
    EXPECT_EQ(transport_.last().Header("Host"), host);
  }
}

TEST_F(ClientTest, BodyOfASuccessIsHandedOver) {
  AlwaysAnswer(Answer(200, "{\"Items\":[]}"));
  const auto body = client_.Call(kScan, "{}");
  ASSERT_TRUE(body);
  EXPECT_EQ(*body, "{\"Items\":[]}");
}

TEST_F(ClientTest, ObserverHearsOfEveryAttempt) {
  transport_.answer = [this](const SeenRequest&) {
    clock_.Advance(milliseconds(30));
    return Answer(200, "{}");
  };
  ASSERT_TRUE(client_.Call(kScan, "{}"));
  AlwaysAnswer(Refusal("ThrottlingException"));
  FailedCall(kPut);
  AlwaysAnswer(Answer(503, "<html>"));
  FailedCall();
  AlwaysAnswer(Answer(200, "<html>"));
  FailedCall();
  transport_.answer = [](const SeenRequest&) { return Fail(ErrorCode::kRetry, "refused"); };
  FailedCall();
  ASSERT_EQ(calls_.calls.size(), 5u);
  EXPECT_EQ(calls_.calls[0].service, "dynamodb");
  EXPECT_EQ(calls_.calls[0].operation, "Scan");
  EXPECT_EQ(calls_.calls[0].code, "ok");
  EXPECT_EQ(calls_.calls[0].took, milliseconds(30));
  EXPECT_EQ(calls_.calls[1].operation, "PutItem");
  EXPECT_EQ(calls_.calls[1].code, "ThrottlingException");
  EXPECT_EQ(calls_.calls[2].code, "http_503");
  EXPECT_EQ(calls_.calls[3].code, "garbled");
  EXPECT_EQ(calls_.calls[4].code, "transport");
}

// --- Answers that cannot be trusted

TEST_F(ClientTest, RightCrcIsAccepted) {
  HttpResponse response = Answer(200, "{}");
  response.crc32 = "2745614147";
  AlwaysAnswer(response);
  EXPECT_TRUE(client_.Call(kScan, "{}"));
}

TEST_F(ClientTest, NoBodyIsAnAnswerOnlyWhereTheOperationMayHaveNone) {
  AlwaysAnswer(Answer(200, ""));
  EXPECT_EQ(FailedCall(kPut).code, ErrorCode::kAmbiguous);
  Operation tag = kPut;
  tag.may_be_empty = true;
  const Result<std::string> answer = client_.Call(tag, "{}");
  ASSERT_TRUE(answer) << ToString(answer.error());
  EXPECT_EQ(*answer, "");
  AlwaysAnswer(Answer(200, "<html>"));
  EXPECT_EQ(FailedCall(tag).code, ErrorCode::kAmbiguous);
}

TEST_F(ClientTest, WrongCrcIsRetriedForAReadAndAmbiguousForAWrite) {
  HttpResponse response = Answer(200, "{}");
  for (const char* crc : {"2745614148", "x", "2745614147x", "-1", "99999999999"}) {
    response.crc32 = crc;
    AlwaysAnswer(response);
    EXPECT_EQ(FailedCall(kScan).code, ErrorCode::kRetry) << crc;
    EXPECT_EQ(FailedCall(kPut).code, ErrorCode::kAmbiguous) << crc;
  }
  EXPECT_NE(FailedCall().message.find("x-amz-crc32"), std::string::npos);
}

TEST_F(ClientTest, DamagedErrorIsNotBelieved) {
  HttpResponse response = Refusal("ValidationException");
  response.crc32 = "1";
  AlwaysAnswer(response);
  EXPECT_EQ(FailedCall(kPut).code, ErrorCode::kAmbiguous);
}

TEST_F(ClientTest, CrcCanBeSwitchedOffForMiddleboxes) {
  HttpResponse response = Answer(200, "{}");
  response.crc32 = "1";
  AlwaysAnswer(response);
  Client client({.url = "http://h/", .region = "eu-west-1", .check_crc = false}, credentials_,
                transport_, server_clock_, clock_, calls_);
  EXPECT_TRUE(client.Call(kScan, "{}"));
}

TEST_F(ClientTest, AnswerThatIsNotDynamoDbsNamesTheEndpoint) {
  for (const char* body :
       {"<html><body>It works!</body></html>", "", " ", "{\"Items\":[", "[]", "ok"}) {
    AlwaysAnswer(Answer(200, body));
    const Error read = FailedCall(kScan);
    EXPECT_EQ(read.code, ErrorCode::kRetry) << body;
    EXPECT_NE(read.message.find("is http://127.0.0.1:8000 the right endpoint?"), std::string::npos)
        << read.message;
    EXPECT_EQ(FailedCall(kPut).code, ErrorCode::kAmbiguous) << body;
  }
}

TEST_F(ClientTest, WhiteSpaceAroundAnAnswerIsFine) {
  AlwaysAnswer(Answer(200, " {} \n"));
  EXPECT_TRUE(client_.Call(kScan, "{}"));
}

TEST_F(ClientTest, CompressedAnswerIsNotTakenForJson) {
  HttpResponse response = Answer(200, "{}");
  response.content_encoding = "gzip";
  AlwaysAnswer(response);
  EXPECT_NE(FailedCall().message.find("gzip"), std::string::npos);
}

TEST_F(ClientTest, UnclearOutcomeOfTheTransportMattersToWritesOnly) {
  transport_.answer = [](const SeenRequest&) {
    return Fail(ErrorCode::kAmbiguous, "no whole answer", "http://h/");
  };
  EXPECT_EQ(FailedCall(kScan).code, ErrorCode::kRetry);
  const Error error = FailedCall(kPut);
  EXPECT_EQ(error.code, ErrorCode::kAmbiguous);
  EXPECT_EQ(error.message, "PutItem: no whole answer");
  EXPECT_EQ(error.context, "http://h/");
}

TEST_F(ClientTest, ErrorTellsCodeStatusRequestAndEndpoint) {
  AlwaysAnswer(Refusal("ResourceNotFoundException"));
  const Error error = FailedCall();
  EXPECT_EQ(error.code, ErrorCode::kNotFound);
  EXPECT_EQ(error.message, "Scan: ResourceNotFoundException: no");
  EXPECT_EQ(error.context, "http://127.0.0.1:8000, HTTP 400, request R1");
}

// --- Clocks

TEST_F(ClientTest, DateOfAnAnswerSetsTheServersClock) {
  HttpResponse response = Answer(200, "{}");
  response.date = "Sat, 21 Nov 2026 15:00:00 GMT";
  AlwaysAnswer(response);
  ASSERT_TRUE(client_.Call(kScan, "{}"));
  EXPECT_EQ(server_clock_.Now(), *ParseIsoTime("2026-11-21T15:00:00Z"));
}

TEST_F(ClientTest, RefusedTimeIsReplacedByTheServersAtOnce) {
  for (const char* code : {"RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture",
                           "InvalidSignatureException", "SignatureDoesNotMatch", "AuthFailure"}) {
    Client client({.url = "http://h/", .region = "eu-west-1"}, credentials_, transport_,
                  server_clock_, clock_, calls_);
    HttpResponse refusal = Refusal(code);
    refusal.date = "Sat, 21 Nov 2026 15:00:00 GMT";
    AlwaysAnswer(refusal);
    const auto refused = client.Call(kPut, "{}");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kRetry) << code;
    AlwaysAnswer(Answer(200, "{}"));
    ASSERT_TRUE(client.Call(kPut, "{}"));
    EXPECT_EQ(transport_.last().Header("X-Amz-Date"), "20261121T150000Z") << code;
  }
}

TEST_F(ClientTest, ClockThatWasPutRightAfterwardsIsFollowed) {
  HttpResponse refusal = Refusal("InvalidSignatureException");
  refusal.date = "Sat, 21 Nov 2026 15:00:00 GMT";
  AlwaysAnswer(refusal);
  FailedCall();
  clock_.JumpWall(hours(3));
  EXPECT_EQ(FailedCall().code, ErrorCode::kRetry);
  AlwaysAnswer(Answer(200, "{}"));
  ASSERT_TRUE(client_.Call(kPut, "{}"));
  EXPECT_EQ(transport_.last().Header("X-Amz-Date"), "20261121T150000Z");
}

TEST_F(ClientTest, TimeRefusedAgainWithTheServersClockIsDenied) {
  HttpResponse refusal = Refusal("InvalidSignatureException");
  refusal.date = "Sat, 21 Nov 2026 15:00:00 GMT";
  AlwaysAnswer(refusal);
  EXPECT_EQ(FailedCall().code, ErrorCode::kRetry);
  EXPECT_EQ(FailedCall().code, ErrorCode::kDenied);
}

TEST_F(ClientTest, WrongSecretWithARightClockIsDeniedAtOnce) {
  HttpResponse refusal = Refusal("InvalidSignatureException");
  refusal.date = "Sat, 21 Nov 2026 12:03:30 GMT";
  AlwaysAnswer(refusal);
  const Error error = FailedCall();
  EXPECT_EQ(error.code, ErrorCode::kDenied);
  EXPECT_NE(error.message.find("secret key"), std::string::npos) << error.message;
}

TEST_F(ClientTest, RefusedTimeWithoutADateIsDenied) {
  AlwaysAnswer(Refusal("RequestTimeTooSkewed"));
  EXPECT_EQ(FailedCall().code, ErrorCode::kDenied);
}

// --- Keys

TEST_F(ClientTest, RefusedKeysAreReadAnewAndTheCallSentAgain) {
  for (const char* code : {"ExpiredTokenException", "ExpiredToken", "UnrecognizedClientException",
                           "InvalidClientTokenId"}) {
    AlwaysAnswer(Refusal(code));
    EXPECT_EQ(FailedCall(kPut).code, ErrorCode::kRetry) << code;
    credentials_.origin.access_key_id = std::string("NEW_") + code;
    AlwaysAnswer(Answer(200, "{}"));
    ASSERT_TRUE(client_.Call(kPut, "{}"));
    EXPECT_NE(transport_.last().Header("Authorization").find("Credential=NEW_"), std::string::npos);
  }
}

TEST_F(ClientTest, SameKeysRefusedAgainAreDeniedAndTheirOriginIsNamed) {
  AlwaysAnswer(Refusal("UnrecognizedClientException"));
  EXPECT_EQ(FailedCall().code, ErrorCode::kRetry);
  const Error error = FailedCall();
  EXPECT_EQ(error.code, ErrorCode::kDenied);
  EXPECT_NE(error.context.find("the source's keys"), std::string::npos) << error.context;
  EXPECT_EQ(credentials_.reads, 2);
}

TEST_F(ClientTest, OtherKeysRefusedAreTriedOnceMore) {
  AlwaysAnswer(Refusal("ExpiredTokenException"));
  EXPECT_EQ(FailedCall().code, ErrorCode::kRetry);
  credentials_.origin.access_key_id = "OTHER";
  EXPECT_EQ(FailedCall().code, ErrorCode::kRetry);
  EXPECT_EQ(FailedCall().code, ErrorCode::kDenied);
}

TEST_F(ClientTest, DeniedKeysThatWerePutRightWorkWithoutARestart) {
  AlwaysAnswer(Refusal("ExpiredTokenException"));
  FailedCall();
  EXPECT_EQ(FailedCall().code, ErrorCode::kDenied);
  credentials_.origin.access_key_id = "FRESH";
  AlwaysAnswer(Answer(200, "{}"));
  EXPECT_TRUE(client_.Call(kScan, "{}"));
  EXPECT_NE(transport_.last().Header("Authorization").find("FRESH"), std::string::npos);
}

TEST_F(ClientTest, AcceptedKeysMayBeRefusedAnewLater) {
  AlwaysAnswer(Refusal("UnrecognizedClientException"));
  EXPECT_EQ(FailedCall().code, ErrorCode::kRetry);
  AlwaysAnswer(Answer(200, "{}"));
  ASSERT_TRUE(client_.Call(kScan, "{}"));
  AlwaysAnswer(Refusal("UnrecognizedClientException"));
  EXPECT_EQ(FailedCall().code, ErrorCode::kRetry);
}

TEST_F(ClientTest, CallsUnderWayWithTheOldKeysDoNotCondemnThem) {
  // The second call is signed before the first is refused, and refused after it.
  bool nested = false;
  transport_.answer = [&](const SeenRequest&) -> Result<HttpResponse> {
    if (!nested) {
      nested = true;
      EXPECT_EQ(FailedCall().code, ErrorCode::kRetry);
    }
    return Refusal("ExpiredTokenException");
  };
  EXPECT_EQ(FailedCall().code, ErrorCode::kRetry);
}

TEST_F(ClientTest, ExpiredKeysAreReadAnewBeforeSigning) {
  credentials_.origin.expiration = clock_.WallNow() + minutes(10);
  ASSERT_TRUE(client_.Call(kScan, "{}"));
  clock_.Advance(minutes(10));
  credentials_.origin.expiration = clock_.WallNow() + minutes(10);
  credentials_.origin.access_key_id = "FRESH";
  ASSERT_TRUE(client_.Call(kScan, "{}"));
  EXPECT_NE(transport_.last().Header("Authorization").find("FRESH"), std::string::npos);
}

TEST_F(ClientTest, KeysThatStayExpiredAreDeniedWithTheTimeAndTheSideAndNothingIsSent) {
  credentials_.origin.expiration = clock_.WallNow();
  const Error error = FailedCall();
  EXPECT_EQ(error.code, ErrorCode::kDenied);
  EXPECT_EQ(error.message, "the source's keys expired at 2026-11-21T12:00:00Z; renew them");
  EXPECT_EQ(transport_.count(), 0u);
  EXPECT_EQ(credentials_.reads, 2);
}

TEST_F(ClientTest, ExpiryIsJudgedByTheServersClock) {
  HttpResponse response = Answer(200, "{}");
  response.date = "Sat, 21 Nov 2026 09:00:00 GMT";
  AlwaysAnswer(response);
  ASSERT_TRUE(client_.Call(kScan, "{}"));
  credentials_.Invalidate();
  credentials_.origin.expiration = *ParseIsoTime("2026-11-21T11:00:00Z");
  EXPECT_TRUE(client_.Call(kScan, "{}"));
}

}  // namespace
}  // namespace ddbsync::aws
