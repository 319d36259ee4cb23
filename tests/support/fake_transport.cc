#include "tests/support/fake_transport.h"

#include <strings.h>

#include <string>
#include <utility>

#include "tests/support/signature_check.h"

namespace ddbsync::fake {
namespace {

/// simdjson reads so far behind the end of what it parses (SIMDJSON_PADDING).
constexpr size_t kPaddingBytes = 64;

std::string_view TargetOf(const aws::HttpRequest& request) {
  for (const auto& [name, value] : request.headers) {
    if (strcasecmp(name.c_str(), "X-Amz-Target") == 0) return value;
  }
  return {};
}

std::string_view KeyIdOf(const aws::HttpRequest& request) {
  for (const auto& [name, value] : request.headers) {
    if (strcasecmp(name.c_str(), "Authorization") == 0) return CredentialKeyId(value);
  }
  return {};
}

aws::HttpResponse ToResponse(HttpReply reply) {
  aws::HttpResponse response;
  response.status = reply.status;
  response.body = std::move(reply.body);
  response.body.reserve(response.body.size() + kPaddingBytes);
  response.request_id = reply.Header("x-amzn-RequestId");
  response.date = reply.Header("Date");
  response.crc32 = reply.Header("x-amz-crc32");
  return response;
}

std::unexpected<Error> Lost(const char* what, const aws::HttpRequest& request) {
  return Fail(ErrorCode::kAmbiguous, what, std::string(request.url));
}

/// Nobody asks for the answer of a caller that gave up, or whose process ended while it waited.
struct LetGo {
  LetGo(FakeDynamoDb& the_service, FakeDynamoDb::Ticket the_ticket)
      : service(the_service), ticket(the_ticket) {}
  LetGo(const LetGo&) = delete;
  ~LetGo() {
    if (!answered) service.Abandon(ticket);
  }
  FakeDynamoDb& service;
  const FakeDynamoDb::Ticket ticket;
  bool answered = false;
};

}  // namespace

FakeTransport::FakeTransport(FakeDynamoDb& service, Clock& clock, Options options)
    : service_(service), clock_(clock), options_(std::move(options)), random_(options_.seed) {}

Result<aws::HttpResponse> FakeTransport::Send(const aws::HttpRequest& request) {
  if (options_.is_up && !options_.is_up()) {
    return Fail(ErrorCode::kCancelled, "the network is down", std::string(request.url));
  }
  const std::string_view target = TargetOf(request);
  const Fault fault =
      service_.faults().Decide({target.substr(target.rfind('.') + 1), request.body});
  const Delays delays = Draw(request.timeout);
  const TimePoint sent = clock_.Now();
  switch (fault.kind) {
    case FaultKind::kConnectionRefused:
      clock_.SleepFor(delays.there);
      return Fail(ErrorCode::kRetry, "connection refused", std::string(request.url));
    case FaultKind::kTimeout:
      clock_.SleepFor(request.timeout);
      return Lost("no answer in time", request);
    case FaultKind::kResponseLost:
      service_.Abandon(
          service_.Submit(sent + delays.there, target, request.body, {}, KeyIdOf(request)));
      clock_.SleepFor(delays.there + delays.back);
      return Lost("the connection was reset", request);
    case FaultKind::kLateLanding:
      SendLate(request, target, fault.delay, delays.gives_up);
      return Lost("the connection was reset", request);
    default:
      return Exchange(request, target, fault, delays);
  }
}

FakeTransport::Delays FakeTransport::Draw(Duration timeout) {
  MutexLock lock(mutex_);
  const Duration there = options_.least_delay + random_.UpTo(options_.max_request_delay);
  const Duration back = options_.least_delay + random_.UpTo(options_.max_response_delay);
  return {there, back, random_.UpTo(timeout)};
}

void FakeTransport::SendLate(const aws::HttpRequest& request, std::string_view target,
                             Duration delay, Duration gives_up) {
  const auto ticket =
      service_.Submit(clock_.Now() + gives_up + delay, target, request.body, {}, KeyIdOf(request));
  service_.Abandon(ticket);
  // A process that dies meanwhile gives up then.
  struct Dying {
    ~Dying() { service.Hasten(ticket, clock.Now() + delay); }
    FakeDynamoDb& service;
    const Clock& clock;
    FakeDynamoDb::Ticket ticket;
    Duration delay;
  } const dying{service_, clock_, ticket, delay};
  clock_.SleepFor(gives_up);
}

Result<aws::HttpResponse> FakeTransport::Exchange(const aws::HttpRequest& request,
                                                  std::string_view target, const Fault& fault,
                                                  const Delays& delays) {
  const auto ticket =
      service_.Submit(clock_.Now() + delays.there, target, request.body, fault, KeyIdOf(request));
  LetGo unless_answered(service_, ticket);
  const Duration took =
      delays.there + delays.back + (fault.kind == FaultKind::kSlow ? fault.delay : Duration(0));
  if (request.timeout > Duration::zero() && took >= request.timeout) {
    clock_.SleepFor(request.timeout);
    return Lost("no answer in time", request);
  }
  clock_.SleepFor(took);
  auto reply = service_.Collect(ticket);
  DDBSYNC_CHECK(reply.has_value());
  unless_answered.answered = true;
  return ToResponse(std::move(*reply));
}

}  // namespace ddbsync::fake
