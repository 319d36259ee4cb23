#include "aws/curl_handle.h"

#include <curl/curl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <new>
#include <system_error>
#include <utility>

#include "aws/limits.h"
#include "base/large_buffers.h"

namespace ddbsync::aws {
namespace {

long Seconds(Duration duration) {
  return static_cast<long>(std::chrono::ceil<std::chrono::seconds>(duration).count());
}

long Milliseconds(Duration duration) {
  return static_cast<long>(std::chrono::ceil<std::chrono::milliseconds>(duration).count());
}

/// An option that this libcurl must know; a refused one is a wrong build, not a wrong input.
template <class T>
void Set(CURL* easy, CURLoption option, T value) {
  DDBSYNC_CHECK(curl_easy_setopt(easy, option, value) == CURLE_OK);
}

bool SameName(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ') text.remove_prefix(1);
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
  return text;
}

void SetLinger(int socket, bool reset) {
  const linger option{.l_onoff = reset ? 1 : 0, .l_linger = 0};
  // Fails only on a socket that is already gone, which has nothing left to deliver.
  (void)setsockopt(socket, SOL_SOCKET, SO_LINGER, &option, sizeof option);
}

bool IsCertificateProblem(CURLcode code) {
  return code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_ISSUER_ERROR;
}

}  // namespace

/// The list that libcurl wants, over strings that live on: no allocation once warm.
struct CurlHandle::HeaderLines {
  std::vector<std::string> lines;
  std::vector<curl_slist> nodes;

  curl_slist* Set(const std::vector<std::pair<std::string, std::string>>& headers) {
    const size_t count = headers.size() + 1;
    if (lines.size() < count) lines.resize(count);
    nodes.resize(count);
    for (size_t i = 0; i < headers.size(); ++i) {
      lines[i].assign(headers[i].first).append(": ").append(headers[i].second);
    }
    lines[headers.size()] = "Expect:";  // no waiting for "100 Continue" before a large body
    for (size_t i = 0; i < count; ++i) {
      nodes[i] = {.data = lines[i].data(), .next = i + 1 < count ? &nodes[i + 1] : nullptr};
    }
    return nodes.data();
  }
};

struct CurlHandle::Callbacks {
  static CurlHandle& Self(void* self) { return *static_cast<CurlHandle*>(self); }

  static size_t OnHeader(char* data, size_t size, size_t count, void* self) {
    Self(self).OnHeaderLine({data, size * count});
    return size * count;
  }

  static size_t OnBody(char* data, size_t size, size_t count, void* self) {
    return Self(self).OnBodyBytes({data, size * count}) ? size * count : 0;
  }

  static CURLcode OnTlsContext(CURL*, void* context, void* self) {
    CurlHandle& handle = Self(self);
    const Result<X509_STORE*> store = handle.trust_.Get();
    if (!store) {
      handle.trust_problem_ = store.error().message;
      return CURLE_SSL_CACERT_BADFILE;
    }
    SSL_CTX_set1_cert_store(static_cast<SSL_CTX*>(context), *store);
    return CURLE_OK;
  }

  static int OnAboutToSend(void* self, char*, char*, int, int) {
    CurlHandle& handle = Self(self);
    handle.in_flight_ = true;
    return ++handle.attempts_ == 1 ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
  }

  static int OnSocketMade(void* self, curl_socket_t socket, curlsocktype) {
    const auto timeout =
        static_cast<unsigned>(Milliseconds(Self(self).options_.write_user_timeout));
    if (setsockopt(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout, sizeof timeout) != 0) {
      return CURL_SOCKOPT_ERROR;
    }
    SetLinger(socket, /*reset=*/true);
    return CURL_SOCKOPT_OK;
  }

  static int OnSocketClose(void* self, curl_socket_t socket) {
    if (!Self(self).in_flight_) SetLinger(socket, /*reset=*/false);
    return close(socket);
  }
};

CurlHandle::CurlHandle(const CurlTransport::Options& options, TrustStore& trust)
    : options_(options),
      trust_(trust),
      easy_(curl_easy_init()),
      header_lines_(std::make_unique<HeaderLines>()),
      error_text_(CURL_ERROR_SIZE) {
  if (easy_ == nullptr) throw std::bad_alloc();
  SetConnectionOptions();
  SetTlsOptions();
  SetCallbacks();
}

CurlHandle::~CurlHandle() {
  curl_easy_cleanup(easy_);
}

void CurlHandle::SetConnectionOptions() {
  Set(easy_, CURLOPT_NOSIGNAL, 1L);
  Set(easy_, CURLOPT_PROTOCOLS_STR, "http,https");
  Set(easy_, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  Set(easy_, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  Set(easy_, CURLOPT_POST, 1L);
  Set(easy_, CURLOPT_MAXCONNECTS, 1L);
  Set(easy_, CURLOPT_BUFFERSIZE, limits::kReceiveBufferBytes);
  Set(easy_, CURLOPT_TCP_NODELAY, 1L);
  Set(easy_, CURLOPT_TCP_KEEPALIVE, 1L);
  Set(easy_, CURLOPT_TCP_KEEPIDLE, Seconds(limits::kKeepAliveIdle));
  Set(easy_, CURLOPT_TCP_KEEPINTVL, Seconds(limits::kKeepAliveInterval));
  Set(easy_, CURLOPT_MAXAGE_CONN, Seconds(options_.max_idle));
  Set(easy_, CURLOPT_MAXLIFETIME_CONN, Seconds(options_.max_connection_age));
  Set(easy_, CURLOPT_CONNECTTIMEOUT_MS, Milliseconds(options_.connect_timeout));
  Set(easy_, CURLOPT_LOW_SPEED_LIMIT, 1L);
  Set(easy_, CURLOPT_LOW_SPEED_TIME, Seconds(limits::kLowSpeedTime));
  Set(easy_, CURLOPT_USERAGENT, options_.user_agent.c_str());
}

void CurlHandle::SetTlsOptions() {
  Set(easy_, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  Set(easy_, CURLOPT_SSL_VERIFYPEER, 1L);
  Set(easy_, CURLOPT_SSL_VERIFYHOST, 2L);
  // The shared store takes the place of libcurl's own for each connection.
  Set(easy_, CURLOPT_CAINFO, static_cast<char*>(nullptr));
  Set(easy_, CURLOPT_CAPATH, static_cast<char*>(nullptr));
  Set(easy_, CURLOPT_SSL_CTX_FUNCTION, &Callbacks::OnTlsContext);
  Set(easy_, CURLOPT_SSL_CTX_DATA, this);
}

void CurlHandle::SetCallbacks() {
  Set(easy_, CURLOPT_ERRORBUFFER, error_text_.data());
  Set(easy_, CURLOPT_HEADERFUNCTION, &Callbacks::OnHeader);
  Set(easy_, CURLOPT_HEADERDATA, this);
  Set(easy_, CURLOPT_WRITEFUNCTION, &Callbacks::OnBody);
  Set(easy_, CURLOPT_WRITEDATA, this);
  Set(easy_, CURLOPT_PREREQFUNCTION, &Callbacks::OnAboutToSend);
  Set(easy_, CURLOPT_PREREQDATA, this);
  Set(easy_, CURLOPT_SOCKOPTFUNCTION, &Callbacks::OnSocketMade);
  Set(easy_, CURLOPT_SOCKOPTDATA, this);
  Set(easy_, CURLOPT_CLOSESOCKETFUNCTION, &Callbacks::OnSocketClose);
  Set(easy_, CURLOPT_CLOSESOCKETDATA, this);
}

void CurlHandle::SetRequest(const HttpRequest& request) {
  if (url_ != request.url) {
    url_ = request.url;
    Set(easy_, CURLOPT_URL, url_.c_str());
  }
  Set(easy_, CURLOPT_HTTPHEADER, header_lines_->Set(request.headers));
  Set(easy_, CURLOPT_POSTFIELDS, request.body.data());
  Set(easy_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  Set(easy_, CURLOPT_TIMEOUT_MS, std::max(1L, Milliseconds(request.timeout)));
  response_ = {};
  attempts_ = 0;
  in_flight_ = false;
  too_large_ = false;
  trust_problem_.clear();
  error_text_.front() = '\0';
}

Result<HttpResponse> CurlHandle::Send(const HttpRequest& request) {
  SetRequest(request);
  const CURLcode code = curl_easy_perform(easy_);
  // Whatever failed in flight has been closed by libcurl, with a reset.
  in_flight_ = false;
  if (code != CURLE_OK) return std::unexpected(Failure(code, request));
  if (!MakeRoom(response_.body.size())) return std::unexpected(Failure(CURLE_WRITE_ERROR, request));
  long status = 0;
  curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
  response_.status = static_cast<int>(status);
  return std::move(response_);
}

void CurlHandle::OnHeaderLine(std::string_view line) {
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) {
    if (line.starts_with("HTTP/")) response_ = {};  // an interim answer came before
    return;
  }
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = Trimmed(line.substr(colon + 1));
  if (SameName(name, "x-amzn-RequestId")) {
    response_.request_id = value;
  } else if (SameName(name, "Date")) {
    response_.date = value;
  } else if (SameName(name, "x-amz-crc32")) {
    response_.crc32 = value;
  } else if (SameName(name, "Content-Encoding")) {
    response_.content_encoding = value;
  } else if (SameName(name, "Content-Type")) {
    response_.content_type = value;
  } else if (SameName(name, "Content-Length")) {
    size_t length = 0;
    const auto parsed = std::from_chars(value.data(), value.data() + value.size(), length);
    if (parsed.ec == std::errc{}) MakeRoom(length);
  }
}

bool CurlHandle::OnBodyBytes(std::string_view bytes) {
  std::string& body = response_.body;
  if (too_large_ || !MakeRoom(body.size() + bytes.size())) return false;
  body.append(bytes);
  return true;
}

bool CurlHandle::MakeRoom(size_t total) {
  std::string& body = response_.body;
  if (total > limits::kMaxResponseBytes) {
    too_large_ = true;
    return false;
  }
  const size_t needed = total + limits::kBodyPadding;
  if (body.capacity() >= needed) return true;
  std::string larger = TakeBuffer(body.empty() ? needed : std::max(needed, 2 * body.capacity()));
  larger.append(body);
  KeepBuffer(std::exchange(body, std::move(larger)));
  return true;
}

std::string CurlHandle::Reason(int curl_code) const {
  if (too_large_) {
    return "the answer is larger than " + std::to_string(limits::kMaxResponseBytes >> 20) + " MiB";
  }
  if (attempts_ > 1) return "the server closed the kept connection without an answer";
  std::string text(Trimmed(error_text_.data()));
  if (text.empty()) text = curl_easy_strerror(static_cast<CURLcode>(curl_code));
  long os_error = 0;
  curl_easy_getinfo(easy_, CURLINFO_OS_ERRNO, &os_error);
  if (curl_code == CURLE_COULDNT_CONNECT && os_error != 0) {
    text.append(": ").append(std::generic_category().message(static_cast<int>(os_error)));
  }
  return text;
}

Error CurlHandle::Failure(int curl_code, const HttpRequest& request) const {
  const auto code = static_cast<CURLcode>(curl_code);
  std::string context(request.url);
  std::string reason = Reason(curl_code);
  if (attempts_ > 0) {
    return {ErrorCode::kAmbiguous, "no whole answer: " + reason, std::move(context)};
  }
  if (!trust_problem_.empty()) {
    return {ErrorCode::kDenied, trust_problem_, std::move(context)};
  }
  if (IsCertificateProblem(code)) {
    return {ErrorCode::kDenied,
            "the server's TLS certificate cannot be trusted: " + reason +
                "; check the endpoint's host name, or set AWS_CA_BUNDLE to its authority",
            std::move(context)};
  }
  if (code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL) {
    return {ErrorCode::kInvalid, "not a usable endpoint URL: " + reason, std::move(context)};
  }
  return {ErrorCode::kRetry, "cannot reach the endpoint: " + reason, std::move(context)};
}

}  // namespace ddbsync::aws
