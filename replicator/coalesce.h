#pragma once

#include <memory>
#include <vector>

#include "base/clock.h"
#include "dynamodb/record_page.h"
#include "replicator/tail_queue.h"

namespace ddbsync::replicator {

/// Which records of a page concern the target.
struct RecordFilter {
  WallTime earliest;  ///< older ones only advance the position
  bool skip_ttl_deletes;
};

/// The last record of each key, in order of those records.
[[nodiscard]] std::vector<const dynamodb::RecordView*> LastPerKey(const dynamodb::RecordPage& page,
                                                                  const RecordFilter& filter);

/// A put of the new image for INSERT and MODIFY alike, a delete of the key for REMOVE. Ops and key
/// of the page's own bytes. Every record has an image or is a REMOVE.
[[nodiscard]] std::shared_ptr<TailPage> BuildTailPage(
    std::shared_ptr<const dynamodb::RecordPage> page,
    const std::vector<const dynamodb::RecordView*>& records);

}  // namespace ddbsync::replicator
