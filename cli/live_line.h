#pragma once

#include <cstdio>
#include <functional>
#include <string>
#include <string_view>

#include "base/mutex.h"

namespace ddbsync::cli {

/// The line at the foot of a terminal that is redrawn in place, with everything else, log lines
/// too, placed above it. Where standard output is no terminal there is no such line, and what is
/// printed is just printed. Output that cannot be written is dropped: the work matters more than
/// its display.
///
/// Called by the main thread; log lines come from any. At most one at a time.
class LiveLine {
 public:
  /// What stands in the line, made for so many columns.
  struct Drawing {
    std::string text = {};  ///< with colours
    int columns = 0;
  };
  using Render = std::function<Drawing(int width)>;

  /// `wanted`: on a terminal.
  explicit LiveLine(bool wanted);
  ~LiveLine();  // erases
  LiveLine(const LiveLine&) = delete;
  LiveLine& operator=(const LiveLine&) = delete;

  /// There is such a line.
  [[nodiscard]] bool live() const { return live_; }
  /// Now, and again after each line that is printed: the window may be narrower than it was.
  void Draw(Render render);
  /// Above it, on standard output.
  void Print(std::string_view line);
  /// Gone until it is drawn again.
  void Erase();

 private:
  static void OnLogLine(std::string_view line);
  void DrawAgain() REQUIRES(mutex_);
  void PrintAbove(std::FILE* stream, std::string_view line) REQUIRES(mutex_);
  [[nodiscard]] std::string EraseCode() const REQUIRES(mutex_);

  const bool live_;
  const bool owns_log_;  ///< log lines go to the same terminal

  Mutex mutex_;
  Render render_ GUARDED_BY(mutex_);
  int columns_ GUARDED_BY(mutex_) = 0;  ///< of what stands there; 0: nothing
};

/// True when colours are wanted on standard output: a terminal that can, and nobody said no.
[[nodiscard]] bool WantsColor(bool no_color);

}  // namespace ddbsync::cli
