#include "checkpoint/batch.h"

#include <utility>

namespace ddbsync::checkpoint {

void Batch::Merge(Batch newer) {
  while (!newer.changes_.empty()) {
    auto inserted = changes_.insert(newer.changes_.extract(newer.changes_.begin()));
    if (!inserted.inserted) inserted.position->second = std::move(inserted.node.mapped());
  }
}

}  // namespace ddbsync::checkpoint
