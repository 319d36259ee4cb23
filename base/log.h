#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace ddbsync {

enum class LogLevel { kDebug, kInfo, kWarning, kError };
enum class LogFormat { kText, kJson };

/// One value of a log line. Never a secret, never an item's value (keys are named by digest only).
struct LogField {
  LogField(std::string_view k, std::string_view v) : key(k), value(v) {}
  LogField(std::string_view k, const char* v) : key(k), value(v) {}
  template <class T>
    requires std::is_arithmetic_v<T>
  LogField(std::string_view k, T v) : key(k), value(std::to_string(v)), number(true) {}
  std::string key;
  std::string value;
  bool number = false;
};

/// Called once before the first line; later calls replace the sink. Lines go to standard error.
void ConfigureLog(LogLevel minimum, LogFormat format);

/// Where lines go instead, e.g. above a progress bar; null for standard error. `line` has no
/// newline.
void SetLogSink(void (*sink)(std::string_view line));

/// While it lives, lines logged by this thread say `job=NAME`: of a process with several jobs.
/// Nested, the inner one counts. `job` outlives it; empty: no such field.
class LogScope {
 public:
  explicit LogScope(std::string_view job);
  ~LogScope();
  LogScope(const LogScope&) = delete;
  LogScope& operator=(const LogScope&) = delete;

 private:
  const std::string_view outer_;
};

/// `event` is a stable snake_case name that scripts may rely on; `message` is for people and may
/// be empty. Safe from any thread.
void Log(LogLevel level, std::string_view event, std::string_view message,
         std::initializer_list<LogField> fields = {});

}  // namespace ddbsync
