#include "cli/verification_store.h"

#include <fmt/format.h>

#include <utility>

#include "checkpoint/leveldb_store.h"

namespace ddbsync::cli {

Result<std::unique_ptr<checkpoint::Store>> OpenVerificationStore(const std::string& directory,
                                                                 bool create) {
  auto store = checkpoint::OpenLevelDbStore(directory, create, nullptr);
  if (store) return store;
  Error& error = store.error();
  if (error.code == ErrorCode::kConflict) {
    error.message = fmt::format(
        "another ddbsync compares these tables: it holds {}; wait until it is done", directory);
  } else if (error.code == ErrorCode::kCorrupt) {
    error.message = fmt::format(
        "what an earlier verification left in {} is damaged: check the disk, remove that "
        "directory, and verify again",
        directory);
  } else if (error.code == ErrorCode::kNotFound) {
    error.message = fmt::format("nothing was verified here yet: there is no {}", directory);
  }
  return store;
}

}  // namespace ddbsync::cli
