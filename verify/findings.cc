#include "verify/findings.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "verify/limits.h"

namespace ddbsync::verify {
namespace {

constexpr double kMillion = 1e6;

/// The segments of a table that the run looks at.
std::vector<int> Chosen(const RunRecord& run, Table table) {
  if (run.extras_only && table == Table::kSource) return {};
  const int total = table == Table::kSource ? run.source_segments : run.target_segments;
  const double share = static_cast<double>(run.sample_ppm) / kMillion;
  const int count = static_cast<int>(std::ceil(share * total));
  return ChooseSample(total, count, static_cast<uint64_t>(run.seed) + static_cast<uint64_t>(table));
}

}  // namespace

Findings::Findings(RunRecord run, State restored, checkpoint::Ledger& ledger,
                   aws::ServerClock& server_clock, TimePoint now)
    : ledger_(ledger), server_clock_(server_clock), run_(std::move(run)) {
  MutexLock lock(mutex_);
  for (size_t side = 0; side < kTables && run_.buckets > 0; ++side) {
    sums_[side].emplace(static_cast<size_t>(run_.buckets));
    for (const auto& [piece, bytes] : restored.sums[side]) {
      // Of another size: as if there were none, so that what it covers differs and is looked up.
      if (const auto set = sums_[side]->SetPiece(piece, bytes); !set) continue;
    }
  }
  if (run_.buckets > 0 && run_.phase != Phase::kDigesting) CompareSums();
  MakeWalks();
  for (size_t side = 0; side < kTables; ++side) {
    for (const WalkedSegment& segment : restored.walked[side]) walks_[side].Restore(segment);
  }
  for (Suspect& suspect : restored.suspects) suspects_.Add(std::move(suspect), now);
  for (Difference& difference : restored.differences) differences_.Add(std::move(difference));
}

void Findings::MakeWalks() {
  for (const Table table : {Table::kSource, Table::kTarget}) {
    const int total = table == Table::kSource ? run_.source_segments : run_.target_segments;
    walk(table) = Walk(total, Chosen(run_, table));
  }
}

void Findings::CompareSums() {
  differing_ = std::make_shared<const std::vector<bool>>(sums_[0]->DifferingFrom(*sums_[1]));
  for (size_t side = 0; side < kTables; ++side) {
    summed_[side] = sums_[side]->items();
    digests_[side] = ToString(sums_[side]->Total());
  }
}

void Findings::ForgetWalks(checkpoint::Batch& batch) {
  for (const Table table : {Table::kSource, Table::kTarget}) {
    for (const WalkedSegment& segment : walk(table).Begun()) {
      DeleteSegment(batch, table, segment.segment);
    }
  }
}

std::optional<Findings::Work> Findings::TakeSegment(Table preferred) {
  MutexLock lock(mutex_);
  if (run_.phase != Phase::kDigesting && run_.phase != Phase::kComparing) return std::nullopt;
  const Table other = preferred == Table::kSource ? Table::kTarget : Table::kSource;
  for (const Table table : {preferred, other}) {
    auto segment = walk(table).Take();
    if (!segment) continue;
    return Work{.table = table,
                .digesting = run_.phase == Phase::kDigesting,
                .total_segments = walk(table).total(),
                .segment = *std::move(segment),
                .buckets = static_cast<size_t>(run_.buckets),
                .differing = differing_};
  }
  return std::nullopt;
}

void Findings::GiveBack(const Work& work) {
  MutexLock lock(mutex_);
  walk(work.table).GiveBack(work.segment.segment);
}

void Findings::NoteDigested(const Work& work, std::span<const Buckets::Addition> additions) {
  MutexLock lock(mutex_);
  sums_[static_cast<size_t>(work.table)]->Add(additions);
  walk(work.table).Advance(work.segment);
}

void Findings::NoteCompared(const Work& work, std::vector<Suspect> found, TimePoint now) {
  MutexLock lock(mutex_);
  checkpoint::Batch batch;
  AddSuspects(std::move(found), now, batch);
  walk(work.table).Advance(work.segment);
  PutSegment(batch, work.table, work.segment);
  ledger_.Stage(std::move(batch));
}

void Findings::NoteSuspects(std::vector<Suspect> found, TimePoint now) {
  MutexLock lock(mutex_);
  checkpoint::Batch batch;
  AddSuspects(std::move(found), now, batch);
  ledger_.Stage(std::move(batch));
}

void Findings::AddSuspects(std::vector<Suspect> found, TimePoint now, checkpoint::Batch& batch) {
  for (Suspect& suspect : found) {
    PutSuspect(batch, suspect);
    suspects_.Add(std::move(suspect), now);
  }
}

bool Findings::TooManySuspects() const {
  MutexLock lock(mutex_);
  return suspects_.size() >= limits::kMostSuspects;
}

std::vector<Suspect> Findings::TakeDue(TimePoint now, size_t count, TimePoint& next_due) {
  MutexLock lock(mutex_);
  return suspects_.TakeDue(now, count, next_due);
}

void Findings::PutBack(const Suspect& suspect, TimePoint due) {
  MutexLock lock(mutex_);
  suspects_.PutBack(suspect, due);
}

void Findings::Forget(const Suspect& suspect, checkpoint::Batch& batch) {
  suspects_.Remove(suspect.key);
  DeleteSuspect(batch, suspect.key);
}

void Findings::SettleEqual(const Suspect& suspect) {
  MutexLock lock(mutex_);
  checkpoint::Batch batch;
  Forget(suspect, batch);
  if (differences_.Remove(suspect.key)) DeleteDifference(batch, suspect.key);
  if (suspect.repairs > 0) {
    ++run_.repaired;
    PutRun(batch, run_);
  }
  ledger_.Stage(std::move(batch));
}

void Findings::SettleDifferent(const Suspect& suspect, Difference difference) {
  MutexLock lock(mutex_);
  checkpoint::Batch batch;
  Forget(suspect, batch);
  const Difference kept = difference;
  if (differences_.Add(std::move(difference))) {
    PutDifference(batch, kept);
  } else {
    DeleteDifference(batch, kept.key);
  }
  ledger_.Stage(std::move(batch));
}

void Findings::SettleUndecided(const Suspect& suspect) {
  MutexLock lock(mutex_);
  checkpoint::Batch batch;
  Forget(suspect, batch);
  if (differences_.Remove(suspect.key)) DeleteDifference(batch, suspect.key);
  ++run_.undecided;
  PutRun(batch, run_);
  ledger_.Stage(std::move(batch));
}

Phase Findings::phase() const {
  MutexLock lock(mutex_);
  return run_.phase;
}

bool Findings::walked() const {
  MutexLock lock(mutex_);
  return walks_[0].finished() && walks_[1].finished();
}

bool Findings::settled() const {
  MutexLock lock(mutex_);
  return suspects_.size() == 0;
}

void Findings::StageSums() {
  MutexLock lock(mutex_);
  StageSumsLocked();
}

void Findings::StageSumsLocked() {
  checkpoint::Batch batch;
  for (const Table table : {Table::kSource, Table::kTarget}) {
    const Buckets& sums = *sums_[static_cast<size_t>(table)];
    for (size_t piece = 0; piece < sums.pieces(); ++piece) {
      PutSums(batch, table, piece, sums.Piece(piece));
    }
    for (const WalkedSegment& segment : walk(table).Begun()) PutSegment(batch, table, segment);
  }
  ledger_.Stage(std::move(batch));
}

void Findings::BeginComparing() {
  MutexLock lock(mutex_);
  StageSumsLocked();
  CompareSums();
  const bool equal = std::ranges::find(*differing_, true) == differing_->end();
  checkpoint::Batch batch;
  ForgetWalks(batch);
  MakeWalks();
  run_.phase = equal ? Phase::kSettling : Phase::kComparing;
  PutRun(batch, run_);
  ledger_.Stage(std::move(batch));
}

void Findings::BeginSettling() {
  MutexLock lock(mutex_);
  checkpoint::Batch batch;
  run_.phase = Phase::kSettling;
  PutRun(batch, run_);
  ledger_.Stage(std::move(batch));
}

void Findings::EndGeneration(bool watching) {
  MutexLock lock(mutex_);
  checkpoint::Batch batch;
  run_.phase = watching ? Phase::kWatching : Phase::kEnded;
  run_.completed = server_clock_.Now();
  PutRun(batch, run_);
  ledger_.Stage(std::move(batch));
}

void Findings::BeginGeneration(bool full, TimePoint now) {
  MutexLock lock(mutex_);
  checkpoint::Batch batch;
  ++run_.generation;
  run_.undecided = 0;
  run_.phase = full ? Phase::kComparing : Phase::kSettling;
  if (full) {
    ForgetWalks(batch);
    differing_ = nullptr;
    run_.buckets = 0;
    for (int64_t& summed : summed_) summed = 0;
    for (std::string& digest : digests_) digest.clear();
    MakeWalks();
    differences_.ForgetNotKept();
  }
  SuspectStanding(now, batch);
  PutRun(batch, run_);
  ledger_.Stage(std::move(batch));
}

void Findings::SuspectStanding(TimePoint now) {
  MutexLock lock(mutex_);
  checkpoint::Batch batch;
  SuspectStanding(now, batch);
  ledger_.Stage(std::move(batch));
}

void Findings::SuspectStanding(TimePoint now, checkpoint::Batch& batch) {
  std::vector<Suspect> standing;
  for (const Difference& difference :
       differences_.List(limits::kMostDifferences, WallTime::max())) {
    standing.push_back(
        {.key = difference.key, .key_json = difference.key_json, .since = difference.since});
  }
  AddSuspects(std::move(standing), now, batch);
}

double Findings::Progress(const Status& status) const {
  const double expected =
      static_cast<double>(status.source.expected + status.target.expected) * status.sample;
  const double items = static_cast<double>(status.source.items + status.target.items);
  const double segments = static_cast<double>(walks_[0].segments() + walks_[1].segments());
  const double finished =
      static_cast<double>(walks_[0].segments_finished() + walks_[1].segments_finished());
  // The tables' estimates are hours old, a sample's share is never exact: never done before the
  // end.
  const double by_items = expected > 0 ? std::min(items / expected, limits::kMostGuessed) : 0.0;
  return std::max(by_items, segments > 0 ? finished / segments : 0.0);
}

void Findings::FillStatus(Status& status) const {
  MutexLock lock(mutex_);
  status.form = run_.form;
  status.why = run_.why;
  status.phase = run_.phase;
  status.generation = run_.generation;
  status.sample = static_cast<double>(run_.sample_ppm) / kMillion;
  status.began = run_.began;
  status.completed = run_.completed;
  status.source.items = walks_[0].items();
  status.source.bytes = walks_[0].bytes();
  status.source.expected = std::max(run_.source_items, walks_[0].items());
  status.target.items = walks_[1].items();
  status.source.summed = summed_[0];
  status.target.summed = summed_[1];
  status.source.digest = digests_[0];
  status.target.digest = digests_[1];
  status.target.bytes = walks_[1].bytes();
  status.target.expected = std::max(run_.target_items, walks_[1].items());
  status.suspects = static_cast<int64_t>(suspects_.size());
  status.differences = differences_.counts();
  status.oldest_difference = differences_.oldest();
  status.undecided = run_.undecided;
  status.repaired = run_.repaired;
  const bool walking = run_.phase == Phase::kDigesting || run_.phase == Phase::kComparing;
  status.progress = walking ? Progress(status) : 1.0;
}

std::vector<Difference> Findings::List(size_t most, WallTime before) const {
  MutexLock lock(mutex_);
  return differences_.List(most, before);
}

}  // namespace ddbsync::verify
