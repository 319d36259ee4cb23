#pragma once

#include <string>

#include "base/error.h"
#include "base/mutex.h"

struct x509_store_st;  // OpenSSL's

namespace ddbsync::aws {

/// The certificate authorities that a transport trusts, read once for all its connections: libcurl
/// would read and keep them for each (1 MB and 25 ms of CPU time), outside of the bound that
/// --memory promises. Safe from any thread.
class TrustStore {
 public:
  /// `bundle`: a PEM file or a directory of hashed names; empty: where libcurl was built to look.
  explicit TrustStore(std::string bundle) : bundle_(std::move(bundle)) {}
  ~TrustStore();
  TrustStore(const TrustStore&) = delete;
  TrustStore& operator=(const TrustStore&) = delete;

  /// Reads it the first time. The store stays this object's. kDenied when it cannot be read; the
  /// next call tries again.
  [[nodiscard]] Result<x509_store_st*> Get();

 private:
  const std::string bundle_;
  Mutex mutex_;
  x509_store_st* store_ GUARDED_BY(mutex_) = nullptr;
};

}  // namespace ddbsync::aws
