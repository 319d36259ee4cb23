#include "aws/sigv4.h"

#include <gtest/gtest.h>

#include "aws/timestamp.h"

namespace ddbsync::aws {
namespace {

// The published test suite of Signature Version 4, and the example of "Deriving the signing key".
const Credentials kCredentials{.access_key_id = "AKIDEXAMPLE",
                               .secret_access_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
                               .session_token = {}};
constexpr std::string_view kEmptyHash =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

SigningScope Scope(std::string_view service = "service") {
  return {.region = "us-east-1", .service = service, .time = *ParseIsoTime("2015-08-30T12:36:00Z")};
}

CanonicalRequest Vanilla(std::string_view method) {
  return {.method = method,
          .path = "/",
          .query = {},
          .headers = {{"Host", "example.amazonaws.com"}, {"X-Amz-Date", "20150830T123600Z"}},
          .payload_hash = kEmptyHash};
}

std::string Authorization(const CanonicalRequest& request) {
  const std::string key = SigningKey(kCredentials.secret_access_key, Scope());
  return AuthorizationHeader(kCredentials, Scope(), request, key);
}

std::string Signature(const CanonicalRequest& request) {
  const std::string header = Authorization(request);
  return header.substr(header.find("Signature=") + 10);
}

std::string Hex(std::string_view bytes) {
  std::string hex;
  for (const char c : bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    hex += kDigits[static_cast<unsigned char>(c) >> 4];
    hex += kDigits[static_cast<unsigned char>(c) & 0xf];
  }
  return hex;
}

TEST(SigV4, HashOfNothingIsThePublishedOne) {
  EXPECT_EQ(Sha256Hex(""), kEmptyHash);
}

TEST(SigV4, CanonicalRequestOfGetVanillaIsThePublishedOne) {
  EXPECT_EQ(CanonicalRequestText(Vanilla("GET")),
            "GET\n/\n\nhost:example.amazonaws.com\nx-amz-date:20150830T123600Z\n\n"
            "host;x-amz-date\n" +
                std::string(kEmptyHash));
}

TEST(SigV4, StringToSignOfGetVanillaIsThePublishedOne) {
  EXPECT_EQ(StringToSign(Scope(), CanonicalRequestText(Vanilla("GET"))),
            "AWS4-HMAC-SHA256\n20150830T123600Z\n20150830/us-east-1/service/aws4_request\n"
            "bb579772317eb040ac9ed261061d46c1f17a8133879d6129b6e1c25292927e63");
}

TEST(SigV4, AuthorizationOfGetVanillaIsThePublishedOne) {
  EXPECT_EQ(Authorization(Vanilla("GET")),
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
            "SignedHeaders=host;x-amz-date, "
            "Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
}

TEST(SigV4, SignatureOfPostVanillaIsThePublishedOne) {
  EXPECT_EQ(Signature(Vanilla("POST")),
            "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b");
}

TEST(SigV4, SignatureOfAFormPostIsThePublishedOne) {
  CanonicalRequest request = Vanilla("POST");
  request.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
  const std::string hash = Sha256Hex("Param1=value1");
  request.payload_hash = hash;
  EXPECT_EQ(hash, "9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e");
  EXPECT_EQ(Signature(request), "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a");
}

TEST(SigV4, SignatureWithAQueryIsThePublishedOne) {
  CanonicalRequest request = Vanilla("GET");
  request.query = "Param1=value1&Param2=value2";
  EXPECT_EQ(Signature(request), "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500");
}

TEST(SigV4, HeaderValuesAreTrimmedAndInnerSpacesCollapse) {
  CanonicalRequest request = Vanilla("GET");
  request.headers.emplace_back("My-Header1", " value1");
  request.headers.emplace_back("My-Header2", " \"a   b   c\"");
  EXPECT_EQ(Signature(request), "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736");
}

TEST(SigV4, ValuesOfARepeatedHeaderAreJoinedInTheirOrder) {
  CanonicalRequest request = Vanilla("GET");
  for (const char* value : {"value2", "value2", "value1"}) {
    request.headers.emplace_back("My-Header1", value);
  }
  EXPECT_EQ(Signature(request), "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea");
}

TEST(SigV4, SignatureWithASecurityTokenIsThePublishedOne) {
  CanonicalRequest request = Vanilla("POST");
  request.headers.emplace_back(
      "X-Amz-Security-Token",
      "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSP"
      "fIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT"
      "7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlz"
      "m8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==");
  EXPECT_EQ(Signature(request), "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead");
}

TEST(SigV4, SigningKeyOfTheIamExampleIsThePublishedOne) {
  EXPECT_EQ(Hex(SigningKey(kCredentials.secret_access_key, Scope("iam"))),
            "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9");
}

TEST(SigV4, ListUsersOfTheIamExampleHasThePublishedSignature) {
  const CanonicalRequest request{
      .method = "GET",
      .path = "/",
      .query = "Action=ListUsers&Version=2010-05-08",
      .headers = {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"},
                  {"Host", "iam.amazonaws.com"},
                  {"X-Amz-Date", "20150830T123600Z"}},
      .payload_hash = kEmptyHash};
  EXPECT_EQ(Sha256Hex(CanonicalRequestText(request)),
            "f536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59");
  const SigningScope scope = Scope("iam");
  const std::string header = AuthorizationHeader(kCredentials, scope, request,
                                                 SigningKey(kCredentials.secret_access_key, scope));
  EXPECT_EQ(header.substr(header.find("Signature=")),
            "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7");
}

TEST(SigningKeyCache, EachPartOfTheScopeHasAKeyOfItsOwn) {
  SigningKeyCache cache;
  const auto expect_right = [&cache](std::string_view secret, const SigningScope& scope) {
    EXPECT_EQ(cache.Get(secret, scope), SigningKey(secret, scope));
  };
  SigningScope scope = Scope();
  expect_right("a", scope);
  expect_right("a", scope);
  expect_right("b", scope);
  scope.service = "dynamodb";
  expect_right("b", scope);
  scope.region = "eu-west-1";
  expect_right("b", scope);
  scope.time += std::chrono::days(1);
  expect_right("b", scope);
}

TEST(SigningKeyCache, KeyChangesAtMidnightUtcNotBefore) {
  SigningKeyCache cache;
  SigningScope scope = Scope();
  scope.time = *ParseIsoTime("2015-08-30T23:59:59Z");
  const std::string before = cache.Get("secret", scope);
  scope.time = *ParseIsoTime("2015-08-30T00:00:00Z");
  EXPECT_EQ(cache.Get("secret", scope), before);
  scope.time = *ParseIsoTime("2015-08-31T00:00:00Z");
  EXPECT_NE(cache.Get("secret", scope), before);
}

}  // namespace
}  // namespace ddbsync::aws
