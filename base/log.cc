#include "base/log.h"

#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace ddbsync {
namespace {

std::atomic<void (*)(std::string_view)> g_redirect{nullptr};
std::atomic<LogFormat> g_format{LogFormat::kText};
thread_local std::string_view t_job;  // of the LogScope; empty: none

/// Standard error, unless somebody (a progress bar) asked to place the lines itself.
class RedirectableSink final : public spdlog::sinks::base_sink<std::mutex> {
 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t formatted;
    formatter_->format(message, formatted);
    const std::string_view line(formatted.data(), formatted.size());
    if (auto redirect = g_redirect.load()) {
      redirect(line.substr(0, line.find_last_not_of('\n') + 1));
    } else {
      std::fwrite(line.data(), 1, line.size(), stderr);
    }
  }
  void flush_() override { std::fflush(stderr); }
};

std::shared_ptr<spdlog::logger> Logger() {
  static const std::shared_ptr<spdlog::logger> logger = [] {
    auto made = std::make_shared<spdlog::logger>("ddbsync", std::make_shared<RedirectableSink>());
    made->set_level(spdlog::level::info);
    made->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
    return made;
  }();
  return logger;
}

spdlog::level::level_enum ToSpdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

bool IsControl(char c) {
  constexpr unsigned char kFirstPrintable = 0x20;
  constexpr unsigned char kDelete = 0x7f;
  const auto byte = static_cast<unsigned char>(c);
  return byte < kFirstPrintable || byte == kDelete;
}

/// Bytes of the UTF-8 character at the beginning of `text`; 0 when it is none.
size_t CharacterLength(std::string_view text) {
  const auto byte = [&](size_t i) { return i < text.size() ? uint8_t(text[i]) : uint8_t{0}; };
  const auto within = [&](size_t i, int low, int high) {
    return low <= byte(i) && byte(i) <= high;
  };
  const uint8_t first = byte(0);
  if (first < 0x80) return 1;
  // Well-formed sequences as in table 3-7 of the Unicode standard.
  if (within(0, 0xc2, 0xdf)) return within(1, 0x80, 0xbf) ? 2 : 0;
  if (within(0, 0xe0, 0xef)) {
    const bool second = within(1, first == 0xe0 ? 0xa0 : 0x80, first == 0xed ? 0x9f : 0xbf);
    return second && within(2, 0x80, 0xbf) ? 3 : 0;
  }
  if (within(0, 0xf0, 0xf4)) {
    const bool second = within(1, first == 0xf0 ? 0x90 : 0x80, first == 0xf4 ? 0x8f : 0xbf);
    return second && within(2, 0x80, 0xbf) && within(3, 0x80, 0xbf) ? 4 : 0;
  }
  return 0;
}

/// Appends what a terminal may show and JSON may hold: control characters, which could forge lines
/// or steer a terminal, are escaped, and bytes that are not UTF-8 replaced.
void AppendClean(std::string& out, std::string_view text) {
  constexpr std::string_view kReplacement = "\xef\xbf\xbd";
  while (!text.empty()) {
    const size_t length = CharacterLength(text);
    if (length == 0) {
      out += kReplacement;
    } else if (IsControl(text.front())) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(text.front()));
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(std::max<size_t>(length, 1));
  }
}

void AppendQuoted(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const size_t plain = std::min(text.find_first_of("\"\\"), text.size());
    AppendClean(out, text.substr(0, plain));
    if (plain == text.size()) break;
    out += '\\';
    out += text[plain];
    text.remove_prefix(plain + 1);
  }
  out += '"';
}

bool NeedsQuotes(std::string_view text) {
  return text.empty() || std::ranges::any_of(text, [](char c) {
           return c == ' ' || c == '"' || c == '\\' || IsControl(c);
         });
}

std::string FormatText(std::string_view event, std::string_view message,
                       std::span<const LogField> fields) {
  std::string line(event);
  if (!message.empty()) {
    line += ": ";
    AppendClean(line, message);
  }
  for (const LogField& field : fields) {
    line.append(" ").append(field.key).append("=");
    if (NeedsQuotes(field.value)) {
      AppendQuoted(line, field.value);
    } else {
      AppendClean(line, field.value);
    }
  }
  return line;
}

std::string FormatJson(std::string_view event, std::string_view message,
                       std::span<const LogField> fields) {
  std::string line = "\"event\":";
  AppendQuoted(line, event);
  if (!message.empty()) {
    line += ",\"message\":";
    AppendQuoted(line, message);
  }
  for (const LogField& field : fields) {
    line += ',';
    AppendQuoted(line, field.key);
    line += ':';
    // Only a number that is not finite has other letters, and JSON has no such number.
    const bool finite = field.value.find_first_not_of("+-.0123456789e") == std::string::npos;
    if (!field.number) {
      AppendQuoted(line, field.value);
    } else {
      line += finite ? field.value : "null";
    }
  }
  return line;
}

}  // namespace

void ConfigureLog(LogLevel minimum, LogFormat format) {
  g_format = format;
  auto logger = Logger();
  logger->set_level(ToSpdlog(minimum));
  logger->set_pattern(format == LogFormat::kJson
                          ? R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})"
                          : "%Y-%m-%dT%H:%M:%S.%eZ %l %v",
                      spdlog::pattern_time_type::utc);
}

void SetLogSink(void (*sink)(std::string_view line)) {
  g_redirect = sink;
}

LogScope::LogScope(std::string_view job) : outer_(std::exchange(t_job, job)) {}

LogScope::~LogScope() {
  t_job = outer_;
}

void Log(LogLevel level, std::string_view event, std::string_view message,
         std::initializer_list<LogField> fields) {
  auto logger = Logger();
  if (!logger->should_log(ToSpdlog(level))) return;
  std::vector<LogField> all(fields);
  if (!t_job.empty()) all.emplace(all.begin(), "job", t_job);
  const std::string line = g_format == LogFormat::kJson ? FormatJson(event, message, all)
                                                        : FormatText(event, message, all);
  logger->log(ToSpdlog(level), spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace ddbsync
