#pragma once

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "cli/api.h"
#include "replicator/status.h"

namespace ddbsync::cli {

/// Standard output of a run. On a terminal a live line redrawn in place, with log lines placed
/// above it; elsewhere a status line every ten seconds. Changes of state get lines of their own. Of
/// several jobs the line is a summary, and lines about one of them begin with its name.
/// Output that cannot be written is dropped: the copy matters more than its display.
///
/// Show and Line are called by the main thread, log lines come from any. At most one at a time.
class Console {
 public:
  struct Options {
    bool quiet = false;  ///< nothing on standard output
    bool json = false;   ///< statuses as JSON, one a line, instead of text
    bool color = true;
  };

  /// `clock` outlives the console.
  Console(Options options, const Clock& clock);
  ~Console();
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;

  /// For people; nothing with --json or --quiet.
  void Line(std::string_view text);

  /// Between looks that are worth showing.
  [[nodiscard]] Duration pace() const;

  /// Called at that pace, with the same jobs; draws when it is time to.
  void Show(const std::vector<JobLook>& jobs);

  /// The last statuses and the last lines; the live line is gone after that.
  void Finish(const std::vector<JobLook>& jobs, const std::vector<std::string>& last_lines);

 private:
  static void OnLogLine(std::string_view line);
  /// Tells what changed since the last look. True if anything did.
  bool TellChanges(const std::vector<JobLook>& jobs) REQUIRES(mutex_);
  void Draw(const std::vector<JobLook>& jobs) REQUIRES(mutex_);
  [[nodiscard]] std::string EraseCode() const REQUIRES(mutex_);
  void Erase() REQUIRES(mutex_);
  void PrintAbove(std::FILE* stream, std::string_view line) REQUIRES(mutex_);
  void StatusLine(const std::vector<JobLook>& jobs) REQUIRES(mutex_);
  [[nodiscard]] std::string Painted(const std::string& line,
                                    const replicator::JobStatus& status) const;

  const Options options_;
  const Clock& clock_;
  const bool live_;      ///< a live line on standard output
  const bool owns_log_;  ///< log lines go to the same terminal

  Mutex mutex_;
  std::vector<JobLook> shown_ GUARDED_BY(mutex_);  ///< empty before the first look
  TimePoint next_draw_ GUARDED_BY(mutex_);
  int line_columns_ GUARDED_BY(mutex_) = 0;  ///< of the live line; 0: none stands there
};

/// True when colours are wanted on standard output: a terminal that can, and nobody said no.
[[nodiscard]] bool WantsColor(bool no_color);

}  // namespace ddbsync::cli
