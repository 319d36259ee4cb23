#include "cli/console.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "base/log.h"
#include "cli/limits.h"
#include "cli/progress_line.h"
#include "cli/status_json.h"
#include "cli/text.h"

namespace ddbsync::cli {
namespace {

using replicator::JobState;
using replicator::JobStatus;

/// base/log.h takes a plain function, so the console that draws now is found through this. The
/// mutex keeps a console alive while a line of another thread's is on its way to it.
Mutex g_mutex;
Console* g_console GUARDED_BY(g_mutex) = nullptr;

constexpr int kUnknownWidth = 80;
constexpr int kNoLimit = 1000;  // for lines that go to a file

bool IsTerminal(int descriptor) {
  const char* const term = std::getenv("TERM");
  return isatty(descriptor) == 1 && term != nullptr && std::string_view(term) != "dumb";
}

/// Asked again for each line, so that a window may be resized at any time. Serial lines and some
/// containers say 0: they do not know.
int TerminalWidth() {
  winsize size = {};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kUnknownWidth;
  return size.ws_col;
}

void Write(std::FILE* stream, std::string_view bytes) {
  std::fwrite(bytes.data(), 1, bytes.size(), stream);
  std::fflush(stream);
}

const char* ColorOf(const JobStatus& status) {
  switch (status.state) {
    case JobState::kGap:
    case JobState::kFailed:
      return "31";
    case JobState::kFollowing:
    case JobState::kDone:
      return status.degraded || !status.ready ? "33" : "32";
    case JobState::kCopying:
      return "36";
    default:
      return "33";
  }
}

}  // namespace

Console::Console(Options options, const Clock& clock)
    : options_(options),
      clock_(clock),
      live_(!options.quiet && !options.json && IsTerminal(STDOUT_FILENO)),
      owns_log_(live_ && IsTerminal(STDERR_FILENO)) {
  if (!owns_log_) return;
  {
    const MutexLock lock(g_mutex);
    g_console = this;
  }
  SetLogSink(&Console::OnLogLine);
}

Console::~Console() {
  if (owns_log_) {
    SetLogSink(nullptr);
    const MutexLock lock(g_mutex);
    g_console = nullptr;
  }
  const MutexLock lock(mutex_);
  Erase();
}

void Console::OnLogLine(std::string_view line) {
  const MutexLock lock(g_mutex);
  if (g_console == nullptr) {
    Write(stderr, std::string(line) + "\n");
    return;
  }
  const MutexLock console_lock(g_console->mutex_);
  g_console->PrintAbove(stderr, line);
}

void Console::Line(std::string_view text) {
  if (options_.quiet || options_.json) return;
  const MutexLock lock(mutex_);
  PrintAbove(stdout, text);
}

Duration Console::pace() const {
  return live_ ? Duration(limits::kRedrawInterval) : Duration(limits::kCalmLookInterval);
}

void Console::Show(const std::vector<JobLook>& jobs) {
  if (options_.quiet) return;
  const MutexLock lock(mutex_);
  const TimePoint now = clock_.Now();
  const bool changed = !shown_.empty() && TellChanges(jobs);
  const bool due = shown_.empty() || now >= next_draw_;
  shown_ = jobs;
  if (!due && !(live_ && changed)) return;
  if (live_) {
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
      if (changed) Write(stdout, StatusToJson(status, false) + "\n");
    } else if (jobs.size() == 1) {
      if (const auto change = StateChange(before, status)) PrintAbove(stdout, *change);
    } else if (jobs[i].ended && !shown_[i].ended) {
      // The run goes on without it: its last line may be weeks away.
      PrintAbove(stdout,
                 fmt::format("{}: {}: {}", status.job_id, ToString(status.state), status.reason));
    } else if (const auto change = StateChange(before, status)) {
      PrintAbove(stdout, status.job_id + ": " + *change);
    }
  }
  return any;
}

void Console::Finish(const std::vector<JobLook>& jobs, const std::vector<std::string>& last_lines) {
  if (options_.quiet) return;
  const MutexLock lock(mutex_);
  Erase();
  if (options_.json) {
    StatusLine(jobs);
    return;
  }
  for (const std::string& line : last_lines) Write(stdout, line + "\n");
}

void Console::StatusLine(const std::vector<JobLook>& jobs) {
  if (!options_.json) {
    const std::string time = TimeText(jobs.front().status.now);
    Write(stdout, time + " " + SummaryLine(jobs, kNoLimit) + "\n");
    return;
  }
  for (const JobLook& job : jobs) Write(stdout, StatusToJson(job.status, false) + "\n");
}

std::string Console::Painted(const std::string& line, const JobStatus& status) const {
  const size_t state = ToString(status.state).size();
  if (!options_.color || line.size() < state) return line;
  return fmt::format("\x1b[{}m{}\x1b[0m{}", ColorOf(status), line.substr(0, state),
                     line.substr(state));
}

void Console::Draw(const std::vector<JobLook>& jobs) {
  // The last column stays free: some terminals wrap as soon as it is written.
  const std::string line = SummaryLine(jobs, TerminalWidth() - 1);
  const std::string text =
      EraseCode() + (jobs.size() == 1 ? Painted(line, jobs.front().status) : line);
  line_columns_ = Columns(line);
  Write(stdout, text);
}

/// In one write with what comes next, so that nothing flickers.
std::string Console::EraseCode() const {
  if (line_columns_ == 0) return {};
  // A window made narrower has wrapped the line: its first row is that far up.
  const int rows_above = (line_columns_ - 1) / TerminalWidth();
  return rows_above > 0 ? fmt::format("\x1b[{}A\r\x1b[J", rows_above) : "\r\x1b[K";
}

void Console::Erase() {
  Write(stdout, EraseCode());
  line_columns_ = 0;
}

/// `stream` leads to the terminal of the live line, if there is one.
void Console::PrintAbove(std::FILE* stream, std::string_view line) {
  const bool stands = line_columns_ > 0;
  Write(stream, EraseCode() + std::string(line) + "\n");
  line_columns_ = 0;
  if (stands) Draw(shown_);  // anew: the window may be narrower than it was
}

bool WantsColor(bool no_color) {
  return !no_color && IsTerminal(STDOUT_FILENO);
}

}  // namespace ddbsync::cli
