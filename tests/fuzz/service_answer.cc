// Whatever a server, a proxy or a broken line answers. An input is a status, header lines, an empty
// line and a body. What holds:
//  - an answer is taken only if it is a 200, whole, not encoded and fits its x-amz-crc32;
//  - a write is reported as not carried out only where the service said so by name; whatever is
//    unclear is kAmbiguous for a write and kRetry for a read, and nothing else differs by that;
//  - an item is called wrong (kInvalid: it becomes a dead letter) only by the service's own words;
//  - the server's clock follows a Date exactly as it stands, and only a Date;
//  - the same through the typed clients: a write succeeds only by its own answer, a read is never
//    kAmbiguous.

#include <array>
#include <charconv>
#include <cstdio>
#include <set>

#include "aws/client.h"
#include "aws/error_class.h"
#include "aws/timestamp.h"
#include "base/error.h"
#include "dynamodb/canonical_key.h"
#include "dynamodb/client.h"
#include "dynamodb/streams_client.h"
#include "tests/aws/manual_clock.h"
#include "tests/aws/scripted_transport.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/oracle.h"

namespace ddbsync::fuzz {
namespace {

using aws::HttpResponse;
using nlohmann::json;

constexpr int kOk = 200;
constexpr WallTime kToday{std::chrono::sys_days(std::chrono::year{2026} / 11 / 21)};

HttpResponse ReadAnswer(Input& input) {
  HttpResponse answer;
  const std::string_view status = input.Line();
  std::from_chars(status.data(), status.data() + status.size(), answer.status);
  for (std::string_view line = input.Line(); !line.empty(); line = input.Line()) {
    const size_t colon = std::min(line.find(": "), line.size());
    const std::string value(line.substr(std::min(colon + 2, line.size())));
    const std::string_view name = line.substr(0, colon);
    if (name == "Date") answer.date = value;
    if (name == "x-amz-crc32") answer.crc32 = value;
    if (name == "Content-Encoding") answer.content_encoding = value;
    if (name == "x-amzn-RequestId") answer.request_id = value;
  }
  answer.body = input.Rest();
  return answer;
}

/// CRC-32 bit by bit (ISO 3309), to check the library's use.
uint32_t Crc32(std::string_view bytes) {
  uint32_t crc = 0xFFFFFFFF;
  for (const char c : bytes) {
    crc ^= static_cast<uint8_t>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xEDB88320 : 0);
  }
  return ~crc;
}

bool IsDamaged(const HttpResponse& answer) {
  if (answer.crc32.empty()) return false;
  const size_t digit = std::min(answer.crc32.find_first_not_of('0'), answer.crc32.size() - 1);
  return answer.crc32.substr(digit) != std::to_string(Crc32(answer.body));
}

bool IsObject(const std::string& body) {
  return json::parse(body, nullptr, /*allow_exceptions=*/false).is_object();
}

/// The service's name of its error; empty for answers of something else.
std::string NameOf(const HttpResponse& answer) {
  const json body = json::parse(answer.body, nullptr, /*allow_exceptions=*/false);
  if (!body.is_object() || !Member(body, "__type").is_string()) return {};
  std::string name = body.at("__type");
  name = name.substr(0, name.find(':'));
  return name.substr(name.find('#') + 1);
}

/// One answer for every call, and a client that has not seen any yet.
struct Service {
  explicit Service(const HttpResponse& answer) {
    transport.answer = [&answer](const aws::SeenRequest&) { return answer; };
  }

  aws::ManualClock clock{kToday};
  aws::ScriptedTransport transport;
  aws::ScriptedCredentials keys;
  aws::CallList calls;
  aws::ServerClock server_clock{clock};
  aws::Client client{{.url = "http://127.0.0.1:1/", .region = "eu-west-1", .check_crc = true},
                     keys,
                     transport,
                     server_clock,
                     clock,
                     calls};
};

Result<std::string> Call(Service& service, bool is_write) {
  return service.client.Call({.service = "dynamodb",
                              .target_prefix = "DynamoDB_20120810",
                              .name = "Operation",
                              .is_write = is_write,
                              .timeout = std::chrono::seconds(1)},
                             "{}");
}

void CheckTaken(const HttpResponse& answer, const std::string& body) {
  DDBSYNC_CHECK(answer.status == kOk && !IsDamaged(answer) && body == answer.body);
  DDBSYNC_CHECK(answer.content_encoding.empty() || answer.content_encoding == "identity");
  DDBSYNC_CHECK(body.find('{') != std::string::npos && body.find('}') != std::string::npos);
}

/// `error` is what a write's answer was taken for.
void CheckWriteError(const HttpResponse& answer, const Error& error) {
  const std::string name = NameOf(answer);
  if (answer.status == kOk || IsDamaged(answer)) {
    DDBSYNC_CHECK(error.code == ErrorCode::kAmbiguous);
    return;
  }
  if (name.empty()) {
    // A page of something between that speaks of permissions is no word of the service's.
    static const std::set<int> kRefusals = {401, 403, 407};
    static const std::set<int> kDefinite = {413, 429};
    const bool definite = kDefinite.contains(answer.status) ||
                          (kRefusals.contains(answer.status) && IsObject(answer.body));
    DDBSYNC_CHECK(definite == (error.code != ErrorCode::kAmbiguous));
  }
  if (error.code == ErrorCode::kInvalid) DDBSYNC_CHECK(!name.empty() || answer.status == 413);
  if (error.code == ErrorCode::kRetry) {
    DDBSYNC_CHECK(name.ends_with("ConflictException") || aws::IsKeyRefusal(name) ||
                  aws::IsClockRefusal(name));
  }
  // A name that nobody knows means nothing beside a server error.
  const bool known = error.code != ErrorCode::kAmbiguous && error.code != ErrorCode::kInvalid;
  if (answer.status >= 500 && name == "Unheard") DDBSYNC_CHECK(!known);
}

void CheckCall(const HttpResponse& answer) {
  Service reading(answer);
  Service writing(answer);
  const Result<std::string> read = Call(reading, false);
  const Result<std::string> write = Call(writing, true);
  DDBSYNC_CHECK(read.has_value() == write.has_value());
  DDBSYNC_CHECK(reading.calls.calls.size() == 1);
  DDBSYNC_CHECK((reading.calls.calls[0].code == "ok") == read.has_value());
  if (read) {
    CheckTaken(answer, *read);
    return;
  }
  const ErrorCode as_read = read.error().code;
  DDBSYNC_CHECK(as_read == (write.error().code == ErrorCode::kAmbiguous ? ErrorCode::kRetry
                                                                        : write.error().code));
  DDBSYNC_CHECK(write.error().message.starts_with("Operation: "));
  CheckWriteError(answer, write.error());
}

/// "21 Nov 2026 12:00:00 GMT"
std::string DateText(WallTime time) {
  constexpr std::array kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
  char text[64];
  std::snprintf(text, sizeof text, "%02u %s %04d %02d:%02d:%02d GMT",
                static_cast<unsigned>(date.day()), kMonths[static_cast<unsigned>(date.month()) - 1],
                static_cast<int>(date.year()), static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text;
}

void CheckDate(const HttpResponse& answer) {
  Service service(answer);
  (void)Call(service, false);
  const WallTime now = service.server_clock.Now();
  if (now == kToday) return;  // not a Date, or today's
  const bool leap_second = answer.date.ends_with(":60 GMT");
  DDBSYNC_CHECK(answer.date.size() > 5 && (leap_second || answer.date.substr(5) == DateText(now)));
  DDBSYNC_CHECK(aws::ParseIsoTime(aws::IsoTime(now)) == now);
  service.clock.Advance(std::chrono::seconds(1));
  DDBSYNC_CHECK(service.server_clock.Now() == now + std::chrono::seconds(1));
}

template <class T>
void CheckRead(const HttpResponse& answer, const Result<T>& result) {
  DDBSYNC_CHECK(result ? answer.status == kOk : result.error().code != ErrorCode::kAmbiguous);
}

template <class T>
void CheckWrite(const HttpResponse& answer, const Result<T>& result) {
  DDBSYNC_CHECK(result ? answer.status == kOk && !IsDamaged(answer)
                       : !result.error().message.empty());
  if (!result && answer.status == kOk) DDBSYNC_CHECK(result.error().code == ErrorCode::kAmbiguous);
}

void CheckTypedCalls(const HttpResponse& answer) {
  const dynamodb::KeySchema& schema = Schemas()[0];
  constexpr std::string_view kKey = R"({"id":{"S":"a"}})";
  std::string canonical;
  DDBSYNC_CHECK(dynamodb::AppendCanonical(dynamodb::KeyType::kString, "a", canonical));
  Service service(answer);
  dynamodb::Client client(service.client);
  dynamodb::StreamsClient streams(service.client);
  CheckRead(answer, client.Scan({.table = "t", .start_key = {}}, schema));
  CheckRead(answer, client.GetItem("t", kKey, schema));
  CheckRead(answer, client.BatchGetItem("t", std::array{kKey}, schema));
  CheckRead(answer, client.DescribeTable("t"));
  CheckRead(answer, streams.GetRecords("iterator", 1000, schema));
  CheckRead(answer, streams.GetShardIterator("arn", "shard", {}));
  CheckRead(answer, streams.DescribeStream("arn", ""));
  CheckRead(answer, streams.ListStreams("t", ""));
  CheckWrite(answer, client.PutItem("t", kKey));
  CheckWrite(answer, client.DeleteItem("t", kKey));
  const dynamodb::WriteOp op = {dynamodb::WriteOp::Kind::kPut, kKey, canonical};
  const auto written = client.BatchWriteItem("t", std::span(&op, 1), schema);
  CheckWrite(answer, written);
  if (written)
    DDBSYNC_CHECK(answer.body.find("npro") != std::string::npos ||
                  answer.body.find('\\') != std::string::npos);
}

}  // namespace
}  // namespace ddbsync::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ddbsync::fuzz;
  Input input(data, size);
  const HttpResponse answer = ReadAnswer(input);
  CheckCall(answer);
  CheckDate(answer);
  CheckTypedCalls(answer);
  return 0;
}
