#include "cli/endpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/fake_environment.h"

namespace ddbsync::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr const char* kArn = "arn:aws:dynamodb:eu-central-1:123456789012:table/orders";

/// Resolves one side with whatever a test says.
struct Bench {
  std::map<std::string, EndpointSettings, std::less<>> endpoints;
  std::string config_path;
  std::map<std::string, std::string, std::less<>> flags;
  std::map<std::string, std::string> variables;

  std::expected<Endpoint, std::vector<Error>> Resolve(std::string_view side,
                                                      std::string_view argument) const {
    return ResolveEndpoint(
        {side, argument, endpoints, config_path, flags, FakeEnvironment(variables)});
  }

  std::string Fault(std::string_view side, std::string_view argument) const {
    const auto endpoint = Resolve(side, argument);
    if (endpoint) return "no fault";
    EXPECT_THAT(endpoint.error(), SizeIs(1));
    return endpoint.error().front().message;
  }
};

TEST(Endpoint, NameFromTheConfigWins) {
  Bench bench;
  bench.config_path = "ddbsync.toml";
  bench.endpoints["orders"] = {.table = "other-table", .region = "eu-west-1"};
  const auto endpoint = bench.Resolve("src", "orders");
  ASSERT_TRUE(endpoint);
  EXPECT_EQ(endpoint->table, "other-table");
  EXPECT_EQ(endpoint->label, "source orders");
  EXPECT_EQ(endpoint->url, "https://dynamodb.eu-west-1.amazonaws.com/");
  EXPECT_EQ(endpoint->streams_url, "https://streams.dynamodb.eu-west-1.amazonaws.com/");
  EXPECT_EQ(endpoint->not_found_hint, "");
}

TEST(Endpoint, ArnBringsItsRegion) {
  Bench bench;
  bench.variables["AWS_REGION"] = "us-east-1";
  const auto endpoint = bench.Resolve("dst", kArn);
  ASSERT_TRUE(endpoint);
  EXPECT_EQ(endpoint->table, kArn);
  EXPECT_EQ(endpoint->region, "eu-central-1");
  EXPECT_EQ(endpoint->label, std::string("target ") + kArn);
}

TEST(Endpoint, RegionThatContradictsTheArnIsAFault) {
  Bench bench;
  bench.flags["src-region"] = "us-east-1";
  EXPECT_THAT(bench.Fault("src", kArn), HasSubstr("is in eu-central-1"));
}

TEST(Endpoint, AnythingElseIsATableNameAndSaysSoWhenItIsMissing) {
  Bench bench;
  bench.config_path = "ddbsync.toml";
  bench.endpoints["prod"] = {.table = "orders", .region = "eu-west-1"};
  bench.variables["AWS_REGION"] = "us-east-1";
  const auto endpoint = bench.Resolve("src", "prdo");
  ASSERT_TRUE(endpoint);
  EXPECT_EQ(endpoint->table, "prdo");
  EXPECT_THAT(endpoint->not_found_hint, HasSubstr("ddbsync.toml has the endpoints prod"));
  EXPECT_THAT(endpoint->not_found_hint, HasSubstr("did you mean `prod`?"));
}

TEST(Endpoint, ArgumentThatCanBeNothingIsAFault) {
  Bench bench;
  bench.variables["AWS_REGION"] = "us-east-1";
  EXPECT_THAT(bench.Fault("src", "a"), HasSubstr("there is no config file"));
  EXPECT_THAT(bench.Fault("src", "with space"), HasSubstr("nor a table's name"));
  EXPECT_THAT(bench.Fault("src", "arn:aws:s3:::bucket"), HasSubstr("nor a table's ARN"));
}

TEST(Endpoint, FlagWinsOverVariableOverConfig) {
  Bench bench;
  bench.endpoints["a"] = {.table = "orders", .region = "config-1"};
  EXPECT_EQ(bench.Resolve("src", "a")->region, "config-1");
  bench.variables["DDBSYNC_SRC_REGION"] = "variable-1";
  EXPECT_EQ(bench.Resolve("src", "a")->region, "variable-1");
  bench.flags["src-region"] = "flag-1";
  EXPECT_EQ(bench.Resolve("src", "a")->region, "flag-1");
}

TEST(Endpoint, WhatIsSetForOneSideNeverReachesTheOther) {
  Bench bench;
  bench.variables = {{"AWS_REGION", "us-east-1"},
                     {"DDBSYNC_SRC_PROFILE", "prod"},
                     {"DDBSYNC_SRC_ENDPOINT_URL", "http://127.0.0.1:8000"}};
  bench.flags = {{"src-region", "eu-west-1"}};
  const auto source = bench.Resolve("src", "orders");
  const auto target = bench.Resolve("dst", "orders");
  ASSERT_TRUE(source && target);
  EXPECT_EQ(source->keys.profile, "prod");
  EXPECT_EQ(source->url, "http://127.0.0.1:8000/");
  EXPECT_EQ(target->keys.profile, "");
  EXPECT_EQ(target->region, "us-east-1");
  EXPECT_EQ(target->url, "https://dynamodb.us-east-1.amazonaws.com/");
}

TEST(Endpoint, StreamsAreWhereTablesAreUnlessTheyAreElsewhere) {
  Bench bench;
  bench.flags = {{"src-region", "us-east-1"}, {"src-endpoint-url", "http://127.0.0.1:8000"}};
  EXPECT_EQ(bench.Resolve("src", "orders")->streams_url, "http://127.0.0.1:8000/");
  bench.flags["src-streams-endpoint-url"] = "http://127.0.0.1:9000/";
  EXPECT_EQ(bench.Resolve("src", "orders")->streams_url, "http://127.0.0.1:9000/");
  EXPECT_EQ(bench.Resolve("src", "orders")->url, "http://127.0.0.1:8000/");
}

TEST(Endpoint, MissingRegionSaysHowToSetIt) {
  const std::string fault = Bench().Fault("dst", "orders");
  EXPECT_THAT(fault, HasSubstr("target orders: no region"));
  EXPECT_THAT(fault, HasSubstr("--dst-region"));
  EXPECT_THAT(fault, HasSubstr("AWS_REGION"));
}

TEST(Endpoint, UrlThatIsNoneIsOneFault) {
  Bench bench;
  bench.flags = {{"src-region", "us-east-1"}, {"src-endpoint-url", "127.0.0.1:8000"}};
  EXPECT_THAT(bench.Fault("src", "orders"), HasSubstr("127.0.0.1:8000"));
}

TEST(Endpoint, KeysOfTwoOriginsAreAFault) {
  Bench bench;
  bench.flags = {{"src-region", "us-east-1"}, {"src-profile", "p"}, {"src-access-key-env", "K"}};
  EXPECT_THAT(bench.Fault("src", "orders"), HasSubstr("only one of"));
}

TEST(Endpoint, SameTableIsSeenThroughDifferentSpellings) {
  Bench bench;
  bench.variables["AWS_REGION"] = "eu-central-1";
  const auto name = *bench.Resolve("src", "orders");
  EXPECT_TRUE(IsSameTable(name, *bench.Resolve("dst", "orders")));
  EXPECT_FALSE(IsSameTable(name, *bench.Resolve("dst", "orders-copy")));
  EXPECT_TRUE(IsSameTable(*bench.Resolve("src", kArn), *bench.Resolve("dst", kArn)));
  bench.flags["dst-region"] = "us-east-1";
  EXPECT_FALSE(IsSameTable(name, *bench.Resolve("dst", "orders")));
}

TEST(Endpoint, SameNameWithOtherKeysMayBeAnotherAccount) {
  Bench bench;
  bench.variables = {{"AWS_REGION", "eu-central-1"}, {"DDBSYNC_DST_PROFILE", "staging"}};
  EXPECT_FALSE(IsSameTable(*bench.Resolve("src", "orders"), *bench.Resolve("dst", "orders")));
}

TEST(TableArn, IsTakenApartOrRefusedWhole) {
  const auto arn = ParseTableArn(kArn);
  ASSERT_TRUE(arn);
  EXPECT_EQ(arn->region, "eu-central-1");
  EXPECT_EQ(arn->account, "123456789012");
  EXPECT_EQ(arn->table, "orders");
  for (const char* text : {"", "orders", "arn:aws:dynamodb:eu-central-1:123456789012:table/",
                           "arn:aws:dynamodb::123456789012:table/orders",
                           "arn:aws:dynamodb:eu-central-1:123456789012:table/orders/stream/x"}) {
    EXPECT_FALSE(ParseTableArn(text)) << text;
  }
}

}  // namespace
}  // namespace ddbsync::cli
