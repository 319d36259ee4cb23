#include "metrics/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>

namespace ddbsync::metrics {
namespace {

/// OpenSSL's own words for what failed last.
std::string Reason() {
  std::array<char, 256> text{};
  ERR_error_string_n(ERR_get_error(), text.data(), text.size());
  ERR_clear_error();
  return text.data();
}

}  // namespace

Result<TlsIdentity> TlsIdentity::Load(const std::string& certificate, const std::string& key) {
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  if (context == nullptr) return Fail(ErrorCode::kIo, "TLS cannot be used: " + Reason());
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_mode(context.get(),
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(context.get(), certificate.c_str()) != 1) {
    return Fail(ErrorCode::kInvalid, "cannot use the certificate " + certificate + ": " + Reason());
  }
  if (SSL_CTX_use_PrivateKey_file(context.get(), key.c_str(), SSL_FILETYPE_PEM) != 1) {
    return Fail(ErrorCode::kInvalid, "cannot use the key " + key + ": " + Reason());
  }
  return TlsIdentity(std::move(context));
}

void SslFree::operator()(ssl_st* ssl) const {
  SSL_free(ssl);
}

SslPointer AcceptTls(const TlsIdentity& identity, int socket) {
  SslPointer ssl(SSL_new(identity.context()));
  if (ssl == nullptr || SSL_set_fd(ssl.get(), socket) != 1) return nullptr;
  SSL_set_accept_state(ssl.get());
  return ssl;
}

}  // namespace ddbsync::metrics
