#include "cli/progress_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <vector>

#include "cli/line_parts.h"
#include "cli/text.h"

namespace ddbsync::cli {
namespace {

using replicator::JobState;
using replicator::JobStatus;

void AddBackfill(std::vector<LinePart>& parts, const JobStatus::Backfill& b) {
  if (b.progress) {
    parts.push_back({Bar(*b.progress), 2});
    parts.push_back({Percent(*b.progress, b.complete), 1});
  }
  parts.push_back({fmt::format("{}/{}", CountText(b.items_written + b.items_fenced),
                               CountText(std::max(b.items_expected, b.items_read))),
                   5});
  parts.push_back({RateText(b.items_per_second) + " items/s", 2});
  if (b.eta_seconds) parts.push_back({"eta " + SpanText(*b.eta_seconds), 3});
}

void AddTail(std::vector<LinePart>& parts, const JobStatus& status) {
  const JobStatus::Tail& t = status.tail;
  const bool copying = status.state == JobState::kCopying;
  parts.push_back({"lag " + SpanText(t.lag_seconds), copying ? 2 : 1});
  parts.push_back({RateText(t.records_per_second) + " changes/s", copying ? 7 : 2});
}

}  // namespace

std::string ProgressLine(const JobStatus& status, int width) {
  std::vector<LinePart> parts = {{std::string(ToString(status.state)), 0}};
  const bool moving = status.state == JobState::kCopying || status.state == JobState::kFollowing ||
                      status.state == JobState::kStopping || status.state == JobState::kPaused ||
                      status.state == JobState::kResync;
  if (moving && status.backfill.wanted && !status.backfill.complete) {
    AddBackfill(parts, status.backfill);
  }
  if (moving && status.tail.wanted) AddTail(parts, status);
  if (moving) {
    parts.push_back(
        {fmt::format("in flight {}/{}", status.writes.in_flight, status.writes.in_flight_limit),
         4});
  }
  if (status.dead_letters > 0) {
    parts.push_back({fmt::format("dead letters {}", CountText(status.dead_letters)), 0});
  }
  // The reason is worth more than any figure but it can be cut; leave it a readable rest. Where
  // there is no room for that, figures say more than a few letters of it.
  constexpr int kLeastReason = 24;
  constexpr auto kGap = static_cast<int>(kBetweenParts.size());
  const int least = std::min(Columns(status.reason), kLeastReason);
  std::vector<LinePart> always = parts;
  while (DropLeastImportant(always)) {
  }
  const bool readable = least > 0 && Columns(Join(always)) + kGap + least <= width;
  const int rest = readable ? kGap + least : 0;
  while (Columns(Join(parts)) + rest > width && DropLeastImportant(parts)) {
  }
  std::string line = Join(parts);
  constexpr int kFewLetters = 8;
  if (!status.reason.empty() && Columns(line) + kGap + std::min(least, kFewLetters) <= width) {
    line.append(kBetweenParts).append(status.reason);
  }
  return Clip(line, width);
}

std::string SummaryLine(const std::vector<JobLook>& jobs, int width) {
  if (jobs.size() == 1) return ProgressLine(jobs.front().status, width);
  std::map<JobState, int> states;
  std::optional<double> worst_lag = 0;
  double items = 0, changes = 0;
  bool copying = false, following = false;
  for (const auto& [status, ended] : jobs) {
    ++states[status.state];
    if (ended) continue;
    if (status.backfill.wanted && !status.backfill.complete) {
      copying = true;
      items += status.backfill.items_per_second;
    }
    if (!status.tail.wanted) continue;
    following = true;
    changes += status.tail.records_per_second;
    if (worst_lag && status.tail.lag_seconds) {
      worst_lag = std::max(*worst_lag, *status.tail.lag_seconds);
    } else {
      worst_lag.reset();  // unknown may be any
    }
  }
  std::vector<std::string> counts;
  for (const auto& [state, count] : states) {
    counts.push_back(fmt::format("{} {}", count, ToString(state)));
  }
  std::vector<LinePart> parts = {
      {fmt::format("{} jobs: {}", jobs.size(), fmt::join(counts, ", ")), 0}};
  if (copying) parts.push_back({RateText(items) + " items/s", 2});
  if (following) parts.push_back({"worst lag " + SpanText(worst_lag), 1});
  if (following) parts.push_back({RateText(changes) + " changes/s", 3});
  while (Columns(Join(parts)) > width && DropLeastImportant(parts)) {
  }
  return Clip(Join(parts), width);
}

std::optional<std::string> StateChange(const JobStatus& before, const JobStatus& now) {
  const bool copied = now.backfill.wanted && now.backfill.complete && !before.backfill.complete;
  if (copied && before.state != JobState::kStarting) {
    const JobStatus::Backfill& b = now.backfill;
    const double seconds = std::chrono::duration<double>(now.now - now.started_at).count();
    return fmt::format(
        "copy complete: {} items written, {} left to the stream, {} after the start"
        "{}",
        CountText(b.items_written), CountText(b.items_fenced), SpanText(seconds),
        now.tail.wanted ? "; following" : "");
  }
  // How a run ended is its last line's to say.
  const bool ended = now.state == JobState::kDone || now.state == JobState::kFailed;
  if (before.state == now.state || ended) return std::nullopt;
  std::string line(ToString(now.state));
  if (!now.reason.empty()) line.append(": ").append(now.reason);
  return line;
}

std::string EndLine(const JobStatus& status, replicator::Outcome outcome, bool asked_to_stop) {
  const std::string counts =
      fmt::format("{} items copied, {} changes applied", CountText(status.backfill.items_written),
                  CountText(status.tail.inserts + status.tail.modifies + status.tail.removes));
  const std::string because = status.reason.empty() ? "" : ": " + status.reason;
  switch (outcome) {
    case replicator::Outcome::kDone:
      if (asked_to_stop) {
        return fmt::format("stopped in good order: {}; the same command resumes", counts);
      }
      return fmt::format("done: {}", counts);
    case replicator::Outcome::kDegraded:
      return fmt::format(
          "ended with {} dead letters: {}; `ddbsync checkpoint show --job {}` lists "
          "what the target refuses",
          CountText(status.dead_letters), counts, status.job_id);
    case replicator::Outcome::kDataAtRisk:
      return fmt::format("data at risk{}; {}", because, counts);
    case replicator::Outcome::kFailed:
      return fmt::format("failed{}; {}; the same command resumes", because, counts);
    case replicator::Outcome::kRestart:  // its process opens it again
      return fmt::format("goes on{}; {}", because, counts);
  }
  return counts;
}

}  // namespace ddbsync::cli
