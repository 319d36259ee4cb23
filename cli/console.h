#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "cli/api.h"
#include "cli/live_line.h"

namespace ddbsync::cli {

/// Standard output of a run. On a terminal a live line; elsewhere a status line every ten seconds.
/// Changes of state get lines of their own. Of several jobs the line is a summary, and lines about
/// one of them begin with its name. For the main thread. At most one at a time.
class Console {
 public:
  struct Options {
    bool quiet = false;  ///< nothing on standard output
    bool json = false;   ///< statuses as JSON, one a line, instead of text
    bool color = true;
  };

  /// `clock` outlives the console.
  Console(Options options, const Clock& clock);

  /// For people; nothing with --json or --quiet.
  void Line(std::string_view text);

  /// Between looks that are worth showing.
  [[nodiscard]] Duration pace() const;

  /// Called at that pace, with the same jobs; draws when it is time to.
  void Show(const std::vector<JobLook>& jobs);

  /// The last statuses and the last lines; the live line is gone after that.
  void Finish(const std::vector<JobLook>& jobs, const std::vector<std::string>& last_lines);

 private:
  /// Tells what changed since the last look. True if anything did.
  bool TellChanges(const std::vector<JobLook>& jobs);
  void Draw(const std::vector<JobLook>& jobs);
  void StatusLine(const std::vector<JobLook>& jobs);

  const Options options_;
  const Clock& clock_;
  LiveLine line_;
  std::vector<JobLook> shown_;  ///< empty before the first look
  TimePoint next_draw_;
};

}  // namespace ddbsync::cli
