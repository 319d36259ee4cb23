#include "tests/support/fake_server.h"

#include <httplib.h>

#include <condition_variable>
#include <thread>
#include <utility>

#include "base/mutex.h"
#include "tests/support/fake_admin.h"
#include "tests/support/refusal.h"

namespace ddbsync::fake {
namespace {

/// Every connection that is kept alive has a thread to itself.
constexpr size_t kThreads = 512;
constexpr size_t kRequestsPerConnection = 1000000;
constexpr time_t kIdleSeconds = 30;
/// As long as a silent connection is held unless the fault says otherwise; longer than any client's
/// patience.
constexpr std::chrono::seconds kSilence{120};
constexpr size_t kMaxBodyBytes = size_t{64} << 20;  // beyond AWS's limit, which the fake checks

void Answer(const HttpReply& reply, httplib::Response& response) {
  response.status = reply.status;
  std::string content_type = "application/x-amz-json-1.0";
  for (const auto& [name, value] : reply.headers) {
    if (name == "Content-Type") {
      content_type = value;
    } else {
      response.set_header(name, value);
    }
  }
  response.set_content(reply.body, content_type);
}

/// Headers that promise a body, and then the end of the connection.
void Break(httplib::Response& response) {
  constexpr size_t kPromised = 1000;
  response.status = 200;
  response.set_content_provider(kPromised, "application/x-amz-json-1.0",
                                [](size_t, size_t, httplib::DataSink&) { return false; });
}

}  // namespace

class FakeServer::Front {
 public:
  Front(FakeDynamoDb& service, const Clock& clock, SignatureCheck* signatures)
      : service_(service), clock_(clock), signatures_(signatures) {
    server_.new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
    server_.set_tcp_nodelay(true);
    server_.set_keep_alive_max_count(kRequestsPerConnection);
    server_.set_keep_alive_timeout(kIdleSeconds);
    server_.set_payload_max_length(kMaxBodyBytes);
    server_.Get("/", [](const httplib::Request&, httplib::Response& response) {
      response.set_content("healthy: fake dynamodb", "text/plain");
    });
    server_.Post("/", [this](const httplib::Request& request, httplib::Response& response) {
      Serve(request, response);
    });
    server_.Post(R"(/_fake/([a-z-]+))", [this](const httplib::Request& request,
                                               httplib::Response& response) {
      Answer(Administer(service_, signatures_, request.matches[1].str(), request.body), response);
    });
  }

  int Start(int port) {
    const bool bound = port == 0 ? (port = server_.bind_to_any_port("127.0.0.1")) > 0
                                 : server_.bind_to_port("127.0.0.1", port);
    if (!bound) return -1;
    listener_ = std::thread([this] { server_.listen_after_bind(); });
    return port;
  }

  void Stop() {
    {
      MutexLock lock(mutex_);
      stopping_ = true;
    }
    stopped_.notify_all();
    server_.stop();
    if (listener_.joinable()) listener_.join();
  }

 private:
  void Serve(const httplib::Request& request, httplib::Response& response) {
    const std::string target = request.get_header_value("X-Amz-Target");
    const std::string authorization = request.get_header_value("Authorization");
    const std::string_view key_id = CredentialKeyId(authorization);
    try {
      if (signatures_ != nullptr) Verify(request);
    } catch (const Refusal& refusal) {
      Answer({refusal.status, {}, ToBody(refusal)}, response);
      return;
    }
    const Fault fault = service_.faults().Decide(
        {std::string_view(target).substr(target.rfind('.') + 1), request.body});
    switch (fault.kind) {
      case FaultKind::kConnectionRefused:
        return Break(response);
      case FaultKind::kTimeout:
        Hold(fault.delay > Duration::zero() ? fault.delay : kSilence);
        return Break(response);
      case FaultKind::kResponseLost:
        service_.Handle(target, request.body, {}, key_id);
        return Break(response);
      case FaultKind::kLateLanding:
        service_.Abandon(
            service_.Submit(clock_.Now() + fault.delay, target, request.body, {}, key_id));
        return Break(response);
      default:
        break;
    }
    const HttpReply reply = service_.Handle(target, request.body, fault, key_id);
    if (fault.kind == FaultKind::kSlow) Hold(fault.delay);
    Answer(reply, response);
  }

  void Verify(const httplib::Request& request) {
    SignedRequest checked{request.method, request.path, {}, request.body};
    checked.headers.assign(request.headers.begin(), request.headers.end());
    // The service's time may have been moved ahead of the machine's; clients that follow its Date
    // header sign with the one, the others with the other.
    try {
      signatures_->Check(checked, service_.Now());
    } catch (const Refusal&) {
      signatures_->Check(checked, clock_.WallNow());
    }
  }

  void Hold(Duration duration) NO_THREAD_SAFETY_ANALYSIS {
    std::unique_lock lock(mutex_);
    const auto until = std::chrono::steady_clock::now() + duration;
    while (!stopping_ && stopped_.wait_until(lock, until) == std::cv_status::no_timeout) {
    }
  }

  FakeDynamoDb& service_;
  const Clock& clock_;
  SignatureCheck* const signatures_;
  httplib::Server server_;
  std::thread listener_;
  Mutex mutex_;
  std::condition_variable_any stopped_;
  bool stopping_ GUARDED_BY(mutex_) = false;
};

FakeServer::FakeServer(FakeDynamoDb& service, const Clock& clock, SignatureCheck* signatures)
    : front_(std::make_unique<Front>(service, clock, signatures)) {}

FakeServer::~FakeServer() {
  Stop();
}

int FakeServer::Start(int port) {
  return front_->Start(port);
}

void FakeServer::Stop() {
  front_->Stop();
}

}  // namespace ddbsync::fake
