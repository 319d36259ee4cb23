#pragma once

#include <memory>
#include <string>

#include "checkpoint/store.h"

namespace leveldb {
class Env;
}

namespace ddbsync::checkpoint {

/// Opens (and, with `create`, makes, for its user alone) the store in `directory`, and holds its
/// lock until the store is destroyed, through every Reopen. `env` is LevelDB's door to the disk;
/// null for the operating system's; outlives the store. Errors: kConflict when another process
/// holds it, kNotFound without `create`, kIo, kCorrupt; each message says what to do.
[[nodiscard]] Result<std::unique_ptr<Store>> OpenLevelDbStore(const std::string& directory,
                                                              bool create, leveldb::Env* env);

}  // namespace ddbsync::checkpoint
