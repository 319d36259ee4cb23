#include "replicator/live_job.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/limits.h"
#include "base/log.h"
#include "base/planted_bug.h"
#include "dynamodb/limits.h"
#include "replicator/account_capacity.h"
#include "replicator/conductor.h"
#include "replicator/limits.h"
#include "replicator/recheck_task.h"
#include "replicator/stream_wait.h"
#include "replicator/table_watch.h"

namespace ddbsync::replicator {
namespace {

size_t MemoryOf(const JobOptions& options) {
  return options.memory_bytes > 0 ? options.memory_bytes : ddbsync::limits::kDefaultMemoryBytes;
}

/// A provisioned source serves its application first: half of its reads, unless told otherwise.
std::optional<double> ReadCapacityOf(const JobOptions& options,
                                     const dynamodb::TableDescription& source) {
  if (options.read_capacity) return options.read_capacity;
  if (source.on_demand || source.read_units <= 0) return std::nullopt;
  return source.read_units / 2;
}

std::string AccountOf(const Side& side, const dynamodb::TableDescription& table) {
  return AccountCapacity::Of(table.arn, side.tables->aws().url());
}

std::set<std::string> ShardsOf(const std::vector<checkpoint::Gap>& gaps) {
  std::set<std::string> shards;
  if (Planted(PlantedBug::kGapForgotten)) return shards;
  for (const auto& gap : gaps) shards.insert(gap.shard_id);
  return shards;
}

/// After a stop that was not clean, writes of the previous process may still land.
TimePoint FirstWriteAt(const JobOptions& options, const checkpoint::State& state, TimePoint now) {
  const bool settles = !Planted(PlantedBug::kNoSettleAfterCrash);
  return state.job && !state.clean_stop && settles ? now + options.settle : now;
}

}  // namespace

std::expected<std::unique_ptr<Job>, std::vector<Error>> Job::Open(JobOptions options, Side source,
                                                                  Side target,
                                                                  checkpoint::Store& store,
                                                                  Executor& executor,
                                                                  Clock& clock) {
  auto point = Preflight(options, source, target, store, clock).Run();
  if (!point) return std::unexpected(point.error());
  return std::make_unique<LiveJob>(std::move(options), std::move(source), std::move(target),
                                   *std::move(point), store, executor);
}

std::vector<Error> Job::Look(const JobOptions& options, const Side& source, const Side& target,
                             checkpoint::Store& store, Clock& clock) {
  return Preflight(options, source, target, store, clock).Look();
}

LiveJob::LiveJob(JobOptions options, Side source, Side target, StartingPoint point,
                 checkpoint::Store& store, Executor& executor)
    : options_(std::move(options)),
      source_(std::move(source)),
      target_(std::move(target)),
      point_(std::move(point)),
      store_(store),
      executor_(executor),
      constructed_at_(Now()),
      started_at_(server_clock().Now()),
      committer_(std::make_shared<checkpoint::Committer>(ledger_, store_)),
      credit_(MemoryOf(options_), ddbsync::limits::kPageCreditBytes),
      gate_(FirstWriteAt(options_, point_.state, constructed_at_)),
      fence_({.max_bytes = options_.fence_bytes > 0 ? options_.fence_bytes : limits::kFenceBytes,
              .eventual_margin = options_.eventually_consistent
                                     ? Duration(limits::kEventualReadMargin)
                                     : Duration::zero(),
              .eventual_from = constructed_at_ + limits::kEventualReadMargin,
              .eventual_pause = limits::kEventualReadPause}),
      rechecks_(ledger_, server_clock(), options_.settle, point_.state.rechecks, constructed_at_),
      dead_letters_(ledger_, server_clock(), point_.state.dead_letters),
      resync_(point_.resync ? point_.resync : point_.state.resync, ShardsOf(point_.state.gaps),
              options_.most_extra, ledger_, server_clock()),
      write_limit_({.initial = limits::kInitialInFlight,
                    .maximum = limits::kMaxWriterSlots,
                    .work = limits::kWorkOfABatch,
                    .processors = options_.processors}),
      scan_limit_({.initial = limits::kInitialInFlight,
                   .maximum = limits::kOpenSegments,
                   .work = limits::kWorkOfAPage,
                   .processors = options_.processors}),
      read_capacity_("read-capacity", ReadCapacityOf(options_, point_.source),
                     options_.accounts == nullptr
                         ? nullptr
                         : &options_.accounts->Reads(AccountOf(source_, point_.source))),
      write_capacity_("write-capacity", options_.write_capacity,
                      options_.accounts == nullptr
                          ? nullptr
                          : &options_.accounts->Writes(AccountOf(target_, point_.target))),
      tail_queue_(fence_, rechecks_, dead_letters_, changed_keys_, target_budget_),
      live_copy_({fence_, read_capacity_, gate_, rechecks_, changed_keys_, executor_.clock(),
                  [this] { return wants_tail() ? tail_->watermark() : std::nullopt; }}),
      end_of_stream_expected_(point_.stream_ends),
      poll_interval_(options_.poll_interval) {
  if (wants_backfill()) {
    backfill_ =
        std::make_unique<Backfill>(Backfill::Options{.total_segments = point_.record.total_segments,
                                                     .open_segments = limits::kOpenSegments,
                                                     .writes = &write_limit_},
                                   ledger_, point_.state.segments);
    dealer_ = std::make_unique<Dealer>(
        Dealer::Parts{point_.source.key, fence_, rechecks_, dead_letters_}, *backfill_);
  }
  if (wants_tail()) {
    tail_ = std::make_unique<Tail>(
        Tail::Options{.stream_arn = point_.record.stream_arn,
                      .source_table = source_.table,
                      .start_time = point_.record.start_time,
                      .poll_interval = options_.poll_interval,
                      .read_back = point_.read_back,
                      .skip_ttl_deletes = options_.ttl_deletes == TtlDeletes::kSkip},
        TailParts(), point_.state.shards);
    if (point_.stream_ends) tail_->NoteWritesResume(point_.state.cutover->sealed_at);
  }
  if (options_.watch_target) MakeTargetWatch();
  const bool gap = GapStands(point_.state) && !point_.begins_again;
  if (gap && !Planted(PlantedBug::kGapForgotten)) gap_reason_ = point_.state.gaps.front().reason;
}

LiveJob::~LiveJob() = default;

void LiveJob::MakeTargetWatch() {
  // Until the gate opens, writes of an earlier process may land.
  const Duration waits = std::max<Duration>(gate_.opens() - constructed_at_, Duration::zero());
  const auto view = point_.target.stream_view;
  own_writes_ = std::make_unique<OwnWrites>(OwnWrites::Options{
      .images =
          view == dynamodb::StreamView::kNewImage || view == dynamodb::StreamView::kNewAndOldImages,
      .since = target_.tables->aws().server_clock().Now() +
               std::chrono::ceil<WallTime::duration>(waits + limits::kRecordTimeResolution),
      .landing =
          options_.settle + dynamodb::limits::kWriteTimeout + limits::kRecordTimeResolution});
  target_watch_ = std::make_unique<TargetWatch>(
      point_.target.latest_stream_arn, point_.not_watched,
      TargetWatch::Parts{executor_, *target_.streams, point_.source.key, *own_writes_});
}

void LiveJob::StopReadingStreams() {
  if (wants_tail()) tail_->Stop();
  if (target_watch_ != nullptr) target_watch_->Stop();
}

Tail::Parts LiveJob::TailParts() {
  return {.executor = executor_,
          .streams = *source_.streams,
          .source = *source_.tables,
          .schema = point_.source.key,
          .ledger = ledger_,
          .server_clock = server_clock(),
          .queue = tail_queue_,
          .credit = credit_,
          .budget = stream_budget_,
          .counters = counters_,
          .health = health_,
          .on_gap = [this](const std::string& shard,
                           const std::string& reason) { OnGap(shard, reason); },
          .end_is_expected = [this] { return end_of_stream_expected_.load(); }};
}

Result<void> LiveJob::Start() {
  // Before anything is read or written: since when the stream counts, and that a stop from now on
  // is not clean until it says so.
  checkpoint::Batch first = point_.forgotten;
  if (!point_.state.job || point_.begins_again) checkpoint::PutJob(first, point_.record);
  if (point_.resync) checkpoint::PutResync(first, *point_.resync);
  checkpoint::SetCleanStop(first, false);
  if (auto written = store_.Commit(first); !written) return written;

  executor_.Spawn(Lane::kCommit, "committer", committer_);
  executor_.Spawn(Lane::kControl, "conductor", std::make_shared<Conductor>(*this));
  if (!point_.lost_stream.empty()) OnGap("", point_.lost_stream);
  bool gap = false;
  {
    MutexLock lock(mutex_);
    gap = !gap_reason_.empty();
  }
  if (gap) {  // the conductor holds; nothing else runs
    if (!point_.waits_for.empty()) WaitForStream();
    return {};
  }
  if (target_watch_ != nullptr) target_watch_->Start();
  SpawnWriters();
  if (wants_tail()) tail_->Start();
  if (wants_backfill()) SpawnBackfill();
  SpawnRest();
  return {};
}

void LiveJob::SpawnWriters() {
  const WriterContext context{*target_.tables,   target_.table,    point_.source.key, gate_,
                              write_limit_,      write_capacity_,  counters_,         health_,
                              executor_.clock(), own_writes_.get()};
  for (int slot = 0; wants_tail() && slot < limits::kMaxTailWriterSlots; ++slot) {
    executor_.Spawn(
        Lane::kTailWrite, "tail writer",
        std::make_shared<BatchWriter>(BatchWriter::Kind::kTail, slot, tail_queue_, context));
  }
  for (int slot = 0; wants_backfill() && slot < limits::kMaxWriterSlots; ++slot) {
    executor_.Spawn(
        Lane::kBackfillWrite, "backfill writer",
        std::make_shared<BatchWriter>(BatchWriter::Kind::kBackfill, slot, *dealer_, context));
  }
}

void LiveJob::SpawnBackfill() {
  const ScanContext context{.source = *source_.tables,
                            .table = source_.table,
                            .schema = point_.source.key,
                            .total_segments = point_.record.total_segments,
                            .backfill = *backfill_,
                            .fence = fence_,
                            .credit = credit_,
                            .limit = scan_limit_,
                            .capacity = read_capacity_,
                            .units_per_page = units_per_page_,
                            .budget = source_budget_,
                            .gate = gate_,
                            .paused = backfill_paused_,
                            .counters = counters_,
                            .health = health_,
                            .clock = executor_.clock()};
  backfill_->Start(*dealer_, [this, context](int segment) {
    return executor_.Spawn(Lane::kScan, "segment " + std::to_string(segment),
                           std::make_shared<SegmentScanner>(segment, context));
  });
}

void LiveJob::SpawnRest() {
  std::function<std::optional<WallTime>()> watermark;
  if (wants_tail()) watermark = [this] { return tail_->watermark(); };
  const RecheckTask::Context recheck{
      *source_.tables,   source_.table,  *target_.tables,   target_.table,
      point_.source.key, server_clock(), rechecks_,         fence_,
      dead_letters_,     gate_,          counters_,         health_,
      target_budget_,    watermark,      executor_.clock(), own_writes_.get()};
  for (int i = 0; i < limits::kRecheckTasks; ++i) {
    executor_.Spawn(Lane::kTailWrite, "recheck", std::make_shared<RecheckTask>(recheck));
  }
  executor_.Spawn(Lane::kTailRead, "table watch",
                  std::make_shared<TableWatch>(TableWatch::Context{
                      .source = {*source_.tables, source_.table, point_.record.source_identity,
                                 point_.record.stream_arn},
                      .target = {*target_.tables, target_.table, point_.record.target_identity, ""},
                      .gate = gate_,
                      .health = health_,
                      .budget = source_budget_,
                      .on_gap = [this](const std::string& reason) { OnGap("", reason); },
                      .on_recreated =
                          [this](const std::string& reason) {
                            recreated_ = true;
                            OnGap("", reason);
                          },
                      .stream_may_change = [this] { return end_of_stream_expected_.load(); },
                      .clock = executor_.clock()}));
}

void LiveJob::OnGap(const std::string& shard_id, const std::string& reason) {
  // Shut first: no position may be recorded past what is lost.
  gate_.Close();
  resync_.RecordGap(shard_id, reason);
  Log(LogLevel::kError, "gap", reason, {{"shard", shard_id}});
  MutexLock lock(mutex_);
  if (gap_reason_.empty()) gap_reason_ = reason;
}

void LiveJob::WaitForStream() {
  executor_.Spawn(Lane::kTailRead, "stream wait",
                  std::make_shared<StreamWait>(
                      StreamWait::Context{.source = *source_.tables,
                                          .table = source_.table,
                                          .identity = point_.record.source_identity,
                                          .budget = source_budget_,
                                          .ending = [this] { return stop_asked_.load(); },
                                          .on_stream = [this] { stream_came_ = true; },
                                          .clock = executor_.clock()}));
}

bool LiveJob::MayBeginAgain() const {
  // The end of a stream that a cut-over asked for is the cut-over's to take back.
  return options_.on_gap == OnGap::kResync && wants_backfill() && wants_tail() && !recreated_ &&
         !end_of_stream_expected_ && (point_.waits_for.empty() || stream_came_);
}

void LiveJob::Pause(bool tail_too) {
  backfill_paused_ = true;
  gate_.SetPaused(true);
  if (!tail_too || !wants_tail()) return;
  tail_paused_ = true;
  tail_->SetPaused(true);
}

void LiveJob::Resume() {
  backfill_paused_ = false;
  gate_.SetPaused(false);
  if (tail_paused_.exchange(false)) tail_->SetPaused(false);
}

void LiveJob::Apply(const Throttle& throttle) {
  if (throttle.read_capacity) read_capacity_.SetRate(*throttle.read_capacity);
  if (throttle.write_capacity) write_capacity_.SetRate(*throttle.write_capacity);
  if (throttle.account_read_capacity && read_capacity_.shared() != nullptr) {
    read_capacity_.shared()->SetRate(*throttle.account_read_capacity);
  }
  if (throttle.account_write_capacity && write_capacity_.shared() != nullptr) {
    write_capacity_.shared()->SetRate(*throttle.account_write_capacity);
  }
  if (throttle.in_flight) write_limit_.SetMost(*throttle.in_flight);
  if (throttle.poll_interval) {
    poll_interval_ = *throttle.poll_interval;
    if (wants_tail()) tail_->SetPollInterval(*throttle.poll_interval);
  }
}

std::optional<Outcome> LiveJob::Ended() const {
  MutexLock lock(mutex_);
  return ended_;
}

}  // namespace ddbsync::replicator
