#pragma once

#include <cstddef>
#include <cstdint>

#include "base/clock.h"

namespace ddbsync::verify {

/// How two tables are compared (docs/verify.md says what each costs).
enum class Form {
  kChoose,  ///< by how much changes meanwhile
  kLive,    ///< every key is looked up on the other side
  kQuiet,   ///< both are scanned once, and sums of digests are compared; differing ones then as
            ///< kLive
};

struct Options {
  Form form = Form::kChoose;
  double sample = 1;  ///< share of the segments of each table that is looked at, above 0
  bool repair = false;
  bool delete_extra = false;  ///< with `repair`: what only the target has is deleted
  bool extras_only = false;   ///< the target's keys alone are looked at
  bool watch = false;         ///< goes on in generations until it is stopped
  /// From the end of one generation of a watch to the next.
  Duration watch_interval = std::chrono::seconds(10);
  bool show_values = false;  ///< differences keep both images
  bool anew = false;         ///< what an earlier, unfinished run found is forgotten
  size_t memory_bytes = 0;   ///< bounds the pages in hand
  int processors = 2;        ///< that this process may use
  Duration settle = std::chrono::seconds(5);  ///< as JobOptions::settle, for repairs
  uint64_t seed = 0;                          ///< which segments a sample takes
};

}  // namespace ddbsync::verify
