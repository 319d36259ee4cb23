#pragma once

#include <string>
#include <utility>

#include "base/clock.h"
#include "base/error.h"

namespace ddbsync::cutover {

/// How far a part of a cut-over came with one step, in which it made at most one call.
struct Progress {
  enum class Kind { kDone, kWait, kFailed };
  Kind kind = Kind::kDone;
  Duration pause{};  ///< kWait: before the next step
  std::string text;  ///< what it waits for, or why it failed

  static Progress Done() { return {}; }
  static Progress Wait(Duration pause, std::string what) {
    return {Kind::kWait, pause, std::move(what)};
  }
  static Progress Failed(std::string why) { return {Kind::kFailed, {}, std::move(why)}; }
  /// Of a call that failed while `doing` something: waits where it may succeed later.
  static Progress After(const Error& error, const std::string& doing);
};

}  // namespace ddbsync::cutover
