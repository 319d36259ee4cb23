#include "metrics/http_server.h"

#include <httplib.h>
#include <openssl/crypto.h>
#include <poll.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <deque>
#include <optional>
#include <set>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/mutex.h"
#include "metrics/connection.h"
#include "metrics/limits.h"
#include "metrics/listen_address.h"

namespace ddbsync::metrics {
namespace {

/// `reason` needs no escaping.
Reply JsonError(int status, const std::string& reason) {
  return {.status = status, .body = "{\"error\":\"" + reason + "\"}\n"};
}

/// How long a request says its body is. One that says nothing has none (RFC 9112, 6.3), where the
/// library would read until the connection ends.
struct BodyLength {
  bool announced = false;
  bool valid = true;
  size_t bytes = 0;  ///< 0 also where chunks tell it; above what is allowed, where it is too large
};

BodyLength LengthOfBody(const httplib::Request& request) {
  const size_t lengths = request.get_header_value_count("Content-Length");
  const size_t encodings = request.get_header_value_count("Transfer-Encoding");
  if (lengths == 0 && encodings == 0) return {};
  if (lengths + encodings > 1) return {.announced = true, .valid = false};
  if (encodings == 1) {
    const std::string encoding = request.get_header_value("Transfer-Encoding");
    return {.announced = true, .valid = strcasecmp(encoding.c_str(), "chunked") == 0};
  }
  const std::string text = request.get_header_value("Content-Length");
  const char* const end = text.data() + text.size();
  size_t bytes = 0;
  const auto [rest, fault] = std::from_chars(text.data(), end, bytes);
  const bool too_large = fault == std::errc::result_out_of_range;
  if (rest != end || (fault != std::errc() && !too_large)) {
    return {.announced = true, .valid = false};
  }
  return {.announced = true, .bytes = too_large ? limits::kHttpBodyBytes + 1 : bytes};
}

/// Of the statuses that the library sets by itself.
const char* Reason(int status) {
  switch (status) {
    case 413:
      return "the body is too large";
    case 414:
      return "the path is too long";
    default:
      return "the request cannot be read";
  }
}

class ConnectionStream final : public httplib::Stream {
 public:
  explicit ConnectionStream(Connection& connection) : connection_(connection) {}
  bool is_readable() const override { return connection_.WaitReadable(); }
  bool is_writable() const override { return connection_.WaitWritable(); }
  ssize_t read(char* to, size_t size) override { return connection_.Read(to, size); }
  ssize_t write(const char* from, size_t size) override { return connection_.Write(from, size); }
  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  socket_t socket() const override { return connection_.fd(); }

 private:
  Connection& connection_;
};

/// What is answered to a request. The library parses and writes; accepting, time-outs and bounds
/// are ours, since its own accept loop has no bound on connections, headers or a request's time.
class Router final : public httplib::Server {
 public:
  Router() {
    set_payload_max_length(limits::kHttpBodyBytes);
    // Before the body is read: a request that is refused anyway does not deserve it.
    set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
      return AnswerEarly(request, response) ? HandlerResponse::Handled : HandlerResponse::Unhandled;
    });
    httplib::Server::Post(
        "/.*", [this](const httplib::Request& request, httplib::Response& response) {
          Write(Run([&] { return posts_.at(request.path)(request.body); }), response);
        });
    // The library's own refusals (body too large, unreadable headers) have no body.
    set_error_handler([](const httplib::Request&, httplib::Response& response) {
      if (response.body.empty()) {
        Write(JsonError(response.status, Reason(response.status)), response);
      }
    });
  }

  void AddGet(const std::string& path, HttpServer::Get handler) {
    gets_[path] = std::move(handler);
  }
  void AddProbe(const std::string& path, HttpServer::Get handler) {
    probes_.insert(path);
    AddGet(path, std::move(handler));
  }
  void AddPublic(const std::string& path, HttpServer::Get handler) {
    public_.insert(path);
    AddGet(path, std::move(handler));
  }
  void AddPost(const std::string& path, HttpServer::Post handler) {
    posts_[path] = std::move(handler);
  }

  [[nodiscard]] std::vector<std::pair<std::string, std::string>> Routes() const {
    std::vector<std::pair<std::string, std::string>> routes;
    for (const auto& [path, handler] : gets_) routes.emplace_back("get", path);
    for (const auto& [path, handler] : posts_) routes.emplace_back("post", path);
    return routes;
  }

  void RequireToken(std::string token) { token_ = std::move(token); }

  void Serve(Connection& connection) {
    ConnectionStream stream(connection);
    bool closed = false;
    BodyLength body;
    size_t body_begin = 0;
    process_request(stream, /*close_connection=*/true, closed, [&](httplib::Request& request) {
      connection.Allow(limits::kHttpRequestTimeout);
      body = LengthOfBody(request);
      body_begin = connection.bytes_read();
      if (!body.announced) request.set_header("Content-Length", "0");
    });
    const size_t read = connection.bytes_read() - body_begin;
    if (read < body.bytes) connection.Drain(body.bytes - read, limits::kHttpDrainTimeout);
  }

 private:
  /// False for a Post that is to be carried out, for which the body is read first.
  bool AnswerEarly(const httplib::Request& request, httplib::Response& response) {
    const auto refused = Refuse(request, response);
    if (refused) {
      Write(*refused, response);
      return true;
    }
    if (request.method == "POST") return false;
    Reply reply = Run(gets_.at(request.path));
    if (!MayAsk(request) && probes_.contains(request.path)) reply.body = "{}\n";
    Write(reply, response);
    return true;
  }

  [[nodiscard]] bool MayAsk(const httplib::Request& request) const {
    if (token_.empty()) return true;
    const std::string given = request.get_header_value("Authorization");
    const std::string wanted = "Bearer " + token_;
    // How long it takes tells nothing of where they differ.
    return given.size() == wanted.size() &&
           CRYPTO_memcmp(given.data(), wanted.data(), wanted.size()) == 0;
  }

  std::optional<Reply> Refuse(const httplib::Request& request, httplib::Response& response) const {
    if (token_.empty() && !NamesLoopback(request.get_header_value("Host"))) {
      return JsonError(403, "the Host header does not name this machine (localhost, 127.0.0.1)");
    }
    if (!MayAsk(request) && !probes_.contains(request.path) && !public_.contains(request.path)) {
      response.set_header("WWW-Authenticate", "Bearer");
      return JsonError(401, "the header `Authorization: Bearer TOKEN` is missing or wrong");
    }
    const bool has_get = gets_.contains(request.path);
    const bool has_post = posts_.contains(request.path);
    if (!has_get && !has_post) return JsonError(404, "there is nothing at this path");
    const bool is_get = request.method == "GET" || request.method == "HEAD";
    const bool is_post = request.method == "POST";
    if (!(is_get && has_get) && !(is_post && has_post)) {
      response.set_header("Allow", has_get ? has_post ? "GET, HEAD, POST" : "GET, HEAD" : "POST");
      return JsonError(405, "this path has no such method");
    }
    // A form of another site's page cannot send this type without asking first.
    if (is_post && !IsJson(request.get_header_value("Content-Type"))) {
      return JsonError(415, "the content type must be application/json");
    }
    // The library would first read all of it.
    const BodyLength body = LengthOfBody(request);
    if (!body.valid) {
      return JsonError(400,
                       "Content-Length or Transfer-Encoding does not say how long the body is");
    }
    if (body.bytes > limits::kHttpBodyBytes) return JsonError(413, Reason(413));
    return std::nullopt;
  }

  static bool IsJson(std::string content_type) {
    content_type = content_type.substr(0, content_type.find(';'));
    content_type.erase(content_type.find_last_not_of(" \t") + 1);
    return content_type == "application/json";
  }

  static Reply Run(const HttpServer::Get& handler) {
    try {
      return handler();
    } catch (const std::exception& exception) {
      Log(LogLevel::kError, "http_handler_failed", exception.what());
      return JsonError(500, "the request failed inside ddbsync; its log says why");
    }
  }

  static void Write(const Reply& reply, httplib::Response& response) {
    response.status = reply.status;
    response.set_header("Cache-Control", "no-store");
    response.set_header("X-Content-Type-Options", "nosniff");
    for (const auto& [name, value] : reply.headers) response.set_header(name, value);
    response.set_content(reply.body, reply.content_type);
  }

  std::map<std::string, HttpServer::Get> gets_;
  std::map<std::string, HttpServer::Post> posts_;
  std::set<std::string> probes_;
  std::set<std::string> public_;
  std::string token_;
};

}  // namespace

/// One thread accepts and waits for first bytes, a fixed number answers one connection at a time.
struct HttpServer::Impl {
  Router router;
  Listener listener;
  std::optional<TlsIdentity> identity;
  Descriptor stop;  ///< an eventfd; readable once stopping
  const SystemClock clock;

  Mutex mutex;
  ConditionVariable changed;
  bool stopping GUARDED_BY(mutex) = false;
  std::deque<Descriptor> accepted GUARDED_BY(mutex);
  std::vector<std::jthread> threads;  ///< used by Start and Stop alone

  /// A connection of which no byte has come yet.
  struct Silent {
    Descriptor socket;
    TimePoint deadline;
  };

  void AcceptUntilStopped() {
    std::deque<Silent> silent;  // by deadline
    while (true) {
      std::vector<pollfd> polled{pollfd{stop.fd(), POLLIN, 0},
                                 pollfd{listener.socket.fd(), POLLIN, 0}};
      for (const Silent& one : silent) polled.push_back({one.socket.fd(), POLLIN, 0});
      poll(polled.data(), polled.size(), silent.empty() ? -1 : LeftUntil(silent.front().deadline));
      if (polled[0].revents != 0) return;
      PassOn(silent, std::span(polled).subspan(2));
      if (polled[1].revents != 0) Accept(silent);
    }
  }

  [[nodiscard]] int LeftUntil(TimePoint deadline) const {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - clock.Now());
    return std::max(0, static_cast<int>(left.count()));
  }

  /// To the threads whose first byte, or end, has come; `polled` are theirs. Past its deadline a
  /// connection is closed.
  void PassOn(std::deque<Silent>& silent, std::span<const pollfd> polled) {
    std::deque<Silent> still;
    for (size_t i = 0; i < polled.size(); ++i) {
      if (polled[i].revents != 0) {
        Enqueue(std::move(silent[i].socket));
      } else if (clock.Now() < silent[i].deadline) {
        still.push_back(std::move(silent[i]));
      }
    }
    silent = std::move(still);
  }

  void Accept(std::deque<Silent>& silent) const {
    Descriptor socket(
        accept4(listener.socket.fd(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (socket.valid()) {
      if (silent.size() >= limits::kHttpSilent) silent.pop_front();  // closes it
      silent.push_back({std::move(socket), clock.Now() + limits::kHttpRequestTimeout});
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      // The connection stays in the backlog and poll would return at once, for ever.
      pollfd stopped{stop.fd(), POLLIN, 0};
      poll(&stopped, 1, kPauseWithoutDescriptors.count());
    }
  }

  void Enqueue(Descriptor socket) {
    MutexLock lock(mutex);
    if (accepted.size() >= limits::kHttpQueue) accepted.pop_front();  // closes it
    accepted.push_back(std::move(socket));
    changed.notify_one();
  }

  void ServeUntilStopped() {
    while (true) {
      Descriptor socket;
      {
        MutexLock lock(mutex);
        while (accepted.empty() && !stopping) changed.wait(mutex);
        if (stopping) return;
        // The newest: its client still waits, and slow ones do not hold up a probe behind them.
        socket = std::move(accepted.back());
        accepted.pop_back();
      }
      constexpr size_t kBudget = limits::kHttpHeaderBytes + limits::kHttpBodyBytes;
      if (identity) {
        Connection connection(std::move(socket), stop.fd(), kBudget, limits::kHttpHeaderTimeout,
                              *identity);
        router.Serve(connection);
      } else {
        Connection connection(std::move(socket), stop.fd(), kBudget, limits::kHttpHeaderTimeout);
        router.Serve(connection);
      }
    }
  }

  static constexpr std::chrono::duration<int, std::milli> kPauseWithoutDescriptors{100};
};

HttpServer::HttpServer() : impl_(std::make_unique<Impl>()) {}

HttpServer::~HttpServer() {
  Stop();
}

void HttpServer::OnGet(const std::string& path, Get handler) {
  DDBSYNC_CHECK(impl_->threads.empty());
  impl_->router.AddGet(path, std::move(handler));
}

void HttpServer::OnProbe(const std::string& path, Get handler) {
  DDBSYNC_CHECK(impl_->threads.empty());
  impl_->router.AddProbe(path, std::move(handler));
}

void HttpServer::OnPublic(const std::string& path, Get handler) {
  DDBSYNC_CHECK(impl_->threads.empty());
  impl_->router.AddPublic(path, std::move(handler));
}

void HttpServer::OnPost(const std::string& path, Post handler) {
  DDBSYNC_CHECK(impl_->threads.empty());
  impl_->router.AddPost(path, std::move(handler));
}

Result<void> HttpServer::Start(const std::string& address, Access access) {
  DDBSYNC_CHECK(!impl_->listener.socket.valid());
  auto listener = Listen(address, access.token.empty() ? Reach::kThisMachine : Reach::kAnywhere);
  if (!listener) return std::unexpected(listener.error());
  impl_->stop = Descriptor(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!impl_->stop.valid()) {
    return Fail(ErrorCode::kIo, "Cannot listen on " + address + ": too many open files.");
  }
  impl_->listener = std::move(*listener);
  impl_->identity = std::move(access.identity);
  impl_->router.RequireToken(std::move(access.token));
  impl_->threads.emplace_back([this] { impl_->AcceptUntilStopped(); });
  for (int i = 0; i < limits::kHttpThreads; ++i) {
    impl_->threads.emplace_back([this] { impl_->ServeUntilStopped(); });
  }
  return {};
}

void HttpServer::Stop() {
  if (impl_->threads.empty()) return;
  {
    MutexLock lock(impl_->mutex);
    impl_->stopping = true;
    impl_->changed.notify_all();
  }
  eventfd_write(impl_->stop.fd(), 1);
  impl_->threads.clear();  // joins
  impl_->listener.socket = Descriptor();
}

std::vector<std::pair<std::string, std::string>> HttpServer::Routes() const {
  return impl_->router.Routes();
}

std::string HttpServer::address() const {
  return impl_->listener.address;
}

}  // namespace ddbsync::metrics
