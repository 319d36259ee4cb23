#include "aws/endpoint.h"

#include <gtest/gtest.h>

namespace ddbsync::aws {
namespace {

TEST(Endpoint, EachPartitionHasItsSuffix) {
  for (const auto& [region, suffix] :
       {std::pair("us-east-1", "amazonaws.com"), std::pair("us-gov-west-1", "amazonaws.com"),
        std::pair("cn-north-1", "amazonaws.com.cn"), std::pair("eusc-de-east-1", "amazonaws.eu"),
        std::pair("us-iso-east-1", "c2s.ic.gov"), std::pair("us-isob-east-1", "sc2s.sgov.gov"),
        std::pair("eu-isoe-west-1", "cloud.adc-e.uk"),
        std::pair("us-isof-south-1", "csp.hci.ic.gov"), std::pair("eu-isof-x-1", "csp.hci.ic.gov"),
        std::pair("mars-north-1", "amazonaws.com")}) {
    const std::string tail = std::string(region) + "." + suffix + "/";
    EXPECT_EQ(DefaultUrl(Service::kDynamoDb, region).value_or(""), "https://dynamodb." + tail);
    EXPECT_EQ(DefaultUrl(Service::kStreams, region).value_or(""),
              "https://streams.dynamodb." + tail);
  }
}

TEST(Endpoint, WhatCannotBeARegionIsInvalid) {
  for (const std::string region :
       {"", "us east 1", "US-EAST-1", "us-east-1/", "-x", "a.b", "evil.example#", "us_east_1"}) {
    const auto url = DefaultUrl(Service::kDynamoDb, region);
    ASSERT_FALSE(url) << region;
    EXPECT_EQ(url.error().code, ErrorCode::kInvalid);
    EXPECT_NE(url.error().message.find("\"" + region + "\""), std::string::npos);
  }
}

TEST(Endpoint, UrlIsSplitIntoItsParts) {
  const auto plain = SplitUrl("http://127.0.0.1:8000");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->scheme, "http");
  EXPECT_EQ(plain->authority, "127.0.0.1:8000");
  EXPECT_EQ(plain->path, "/");
  const auto path = SplitUrl("https://[::1]/proxy/ddb");
  ASSERT_TRUE(path);
  EXPECT_EQ(path->authority, "[::1]");
  EXPECT_EQ(path->path, "/proxy/ddb");
  EXPECT_TRUE(SplitUrl("http://[::1]:8000/"));
}

TEST(Endpoint, FaultyUrlIsInvalidAndSaysWhy) {
  for (const auto& [url, reason] :
       {std::pair("", "no http://"), std::pair("127.0.0.1:8000", "no http://"),
        std::pair("ftp://h", "only http and https"), std::pair("http://", "no host"),
        std::pair("http:///x", "no host"), std::pair("http://:8000", "no host"),
        std::pair("http://h:0", "wrong port"), std::pair("http://h:70000", "wrong port"),
        std::pair("http://h:80x", "wrong port"), std::pair("http://[]:1", "no host"),
        std::pair("http://u:p@h/", "user name"), std::pair("http://h/?x=1", "query"),
        std::pair("http://h /", "white space")}) {
    const auto parts = SplitUrl(url);
    ASSERT_FALSE(parts) << url;
    EXPECT_EQ(parts.error().code, ErrorCode::kInvalid);
    EXPECT_NE(parts.error().message.find(reason), std::string::npos) << parts.error().message;
  }
}

}  // namespace
}  // namespace ddbsync::aws
