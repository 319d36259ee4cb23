#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "bench/server/item_shape.h"
#include "bench/server/wire_stats.h"
#include "bench/server/wire_stream.h"
#include "bench/server/wire_table.h"
#include "tests/support/fake_dynamodb.h"

namespace ddbsync::bench {

/// The fake at wire speed: what a replicator does all the time (Scan, BatchWriteItem, the calls of
/// a stream) is answered without a table behind it, everything else by the fake itself. So a
/// benchmark measures its client: `source` can be scanned and followed, and whatever is written to
/// `target` is counted and forgotten.
///
/// GET /_bench gives the statistics, POST /_bench/reset begins them anew. On 127.0.0.1 only.
class WireServer {
 public:
  struct Options {
    int port = 0;  ///< 0: a free one
    uint64_t items = 0;
    size_t item_bytes = 1024;
    WireStream::Options stream = {};  ///< arn and table are filled in
    Duration round_trip{0};           ///< each answer waits so long
    bool report_capacity = true;
    bool equal_target = false;     ///< the target has the source's items, and stays as it is
    std::string certificate = {};  ///< PEM files, for HTTPS; empty: HTTP
    std::string private_key = {};
  };
  /// `clock` outlives it.
  WireServer(Options options, Clock& clock);
  ~WireServer();  // stops

  /// Listens and returns the port, or -1. Serves on threads of its own.
  int Start();
  void Stop();  ///< idempotent

 private:
  class Front;
  const std::unique_ptr<Front> front_;
};

}  // namespace ddbsync::bench
