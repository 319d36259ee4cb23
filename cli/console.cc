#include "cli/console.h"

#include <fmt/format.h>

#include <memory>

#include "cli/limits.h"
#include "cli/progress_line.h"
#include "cli/status_json.h"
#include "cli/text.h"

namespace ddbsync::cli {
namespace {

using replicator::JobState;
using replicator::JobStatus;

constexpr int kNoLimit = 1000;  // for lines that go to a file

const char* ColorOf(const JobStatus& status) {
  switch (status.state) {
    case JobState::kGap:
    case JobState::kFailed:
      return "31";
    case JobState::kFollowing:
    case JobState::kDone:
      return status.degraded || !status.ready ? "33" : "32";
    case JobState::kCopying:
    case JobState::kResync:
      return "36";
    default:
      return "33";
  }
}

/// The state in its colour.
std::string Painted(const std::string& line, const JobStatus& status) {
  const size_t state = ToString(status.state).size();
  if (line.size() < state) return line;
  return fmt::format("\x1b[{}m{}\x1b[0m{}", ColorOf(status), line.substr(0, state),
                     line.substr(state));
}

}  // namespace

Console::Console(Options options, const Clock& clock)
    : options_(options), clock_(clock), line_(!options.quiet && !options.json) {}

void Console::Line(std::string_view text) {
  if (!options_.quiet && !options_.json) line_.Print(text);
}

Duration Console::pace() const {
  return line_.live() ? Duration(limits::kRedrawInterval) : Duration(limits::kCalmLookInterval);
}

void Console::Show(const std::vector<JobLook>& jobs) {
  if (options_.quiet) return;
  const TimePoint now = clock_.Now();
  const bool changed = !shown_.empty() && TellChanges(jobs);
  const bool due = shown_.empty() || now >= next_draw_;
  shown_ = jobs;
  if (!due && !(line_.live() && changed)) return;
  if (line_.live()) {
    next_draw_ = now + limits::kRedrawInterval;
    Draw(jobs);
  } else {
    next_draw_ = now + limits::kStatusLineInterval;
    StatusLine(jobs);
  }
}

bool Console::TellChanges(const std::vector<JobLook>& jobs) {
  bool any = false;
  for (size_t i = 0; i < jobs.size(); ++i) {
    const JobStatus& before = shown_[i].status;
    const JobStatus& status = jobs[i].status;
    const bool changed = before.state != status.state;
    any = any || changed;
    if (options_.json) {
      if (changed) line_.Print(StatusToJson(status, false));
    } else if (jobs.size() == 1) {
      if (const auto change = StateChange(before, status)) line_.Print(*change);
    } else if (jobs[i].ended && !shown_[i].ended) {
      // The run goes on without it: its last line may be weeks away.
      line_.Print(fmt::format("{}: {}: {}", status.job_id, ToString(status.state), status.reason));
    } else if (const auto change = StateChange(before, status)) {
      line_.Print(status.job_id + ": " + *change);
    }
  }
  return any;
}

void Console::Finish(const std::vector<JobLook>& jobs, const std::vector<std::string>& last_lines) {
  if (options_.quiet) return;
  line_.Erase();
  if (options_.json) {
    StatusLine(jobs);
    return;
  }
  for (const std::string& line : last_lines) line_.Print(line);
}

void Console::StatusLine(const std::vector<JobLook>& jobs) {
  if (!options_.json) {
    line_.Print(TimeText(jobs.front().status.now) + " " + SummaryLine(jobs, kNoLimit));
    return;
  }
  for (const JobLook& job : jobs) line_.Print(StatusToJson(job.status, false));
}

void Console::Draw(const std::vector<JobLook>& jobs) {
  const auto drawn = std::make_shared<const std::vector<JobLook>>(jobs);
  line_.Draw([drawn, color = options_.color](int width) {
    const std::string line = SummaryLine(*drawn, width);
    const bool painted = color && drawn->size() == 1;
    return LiveLine::Drawing{painted ? Painted(line, drawn->front().status) : line, Columns(line)};
  });
}

}  // namespace ddbsync::cli
