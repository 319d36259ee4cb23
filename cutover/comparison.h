#pragma once

#include <string>

#include "base/error.h"
#include "cutover/report.h"

namespace ddbsync::cutover {

/// Compares both tables whole while nothing is written to them. One at a time; any thread.
class Comparison {
 public:
  struct Look {
    enum class Outcome { kUnderWay, kEqual, kDifferent, kFailed };
    Outcome outcome = Outcome::kUnderWay;
    std::string text;  ///< "1,200,000 items of each are equal", "3 keys differ", how far it is
    TableDigests digests = {};  ///< once they are equal
  };

  virtual ~Comparison() = default;
  /// Begins a new one. Errors: kConflict, another one runs.
  [[nodiscard]] virtual Result<void> Begin() = 0;
  [[nodiscard]] virtual Look LookAtIt() = 0;
  virtual void Stop() = 0;
};

}  // namespace ddbsync::cutover
