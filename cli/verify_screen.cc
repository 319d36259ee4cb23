#include "cli/verify_screen.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "cli/limits.h"
#include "cli/line_parts.h"
#include "cli/text.h"

namespace ddbsync::cli {
namespace {

using verify::Difference;
using verify::DifferenceKind;
using verify::Outcome;
using verify::Phase;
using verify::Status;

constexpr int kKeyColumns = 200;     // a key of 2 KB is no reading
constexpr int kValueColumns = 1000;  // of an item, which may have 400 KB

double Seconds(WallTime from, WallTime to) {
  return std::max(0.0, std::chrono::duration<double>(to - from).count());
}

int64_t Of(const Status& status, DifferenceKind kind) {
  return status.differences[static_cast<size_t>(kind)];
}

/// "1 missing, 2 extra"
std::string Kinds(const Status& status) {
  std::vector<std::string> kinds;
  for (size_t kind = 0; kind < verify::kDifferenceKinds; ++kind) {
    if (status.differences[kind] == 0) continue;
    kinds.push_back(fmt::format("{} {}", CountText(status.differences[kind]),
                                ToString(static_cast<DifferenceKind>(kind))));
  }
  return fmt::format("{}", fmt::join(kinds, ", "));
}

std::string Units(double units) {
  return CountText(static_cast<int64_t>(std::llround(units)));
}

/// What was looked at, how, and what it took.
std::string How(const VerifyLook& look) {
  const Status& s = look.status;
  std::string how = fmt::format("{} items of the source and {} of the target",
                                CountText(std::max(s.source.items, s.source.summed)),
                                CountText(std::max(s.target.items, s.target.summed)));
  if (s.sample < 1) how = fmt::format("a sample of {:.6g}%: {}", s.sample * 100, how);
  how += fmt::format("; {} form: {}", ToString(s.form), s.why);
  if (look.run > 0 || s.source.units + s.target.units > 0) {
    how += fmt::format("; {} read units of the source, {} of the target", Units(s.source.units),
                       Units(s.target.units));
  }
  how += fmt::format("; in {}", SpanText(Seconds(s.began, s.completed.value_or(s.now))));
  if (s.repaired > 0) how += fmt::format("; {} repaired", CountText(s.repaired));
  return how;
}

std::string Verdict(const VerifyLook& look) {
  const Status& s = look.status;
  const std::string undecided =
      s.undecided == 0
          ? ""
          : fmt::format("{} undecided, because they changed whenever they were looked at",
                        CountText(s.undecided));
  if (s.standing() == 0) {
    if (undecided.empty()) return "EQUAL: " + How(look);
    return fmt::format("UNDECIDED: {}; {}", undecided, How(look));
  }
  return fmt::format("DIFFERENT: {}{}{}; {}", Kinds(s), undecided.empty() ? "" : "; ", undecided,
                     How(look));
}

std::string_view PhaseText(const VerifyLook& look) {
  if (look.opening) return "looking at the tables";
  switch (look.status.phase) {
    case Phase::kDigesting:
      return "scanning both tables";
    case Phase::kComparing:
      return "comparing";
    case Phase::kSettling:
      return "looking again at suspects";
    case Phase::kWatching:
      return "watching";
    case Phase::kEnded:
      return "ended";
  }
  return "";
}

/// What is counted of keys, in few words.
void AddFindings(std::vector<LinePart>& parts, const Status& s) {
  if (s.suspects > 0) parts.push_back({"suspects " + CountText(s.suspects), 3});
  if (s.standing() > 0) parts.push_back({Kinds(s), 0});
  if (s.undecided > 0) parts.push_back({"undecided " + CountText(s.undecided), 1});
  if (s.repaired > 0) parts.push_back({"repaired " + CountText(s.repaired), 2});
}

std::string Age(const Difference& difference, WallTime now) {
  return fmt::format("since {} ({})", TimeText(difference.since),
                     SpanText(Seconds(difference.since, now)));
}

void AddDifference(std::vector<std::string>& lines, const Difference& difference, WallTime now,
                   bool values) {
  std::string line = fmt::format("  {:<9}  {}  {}", ToString(difference.kind),
                                 Clip(difference.key_json, kKeyColumns), Age(difference, now));
  if (!difference.attributes.empty()) {
    line += ": " + Clip(fmt::format("{}", fmt::join(difference.attributes, ", ")), kKeyColumns);
  }
  lines.push_back(std::move(line));
  if (!values) return;
  for (const auto& [side, json] :
       {std::pair{"source", &difference.source_json}, {"target", &difference.target_json}}) {
    if (!json->empty())
      lines.push_back(fmt::format("    {}  {}", side, Clip(*json, kValueColumns)));
  }
}

/// What to type next, where there is something to do.
void AddAdvice(std::vector<std::string>& lines, const VerifyLook& look,
               const VerifyAdvice& advice) {
  const Status& s = look.status;
  if (look.running || s.standing() == 0) return;
  const std::string verify = "ddbsync verify " + advice.job;
  const bool writes = Of(s, DifferenceKind::kMissing) + Of(s, DifferenceKind::kDifferent) > 0;
  if (!s.repairs && writes) {
    lines.push_back(fmt::format("`{} --repair` gives the target what the source has", verify));
  }
  if (Of(s, DifferenceKind::kExtra) > 0 && !look.request.delete_extra) {
    lines.push_back(
        fmt::format("`{} --repair --delete-extra` also deletes what only the target has", verify));
  }
  if (s.repairs && writes) {
    lines.push_back(fmt::format(
        "repairs did not help: `ddbsync verify show {}` and the log say what refused them",
        advice.job));
  } else if (advice.through_job) {
    lines.push_back(fmt::format(
        "`ddbsync verify show {} --min-age 10m` tells which stand for longer", advice.job));
  }
}

}  // namespace

std::string VerifyProgressLine(const VerifyLook& look, int width) {
  const Status& s = look.status;
  std::vector<LinePart> parts;
  if (s.generation > 1) parts.push_back({fmt::format("generation {}", s.generation), 4});
  parts.push_back({std::string(PhaseText(look)), 0});
  const bool walking =
      !look.opening && (s.phase == Phase::kDigesting || s.phase == Phase::kComparing);
  if (walking) {
    if (s.progress) {
      parts.push_back({Bar(*s.progress), 3});
      parts.push_back({Percent(*s.progress, false), 1});
    }
    parts.push_back({CountText(s.source.items + s.target.items) + " items", 4});
    parts.push_back({RateText(s.items_per_second) + " items/s", 2});
    if (s.eta_seconds) parts.push_back({"eta " + SpanText(*s.eta_seconds), 2});
  }
  if (!look.opening) AddFindings(parts, s);
  while (Columns(Join(parts)) > width && DropLeastImportant(parts)) {
  }
  std::string line = Join(parts);
  if (!s.last_warning.empty()) line.append(kBetweenParts).append("last warning: " + s.last_warning);
  return Clip(line, width);
}

std::string VerdictLine(const VerifyLook& look) {
  const Status& s = look.status;
  const std::string so_far =
      fmt::format("{} items looked at{}{}", CountText(s.source.items + s.target.items),
                  s.standing() > 0 ? ", " + Kinds(s) : "",
                  s.suspects > 0 ? fmt::format(", {} suspects", CountText(s.suspects)) : "");
  if (!s.outcome) {
    return look.running
               ? "not done yet: " + so_far
               : fmt::format("not finished: {}; the same command goes on where it was", so_far);
  }
  switch (*s.outcome) {
    case Outcome::kEqual:
    case Outcome::kDifferent:
      return Verdict(look);
    case Outcome::kStopped:
      return fmt::format("stopped, {}: {}; the same command goes on where it was", s.reason,
                         so_far);
    case Outcome::kFailed:
      return fmt::format(
          "failed: {}; {}; once that is mended, the same command goes on where it was", s.reason,
          so_far);
  }
  return so_far;
}

std::vector<std::string> DifferenceLines(const VerifyLook& look, const VerifyAdvice& advice) {
  std::vector<std::string> lines;
  const size_t shown = std::min(look.differences.size(), limits::kMostDifferencesShown);
  for (size_t i = 0; i < shown; ++i) {
    AddDifference(lines, look.differences[i], look.status.now, advice.show_values);
  }
  const int64_t more = look.status.standing() - static_cast<int64_t>(shown);
  if (more > 0 && shown < look.differences.size()) {
    lines.push_back(fmt::format("  ... and {} more; `ddbsync verify show {} --json` lists them",
                                CountText(more), advice.job));
  }
  AddAdvice(lines, look, advice);
  return lines;
}

std::string VerifyScreen(const VerifyLook& look, const VerifyAdvice& advice) {
  const Status& s = look.status;
  std::string screen =
      fmt::format("{}: {}, begun {}", look.job_id,
                  look.running ? fmt::format("running ({})", PhaseText(look)) : "not running",
                  TimeText(s.began));
  if (s.completed) screen += fmt::format(", complete {}", TimeText(*s.completed));
  if (s.generation > 1) screen += fmt::format(", generation {}", s.generation);
  screen += "\n" + VerdictLine(look) + "\n";
  for (const std::string& line : DifferenceLines(look, advice)) screen += line + "\n";
  return screen;
}

}  // namespace ddbsync::cli
