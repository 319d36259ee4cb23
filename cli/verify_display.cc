#include "cli/verify_display.h"

#include <fmt/format.h>

#include "cli/limits.h"
#include "cli/text.h"

namespace ddbsync::cli {
namespace {

constexpr int kNoLimit = 1000;  // for lines that go to a file

}  // namespace

VerifyDisplay::VerifyDisplay(Options options, const Clock& clock)
    : options_(std::move(options)),
      clock_(clock),
      line_(!options_.quiet && !options_.json),
      next_line_(line_.live() ? clock.Now() : clock.Now() + limits::kStatusLineInterval) {}

void VerifyDisplay::Line(std::string_view text) {
  if (!options_.quiet && !options_.json) line_.Print(text);
}

void VerifyDisplay::Show(const VerifyLook& look) {
  if (look.request.watch && look.status.completed != completed_) TellGeneration(look);
  if (options_.quiet || options_.json) return;
  if (line_.live()) {
    if (clock_.Now() < next_line_) return;
    next_line_ = clock_.Now() + limits::kRedrawInterval;
    line_.Draw([look](int width) {
      const std::string line = VerifyProgressLine(look, width);
      return LiveLine::Drawing{line, Columns(line)};
    });
    return;
  }
  if (clock_.Now() < next_line_) return;
  next_line_ = clock_.Now() + limits::kStatusLineInterval;
  line_.Print(TimeText(look.status.now) + " " + VerifyProgressLine(look, kNoLimit));
}

void VerifyDisplay::TellGeneration(const VerifyLook& look) {
  completed_ = look.status.completed;
  if (options_.json) return line_.Print(VerifyLookToJson(look, false));
  std::string verdict = VerdictLine(look);
  const std::string kinds = verdict.substr(0, verdict.find(';'));
  const bool same = !verdict_.empty() && look.status.outcome == verify::Outcome::kEqual
                        ? verdict_.starts_with("EQUAL")
                        : kinds == verdict_;
  verdict_ = kinds;
  if (!same) {
    line_.Print(fmt::format("{} generation {}: {}", TimeText(look.status.now),
                            look.status.generation, verdict));
  }
}

void VerifyDisplay::Finish(VerifyLook look) {
  line_.Erase();
  KeepOlder(look, options_.min_age);
  if (!options_.advice.show_values) ForgetValues(look);
  if (options_.json) return line_.Print(VerifyLookToJson(look, !look.request.watch));
  line_.Print(VerdictLine(look));
  for (const std::string& line : DifferenceLines(look, options_.advice)) line_.Print(line);
}

}  // namespace ddbsync::cli
