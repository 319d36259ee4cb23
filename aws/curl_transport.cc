#include "aws/curl_transport.h"

#include <curl/curl.h>
#include <malloc.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <mutex>
#include <utility>

#include "aws/curl_handle.h"
#include "aws/limits.h"
#include "aws/trust_store.h"
#include "base/mutex.h"

namespace ddbsync::aws {
namespace {

/// libcurl takes a receive buffer for each call and gives it back after it. malloc finds and joins
/// again so large a piece each time, under the lock of a heap that many threads share; one is kept
/// for each thread instead.
class BufferKept {
 public:
  BufferKept() = default;
  ~BufferKept() { std::free(block_); }
  BufferKept(const BufferKept&) = delete;
  BufferKept& operator=(const BufferKept&) = delete;

  void* Take(size_t size) {
    if (block_ == nullptr || malloc_usable_size(block_) < size) return nullptr;
    return std::exchange(block_, nullptr);
  }
  /// False when there is one already.
  bool Keep(void* block) {
    if (block_ != nullptr) return false;
    block_ = block;
    return true;
  }

 private:
  void* block_ = nullptr;
};
thread_local BufferKept t_kept;

void* Allocate(size_t size) {
  if (size >= limits::kReceiveBufferBytes) {
    if (void* const kept = t_kept.Take(size)) return kept;
  }
  return std::malloc(size);
}

void Free(void* block) {
  if (block == nullptr) return;
  if (malloc_usable_size(block) >= limits::kReceiveBufferBytes && t_kept.Keep(block)) return;
  std::free(block);
}

void* Reallocate(void* block, size_t size) {
  return std::realloc(block, size);
}

char* Duplicate(const char* text) {
  return strdup(text);
}

void* AllocateZeroed(size_t count, size_t size) {
  return std::calloc(count, size);
}

/// libcurl's own start is not safe beside other threads. It leaves SIGPIPE alone when told to use
/// no signals, and OpenSSL writes to sockets that the peer has closed.
void StartCurlOnce() {
  static std::once_flag once;
  std::call_once(once, [] {
    const CURLcode started = curl_global_init_mem(CURL_GLOBAL_ALL, Allocate, Free, Reallocate,
                                                  Duplicate, AllocateZeroed);
    DDBSYNC_CHECK(started == CURLE_OK);
    std::signal(SIGPIPE, SIG_IGN);
  });
}

}  // namespace

/// Idle handles, the last used on top; those at the bottom whose connection is too old go away.
class CurlTransport::Pool {
 public:
  explicit Pool(const Options& options) : options_(options), trust_(options.ca_bundle) {}

  std::unique_ptr<CurlHandle> Take() {
    {
      MutexLock lock(mutex_);
      if (!idle_.empty()) {
        std::unique_ptr<CurlHandle> handle = std::move(idle_.back().handle);
        idle_.pop_back();
        return handle;
      }
    }
    return std::make_unique<CurlHandle>(options_, trust_);
  }

  void GiveBack(std::unique_ptr<CurlHandle> handle) {
    const TimePoint now = clock_.Now();
    std::unique_ptr<CurlHandle> expired;  // closes its connection after the lock is gone
    MutexLock lock(mutex_);
    if (!idle_.empty() && now - idle_.front().since > options_.max_idle) {
      expired = std::move(idle_.front().handle);
      idle_.pop_front();
    }
    idle_.push_back({std::move(handle), now});
  }

 private:
  struct Idle {
    std::unique_ptr<CurlHandle> handle;
    TimePoint since;
  };

  const Options& options_;
  TrustStore trust_;
  /// The transport is never simulated, so its time is the machine's.
  const SystemClock clock_;
  Mutex mutex_;
  std::deque<Idle> idle_ GUARDED_BY(mutex_);
};

CurlTransport::Options CurlTransport::DefaultOptions(const Environment& environment) {
  Options options{.connect_timeout = limits::kConnectTimeout,
                  .max_connection_age = limits::kMaxConnectionAge,
                  .max_idle = limits::kMaxIdle,
                  .write_user_timeout = limits::kWriteUserTimeout,
                  .user_agent = "ddbsync",
                  .ca_bundle = {}};
  for (const char* name : {"AWS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"}) {
    if (auto path = environment.Get(name)) {
      options.ca_bundle = std::move(*path);
      break;
    }
  }
  return options;
}

CurlTransport::Options CurlTransport::DefaultOptions() {
  return DefaultOptions(SystemEnvironment());
}

CurlTransport::CurlTransport(Options options) : options_(std::move(options)) {
  StartCurlOnce();
  pool_ = std::make_unique<Pool>(options_);
}

CurlTransport::~CurlTransport() = default;

Result<HttpResponse> CurlTransport::Send(const HttpRequest& request) {
  std::unique_ptr<CurlHandle> handle = pool_->Take();
  Result<HttpResponse> response = handle->Send(request);
  pool_->GiveBack(std::move(handle));
  return response;
}

}  // namespace ddbsync::aws
