#include "cli/jobs_screen.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/progress_line.h"
#include "cli/status_screen.h"
#include "cli/text.h"

namespace ddbsync::cli {
namespace {

using replicator::JobStatus;

/// "45.2% copied  lag 2.0s", of what is known and still goes on.
std::string HowFar(const JobLook& look) {
  const auto& [status, ended] = look;
  if (ended) return "";
  std::vector<std::string> parts;
  if (status.backfill.wanted && !status.backfill.complete) {
    parts.push_back(status.backfill.progress
                        ? fmt::format("{:.1f}% copied", *status.backfill.progress * 100)
                        : "copy begins");
  }
  if (status.tail.wanted) parts.push_back("lag " + SpanText(status.tail.lag_seconds));
  return fmt::format("{}", fmt::join(parts, "  "));
}

size_t Longest(const std::vector<std::string>& texts) {
  size_t longest = 0;
  for (const std::string& text : texts) longest = std::max(longest, text.size());
  return longest;
}

}  // namespace

std::string JobsScreen(const std::vector<JobLook>& jobs, const std::vector<std::string>& stopped,
                       bool color) {
  std::vector<std::string> names, states, ways;
  for (const JobLook& look : jobs) {
    names.push_back(look.status.job_id);
    states.emplace_back(ToString(look.status.state));
    ways.push_back(HowFar(look));
  }
  const size_t name_columns = Longest(names);
  const size_t state_columns = Longest(states);
  const size_t way_columns = Longest(ways);
  std::string screen;
  for (size_t i = 0; i < jobs.size(); ++i) {
    const JobStatus& status = jobs[i].status;
    const bool stands = !status.ready && !status.reason.empty();
    std::string line =
        fmt::format("{:<{}}  {}{:{}}  {:<{}}", names[i], name_columns, PaintedState(status, color),
                    "", state_columns - states[i].size(), ways[i], way_columns) +
        (stands ? "  " + Clip(status.reason, Columns(status.reason)) : "");
    line.erase(line.find_last_not_of(' ') + 1);
    screen += line + "\n";
  }
  if (jobs.size() > 1) screen += SummaryLine(jobs, kAnyWidth) + "\n";
  if (!stopped.empty()) screen += fmt::format("not running: {}\n", fmt::join(stopped, ", "));
  return screen;
}

}  // namespace ddbsync::cli
