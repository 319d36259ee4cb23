#include "loopback_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "base/error.h"

namespace ddbsync::aws {
namespace {

constexpr size_t kReadBytes = 64 << 10;
constexpr int kBacklog = 64;

/// A listening or bound socket and its port.
std::pair<int, int> BindLoopback() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  DDBSYNC_CHECK(socket >= 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  DDBSYNC_CHECK(bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  socklen_t length = sizeof address;
  DDBSYNC_CHECK(getsockname(socket, reinterpret_cast<sockaddr*>(&address), &length) == 0);
  return {socket, ntohs(address.sin_port)};
}

size_t ContentLength(std::string_view head) {
  constexpr std::string_view kName = "\r\nContent-Length: ";
  const size_t at = head.find(kName);
  return at == std::string_view::npos ? 0
                                      : std::strtoul(head.data() + at + kName.size(), nullptr, 10);
}

}  // namespace

Connection::~Connection() {
  if (ssl_ != nullptr) SSL_free(ssl_);
}

long Connection::ReadSome(char* buffer, size_t size) {
  if (ssl_ != nullptr) return SSL_read(ssl_, buffer, static_cast<int>(size));
  return recv(socket_, buffer, size, 0);
}

std::string Connection::ReadRequest() {
  std::string request;
  size_t wanted = std::string::npos;
  std::vector<char> buffer(kReadBytes);
  while (request.size() < wanted) {
    const long count = ReadSome(buffer.data(), buffer.size());
    if (count <= 0) return {};
    request.append(buffer.data(), static_cast<size_t>(count));
    const size_t head = request.find("\r\n\r\n");
    if (head != std::string::npos) wanted = head + 4 + ContentLength(request);
  }
  return request;
}

void Connection::Write(std::string_view bytes) {
  while (!bytes.empty()) {
    const long count = ssl_ != nullptr
                           ? SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()))
                           : send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) return;
    bytes.remove_prefix(static_cast<size_t>(count));
  }
}

void Connection::Answer(std::string_view body, std::string_view more_headers,
                        std::string_view status) {
  std::string text = "HTTP/1.1 " + std::string(status) + "\r\n";
  text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  Write(text.append(more_headers).append("\r\n").append(body));
}

void Connection::Reset() {
  const linger option{.l_onoff = 1, .l_linger = 0};
  DDBSYNC_CHECK(setsockopt(socket_, SOL_SOCKET, SO_LINGER, &option, sizeof option) == 0);
}

Connection::End Connection::WaitForEnd() {
  std::array<char, 1024> buffer;
  while (true) {
    const ssize_t count = recv(socket_, buffer.data(), buffer.size(), 0);
    if (count == 0) return End::kClosed;
    if (count < 0 && errno != EINTR) return End::kReset;
  }
}

LoopbackServer::LoopbackServer(Script script, SSL_CTX* tls)
    : script_(std::move(script)), tls_(tls) {
  std::tie(listener_, port_) = BindLoopback();
  DDBSYNC_CHECK(listen(listener_, kBacklog) == 0);
  acceptor_ = std::jthread([this] { AcceptLoop(); });
}

LoopbackServer::~LoopbackServer() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    for (const int socket : sockets_) shutdown(socket, SHUT_RDWR);
  }
  shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  scripts_.clear();
  close(listener_);
}

std::string LoopbackServer::Url(std::string_view scheme, std::string_view host) const {
  return std::string(scheme) + "://" + std::string(host) + ":" + std::to_string(port_) + "/";
}

void LoopbackServer::AcceptLoop() {
  while (true) {
    const int socket = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) return;
    MutexLock lock(mutex_);
    if (stopping_) {
      close(socket);
      return;
    }
    sockets_.push_back(socket);
    scripts_.emplace_back([this, socket, index = connections_++] { Serve(socket, index); });
  }
}

void LoopbackServer::Serve(int socket, int index) {
  SSL* ssl = nullptr;
  bool ready = true;
  if (tls_ != nullptr) {
    ssl = SSL_new(tls_);
    SSL_set_fd(ssl, socket);
    ready = SSL_accept(ssl) == 1;
  }
  {
    Connection connection(socket, ssl, index);
    if (ready) script_(connection);
  }
  MutexLock lock(mutex_);
  std::erase(sockets_, socket);
  close(socket);
}

int ClosedPort() {
  const auto [socket, port] = BindLoopback();
  close(socket);
  return port;
}

TestCertificate::TestCertificate(const std::string& dns_name)
    : context_(SSL_CTX_new(TLS_server_method())) {
  EVP_PKEY* const key = EVP_EC_gen("P-256");
  X509* const certificate = X509_new();
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
  X509_set_pubkey(certificate, key);
  X509_NAME* const name = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("loopback"), -1, -1, 0);
  X509_set_issuer_name(certificate, name);
  const std::string names = "DNS:" + dns_name;
  X509_EXTENSION* const extension =
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str());
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
  DDBSYNC_CHECK(X509_sign(certificate, key, EVP_sha256()) > 0);
  DDBSYNC_CHECK(SSL_CTX_use_certificate(context_, certificate) == 1);
  DDBSYNC_CHECK(SSL_CTX_use_PrivateKey(context_, key) == 1);

  std::string path = "/tmp/ddbsync_certificate_XXXXXX";
  const int file = mkstemp(path.data());
  DDBSYNC_CHECK(file >= 0);
  std::FILE* const stream = fdopen(file, "w");
  PEM_write_X509(stream, certificate);
  std::fclose(stream);
  path_ = std::move(path);
  X509_free(certificate);
  EVP_PKEY_free(key);
}

TestCertificate::~TestCertificate() {
  SSL_CTX_free(context_);
  unlink(path_.c_str());
}

}  // namespace ddbsync::aws
