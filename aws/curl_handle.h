#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "aws/curl_transport.h"
#include "aws/trust_store.h"

namespace ddbsync::aws {

/// One libcurl easy handle and the one connection it keeps. Used by one thread at a time.
///
/// libcurl sends a request again by itself when a kept connection dies before the first byte of the
/// answer. For a write that is a second landing that nobody knows of, so the second attempt is cut
/// off before it is sent and the loss is reported.
///
/// A socket closes with a reset unless nothing is in flight on it: neither a failed write nor a
/// killed process leaves bytes behind that the kernel goes on delivering.
class CurlHandle {
 public:
  /// Both outlive the handle.
  CurlHandle(const CurlTransport::Options& options, TrustStore& trust);
  ~CurlHandle();
  CurlHandle(const CurlHandle&) = delete;
  CurlHandle& operator=(const CurlHandle&) = delete;

  /// As Transport::Send.
  [[nodiscard]] Result<HttpResponse> Send(const HttpRequest& request);

 private:
  struct Callbacks;  // libcurl's functions, which need its header

  void SetConnectionOptions();
  void SetTlsOptions();
  void SetCallbacks();
  void SetRequest(const HttpRequest& request);
  void OnHeaderLine(std::string_view line);
  bool OnBodyBytes(std::string_view bytes);
  /// False when the body cannot be taken.
  bool MakeRoom(size_t total);
  [[nodiscard]] Error Failure(int curl_code, const HttpRequest& request) const;
  [[nodiscard]] std::string Reason(int curl_code) const;

  struct HeaderLines;
  const CurlTransport::Options& options_;
  TrustStore& trust_;
  void* const easy_;  ///< CURL*
  std::unique_ptr<HeaderLines> header_lines_;
  std::string url_;
  std::vector<char> error_text_;

  // Of the request in hand.
  HttpResponse response_;
  int attempts_ = 0;        ///< how often libcurl was about to send it
  bool in_flight_ = false;  ///< sent, and not answered in full
  bool too_large_ = false;
  std::string trust_problem_;  ///< why the trust store could not be used
};

}  // namespace ddbsync::aws
