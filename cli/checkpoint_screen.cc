#include "cli/checkpoint_screen.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/limits.h"
#include "cli/text.h"

namespace ddbsync::cli {
namespace {

/// A heading with the count, then the first records, one a line.
template <class Record, class Describe>
void Section(std::string& screen, std::string_view title, const std::vector<Record>& records,
             Describe describe) {
  screen.append(fmt::format("{}: {}\n", title, CountText(static_cast<int64_t>(records.size()))));
  const size_t shown = std::min(records.size(), limits::kMostLinesShown);
  for (size_t i = 0; i < shown; ++i) {
    screen.append("  ").append(describe(records[i])).append("\n");
  }
  if (shown < records.size()) {
    screen.append(fmt::format("  ... and {} more; --json lists all\n",
                              CountText(static_cast<int64_t>(records.size() - shown))));
  }
}

std::string Describe(const checkpoint::SegmentRecord& s) {
  return fmt::format("{:>6}  {:<8}  {} read, {} written, {} left to the stream", s.segment,
                     s.finished         ? "finished"
                     : s.cursor.empty() ? "begun"
                                        : "on its way",
                     CountText(s.items_read), CountText(s.items_written),
                     CountText(s.items_fenced));
}

std::string Describe(const checkpoint::ShardRecord& s) {
  if (s.finished) return fmt::format("{}  finished {}", s.shard_id, TimeText(s.finished_at));
  if (s.position.empty()) return fmt::format("{}  nothing applied yet", s.shard_id);
  return fmt::format("{}  applied to {} ({})", s.shard_id, s.position,
                     TimeText(s.position_created));
}

std::string Describe(const checkpoint::DeadLetter& d) {
  return fmt::format("{}  {}  {}  {}", TimeText(d.time), d.origin, d.key_json, d.reason);
}

std::string Describe(const checkpoint::Recheck& r) {
  return fmt::format("{}  {}", TimeText(r.last_attempt), r.key_json);
}

std::string Describe(const checkpoint::Gap& g) {
  return fmt::format("{}  {}  {}", TimeText(g.detected_at),
                     g.shard_id.empty() ? "the whole stream" : g.shard_id, g.reason);
}

}  // namespace

std::string CheckpointScreen(const checkpoint::State& state) {
  std::string screen;
  if (state.job) {
    const checkpoint::JobRecord& job = *state.job;
    screen.append(fmt::format("job: {} (made by ddbsync {})\n", job.job_id, job.made_by));
    screen.append(
        fmt::format("  source    {}  identity {}\n", job.source_arn, job.source_identity));
    screen.append(
        fmt::format("  target    {}  identity {}\n", job.target_arn, job.target_identity));
    screen.append(fmt::format("  keys      {}\n", job.key_schema));
    if (!job.stream_arn.empty()) screen.append(fmt::format("  stream    {}\n", job.stream_arn));
    screen.append(fmt::format("  began     {}\n", TimeText(job.start_time)));
    screen.append(fmt::format("  segments  {}\n", CountText(job.total_segments)));
  }
  screen.append(fmt::format("clean stop: {}\n", state.clean_stop ? "yes" : "no"));
  const auto describe = [](const auto& record) { return Describe(record); };
  Section(screen, "segments", state.segments, describe);
  Section(screen, "shards", state.shards, describe);
  Section(screen, "dead letters", state.dead_letters, describe);
  Section(screen, "rechecks", state.rechecks, describe);
  Section(screen, "gaps", state.gaps, describe);
  return screen;
}

}  // namespace ddbsync::cli
