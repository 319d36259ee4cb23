#include "cli/cutover_screen.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/cutover_request.h"
#include "cli/limits.h"
#include "cli/line_parts.h"
#include "cli/text.h"

namespace ddbsync::cli {
namespace {

using cutover::Step;

constexpr int kTextColumns = 400;  // of what the engine or a hook says

double Seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

std::string Stopped(const CutoverLook& look) {
  return SpanText(Seconds(FrozenFor(look)));
}

/// "; writes were stopped for 8.2s", or nothing.
std::string StoppedFor(const CutoverLook& look) {
  if (FrozenFor(look) == Duration(0)) return "";
  return fmt::format("; writes were stopped for {}", Stopped(look));
}

std::string CutoverCommand(std::string_view name, const CutoverAdvice& advice) {
  return fmt::format("`ddbsync cutover {}{}{}`", name, advice.job.empty() ? "" : " ", advice.job);
}

std::string ShownText(std::string_view text) {
  return Clip(text, kTextColumns);
}

std::string Doing(const CutoverLook& look) {
  const std::string& doing = look.status.doing;
  return doing.empty() ? StepText(look.status.step)
                       : fmt::format("{}: {}", StepText(look.status.step), ShownText(doing));
}

std::string WayBackText(const CutoverAdvice& advice) {
  const JobHome& home = advice.way_back.home;
  switch (advice.way_back.run) {
    case WayBack::Run::kFollows:
      return fmt::format("job {} follows it", home.job_id);
    case WayBack::Run::kBegins:
      return fmt::format("the job's process begins it; `ddbsync status --state {}` tells of it",
                         home.directory);
    case WayBack::Run::kNobody:
      break;
  }
  return fmt::format("`ddbsync reverse{}{}`", advice.job.empty() ? "" : " ", advice.job);
}

std::string Switched(const CutoverLook& look, const CutoverAdvice& advice) {
  if (advice.way_back.switched_back) {
    const JobHome& home = advice.way_back.home;
    return fmt::format(
        "SWITCHED, AND BACK: the cut-over of its way back, job {}, is committed too, so that the "
        "source is the live table again; `ddbsync cutover status --state {}` tells of it",
        home.job_id, home.directory);
  }
  std::string text = "SWITCHED: the target is the live table" + StoppedFor(look) +
                     "; point what still reads the source at it";
  if (look.status.reverse_start) {
    text += fmt::format("; the way back counts every change since {}: {}",
                        TimeText(*look.status.reverse_start), WayBackText(advice));
  }
  return text;
}

std::string TakenBack(const CutoverLook& look) {
  std::string text = fmt::format(
      "TAKEN BACK: {}{}; the source is the live table as before",
      look.status.reason.empty() ? "no reason was given" : ShownText(look.status.reason),
      StoppedFor(look));
  if (look.status.source_ttl_owed) {
    text +=
        "; its TTL is still off, because the service refused to turn it on again so soon: the "
        "job does it as soon as it may";
  }
  return text;
}

std::string Ready(const CutoverLook& look, const CutoverAdvice& advice) {
  std::string text = fmt::format(
      "READY: everything holds and writes are stopped; {} switches, {} "
      "takes it back",
      CutoverCommand("commit", advice), CutoverCommand("abort", advice));
  if (look.status.left) {
    text += fmt::format("; in {} it is taken back by itself", SpanText(Seconds(*look.status.left)));
  }
  return text;
}

/// Columns that the longest takes.
template <class List, class Text>
int Widest(const List& list, Text text) {
  int widest = 0;
  for (const auto& one : list) widest = std::max(widest, Columns(text(one)));
  return widest;
}

std::string Padded(std::string text, int columns) {
  text.append(static_cast<size_t>(std::max(0, columns - Columns(text))), ' ');
  return text;
}

void AddGates(std::string& screen, const GatesLook& look) {
  constexpr int kMostColumns = 44;  // one long text is not to push the others away
  const int names = Widest(look.gates, [](const auto& gate) { return gate.name; });
  const int observed = std::min(
      kMostColumns, Widest(look.gates, [](const auto& gate) { return ShownText(gate.observed); }));
  for (const cutover::Gate& gate : look.gates) {
    screen += fmt::format("  {}  {}  {}  {}\n", gate.ok ? "ok" : "NO", Padded(gate.name, names),
                          Padded(ShownText(gate.observed), observed), ShownText(gate.limit));
    if (!gate.ok && !gate.fix.empty()) screen += fmt::format("      {}\n", ShownText(gate.fix));
  }
}

void AddWindow(std::string& screen, const GatesLook& look) {
  screen +=
      fmt::format("writes would stop for about {}:\n", SpanText(Seconds(look.window.total())));
  const int names = Widest(look.window.parts, [](const auto& part) { return part.name; });
  for (const cutover::Window::Part& part : look.window.parts) {
    screen += fmt::format("  {}  {:>6}  {}\n", Padded(part.name, names),
                          SpanText(Seconds(part.typical)), ShownText(part.why));
  }
}

}  // namespace

std::string StepText(Step step) {
  std::string text(ToString(step));
  std::ranges::replace(text, '_', ' ');
  return text;
}

std::string CutoverProgressLine(const CutoverLook& look, int width) {
  const cutover::Status& s = look.status;
  std::vector<LinePart> parts = {{StepText(s.step), 0}};
  if (IsFrozen(look)) parts.push_back({"writes stopped " + Stopped(look), 1});
  if (s.left && !Ended(s.step)) parts.push_back({SpanText(Seconds(*s.left)) + " left", 2});
  while (Columns(Join(parts)) > width && DropLeastImportant(parts)) {
  }
  std::string line = Join(parts);
  if (!s.doing.empty()) line.append(kBetweenParts).append(s.doing);
  return Clip(line, width);
}

std::string EventLine(const cutover::Event& event) {
  std::string step = event.step;
  std::ranges::replace(step, '_', ' ');
  step = Clip(step, kTextColumns);
  if (event.text.empty()) return fmt::format("{}  {}", TimeText(event.time), step);
  return fmt::format("{}  {:<11}  {}", TimeText(event.time), step, ShownText(event.text));
}

std::string CutoverVerdict(const CutoverLook& look, const CutoverAdvice& advice) {
  const cutover::Status& s = look.status;
  if (s.number == 0) return "there was no cut-over yet";
  if (advice.alone && !Ended(s.step)) return AbandonedText(look, advice);
  if (s.step == Step::kDone) return Switched(look, advice);
  if (s.step == Step::kRolledBack) return TakenBack(look);
  if (s.step == Step::kReady && s.asks_commit) return Ready(look, advice);
  if (Committed(s.step)) {
    return "COMMITTED: the target is the live table; it still has to finish what comes after: " +
           Doing(look);
  }
  const std::string frozen =
      IsFrozen(look) ? fmt::format("; writes have been stopped for {}", Stopped(look)) : "";
  if (TakesBack(s.step)) {
    return fmt::format("IS TAKEN BACK ({}): {}{}", ShownText(s.reason), Doing(look), frozen);
  }
  return fmt::format("UNDER WAY: {}{}", Doing(look), frozen);
}

std::string OptionsText(const cutover::Options& options) {
  std::string text = fmt::format("freeze by {}, drain by {}, time-out {}", ToString(options.freeze),
                                 ToString(options.drain), SpanText(Seconds(options.timeout)));
  if (ComparesAll(options)) text += ", everything compared while frozen";
  if (options.stop_before_commit) text += ", stops before the commit";
  if (options.reverse) text += ", with a way back";
  for (const std::string& principal : options.exempt) text += ", exempt " + ShownText(principal);
  return text;
}

std::string DrainCaveat(const cutover::Options& options) {
  constexpr std::string_view kSo =
      "; what shows that none is missing is the comparison of everything while frozen";
  if (options.drain == cutover::DrainBy::kQuiesce) {
    return fmt::format(
        "a drain by quiesce proves nothing: a stream that answers nothing may still hold changes{}",
        kSo);
  }
  if (options.freeze == cutover::FreezeBy::kPolicy) return "";
  return fmt::format(
      "a freeze by {} is not known to stop every writer, and between the stream's end and the next "
      "one's beginning a write would leave no trace{}",
      ToString(options.freeze), kSo);
}

std::string ConfirmationText(const CutoverLook& look, std::string_view source) {
  std::string text =
      fmt::format("stop everything that writes to {}: applications, schedules, functions, people",
                  source.empty() ? "the source" : source);
  if (look.status.left) {
    text +=
        fmt::format("; within {}, else all is taken back", SpanText(Seconds(*look.status.left)));
  }
  return text;
}

std::string AbandonedText(const CutoverLook& look, const CutoverAdvice& advice) {
  const Step step = look.status.step;
  if (Committed(step)) {
    return fmt::format(
        "COMMITTED: the target is the live table, and what comes after is not finished, since no "
        "process runs the job; {} finishes it",
        CutoverCommand("commit", advice));
  }
  std::string text = fmt::format(
      "LEFT at {}: no process runs the job; nothing is committed, and its next start takes the "
      "cut-over back",
      StepText(step));
  if (IsFrozen(look)) text += "; until then writes to the source stay stopped";
  return text + (advice.job.empty() ? "" : fmt::format(": `ddbsync start {}`", advice.job));
}

std::string CutoverScreen(const CutoverLook& look, const CutoverAdvice& advice) {
  const cutover::Status& s = look.status;
  if (s.number == 0) return fmt::format("{}: {}\n", look.job_id, CutoverVerdict(look, advice));
  std::string screen = fmt::format("{}: cut-over {}", look.job_id, s.number);
  if (s.began) screen += ", begun " + TimeText(*s.began);
  screen += fmt::format("\n{}\n{}\n", CutoverVerdict(look, advice), OptionsText(s.options));
  if (const std::string caveat = DrainCaveat(s.options); !caveat.empty()) screen += caveat + "\n";
  if (!s.report.events.empty()) screen += "\n";
  for (const cutover::Event& event : s.report.events) screen += EventLine(event) + "\n";
  return screen;
}

std::string GatesScreen(const GatesLook& look, const CutoverAdvice& advice) {
  const auto failing =
      std::ranges::count_if(look.gates, [](const cutover::Gate& gate) { return !gate.ok; });
  std::string screen =
      look.ready ? fmt::format("{}: READY, all {} gates hold\n", look.job_id, look.gates.size())
                 : fmt::format("{}: NOT READY, {} of {} gates do not hold\n", look.job_id, failing,
                               look.gates.size());
  screen += OptionsText(look.options) + "\n";
  if (const std::string caveat = DrainCaveat(look.options); !caveat.empty()) {
    screen += caveat + "\n";
  }
  screen += "\n";
  AddGates(screen, look);
  screen += "\n";
  AddWindow(screen, look);
  screen += "\na run would:\n";
  for (size_t i = 0; i < look.calls.size(); ++i) {
    screen += fmt::format("  {:>2}. {}\n", i + 1, ShownText(look.calls[i]));
  }
  const std::string flags = CutoverFlags(RequestOf(look.options));
  if (look.ready) {
    screen += fmt::format("\n`ddbsync cutover run {}{}{}` begins it\n", advice.job,
                          advice.job.empty() || flags.empty() ? "" : " ", flags);
  }
  return screen;
}

}  // namespace ddbsync::cli
