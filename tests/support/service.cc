#include "tests/support/service.h"

#include <libdeflate.h>

#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "tests/support/refusal.h"

namespace ddbsync::fake {
namespace {

using nlohmann::json;

constexpr size_t kMaxRequestBytes = size_t{16} << 20;  // developer guide, "Quotas"

struct NamedOperation {
  std::string_view target;
  Operation operation;
};

constexpr std::array<NamedOperation, 24> kOperations{{
    {"DynamoDB_20120810.CreateTable", CreateTable},
    {"DynamoDB_20120810.DeleteTable", DeleteTable},
    {"DynamoDB_20120810.DescribeTable", DescribeTable},
    {"DynamoDB_20120810.ListTables", ListTables},
    {"DynamoDB_20120810.UpdateTable", UpdateTable},
    {"DynamoDB_20120810.TagResource", TagResource},
    {"DynamoDB_20120810.UntagResource", UntagResource},
    {"DynamoDB_20120810.ListTagsOfResource", ListTagsOfResource},
    {"DynamoDB_20120810.DescribeTimeToLive", DescribeTimeToLive},
    {"DynamoDB_20120810.UpdateTimeToLive", UpdateTimeToLive},
    {"DynamoDB_20120810.GetResourcePolicy", GetResourcePolicy},
    {"DynamoDB_20120810.PutResourcePolicy", PutResourcePolicy},
    {"DynamoDB_20120810.DeleteResourcePolicy", DeleteResourcePolicy},
    {"DynamoDB_20120810.GetItem", GetItem},
    {"DynamoDB_20120810.PutItem", PutItem},
    {"DynamoDB_20120810.DeleteItem", DeleteItem},
    {"DynamoDB_20120810.UpdateItem", UpdateItem},
    {"DynamoDB_20120810.BatchGetItem", BatchGetItem},
    {"DynamoDB_20120810.BatchWriteItem", BatchWriteItem},
    {"DynamoDB_20120810.Scan", Scan},
    {"DynamoDBStreams_20120810.ListStreams", ListStreams},
    {"DynamoDBStreams_20120810.DescribeStream", DescribeStream},
    {"DynamoDBStreams_20120810.GetShardIterator", GetShardIterator},
    {"DynamoDBStreams_20120810.GetRecords", GetRecords},
}};

std::string_view OperationName(std::string_view target) {
  return target.substr(target.rfind('.') + 1);
}

/// "Tue, 15 Nov 1994 08:12:31 GMT"
std::string HttpDate(Instant time) {
  constexpr std::array kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                               "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::weekday weekday(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
  constexpr int kBytes = 64;
  char text[kBytes];
  std::snprintf(text, sizeof text, "%s, %02u %s %04d %02d:%02d:%02d GMT",
                kDays[weekday.c_encoding()], static_cast<unsigned>(date.day()),
                kMonths[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text;
}

std::string NewRequestId(Random& random) {
  constexpr size_t kLength = 52;
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  std::string id;
  while (id.size() < kLength) id += kLetters[random.Below(kLetters.size())];
  return id;
}

/// What the service says to a fault of its own instead of doing anything; throws.
void RefuseByFault(const Fault& fault, std::string_view target, Random& random) {
  const std::string operation(OperationName(target));
  switch (fault.kind) {
    case FaultKind::kThrottle:
      if (!target.starts_with("DynamoDBStreams")) {
        RefuseThroughput("arn:aws:dynamodb:us-east-1:000000000000:table/any",
                         "TableWriteAccountLimitExceeded");
      }
      throw Refusal{400,
                    random.Below(2) == 0 ? "com.amazonaws.dynamodb.v20120810#LimitExceededException"
                                         : "com.amazon.coral.availability#ThrottlingException",
                    "Rate exceeded",
                    {}};
    case FaultKind::kErrorBefore:
      throw Refusal{
          500, "com.amazonaws.dynamodb.v20120810#InternalServerError", "Internal server error", {}};
    case FaultKind::kExpiredToken:
      throw Refusal{400,
                    "com.amazon.coral.service#ExpiredTokenException",
                    "The security token included in the request is expired",
                    {}};
    case FaultKind::kAccessDenied:
      throw Refusal{400,
                    "com.amazon.coral.service#AccessDeniedException",
                    "User: arn:aws:iam::000000000000:user/replicator is not authorized to perform: "
                    "dynamodb:" +
                        operation + " because no identity-based policy allows it",
                    {}};
    default:
      return;
  }
}

}  // namespace

Operation FindOperation(std::string_view target) {
  for (const auto& [name, operation] : kOperations) {
    if (name == target) return operation;
  }
  return nullptr;
}

HttpReply FakeDynamoDb::Service::Carry(Instant at, const Arrived& arrived) {
  const auto& [target, body, fault, key_id, admitted] = arrived;
  HttpReply reply;
  // Late landings may lie before a request that came in between.
  state_.now = std::max(state_.now, at);
  state_.fault = fault.kind;
  state_.admitted = admitted;
  state_.principal = "arn:aws:iam::" + state_.options.account + ":user/" +
                     std::string(key_id.empty() ? "anonymous" : key_id);
  state_.CatchUp();
  ++counts_[std::string(OperationName(target))];
  if (body.size() > kMaxRequestBytes) {
    reply.status = 413;
    return reply;
  }
  try {
    const Operation operation = FindOperation(target);
    if (operation == nullptr) {
      throw Refusal{400, "com.amazon.coral.service#UnknownOperationException", {}, {}};
    }
    RefuseByFault(fault, target, state_.random);
    if (fault.kind == FaultKind::kHtmlBody) {
      reply.status = fault.status;
      reply.headers.emplace_back("Content-Type", "text/html");
      reply.body = "<html><body><h1>Service Unavailable</h1></body></html>";
      return reply;
    }
    json request = json::parse(body, nullptr, false);
    if (!request.is_object()) RefuseMalformed({});
    reply.body = operation(state_, request);
    if (fault.kind == FaultKind::kErrorAfter) {
      throw Refusal{
          500, "com.amazonaws.dynamodb.v20120810#InternalServerError", "Internal server error", {}};
    }
  } catch (const Refusal& refusal) {
    reply.status = refusal.status;
    reply.body = ToBody(refusal);
  } catch (const json::exception& error) {
    reply.status = 400;
    reply.body = ToBody({400, "com.amazon.coral.service#SerializationException", error.what(), {}});
  }
  Finish(reply, fault);
  return reply;
}

void FakeDynamoDb::Service::Finish(HttpReply& reply, const Fault& fault) {
  uint32_t crc = libdeflate_crc32(0, reply.body.data(), reply.body.size());
  if (fault.kind == FaultKind::kWrongCrc) crc ^= 1;
  const bool truncated = fault.kind == FaultKind::kTruncatedBody;
  if (truncated) reply.body.resize(reply.body.size() / 2);
  if (state_.options.send_crc && !truncated) {
    reply.headers.emplace_back("x-amz-crc32", std::to_string(crc));
  }
  reply.headers.emplace_back("x-amzn-RequestId", NewRequestId(state_.random));
  reply.headers.emplace_back("Content-Type", "application/x-amz-json-1.0");
  reply.headers.emplace_back("Date", HttpDate(state_.now));
}

}  // namespace ddbsync::fake
