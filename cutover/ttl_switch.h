#pragma once

#include <string>

#include "cutover/progress.h"
#include "dynamodb/control_client.h"

namespace ddbsync::cutover {

/// Turns a table's time to live on or off and waits until it is. Used by one thread at a time.
class TtlSwitch {
 public:
  TtlSwitch(dynamodb::ControlClient control, std::string table, std::string attribute, bool enabled)
      : control_(control),
        table_(std::move(table)),
        attribute_(std::move(attribute)),
        enabled_(enabled) {}

  /// Done: it is so, or, where it is to be on, is about to be.
  [[nodiscard]] Progress Step();
  /// The service refuses because it was changed within the last hour.
  [[nodiscard]] bool too_soon() const { return too_soon_; }

 private:
  [[nodiscard]] Progress Update(const std::string& doing);

  dynamodb::ControlClient control_;
  const std::string table_;
  const std::string attribute_;
  const bool enabled_;
  bool update_ = false;  ///< the next call changes it
  bool too_soon_ = false;
};

}  // namespace ddbsync::cutover
