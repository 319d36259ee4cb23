#pragma once

#include <optional>
#include <string>

#include "base/error.h"

namespace ddbsync::cli {

/// Where a running job is found, and what it wants to see and shows: api.json of its state
/// directory. It names the token's file, never the token.
/// It may be left behind by a killed process, so whoever reads it asks the address who is there.
struct ApiAddress {
  std::string job_id = {};
  std::string address = {};  ///< "127.0.0.1:9853"
  int pid = 0;
  std::string token_file = {};   ///< absolute; empty: no token
  std::string certificate = {};  ///< absolute; empty: plain HTTP
  std::string path = {};         ///< "/jobs/a-b": before every path of its API; may be empty
  int jobs = 1;                  ///< that its process runs: it ends with the last of them
  friend bool operator==(const ApiAddress&, const ApiAddress&) = default;
};

/// All or nothing: readers never see half a file. Errors: kIo.
[[nodiscard]] Result<void> WriteApiFile(const std::string& path, const ApiAddress& address);
/// Nothing when there is none, or none that can be read.
[[nodiscard]] std::optional<ApiAddress> ReadApiFile(const std::string& path);
void RemoveApiFile(const std::string& path);

/// Its number may be another process's by now; the lock on the checkpoint is the truth of it.
[[nodiscard]] bool IsThere(int pid);

/// api.json, as long as it is ours.
class Card {
 public:
  Card() = default;
  ~Card();
  Card(const Card&) = delete;
  Card& operator=(const Card&) = delete;

  /// Errors: kIo.
  [[nodiscard]] Result<void> Leave(const std::string& path, const ApiAddress& address);

 private:
  std::string path_;  ///< empty: none is left
};

}  // namespace ddbsync::cli
