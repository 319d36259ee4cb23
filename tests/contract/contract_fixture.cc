#include "tests/contract/contract_fixture.h"

#include <unistd.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "aws/curl_transport.h"
#include "tests/support/fake_dynamodb.h"
#include "tests/support/fake_transport.h"
#include "tests/support/manual_clock.h"

namespace ddbsync::contract {
namespace {

constexpr const char* kLocalUrl = "DDBSYNC_DYNAMODB_LOCAL_URL";

bool IsStreamOperation(std::string_view operation) {
  return operation == "ListStreams" || operation == "DescribeStream" ||
         operation == "GetShardIterator" || operation == "GetRecords";
}

}  // namespace

struct ContractTest::Fake {
  explicit Fake(const Clock& clock) : service(clock, {}) {}
  fake::FakeDynamoDb service;
};

ContractTest::ContractTest() {
  if (!is_local()) {
    clock_ = std::make_unique<fake::ManualClock>();
    fake_ = std::make_unique<Fake>(*clock_);
    transport_ = std::make_unique<fake::FakeTransport>(fake_->service, *clock_);
    url_ = "http://fake/";
  } else if (const char* url = std::getenv(kLocalUrl); url != nullptr && *url != '\0') {
    clock_ = std::make_unique<SystemClock>();
    transport_ = std::make_unique<aws::CurlTransport>(aws::CurlTransport::DefaultOptions());
    url_ = url;
  }
}

ContractTest::~ContractTest() = default;

void ContractTest::SetUp() {
  if (url_.empty()) GTEST_SKIP() << kLocalUrl << " is not set";
}

void ContractTest::TearDown() {
  for (const std::string& table : tables_) Call("DeleteTable", {{"TableName", table}});
}

Answer ContractTest::Call(std::string_view operation, const json& request) {
  return CallText(operation, request.dump());
}

Answer ContractTest::CallText(std::string_view operation, std::string_view body) {
  const std::string service =
      IsStreamOperation(operation) ? "DynamoDBStreams_20120810." : "DynamoDB_20120810.";
  // DynamoDB Local wants a signature to be there, and does not check it.
  const aws::HttpRequest request{
      url_,
      {{"X-Amz-Target", service + std::string(operation)},
       {"Content-Type", "application/x-amz-json-1.0"},
       {"X-Amz-Date", "20260101T000000Z"},
       {"Authorization",
        "AWS4-HMAC-SHA256 Credential=contract/20260101/us-east-1/dynamodb/aws4_request, "
        "SignedHeaders=host, Signature=0"}},
      body,
      std::chrono::seconds(30)};
  auto response = transport_->Send(request);
  if (!response) {
    ADD_FAILURE() << operation << ": " << ToString(response.error());
    return {};
  }
  Answer answer{response->status, "", std::move(response->body)};
  const json parsed = json::parse(answer.body, nullptr, false);
  if (answer.status != 200 && parsed.is_object()) {
    const std::string type = parsed.value("__type", "");
    answer.error = type.substr(type.find('#') + 1);
  }
  return answer;
}

json ContractTest::Ok(std::string_view operation, const json& request) {
  const Answer answer = Call(operation, request);
  EXPECT_EQ(answer.status, 200) << operation << " " << answer.body;
  return json::parse(answer.body, nullptr, false);
}

std::string ContractTest::Refused(std::string_view operation, const json& request) {
  const Answer answer = Call(operation, request);
  EXPECT_NE(answer.status, 200) << operation << " " << request;
  return answer.error;
}

std::string ContractTest::NewName() {
  static int made = 0;
  return "contract-" + std::to_string(getpid()) + "-" + std::to_string(made++);
}

json ContractTest::TableRequest(const std::string& name, const Keys& keys) {
  json request = {{"TableName", name}, {"BillingMode", "PAY_PER_REQUEST"}};
  for (const auto& [attribute, type] : keys) {
    const char* role = request.contains("KeySchema") ? "RANGE" : "HASH";
    request["KeySchema"].push_back({{"AttributeName", attribute}, {"KeyType", role}});
    request["AttributeDefinitions"].push_back(
        {{"AttributeName", attribute}, {"AttributeType", type}});
  }
  return request;
}

std::string ContractTest::MakeTable(const Keys& keys, const std::string& view) {
  const std::string name = NewName();
  json request = TableRequest(name, keys);
  if (!view.empty()) {
    request["StreamSpecification"] = {{"StreamEnabled", true}, {"StreamViewType", view}};
  }
  Ok("CreateTable", request);
  tables_.push_back(name);
  return name;
}

void ContractTest::Put(const std::string& table, const json& item) {
  Ok("PutItem", {{"TableName", table}, {"Item", item}});
}

json ContractTest::Get(const std::string& table, const json& key) {
  return Ok("GetItem", {{"TableName", table}, {"Key", key}, {"ConsistentRead", true}})
      .value("Item", json());
}

json S(const std::string& text) {
  return {{"S", text}};
}

json N(const std::string& text) {
  return {{"N", text}};
}

std::string ServerName(const ::testing::TestParamInfo<Server>& info) {
  return info.param == Server::kFake ? "Fake" : "DynamoDbLocal";
}

}  // namespace ddbsync::contract
