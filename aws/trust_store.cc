#include "aws/trust_store.h"

#include <curl/curl.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include <filesystem>
#include <memory>

namespace ddbsync::aws {
namespace {

using Store = std::unique_ptr<X509_STORE, decltype(&X509_STORE_free)>;

std::string ReasonOfOpenSsl() {
  const char* const reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return reason == nullptr ? "no certificate in it" : reason;
}

bool Load(X509_STORE* store, const std::string& path) {
  std::error_code ignored;
  return std::filesystem::is_directory(path, ignored)
             ? X509_STORE_load_path(store, path.c_str()) == 1
             : X509_STORE_load_file(store, path.c_str()) == 1;
}

}  // namespace

TrustStore::~TrustStore() {
  X509_STORE_free(store_);
}

Result<x509_store_st*> TrustStore::Get() {
  MutexLock lock(mutex_);
  if (store_ != nullptr) return store_;
  std::string path = bundle_;
  if (path.empty()) {
    const curl_version_info_data* const built = curl_version_info(CURLVERSION_NOW);
    if (built->cainfo != nullptr) path = built->cainfo;
    if (path.empty() && built->capath != nullptr) path = built->capath;
  }
  Store store(X509_STORE_new(), &X509_STORE_free);
  DDBSYNC_CHECK(store != nullptr);
  if (!Load(store.get(), path)) {
    return Fail(ErrorCode::kDenied, "cannot read certificate authorities from \"" + path +
                                        "\": " + ReasonOfOpenSsl() +
                                        "; install ca-certificates or set AWS_CA_BUNDLE");
  }
  // As libcurl does: a bundle may name an intermediate authority alone.
  X509_STORE_set_flags(store.get(), X509_V_FLAG_PARTIAL_CHAIN);
  store_ = store.release();
  return store_;
}

}  // namespace ddbsync::aws
