#include "replicator/backfill.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "base/error.h"
#include "base/planted_bug.h"
#include "replicator/limits.h"

namespace ddbsync::replicator {

std::vector<int> SpreadOrder(int count) {
  const auto size = std::bit_ceil(static_cast<unsigned>(count));
  const int bits = std::countr_zero(size);
  std::vector<int> order;
  order.reserve(static_cast<size_t>(count));
  for (unsigned i = 0; i < size; ++i) {
    unsigned reversed = 0;
    for (int bit = 0; bit < bits; ++bit) {
      if ((i >> bit) & 1U) reversed |= 1U << (bits - 1 - bit);
    }
    if (reversed < static_cast<unsigned>(count)) order.push_back(static_cast<int>(reversed));
  }
  return order;
}

int ChooseSegments(int64_t table_bytes) {
  const int64_t wanted = table_bytes / limits::kBytesPerSegment + 1;
  return static_cast<int>(std::clamp<int64_t>(wanted, limits::kMinSegments, limits::kMaxSegments));
}

Backfill::Backfill(Options options, checkpoint::Ledger& ledger,
                   const std::vector<checkpoint::SegmentRecord>& restored)
    : options_(options), ledger_(ledger), segments_(static_cast<size_t>(options.total_segments)) {
  for (size_t i = 0; i < segments_.size(); ++i) segments_[i].record.segment = static_cast<int>(i);
  for (const auto& record : restored) {
    DDBSYNC_CHECK(record.segment >= 0 && record.segment < options_.total_segments);
    Segment& segment = segments_[static_cast<size_t>(record.segment)];
    segment.record = record;
    segment.read_cursor = Planted(PlantedBug::kSegmentsBeginAgain) ? "" : record.cursor;
    segment.read_to_end = record.finished;
    items_read_ += record.items_read;
    restored_.items_settled_before += record.items_read;
    restored_.items_written_before += record.items_written;
    restored_.items_fenced_before += record.items_fenced;
    if (record.finished) ++finished_;
  }
  for (const int segment : SpreadOrder(options_.total_segments)) {
    if (!segments_[static_cast<size_t>(segment)].record.finished) to_open_.push_back(segment);
  }
}

Backfill::~Backfill() = default;

void Backfill::Start(Dealer& dealer, std::function<Waker(int segment)> open) {
  dealer_ = &dealer;
  open_ = std::move(open);
  std::vector<int> next;
  {
    MutexLock lock(mutex_);
    next = TakeNextSegments(0);
  }
  OpenSegments(next);
}

Backfill::Read Backfill::NextRead(int number) {
  MutexLock lock(mutex_);
  Segment& segment = segments_[static_cast<size_t>(number)];
  if (segment.record.finished) return {Read::Kind::kEnd, {}};
  const size_t claimed = static_cast<size_t>(open_count_) + pages_behind_;
  const size_t most = claimed < limits::kPagesAhead ? limits::kMaxPagesPerSegment : 1;
  const bool full = segment.pages.size() >= most;
  if (segment.rereading || segment.read_to_end || full) return {Read::Kind::kWait, {}};
  if (pages_ >= PagesAhead()) {
    if (!std::exchange(segment.waits_for_room, true)) waiting_.push_back(number);
    return {Read::Kind::kWait, {}};
  }
  segment.waits_for_room = false;  // woken by a page of its own, it may still stand in the queue
  return {Read::Kind::kRead, segment.read_cursor};
}

void Backfill::AddPage(std::shared_ptr<BackfillPage> page, TimePoint now) {
  BackfillPage& added = *page;
  {
    MutexLock lock(mutex_);
    Segment& segment = segments_[static_cast<size_t>(added.segment)];
    if (segment.rereading || added.start_cursor != segment.read_cursor) return;
    items_read_ += static_cast<int64_t>(added.items.items().size());
    const auto& last_key = added.items.last_evaluated_key();
    segment.read_to_end = !last_key.has_value();
    segment.read_cursor = last_key.value_or("");
    if (!segment.pages.empty()) ++pages_behind_;
    segment.pages.push_back(page);
    ++pages_;
    if (Planted(PlantedBug::kCursorPastUnsettledPage)) {
      checkpoint::SegmentRecord record = segment.record;
      record.cursor = segment.read_cursor;
      record.finished = segment.read_to_end;
      checkpoint::Batch batch;
      checkpoint::PutSegment(batch, record);
      ledger_.Stage(std::move(batch));
    }
  }
  if (added.items.items().empty()) {
    OnPageSettled(added, now);
  } else {
    dealer_->Add(added, now);
  }
}

void Backfill::OnPageSettled(BackfillPage& page, TimePoint now) {
  std::vector<std::shared_ptr<BackfillPage>> discard;
  std::vector<int> next;
  std::vector<Waker> woken;
  {
    MutexLock lock(mutex_);
    last_settled_ = now;
    const int number = page.segment;
    Segment& segment = segments_[static_cast<size_t>(number)];
    page.settled = true;
    if (page.stale && !segment.rereading) discard = BeginReread(segment, page);
    Advance(segment);  // lets go of the page
    woken = TakeWaiting();
    woken.push_back(segment.scanner);  // behind those that wait already
    // Its neighbour, so that as many stay open in each part of the hash space, and slow parts hold
    // no more places than they had.
    next = TakeNextSegments(number + 1);
  }
  for (const auto& later : discard) dealer_->Discard(*later, now);
  OpenSegments(next);
  for (const Waker& waker : woken) waker.Wake();
}

void Backfill::OnRefused() {
  std::vector<Waker> woken;
  {
    MutexLock lock(mutex_);
    if (std::exchange(refused_, true)) return;
    woken = TakeWaiting();
  }
  for (const Waker& waker : woken) waker.Wake();
}

size_t Backfill::PagesAhead() const {
  // Where the target is what holds back, pages of slow segments wait, and must not fill the room.
  if (options_.writes == nullptr || refused_) return limits::kPagesAhead;
  const size_t useful =
      limits::kPagesPerUsefulWrite * static_cast<size_t>(options_.writes->useful());
  return std::clamp(useful, limits::kFewestPagesAhead, limits::kPagesAhead);
}

std::vector<Waker> Backfill::TakeWaiting() {
  std::vector<Waker> woken;
  for (; !waiting_.empty() && pages_ + woken.size() < PagesAhead(); waiting_.pop_front()) {
    Segment& segment = segments_[static_cast<size_t>(waiting_.front())];
    if (std::exchange(segment.waits_for_room, false)) woken.push_back(segment.scanner);
  }
  return woken;
}

std::vector<std::shared_ptr<BackfillPage>> Backfill::BeginReread(Segment& segment,
                                                                 const BackfillPage& stale) {
  segment.rereading = true;
  // What was read behind a page that is read again begins where that page may not end any more.
  const auto found =
      std::ranges::find_if(segment.pages, [&](const auto& page) { return page.get() == &stale; });
  DDBSYNC_CHECK(found != segment.pages.end());
  return {std::next(found), segment.pages.end()};
}

void Backfill::Advance(Segment& segment) {
  checkpoint::Batch batch;
  while (!segment.pages.empty() && segment.pages.front()->settled &&
         !segment.pages.front()->stale) {
    const BackfillPage& page = *segment.pages.front();
    checkpoint::SegmentRecord& record = segment.record;
    const auto& last_key = page.items.last_evaluated_key();
    record.cursor = last_key.value_or("");
    record.finished = !last_key.has_value();
    record.items_read += static_cast<int64_t>(page.items.items().size());
    record.items_written += page.written;
    record.items_fenced += page.fenced;
    record.bytes_read += static_cast<int64_t>(page.item_bytes);
    checkpoint::PutSegment(batch, record);
    segment.pages.pop_front();
    --pages_;
    if (!segment.pages.empty()) --pages_behind_;
    if (record.finished) {
      ++finished_;
      --open_count_;
    }
  }
  if (!batch.empty()) ledger_.Stage(std::move(batch));

  const bool all_settled =
      std::ranges::all_of(segment.pages, [](const auto& page) { return page->settled; });
  if (segment.rereading && all_settled) {
    for (const auto& page : segment.pages) {
      items_read_ -= static_cast<int64_t>(page->items.items().size());
    }
    segment.read_cursor = segment.record.cursor;
    segment.read_to_end = false;
    segment.rereading = false;
    pages_behind_ -= segment.pages.empty() ? 0 : segment.pages.size() - 1;
    pages_ -= segment.pages.size();
    segment.pages.clear();
  }
}

std::vector<int> Backfill::TakeNextSegments(int preferred) {
  const auto waits = [this](int segment) REQUIRES(mutex_) {
    const Segment& candidate = segments_[static_cast<size_t>(segment)];
    return !candidate.open && !candidate.record.finished;
  };
  std::vector<int> next;
  const auto take = [&](int segment) REQUIRES(mutex_) {
    segments_[static_cast<size_t>(segment)].open = true;
    ++open_count_;
    next.push_back(segment);
  };
  const bool room = open_count_ < options_.open_segments;
  if (room && preferred < options_.total_segments && waits(preferred)) take(preferred);
  while (open_count_ < options_.open_segments && !to_open_.empty()) {
    if (waits(to_open_.front())) take(to_open_.front());
    to_open_.pop_front();
  }
  return next;
}

void Backfill::OpenSegments(const std::vector<int>& segments) {
  for (const int number : segments) {
    const Waker waker = open_(number);
    {
      MutexLock lock(mutex_);
      segments_[static_cast<size_t>(number)].scanner = waker;
    }
    waker.Wake();  // its pages may have been settled before it could be woken
  }
}

Backfill::Progress Backfill::GetProgress() const {
  MutexLock lock(mutex_);
  Progress progress = restored_;
  progress.segments = options_.total_segments;
  progress.finished = finished_;
  progress.open = open_count_;
  progress.complete = finished_ == options_.total_segments;
  progress.items_read = items_read_;
  progress.last_settled = last_settled_;
  for (const Segment& segment : segments_) {
    progress.bytes_read += segment.record.bytes_read;
  }
  return progress;
}

bool Backfill::complete() const {
  MutexLock lock(mutex_);
  return finished_ == options_.total_segments;
}

}  // namespace ddbsync::replicator
