#include "cli/cutover_display.h"

#include <algorithm>
#include <utility>

#include "cli/limits.h"
#include "cli/text.h"

namespace ddbsync::cli {

CutoverDisplay::CutoverDisplay(bool json, CutoverAdvice advice, const Clock& clock)
    : json_(json),
      advice_(std::move(advice)),
      clock_(clock),
      line_(!json_),
      next_draw_(clock.Now()) {}

void CutoverDisplay::Line(std::string_view text) {
  if (!json_) line_.Print(text);
}

void CutoverDisplay::Skip(const CutoverLook& look) {
  told_ = look.status.report.events.size();
  step_ = look.status.step;
}

void CutoverDisplay::Show(const CutoverLook& look) {
  if (json_) return;
  const cutover::Status& s = look.status;
  bool named = step_ == s.step;
  // A process that was started anew may remember fewer.
  for (told_ = std::min(told_, s.report.events.size()); told_ < s.report.events.size(); ++told_) {
    line_.Print(EventLine(s.report.events[told_]));
    named = named || s.report.events[told_].step == ToString(s.step);
  }
  step_ = s.step;
  // What it ended with is told in its own words.
  if (!named && !Ended(s.step))
    line_.Print(EventLine({look.now, std::string(ToString(s.step)), s.doing}));
  if (!line_.live() || typing_ || Ended(s.step) || clock_.Now() < next_draw_) return;
  next_draw_ = clock_.Now() + limits::kRedrawInterval;
  line_.Draw([look](int width) {
    const std::string text = CutoverProgressLine(look, width);
    return LiveLine::Drawing{text, Columns(text)};
  });
}

void CutoverDisplay::LeaveRoomForTyping(bool typing) {
  if (typing) line_.Erase();
  typing_ = typing;
}

void CutoverDisplay::Finish(const CutoverLook& look) {
  Show(look);
  line_.Erase();
  line_.Print(json_ ? CutoverLookToJson(look, true) : CutoverVerdict(look, advice_));
}

}  // namespace ddbsync::cli
