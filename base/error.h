#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace ddbsync {

/// What the caller does next. Names of services' errors are mapped to these in one file per service
/// (dynamodb/error_mapping.cc) and survive in Error::context.
enum class ErrorCode {
  kRetry,      ///< Not carried out; the same call may succeed later.
  kAmbiguous,  ///< May or may not have been carried out. A read: as kRetry. A write: it may still
               ///< land.
  kThrottled,  ///< Not carried out; slow down, then send it again.
  kExpiredIterator,  ///< Get a new iterator after the last position read.
  kTrimmed,          ///< The position is older than what the stream still holds.
  kNotFound,         ///< The table, stream or shard does not exist.
  kConflict,         ///< The resource is being changed, or not as the request expects it; wait and
                     ///< look again.
  kDenied,           ///< Credentials or permissions; a person must act.
  kInvalid,          ///< The request, option or item is wrong and stays wrong.
  kCorrupt,          ///< Bytes that cannot be what they should be.
  kIo,               ///< The local disk or operating system failed.
  kPoisoned,         ///< A write to the checkpoint store failed earlier; reopen before going on.
  kCancelled,        ///< Asked to stop.
  kAtRisk,           ///< Going on could destroy data: a person must decide.
};

std::string_view ToString(ErrorCode code);

/// An error says what happened (message), to what and where it came from (context, may be empty).
struct Error {
  ErrorCode code;
  std::string message;
  std::string context = {};

  friend bool operator==(const Error&, const Error&) = default;
};

/// "message (context)", for logs and terminals.
std::string ToString(const Error& error);

template <class T>
using Result = std::expected<T, Error>;

/// Shorthand for `return std::unexpected(Error{...})`.
[[nodiscard]] inline std::unexpected<Error> Fail(ErrorCode code, std::string message,
                                                 std::string context = {}) {
  return std::unexpected(Error{code, std::move(message), std::move(context)});
}

/// Aborts with the text, in release builds too: for a programmer's assumption, never for input.
#define DDBSYNC_CHECK(condition)                                              \
  do {                                                                        \
    if (!(condition)) ::ddbsync::CheckFailed(__FILE__, __LINE__, #condition); \
  } while (false)

[[noreturn]] void CheckFailed(const char* file, int line, const char* condition);

}  // namespace ddbsync
