#include "cli/status_screen.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/text.h"

namespace ddbsync::cli {
namespace {

using replicator::JobState;
using replicator::JobStatus;

enum class Mood { kPlain, kGood, kWatch, kBad };

std::string Paint(std::string_view text, Mood mood, bool color) {
  if (!color || mood == Mood::kPlain) return std::string(text);
  const char* const code = mood == Mood::kGood ? "32" : mood == Mood::kWatch ? "33" : "31";
  return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
}

Mood MoodOf(const JobStatus& status) {
  if (status.state == JobState::kGap || status.state == JobState::kFailed) return Mood::kBad;
  if (!status.ready || status.degraded) return Mood::kWatch;
  return Mood::kGood;
}

void Row(std::string& screen, std::string_view name, std::string_view value) {
  screen.append(fmt::format("{:<14}{}\n", name, value));
}

std::string NextStep(const JobStatus& status) {
  switch (status.state) {
    case JobState::kGap:
      return "changes were lost, so the target cannot be made equal by going on: stop the job, and "
             "start it with --on-gap resync, which copies all again";
    case JobState::kFailed:
      return "mend what the reason names, then run the same start command: it resumes";
    case JobState::kDone:
    case JobState::kStopping:
      return "nothing";
    case JobState::kPaused:
      return fmt::format("`ddbsync resume --job {}` goes on", status.job_id);
    case JobState::kStarting:
    case JobState::kSettling:
    case JobState::kCopying:
    case JobState::kFollowing:
    case JobState::kResync:
      break;
  }
  if (status.resync.step == "held") {
    return fmt::format(
        "look at the extra rows; if they may go, stop the job, and start it with --most-extra {}",
        status.resync.removed_rows + status.resync.extra_rows);
  }
  if (status.dead_letters > 0) {
    return fmt::format("`ddbsync checkpoint show --job {}` lists the items that the target refuses",
                       status.job_id);
  }
  return fmt::format(
      "nothing; `ddbsync stop --job {}` stops it in good order, the same start "
      "command resumes",
      status.job_id);
}

std::string_view HolderText(replicator::Bottleneck bottleneck) {
  using replicator::Bottleneck;
  switch (bottleneck) {
    case Bottleneck::kNothing:
      return "nothing";
    case Bottleneck::kSourceReads:
      return "source reads";
    case Bottleneck::kTargetWrites:
      return "target writes";
    case Bottleneck::kLimit:
      return "a limit; `ddbsync throttle` changes it";
    case Bottleneck::kRepairs:
      return "repairs of writes of unknown outcome";
    case Bottleneck::kProcessor:
      return "this machine's processors";
  }
  return "";
}

void AddBackfill(std::string& screen, const JobStatus::Backfill& b) {
  if (!b.wanted) return;
  const std::string progress =
      b.complete ? "complete"
                 : fmt::format("{}, {} items/s, eta {}",
                               b.progress ? fmt::format("{:.1f}%", *b.progress * 100) : "unknown",
                               RateText(b.items_per_second), SpanText(b.eta_seconds));
  Row(screen, "copy", progress);
  Row(screen, "  items",
      fmt::format("{} of about {} read ({}), {} written, {} left to the stream",
                  CountText(b.items_read), CountText(std::max(b.items_expected, b.items_read)),
                  BytesText(b.bytes_read), CountText(b.items_written), CountText(b.items_fenced)));
  Row(screen, "  segments",
      fmt::format("{} of {} finished, {} open{}", CountText(b.segments_finished),
                  CountText(b.segments), CountText(b.segments_open),
                  b.throttled_segments == 0
                      ? ""
                      : fmt::format(", {} throttled", CountText(b.throttled_segments))));
}

void AddTail(std::string& screen, const JobStatus::Tail& t) {
  if (!t.wanted) return;
  Row(screen, "lag",
      fmt::format("{}, {} changes/s", SpanText(t.lag_seconds), RateText(t.records_per_second)));
  Row(screen, "  watermark", t.watermark ? TimeText(*t.watermark) : "unknown");
  Row(screen, "  headroom", SpanText(t.headroom_seconds));
  Row(screen, "  shards",
      fmt::format("{} read, {} wait for a parent, {} finished", CountText(t.shards_reading),
                  CountText(t.shards_waiting), CountText(t.shards_finished)));
  Row(screen, "  changes",
      fmt::format("{} inserts, {} modifies, {} removes", CountText(t.inserts),
                  CountText(t.modifies), CountText(t.removes)));
}

void AddWrites(std::string& screen, const JobStatus& status) {
  const JobStatus::Writes& w = status.writes;
  Row(screen, "writes",
      fmt::format("{} puts, {} deletes; in flight {} of {} by the copy, {} by the tail",
                  CountText(w.puts_ok), CountText(w.deletes_ok), CountText(w.in_flight),
                  CountText(w.in_flight_limit), CountText(w.tail_in_flight)));
  Row(screen, "  handed back",
      fmt::format("{} items; {} calls throttled, {} failed, {} unclear", CountText(w.unprocessed),
                  CountText(w.throttled), CountText(w.failed), CountText(w.ambiguous)));
  Row(screen, "  units",
      fmt::format("{} read, {} written", RateText(status.source_read_units),
                  RateText(status.target_write_units)));
}

void AddResync(std::string& screen, const JobStatus::Resync& r) {
  if (r.cause.empty()) return;
  Row(screen, "resync", fmt::format("{} ({})", r.step, r.cause));
  if (r.target_rows == 0) return;
  Row(screen, "  extra rows",
      fmt::format("{} of {} are only on the target; {} asked to be removed, at most {} are",
                  CountText(r.extra_rows), CountText(r.target_rows), CountText(r.removed_rows),
                  CountText(r.most_rows)));
  for (const std::string& key : r.some_keys) Row(screen, "", key);
}

void AddWatch(std::string& screen, const JobStatus::Watch& w, bool color) {
  if (!w.wanted) return;
  const int64_t foreign = w.puts + w.deletes;
  Row(screen, "foreign writes",
      Paint(CountText(foreign), foreign > 0 ? Mood::kBad : Mood::kPlain, color) +
          fmt::format(" ({} puts, {} deletes), {} by the target's time to live", CountText(w.puts),
                      CountText(w.deletes), CountText(w.ttl_deletes)));
  if (!w.watching) Row(screen, "", Paint("not watched: " + w.reason, Mood::kWatch, color));
  if (w.since) {
    Row(screen, "  watched since",
        TimeText(*w.since) + (w.by_key_only ? ", by key and kind of write alone" : ""));
  }
  if (w.watching) Row(screen, "  watch lag", SpanText(w.lag_seconds));
  if (w.not_judged > 0) {
    Row(screen, "  not judged",
        CountText(w.not_judged) + " records, which may be of own writes that are forgotten");
  }
  if (w.last_foreign) Row(screen, "  the last", TimeText(*w.last_foreign));
  for (const std::string& key : w.some_keys) Row(screen, "", key);
}

void AddLimits(std::string& screen, const JobStatus& status) {
  const JobStatus::Limits& l = status.limits;
  const auto units = [](const std::optional<double>& bound) {
    return bound ? RateText(*bound) + " units/s" : std::string("none");
  };
  Row(screen, "limits",
      fmt::format("read-capacity {}, write-capacity {}, in-flight {}, poll-interval {}",
                  units(l.read_capacity), units(l.write_capacity),
                  l.in_flight ? CountText(*l.in_flight) : "none",
                  SpanText(l.poll_interval_seconds)));
  if (l.account_read_capacity || l.account_write_capacity) {
    Row(screen, "  of all jobs",
        fmt::format("account-read-capacity {}, account-write-capacity {}",
                    units(l.account_read_capacity), units(l.account_write_capacity)));
  }
  Row(screen, "held back by", HolderText(status.bottleneck));
}

}  // namespace

std::string StatusScreen(const JobStatus& status, bool color) {
  const Mood mood = MoodOf(status);
  std::string screen;
  Row(screen, "job",
      fmt::format("{} (ddbsync {}, up {})", status.job_id, status.version,
                  SpanText(std::chrono::duration<double>(status.now - status.started_at).count())));
  Row(screen, "state",
      Paint(ToString(status.state), mood, color) +
          (status.degraded ? Paint(" (degraded)", Mood::kWatch, color) : "") +
          (status.reason.empty() ? "" : ": " + status.reason));
  Row(screen, "source", status.source_arn);
  Row(screen, "target", status.target_arn);
  AddBackfill(screen, status.backfill);
  AddTail(screen, status.tail);
  AddWrites(screen, status);
  AddLimits(screen, status);
  Row(screen, "checkpoint",
      fmt::format("{} old, {} commits, {} failed", SpanText(status.checkpoint_age_seconds),
                  CountText(static_cast<int64_t>(status.commits_ok)),
                  CountText(static_cast<int64_t>(status.commits_failed))));
  Row(screen, "dead letters",
      Paint(CountText(status.dead_letters), status.dead_letters > 0 ? Mood::kBad : Mood::kPlain,
            color) +
          fmt::format("; {} rechecks pending", CountText(status.rechecks)));
  Row(screen, "gaps",
      Paint(CountText(status.gaps), status.gaps > 0 ? Mood::kBad : Mood::kPlain, color));
  AddResync(screen, status.resync);
  AddWatch(screen, status.watch, color);
  if (!status.last_warning.empty()) Row(screen, "last warning", status.last_warning);
  Row(screen, "next", NextStep(status));
  return screen;
}

std::string PaintedState(const JobStatus& status, bool color) {
  const bool ended_well = status.state == JobState::kDone && !status.degraded;
  return Paint(ToString(status.state), ended_well ? Mood::kPlain : MoodOf(status), color);
}

std::string StoppedScreen(const checkpoint::State& state, bool color, const std::string& next) {
  std::string screen;
  const auto finished = std::count_if(state.segments.begin(), state.segments.end(),
                                      [](const auto& s) { return s.finished; });
  int64_t written = 0;
  for (const auto& segment : state.segments) written += segment.items_written;
  WallTime newest{};
  for (const auto& shard : state.shards) newest = std::max(newest, shard.position_created);
  const int64_t gaps = static_cast<int64_t>(state.gaps.size());
  Row(screen, "job", state.job ? state.job->job_id : "unknown");
  Row(screen, "state",
      Paint("not running", gaps > 0 ? Mood::kBad : Mood::kWatch, color) +
          (state.clean_stop ? "; stopped in good order" : "; did not stop in good order"));
  if (state.job) {
    Row(screen, "source", state.job->source_arn);
    Row(screen, "target", state.job->target_arn);
    Row(screen, "began", TimeText(state.job->start_time));
  }
  if (state.job && state.job->total_segments > 0) {
    Row(screen, "copy",
        fmt::format("{} of {} segments finished, {} items written", CountText(finished),
                    CountText(state.job->total_segments), CountText(written)));
  }
  if (!state.shards.empty()) {
    Row(screen, "changes",
        fmt::format("applied in {} shards, the newest of {}",
                    CountText(static_cast<int64_t>(state.shards.size())),
                    newest == WallTime{} ? "an unknown time" : TimeText(newest)));
  }
  Row(screen, "dead letters",
      fmt::format("{}; {} rechecks pending",
                  CountText(static_cast<int64_t>(state.dead_letters.size())),
                  CountText(static_cast<int64_t>(state.rechecks.size()))));
  Row(screen, "gaps", CountText(gaps));
  if (!next.empty()) {
    Row(screen, "next", next);
    return screen;
  }
  Row(screen, "next",
      gaps == 0 || (state.resync && checkpoint::IsUnderWay(*state.resync))
          ? "run the same start command: it resumes"
          : "changes were lost: start with --on-gap resync, which copies all again");
  return screen;
}

}  // namespace ddbsync::cli
