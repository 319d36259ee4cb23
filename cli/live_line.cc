#include "cli/live_line.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <utility>

#include "base/log.h"

namespace ddbsync::cli {
namespace {

/// base/log.h takes a plain function, so the line that stands now is found through this. The mutex
/// keeps it alive while a log line of another thread's is on its way to it.
Mutex g_mutex;
LiveLine* g_line GUARDED_BY(g_mutex) = nullptr;

constexpr int kUnknownWidth = 80;

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

}  // namespace

LiveLine::LiveLine(bool wanted)
    : live_(wanted && IsTerminal(STDOUT_FILENO)), owns_log_(live_ && IsTerminal(STDERR_FILENO)) {
  if (!owns_log_) return;
  {
    const MutexLock lock(g_mutex);
    g_line = this;
  }
  SetLogSink(&LiveLine::OnLogLine);
}

LiveLine::~LiveLine() {
  if (owns_log_) {
    SetLogSink(nullptr);
    const MutexLock lock(g_mutex);
    g_line = nullptr;
  }
  Erase();
}

void LiveLine::OnLogLine(std::string_view line) {
  const MutexLock lock(g_mutex);
  if (g_line == nullptr) {
    Write(stderr, std::string(line) + "\n");
    return;
  }
  const MutexLock line_lock(g_line->mutex_);
  g_line->PrintAbove(stderr, line);
}

void LiveLine::Draw(Render render) {
  const MutexLock lock(mutex_);
  render_ = std::move(render);
  if (live_) DrawAgain();
}

void LiveLine::Print(std::string_view line) {
  const MutexLock lock(mutex_);
  PrintAbove(stdout, line);
}

void LiveLine::Erase() {
  const MutexLock lock(mutex_);
  Write(stdout, EraseCode());
  columns_ = 0;
}

void LiveLine::DrawAgain() {
  // The last column stays free: some terminals wrap as soon as it is written.
  const Drawing drawing = render_(TerminalWidth() - 1);
  const std::string text = EraseCode() + drawing.text;
  columns_ = drawing.columns;
  Write(stdout, text);
}

/// In one write with what comes next, so that nothing flickers.
std::string LiveLine::EraseCode() const {
  if (columns_ == 0) return {};
  // A window made narrower has wrapped the line: its first row is that far up.
  const int rows_above = (columns_ - 1) / TerminalWidth();
  return rows_above > 0 ? fmt::format("\x1b[{}A\r\x1b[J", rows_above) : "\r\x1b[K";
}

/// `stream` leads to the terminal of the line, if there is one.
void LiveLine::PrintAbove(std::FILE* stream, std::string_view line) {
  const bool stands = columns_ > 0;
  Write(stream, EraseCode() + std::string(line) + "\n");
  columns_ = 0;
  if (stands) DrawAgain();
}

bool WantsColor(bool no_color) {
  return !no_color && IsTerminal(STDOUT_FILENO);
}

}  // namespace ddbsync::cli
