#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "cli/cutover_screen.h"
#include "cli/live_line.h"

namespace ddbsync::cli {

/// Standard output of `cutover run`, `commit` and `abort`: a line for each step and event, and on a
/// terminal a live line below. For the main thread.
class CutoverDisplay {
 public:
  /// `json`: the last look as JSON, and nothing else. `clock` outlives this.
  CutoverDisplay(bool json, CutoverAdvice advice, const Clock& clock);

  /// For people; nothing with --json.
  void Line(std::string_view text);
  /// What is in this look was told before, by somebody else.
  void Skip(const CutoverLook& look);
  /// What is new in it.
  void Show(const CutoverLook& look);
  /// While somebody types there is no live line.
  void LeaveRoomForTyping(bool typing);
  /// For what is said of one that is done.
  void TellOf(WayBack way_back) { advice_.way_back = std::move(way_back); }
  /// What came of it.
  void Finish(const CutoverLook& look);
  [[nodiscard]] const CutoverAdvice& advice() const { return advice_; }
  [[nodiscard]] bool json() const { return json_; }

 private:
  const bool json_;
  CutoverAdvice advice_;
  const Clock& clock_;
  LiveLine line_;
  TimePoint next_draw_;
  bool typing_ = false;
  size_t told_ = 0;                    ///< events
  std::optional<cutover::Step> step_;  ///< that was told last
};

}  // namespace ddbsync::cli
