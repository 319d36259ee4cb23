#include "metrics/http_server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <latch>
#include <stdexcept>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "metrics/connection.h"
#include "metrics/limits.h"
#include "metrics/listen_address.h"

namespace ddbsync::metrics {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

Descriptor Connect(const std::string& address) {
  const uint16_t port = htons(std::stoi(address.substr(address.rfind(':') + 1)));
  if (address.starts_with('[')) {
    Descriptor client(socket(AF_INET6, SOCK_STREAM, 0));
    sockaddr_in6 to{};
    to.sin6_family = AF_INET6;
    to.sin6_port = port;
    to.sin6_addr = in6addr_loopback;
    EXPECT_EQ(connect(client.fd(), reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
    return client;
  }
  Descriptor client(socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = port;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(connect(client.fd(), reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
  return client;
}

void Send(const Descriptor& client, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(client.fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;  // refused; what was answered tells
    bytes.remove_prefix(sent);
  }
}

/// All that comes until the server closes.
std::string ReadAll(const Descriptor& client) {
  std::string answer;
  char buffer[4096];
  for (ssize_t got; (got = recv(client.fd(), buffer, sizeof buffer, 0)) > 0;) {
    answer.append(buffer, got);
  }
  return answer;
}

class HttpServerTest : public testing::Test {
 protected:
  HttpServerTest() {
    server_.OnGet("/metrics", [] {
      return Reply{.content_type = "text/plain; version=0.0.4", .body = "a 1\n"};
    });
    server_.OnPost("/api/v1/pause", [](const std::string& body) {
      return Reply{.status = 202, .body = "got " + body};
    });
    server_.OnGet("/throws", []() -> Reply { throw std::runtime_error("a secret"); });
  }

  void MustStart(const std::string& address = "127.0.0.1:0") {
    auto started = server_.Start(address);
    ASSERT_TRUE(started) << ToString(started.error());
  }
  std::string Ask(const std::string& request) {
    const Descriptor client = Connect(server_.address());
    Send(client, request);
    return ReadAll(client);
  }
  std::string Get(const std::string& path, const std::string& host = "localhost") {
    return Ask("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
  }
  std::string Post(const std::string& path, const std::string& type, const std::string& body) {
    return Ask("POST " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: " + type +
               "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  }

  HttpServer server_;
};

TEST_F(HttpServerTest, AnswersAGetWithWhatItsHandlerSays) {
  MustStart();
  const std::string answer = Get("/metrics");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("Content-Type: text/plain; version=0.0.4\r\n"));
  EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\na 1\n"));
  EXPECT_THAT(Get("/metrics?x=y"), StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpServerTest, AnswersAHeadWithoutABody) {
  MustStart();
  EXPECT_THAT(Ask("HEAD /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"), EndsWith("\r\n\r\n"));
}

TEST_F(HttpServerTest, HandsAPostItsBody) {
  MustStart();
  const std::string answer = Post("/api/v1/pause", "application/json; charset=utf-8", "{\"a\":1}");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 202"));
  EXPECT_THAT(answer, EndsWith("got {\"a\":1}"));
}

TEST_F(HttpServerTest, IPv6LoopbackWorks) {
  MustStart("[::1]:0");
  EXPECT_THAT(server_.address(), StartsWith("[::1]:"));
  EXPECT_THAT(Get("/metrics", server_.address()), StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpServerTest, AnUnknownPathIs404InJson) {
  MustStart();
  const std::string answer = Get("/nothing");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(answer, HasSubstr("Content-Type: application/json\r\n"));
  EXPECT_THAT(answer, HasSubstr("{\"error\":"));
}

TEST_F(HttpServerTest, AnotherMethodIs405InJsonAndSaysWhichAreThere) {
  MustStart();
  std::string answer = Get("/api/v1/pause");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 405"));
  EXPECT_THAT(answer, HasSubstr("Allow: POST\r\n"));
  EXPECT_THAT(answer, HasSubstr("{\"error\":"));
  answer = Post("/metrics", "application/json", "");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 405"));
  EXPECT_THAT(answer, HasSubstr("Allow: GET, HEAD\r\n"));
  EXPECT_THAT(Ask("DELETE /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"),
              StartsWith("HTTP/1.1 405"));
}

TEST_F(HttpServerTest, APostOfAnotherTypeIsRefusedUnread) {
  MustStart();
  for (const char* type :
       {"text/plain", "application/x-www-form-urlencoded", "application/jsonx"}) {
    EXPECT_THAT(Post("/api/v1/pause", type, "{}"), StartsWith("HTTP/1.1 415")) << type;
  }
}

TEST_F(HttpServerTest, AnotherSitesNameInTheHostHeaderIsRefused) {
  MustStart();
  for (const char* host : {"evil.example", "evil.example:80", "127.0.0.1.evil.example",
                           "localhost.e", "10.0.0.1", "0.0.0.0", "[::2]", "[::1", "", "127.1"}) {
    const std::string answer = Get("/metrics", host);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 403")) << host;
    EXPECT_THAT(answer, Not(HasSubstr("a 1")));
  }
  EXPECT_THAT(Ask("GET /metrics HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 403"));
}

TEST_F(HttpServerTest, EveryNameOfThisMachineIsServed) {
  MustStart();
  for (const std::string& host : {server_.address(), std::string("LocalHost:1"),
                                  std::string("127.1.2.3"), std::string("[::1]:9853")}) {
    EXPECT_THAT(Get("/metrics", host), StartsWith("HTTP/1.1 200")) << host;
  }
}

TEST_F(HttpServerTest, NoOtherOriginIsAllowed) {
  MustStart();
  const std::string preflight =
      Ask("OPTIONS /api/v1/pause HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example\r\n"
          "Access-Control-Request-Method: POST\r\n\r\n");
  EXPECT_THAT(preflight, StartsWith("HTTP/1.1 405"));
  EXPECT_THAT(preflight, Not(HasSubstr("Access-Control")));
}

TEST_F(HttpServerTest, AHandlersExceptionIs500WithoutItsText) {
  SetLogSink([](std::string_view) {});
  MustStart();
  const std::string answer = Get("/throws");
  SetLogSink(nullptr);
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 500"));
  EXPECT_THAT(answer, Not(HasSubstr("secret")));
}

TEST_F(HttpServerTest, ABodyTooLargeIs413) {
  MustStart();
  const std::string answer =
      Post("/api/v1/pause", "application/json", std::string(limits::kHttpBodyBytes + 1, 'x'));
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 413"));
  EXPECT_THAT(answer, HasSubstr("{\"error\":"));
  EXPECT_THAT(Post("/api/v1/pause", "application/json", std::string(limits::kHttpBodyBytes, 'x')),
              StartsWith("HTTP/1.1 202"));
}

TEST_F(HttpServerTest, APostThatAnnouncesNoBodyHasNone) {
  MustStart();
  const TimePoint before = SystemClock().Now();
  const std::string answer =
      Ask("POST /api/v1/pause HTTP/1.1\r\nHost: localhost\r\n"
          "Content-Type: application/json\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 202"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\ngot "));
  EXPECT_LT(SystemClock().Now() - before, limits::kHttpHeaderTimeout);
}

TEST_F(HttpServerTest, ALengthThatIsNoneIsRefusedUnread) {
  MustStart();
  const std::vector<std::pair<std::string, int>> lengths = {
      {"Content-Length: x", 400},
      {"Content-Length: -1", 400},
      {"Content-Length: 1x", 400},
      {"Content-Length: 2, 2", 400},
      {"Content-Length: 2\r\nContent-Length: 3", 400},
      {"Transfer-Encoding: gzip", 400},
      {"Transfer-Encoding: chunked\r\nContent-Length: 2", 400},
      {"Content-Length: " + std::to_string(limits::kHttpBodyBytes + 1), 413},
      {"Content-Length: 99999999999999999999999", 413}};
  for (const auto& [header, status] : lengths) {
    const TimePoint before = SystemClock().Now();
    const std::string answer =
        Ask("POST /api/v1/pause HTTP/1.1\r\nHost: localhost\r\n"
            "Content-Type: application/json\r\n" +
            header + "\r\n\r\n");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 " + std::to_string(status))) << header;
    EXPECT_THAT(answer, HasSubstr("{\"error\":")) << header;
    EXPECT_LT(SystemClock().Now() - before, limits::kHttpHeaderTimeout) << header;
  }
}

TEST_F(HttpServerTest, ABodyInChunksIsRead) {
  MustStart();
  EXPECT_THAT(Ask("POST /api/v1/pause HTTP/1.1\r\nHost: localhost\r\n"
                  "Content-Type: application/json\r\nTransfer-Encoding: Chunked\r\n\r\n"
                  "2\r\n{}\r\n0\r\n\r\n"),
              EndsWith("got {}"));
}

TEST_F(HttpServerTest, ABodyThatGrowsChunkByChunkIsBounded) {
  MustStart();
  std::string request =
      "POST /api/v1/pause HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
      "Transfer-Encoding: chunked\r\n\r\n";
  for (size_t sent = 0; sent < 4 * limits::kHttpBodyBytes; sent += 0x1000) {
    request += "1000\r\n" + std::string(0x1000, 'x') + "\r\n";
  }
  EXPECT_THAT(Ask(request), Not(HasSubstr("HTTP/1.1 2")));
}

TEST_F(HttpServerTest, HeadersWithoutEndAreBounded) {
  MustStart();
  std::string request = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n";
  while (request.size() < 4 * (limits::kHttpHeaderBytes + limits::kHttpBodyBytes)) {
    request += "X: " + std::string(1000, 'x') + "\r\n";
  }
  EXPECT_THAT(Ask(request), Not(HasSubstr("HTTP/1.1 2")));
}

TEST_F(HttpServerTest, RubbishHarmsNobody) {
  MustStart();
  for (const std::string& rubbish :
       {std::string("\r\n"), std::string("GET\r\n\r\n"), std::string(100'000, 'A'),
        std::string("\x16\x03\x01\x02\0\x01\0", 7),
        "GET /" + std::string(20'000, 'a') + " HTTP/1.1\r\n\r\n",
        std::string("GET /metrics HTTP/1.1\r\nHost: localhost\r\nRange: bytes=9-1,5-,x\r\n\r\n")}) {
    const Descriptor client = Connect(server_.address());
    Send(client, rubbish);
    shutdown(client.fd(), SHUT_WR);
    EXPECT_THAT(ReadAll(client), Not(HasSubstr("HTTP/1.1 2")));
  }
  EXPECT_THAT(Get("/metrics"), StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpServerTest, AClientThatLeavesInTheMiddleHarmsNobody) {
  MustStart();
  for (int i = 0; i < 3 * limits::kHttpThreads; ++i) {
    Send(Connect(server_.address()), "POST /api/v1/pause HTTP/1.1\r\nHost: localhost\r\nContent-");
  }
  EXPECT_THAT(Get("/metrics"), StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpServerTest, SilentClientsKeepNobodyWaiting) {
  MustStart();
  std::vector<Descriptor> silent;
  for (int i = 0; i < 100; ++i) silent.push_back(Connect(server_.address()));
  const TimePoint before = SystemClock().Now();
  EXPECT_THAT(Get("/metrics"), StartsWith("HTTP/1.1 200"));
  EXPECT_LT(SystemClock().Now() - before, limits::kHttpHeaderTimeout);
}

TEST_F(HttpServerTest, ClientsThatFallSilentKeepANewOneWaitingNoLongerThanAHeaderMayTake) {
  MustStart();
  std::vector<Descriptor> silent;
  for (int i = 0; i < 100; ++i) {
    silent.push_back(Connect(server_.address()));
    Send(silent.back(), "G");
  }
  const TimePoint before = SystemClock().Now();
  EXPECT_THAT(Get("/metrics"), StartsWith("HTTP/1.1 200"));
  EXPECT_LT(SystemClock().Now() - before, limits::kHttpRequestTimeout / 2);
}

TEST_F(HttpServerTest, WhoWasSilentForAWhileIsServedAllTheSame) {
  MustStart();
  const Descriptor early = Connect(server_.address());
  EXPECT_THAT(Get("/metrics"), StartsWith("HTTP/1.1 200"));
  Send(early, "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_THAT(ReadAll(early), StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpServerTest, ASlowRequestIsServedWithinItsTime) {
  MustStart();
  const std::string head =
      "POST /api/v1/pause HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
      "Content-Length: 4\r\n\r\n";
  const Descriptor client = Connect(server_.address());
  // A part of its time for the header; both together take what it alone may not.
  constexpr std::chrono::milliseconds kHeaderTime = limits::kHttpHeaderTimeout;
  const auto pause = kHeaderTime / 10 / head.size();
  for (const char byte : head) {
    Send(client, std::string_view(&byte, 1));
    SystemClock().SleepFor(pause);
  }
  for (const char byte : std::string("{  }")) {
    SystemClock().SleepFor(kHeaderTime / 4);
    Send(client, std::string_view(&byte, 1));
  }
  EXPECT_THAT(ReadAll(client), EndsWith("got {  }"));
}

TEST_F(HttpServerTest, StopDoesNotWaitForSilentClients) {
  MustStart();
  std::vector<Descriptor> silent;
  for (int i = 0; i < 2 * limits::kHttpThreads; ++i) {
    silent.push_back(Connect(server_.address()));
    Send(silent.back(), "GET /metr");
  }
  const TimePoint before = SystemClock().Now();
  server_.Stop();
  EXPECT_LT(SystemClock().Now() - before, limits::kHttpRequestTimeout / 2);
  server_.Stop();
}

TEST_F(HttpServerTest, StopLetsAnAnswerInHandFinish) {
  std::latch entered(1);
  std::latch leave(1);
  server_.OnGet("/slow", [&] {
    entered.count_down();
    leave.wait();
    return Reply{.body = "whole"};
  });
  MustStart();
  const Descriptor client = Connect(server_.address());
  Send(client, "GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n");
  entered.wait();
  std::jthread stopper([&] { server_.Stop(); });
  leave.count_down();
  EXPECT_THAT(ReadAll(client), EndsWith("whole"));
}

TEST_F(HttpServerTest, ManyClientsAreServedAtOnce) {
  MustStart();
  std::atomic<int> served = 0;
  {
    std::vector<std::jthread> clients;
    for (int i = 0; i < 8; ++i) {
      clients.emplace_back([&] {
        for (int j = 0; j < 20; ++j) served += Get("/metrics").ends_with("a 1\n");
      });
    }
  }
  EXPECT_EQ(served, 160);
}

TEST_F(HttpServerTest, ATakenPortIsAConflictThatNamesTheFlag) {
  MustStart();
  HttpServer second;
  const auto started = second.Start(server_.address());
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, ErrorCode::kConflict);
  EXPECT_THAT(started.error().message, HasSubstr(server_.address()));
  EXPECT_THAT(started.error().message, HasSubstr("--listen"));
}

TEST_F(HttpServerTest, APortIsFreeAgainAfterStop) {
  MustStart();
  Get("/metrics");
  server_.Stop();
  HttpServer second;
  EXPECT_TRUE(second.Start(server_.address()));
}

class TokenTest : public HttpServerTest {
 protected:
  static constexpr const char* kToken = "0123456789abcdef";

  TokenTest() {
    server_.OnProbe("/readyz", [] { return Reply{.status = 503, .body = "why not"}; });
    server_.OnPublic("/", [] {
      return Reply{.body = "a form", .headers = {{"Content-Security-Policy", "none"}}};
    });
    EXPECT_TRUE(server_.Start("127.0.0.1:0", {.token = kToken, .identity = {}}));
  }
  std::string With(const std::string& header, const std::string& start = "GET /metrics") {
    return Ask(start + " HTTP/1.1\r\nHost: anything.example\r\n" + header + "\r\n");
  }
};

TEST_F(TokenTest, WhoBringsItIsServedWhateverTheHostIsCalled) {
  EXPECT_THAT(With("Authorization: Bearer 0123456789abcdef\r\n"), EndsWith("a 1\n"));
  EXPECT_THAT(With("Authorization: Bearer 0123456789abcdef\r\nContent-Type: application/json\r\n"
                   "Content-Length: 0\r\n",
                   "POST /api/v1/pause"),
              StartsWith("HTTP/1.1 202"));
}

TEST_F(TokenTest, WhoDoesNotIsRefused) {
  for (const char* header :
       {"", "Authorization: Bearer 0123456789abcdeF\r\n", "Authorization: Bearer\r\n",
        "Authorization: Bearer 0123456789abcde\r\n", "Authorization: 0123456789abcdef\r\n",
        "Authorization: Bearer 0123456789abcdef0\r\n",
        "Authorization: Basic 0123456789abcdef\r\n"}) {
    for (const char* start : {"GET /metrics", "POST /api/v1/pause", "GET /throws"}) {
      const std::string answer =
          With(std::string(header) + "Content-Type: application/json\r\n", start);
      EXPECT_THAT(answer, StartsWith("HTTP/1.1 401")) << header;
      EXPECT_THAT(answer, HasSubstr("WWW-Authenticate: Bearer\r\n"));
    }
  }
}

TEST_F(TokenTest, AProbeWithoutItLearnsTheStatusAndNoMore) {
  const std::string answer = With("", "GET /readyz");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(answer, Not(HasSubstr("why not")));
  EXPECT_THAT(With("Authorization: Bearer 0123456789abcdef\r\n", "GET /readyz"),
              HasSubstr("why not"));
}

TEST_F(TokenTest, WhatIsPublicIsServedWholeWithItsOwnHeadersAndNothingBesideItIs) {
  const std::string answer = With("", "GET /");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(answer, HasSubstr("Content-Security-Policy: none\r\n"));
  EXPECT_THAT(answer, EndsWith("a form"));
  EXPECT_THAT(With("Content-Type: application/json\r\n", "POST /"), StartsWith("HTTP/1.1 405"));
  EXPECT_THAT(With("", "GET /api/v1/status"), StartsWith("HTTP/1.1 401"));
  EXPECT_THAT(With("Authorization: Bearer 0123456789abcdef\r\n"),
              Not(HasSubstr("Content-Security-Policy")));
}

TEST(Listen, AnAddressForAllIsReachedHereByLoopback) {
  EXPECT_EQ(LocalAddress("0.0.0.0:9853"), "127.0.0.1:9853");
  EXPECT_EQ(LocalAddress("[::]:9853"), "[::1]:9853");
  EXPECT_EQ(LocalAddress("10.0.0.0:9853"), "10.0.0.0:9853");
  EXPECT_TRUE(CheckListenAddress("0.0.0.0:9853", Reach::kAnywhere));
  EXPECT_TRUE(CheckListenAddress("[fe80::1]:9853", Reach::kAnywhere));
  EXPECT_FALSE(CheckListenAddress("example.com:9853", Reach::kAnywhere));
}

TEST(Listen, OnlyLoopbackAddressesAreAccepted) {
  for (const char* address :
       {"0.0.0.0:0", "10.1.2.3:80", "[::]:0", "[fe80::1]:80", "example.com:80"}) {
    const auto listener = Listen(address, Reach::kThisMachine);
    ASSERT_FALSE(listener) << address;
    EXPECT_EQ(listener.error().code, ErrorCode::kInvalid);
    EXPECT_THAT(listener.error().message, HasSubstr("loopback")) << address;
  }
}

TEST(Listen, WhatIsNoAddressIsInvalidAndNamesTheFlag) {
  for (const char* address : {"", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1",
                              "127.0.0.1:80x", "[::1:80", "[::1]80", ":::1:80"}) {
    const auto listener = Listen(address, Reach::kThisMachine);
    ASSERT_FALSE(listener) << address;
    EXPECT_EQ(listener.error().code, ErrorCode::kInvalid);
    EXPECT_THAT(listener.error().message, HasSubstr("write 127.0.0.1:9853")) << address;
    EXPECT_FALSE(CheckListenAddress(address, Reach::kThisMachine)) << address;
  }
}

TEST(Listen, PortZeroTakesAFreeOneAndNamesIt) {
  const auto listener = Listen("localhost:0", Reach::kThisMachine);
  ASSERT_TRUE(listener);
  EXPECT_THAT(listener->address, StartsWith("127.0.0.1:"));
  EXPECT_THAT(listener->address, Not(EndsWith(":0")));
}

}  // namespace
}  // namespace ddbsync::metrics
