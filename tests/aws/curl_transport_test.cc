#include "aws/curl_transport.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <future>

#include "aws/limits.h"
#include "loopback_server.h"

namespace ddbsync::aws {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Long enough for a busy machine; a test that waits for it has failed.
constexpr seconds kLong{20};

CurlTransport::Options Options() {
  CurlTransport::Options options = CurlTransport::DefaultOptions();
  options.connect_timeout = kLong;
  options.ca_bundle = {};
  return options;
}

HttpRequest Post(const std::string& url, std::string_view body = "{}", bool is_write = false) {
  return {.url = url,
          .headers = {{"Content-Type", "application/x-amz-json-1.0"}},
          .body = body,
          .timeout = kLong,
          .is_write = is_write};
}

/// Answers every request of every connection with "{}".
void AnswerAll(Connection& connection) {
  while (!connection.ReadRequest().empty()) connection.Answer("{}");
}

/// This process's sockets that are connected to the port.
std::vector<int> SocketsTo(int port) {
  std::vector<int> sockets;
  for (int descriptor = 0; descriptor < 1024; ++descriptor) {
    sockaddr_in peer{};
    socklen_t length = sizeof peer;
    if (getpeername(descriptor, reinterpret_cast<sockaddr*>(&peer), &length) != 0) continue;
    if (peer.sin_family == AF_INET && ntohs(peer.sin_port) == port) sockets.push_back(descriptor);
  }
  return sockets;
}

TEST(CurlTransport, RequestArrivesAsGivenAndTheAnswerComesBack) {
  std::promise<std::string> seen;
  LoopbackServer server([&](Connection& connection) {
    seen.set_value(connection.ReadRequest());
    connection.Answer(
        "{\"a\":1}",
        "x-amzn-RequestId: R1\r\ndate: Tue, 15 Nov 1994 08:12:31 GMT\r\n"
        "X-Amz-Crc32: 42\r\nContent-Encoding: identity\r\nContent-Type: text/html\r\n",
        "400 Bad Request");
  });
  CurlTransport transport(Options());
  const std::string url = server.Url();
  const auto response = transport.Send(Post(url, "{\"TableName\":\"t\"}"));
  ASSERT_TRUE(response) << ToString(response.error());
  EXPECT_EQ(response->status, 400);
  EXPECT_EQ(response->body, "{\"a\":1}");
  EXPECT_EQ(response->request_id, "R1");
  EXPECT_EQ(response->date, "Tue, 15 Nov 1994 08:12:31 GMT");
  EXPECT_EQ(response->crc32, "42");
  EXPECT_EQ(response->content_encoding, "identity");
  EXPECT_EQ(response->content_type, "text/html");
  EXPECT_GE(response->body.capacity(), response->body.size() + limits::kBodyPadding);

  const std::string request = seen.get_future().get();
  EXPECT_TRUE(request.starts_with("POST / HTTP/1.1\r\n")) << request;
  EXPECT_TRUE(request.ends_with("\r\n\r\n{\"TableName\":\"t\"}")) << request;
  EXPECT_NE(request.find("\r\nContent-Type: application/x-amz-json-1.0\r\n"), std::string::npos);
}

TEST(CurlTransport, LargeBodyIsSentWithoutExpecting100) {
  std::promise<std::string> seen;
  LoopbackServer server([&](Connection& connection) {
    seen.set_value(connection.ReadRequest());
    connection.Answer("{}");
  });
  CurlTransport transport(Options());
  const std::string body(size_t{4} << 20, 'x');
  ASSERT_TRUE(transport.Send(Post(server.Url(), body)));
  const std::string request = seen.get_future().get();
  EXPECT_EQ(request.find("Expect"), std::string::npos);
  EXPECT_TRUE(request.ends_with(body));
}

TEST(CurlTransport, ConnectionIsKeptForTheNextRequest) {
  LoopbackServer server(AnswerAll);
  CurlTransport transport(Options());
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(transport.Send(Post(server.Url())));
  EXPECT_EQ(server.connections(), 1);
}

TEST(CurlTransport, CallsAtTheSameTimeHaveAConnectionEach) {
  std::promise<void> second_came;
  LoopbackServer server([&](Connection& connection) {
    if (connection.ReadRequest().empty()) return;
    if (connection.index() == 1) second_came.set_value();
    if (connection.index() == 0) second_came.get_future().wait();
    connection.Answer("{}");
    AnswerAll(connection);
  });
  CurlTransport transport(Options());
  auto first = std::async(std::launch::async, [&] { return transport.Send(Post(server.Url())); });
  ASSERT_TRUE(transport.Send(Post(server.Url())));
  ASSERT_TRUE(first.get());
  EXPECT_EQ(server.connections(), 2);
}

TEST(CurlTransport, LargeChunkedBodyIsPutTogetherWithPadding) {
  LoopbackServer server([](Connection& connection) {
    connection.ReadRequest();
    connection.Write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 20; ++i) {
      connection.Write("10000\r\n" + std::string(0x10000, static_cast<char>('a' + i)) + "\r\n");
    }
    connection.Write("0\r\n\r\n");
  });
  CurlTransport transport(Options());
  const auto response = transport.Send(Post(server.Url()));
  ASSERT_TRUE(response) << ToString(response.error());
  EXPECT_EQ(response->body.size(), 20u * 0x10000);
  EXPECT_EQ(response->body.back(), 't');
  EXPECT_GE(response->body.capacity(), response->body.size() + limits::kBodyPadding);
}

TEST(CurlTransport, EmptyAnswerHasPaddingToo) {
  LoopbackServer server([](Connection& connection) {
    connection.ReadRequest();
    connection.Answer("");
  });
  CurlTransport transport(Options());
  const auto response = transport.Send(Post(server.Url()));
  ASSERT_TRUE(response);
  EXPECT_GE(response->body.capacity(), limits::kBodyPadding);
}

TEST(CurlTransport, AnInterimAnswerIsNotTheAnswer) {
  LoopbackServer server([](Connection& connection) {
    connection.ReadRequest();
    connection.Write("HTTP/1.1 100 Continue\r\nx-amz-crc32: 1\r\n\r\n");
    connection.Answer("{}");
  });
  CurlTransport transport(Options());
  const auto response = transport.Send(Post(server.Url()));
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->crc32, "");
}

TEST(CurlTransport, RefusedConnectionSentNothing) {
  CurlTransport transport(Options());
  const std::string url = "http://127.0.0.1:" + std::to_string(ClosedPort()) + "/";
  const auto response = transport.Send(Post(url, "{}", /*is_write=*/true));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ErrorCode::kRetry);
  EXPECT_NE(response.error().message.find("refused"), std::string::npos)
      << response.error().message;
  EXPECT_EQ(response.error().context, url);
}

TEST(CurlTransport, UnknownHostSentNothing) {
  CurlTransport transport(Options());
  const auto response = transport.Send(Post("http://no-such-host.invalid/", "{}", true));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ErrorCode::kRetry);
  EXPECT_NE(response.error().message.find("no-such-host"), std::string::npos);
}

TEST(CurlTransport, WhatIsNotAnHttpUrlIsInvalid) {
  CurlTransport transport(Options());
  for (const char* url : {"ftp://127.0.0.1/", "http://", "file:///etc/passwd", ""}) {
    const auto response = transport.Send(Post(url));
    ASSERT_FALSE(response) << url;
    EXPECT_EQ(response.error().code, ErrorCode::kInvalid) << url;
  }
}

TEST(CurlTransport, WriteThatTimesOutIsAmbiguousAndItsConnectionIsReset) {
  std::promise<Connection::End> end;
  LoopbackServer server([&](Connection& connection) {
    connection.ReadRequest();
    end.set_value(connection.WaitForEnd());
  });
  CurlTransport transport(Options());
  const std::string url = server.Url();
  HttpRequest request = Post(url, "{}", /*is_write=*/true);
  request.timeout = milliseconds(100);
  const auto response = transport.Send(request);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ErrorCode::kAmbiguous);
  EXPECT_EQ(end.get_future().get(), Connection::End::kReset);
}

TEST(CurlTransport, ConnectionAfterATimeOutIsNew) {
  LoopbackServer server([](Connection& connection) {
    connection.ReadRequest();
    if (connection.index() == 0) {
      connection.WaitForEnd();
    } else {
      connection.Answer("{}");
    }
  });
  CurlTransport transport(Options());
  const std::string url = server.Url();
  HttpRequest request = Post(url);
  request.timeout = milliseconds(100);
  ASSERT_FALSE(transport.Send(request));
  EXPECT_TRUE(transport.Send(Post(url)));
}

TEST(CurlTransport, TruncatedBodyIsAmbiguous) {
  LoopbackServer server([](Connection& connection) {
    connection.ReadRequest();
    connection.Write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"a\":");
  });
  CurlTransport transport(Options());
  const auto response = transport.Send(Post(server.Url()));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ErrorCode::kAmbiguous);
}

TEST(CurlTransport, TruncatedChunkIsAmbiguous) {
  LoopbackServer server([](Connection& connection) {
    connection.ReadRequest();
    connection.Write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"a\":\r\n");
  });
  CurlTransport transport(Options());
  const auto response = transport.Send(Post(server.Url()));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ErrorCode::kAmbiguous);
}

TEST(CurlTransport, ResetWithinTheBodyIsAmbiguous) {
  LoopbackServer server([](Connection& connection) {
    connection.ReadRequest();
    connection.Write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"a\":");
    connection.Reset();
  });
  CurlTransport transport(Options());
  const auto response = transport.Send(Post(server.Url()));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ErrorCode::kAmbiguous);
}

TEST(CurlTransport, AnswerThatIsNotHttpIsAmbiguous) {
  LoopbackServer server([](Connection& connection) {
    connection.ReadRequest();
    connection.Write("SSH-2.0-OpenSSH_9.2\r\n");
  });
  CurlTransport transport(Options());
  const auto response = transport.Send(Post(server.Url()));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ErrorCode::kAmbiguous);
}

TEST(CurlTransport, TooLargeAnswerIsRefusedBeforeItIsRead) {
  LoopbackServer server([](Connection& connection) {
    connection.ReadRequest();
    connection.Write("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n{");
    connection.WaitForEnd();
  });
  CurlTransport transport(Options());
  const auto start = std::chrono::steady_clock::now();
  const auto response = transport.Send(Post(server.Url()));
  EXPECT_LT(std::chrono::steady_clock::now() - start, limits::kLowSpeedTime);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ErrorCode::kAmbiguous);
  EXPECT_NE(response.error().message.find("64 MiB"), std::string::npos) << response.error().message;
}

/// Closes a kept connection after it has read the second request: libcurl would send it again.
TEST(CurlTransport, RequestIsNotSentAgainBehindOurBackWhenAKeptConnectionDies) {
  std::atomic<int> requests = 0;
  LoopbackServer server([&](Connection& connection) {
    if (connection.ReadRequest().empty()) return;
    ++requests;
    connection.Answer("{}");
    if (connection.ReadRequest().empty()) return;
    ++requests;
  });
  CurlTransport transport(Options());
  const std::string url = server.Url();
  ASSERT_TRUE(transport.Send(Post(url)));
  const auto response = transport.Send(Post(url, "{}", /*is_write=*/true));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ErrorCode::kAmbiguous);
  EXPECT_NE(response.error().message.find("kept connection"), std::string::npos)
      << response.error().message;
  EXPECT_EQ(requests, 2);
  EXPECT_TRUE(transport.Send(Post(url)));
}

TEST(CurlTransport, ConnectionThatTheServerClosedWhileIdleIsReplacedUnseen) {
  LoopbackServer server([](Connection& connection) {
    if (connection.ReadRequest().empty()) return;
    connection.Answer("{}", connection.index() == 0 ? "" : "Connection: close\r\n");
  });
  CurlTransport transport(Options());
  const std::string url = server.Url();
  ASSERT_TRUE(transport.Send(Post(url)));
  // The close has arrived when the socket reads an end.
  const std::vector<int> sockets = SocketsTo(server.port());
  ASSERT_EQ(sockets.size(), 1u);
  pollfd readable{.fd = sockets[0], .events = POLLIN, .revents = 0};
  ASSERT_EQ(poll(&readable, 1, /*milliseconds=*/10'000), 1);
  char byte;
  EXPECT_EQ(recv(sockets[0], &byte, 1, MSG_PEEK), 0);
  const auto response = transport.Send(Post(url, "{}", /*is_write=*/true));
  EXPECT_TRUE(response) << ToString(response.error());
  EXPECT_EQ(server.connections(), 2);
}

TEST(CurlTransport, SocketsGiveUpBelowTheSettleTimeAndDieWithTheProcess) {
  LoopbackServer server(AnswerAll);
  CurlTransport::Options options = Options();
  options.write_user_timeout = milliseconds(1234);
  CurlTransport transport(options);
  ASSERT_TRUE(transport.Send(Post(server.Url())));
  const std::vector<int> sockets = SocketsTo(server.port());
  ASSERT_EQ(sockets.size(), 1u);
  unsigned timeout = 0;
  socklen_t length = sizeof timeout;
  ASSERT_EQ(getsockopt(sockets[0], IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout, &length), 0);
  EXPECT_EQ(timeout, 1234u);
  linger lingering{};
  length = sizeof lingering;
  ASSERT_EQ(getsockopt(sockets[0], SOL_SOCKET, SO_LINGER, &lingering, &length), 0);
  EXPECT_EQ(lingering.l_onoff, 1);
  EXPECT_EQ(lingering.l_linger, 0);
}

TEST(CurlTransport, IdleConnectionIsClosedWithoutAReset) {
  std::promise<Connection::End> end;
  LoopbackServer server([&](Connection& connection) {
    connection.ReadRequest();
    connection.Answer("{}");
    end.set_value(connection.WaitForEnd());
  });
  {
    CurlTransport transport(Options());
    ASSERT_TRUE(transport.Send(Post(server.Url())));
  }
  EXPECT_EQ(end.get_future().get(), Connection::End::kClosed);
}

TEST(CurlTransport, ServerThatNeverShakesHandsWasSentNothing) {
  LoopbackServer server([](Connection& connection) { connection.WaitForEnd(); });
  CurlTransport::Options options = Options();
  options.connect_timeout = milliseconds(100);
  CurlTransport transport(options);
  const auto response = transport.Send(Post(server.Url("https"), "{}", /*is_write=*/true));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ErrorCode::kRetry);
}

TEST(CurlTransport, TlsServerWithATrustedNameIsSpokenTo) {
  const TestCertificate certificate("localhost");
  LoopbackServer server(AnswerAll, certificate.context());
  CurlTransport::Options options = Options();
  options.ca_bundle = certificate.path();
  CurlTransport transport(options);
  for (int i = 0; i < 2; ++i) {
    const auto response = transport.Send(Post(server.Url("https", "localhost")));
    EXPECT_TRUE(response) << ToString(response.error());
  }
  EXPECT_EQ(server.connections(), 1);
}

TEST(CurlTransport, TlsServerWithAnotherNameIsDeniedAndTheMessageNamesTheHost) {
  const TestCertificate certificate("dynamodb.example.com");
  LoopbackServer server(AnswerAll, certificate.context());
  CurlTransport::Options options = Options();
  options.ca_bundle = certificate.path();
  CurlTransport transport(options);
  const auto response = transport.Send(Post(server.Url("https", "localhost")));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ErrorCode::kDenied);
  EXPECT_NE(response.error().message.find("localhost"), std::string::npos)
      << response.error().message;
}

TEST(CurlTransport, TlsServerOfAnUnknownAuthorityIsDenied) {
  const TestCertificate certificate("localhost");
  LoopbackServer server(AnswerAll, certificate.context());
  CurlTransport transport(Options());
  const auto response = transport.Send(Post(server.Url("https", "localhost")));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ErrorCode::kDenied);
  EXPECT_NE(response.error().message.find("certificate"), std::string::npos);
}

TEST(CurlTransport, MissingBundleIsDeniedAndNamed) {
  const TestCertificate certificate("localhost");
  LoopbackServer server(AnswerAll, certificate.context());
  CurlTransport::Options options = Options();
  options.ca_bundle = "/no/such/bundle.pem";
  CurlTransport transport(options);
  const auto response = transport.Send(Post(server.Url("https", "localhost")));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ErrorCode::kDenied);
  EXPECT_NE(response.error().message.find("/no/such/bundle.pem"), std::string::npos)
      << response.error().message;
}

class OneVariable final : public Environment {
 public:
  explicit OneVariable(std::string name) : name_(std::move(name)) {}
  std::optional<std::string> Get(const std::string& name) const override {
    if (name != name_) return std::nullopt;
    return "/bundle.pem";
  }

 private:
  const std::string name_;
};

TEST(CurlTransport, BundleComesFromAnyOfTheUsualVariables) {
  for (const char* name : {"AWS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"}) {
    EXPECT_EQ(CurlTransport::DefaultOptions(OneVariable(name)).ca_bundle, "/bundle.pem") << name;
  }
  EXPECT_EQ(CurlTransport::DefaultOptions(OneVariable("OTHER")).ca_bundle, "");
}

TEST(CurlTransport, ProxyOfTheEnvironmentIsUsed) {
  std::promise<std::string> seen;
  LoopbackServer proxy([&](Connection& connection) {
    seen.set_value(connection.ReadRequest());
    connection.Answer("{}");
  });
  setenv("http_proxy", proxy.Url().c_str(), 1);
  CurlTransport transport(Options());
  const auto response = transport.Send(Post("http://dynamodb.example.com/"));
  unsetenv("http_proxy");
  ASSERT_TRUE(response) << ToString(response.error());
  EXPECT_TRUE(seen.get_future().get().starts_with("POST http://dynamodb.example.com/ HTTP/1.1"));
}

}  // namespace
}  // namespace ddbsync::aws
