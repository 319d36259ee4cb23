#pragma once

#include <string>
#include <vector>

#include "base/clock.h"

namespace ddbsync::cutover {

/// Something that happened.
struct Event {
  WallTime time;
  std::string step;  ///< ToString(Step)
  std::string text;
};

/// One condition of a cut-over.
struct Gate {
  std::string name;  ///< "backfill_complete"; stable, a metric's label
  bool ok = false;
  std::string observed;  ///< "lag 2.1 s"
  std::string limit;     ///< "at most 30 s"
  std::string fix;       ///< what to do or type; empty when ok
};

/// Of both tables, compared whole while nothing was written to them: 32 hexadecimal digits each,
/// the same for the same items. Empty: no such comparison was made.
struct TableDigests {
  std::string source, target;
};

/// What is kept of a cut-over for who asks afterwards, beside its times and streams.
struct Report {
  std::vector<Event> events;
  std::vector<Gate> gates;  ///< as they were when it was begun
  TableDigests digests;
};

}  // namespace ddbsync::cutover
