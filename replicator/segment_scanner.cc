#include "replicator/segment_scanner.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/limits.h"
#include "base/planted_bug.h"
#include "replicator/limits.h"

namespace ddbsync::replicator {
namespace {

constexpr double kBytesPerUnit = 4096;

}  // namespace

Next SegmentScanner::Step(TimePoint now) {
  if (context_.gate.closed()) return Next::Done();
  if (context_.paused) return Next::At(now + limits::kPausedLook);
  const Backfill::Read read = context_.backfill.NextRead(segment_);
  switch (read.kind) {
    case Backfill::Read::Kind::kEnd:
      return Next::Done();
    case Backfill::Read::Kind::kWait:
      return Next::WhenWoken();
    case Backfill::Read::Kind::kRead:
      return Read(read.cursor, now);
  }
  return Next::Done();
}

Next SegmentScanner::Read(const std::string& cursor, TimePoint now) {
  if (!context_.limit.TryEnter(waker())) return Next::WhenWoken();
  auto feedback = InFlightLimit::Feedback::kNeutral;
  Duration took{0};
  const double estimate = context_.units_per_page;  // capacity is taken before the cost is known
  auto leave = [&](Next next) {
    context_.limit.Leave(feedback, took, context_.clock.Now());
    return next;
  };
  auto grant = context_.credit.TryTake(ByteCredit::User::kBackfill,
                                       ddbsync::limits::kPageCreditBytes, waker());
  if (!grant) return leave(Next::WhenWoken());
  if (auto at = context_.capacity.TakeOrRetryAt(CapacityBucket::User::kBackfill, estimate, now)) {
    return leave(Next::At(*at));
  }

  // Before the request is sent.
  auto eventual = context_.fence.BeginEventualRead(now);
  const bool consistent = !eventual.has_value();
  FencedRead fenced = eventual ? *std::move(eventual) : context_.fence.BeginRead();
  const TimePoint sent = context_.clock.Now();
  auto page = context_.source.Scan({.table = context_.table,
                                    .segment = segment_,
                                    .total_segments = context_.total_segments,
                                    .start_key = cursor,
                                    .consistent = consistent},
                                   context_.schema);
  took = context_.clock.Now() - sent;
  if (!page && Planted(PlantedBug::kSegmentEndFromError)) {
    page = dynamodb::ItemPage::Parse(R"({"Items":[],"Count":0,"ScannedCount":0})", context_.schema);
  }
  if (!page) {
    context_.capacity.Correct(estimate, 0);
    feedback = InFlightLimit::OfFailure(page.error().code, took);
    return leave(OnError(page.error()));
  }
  feedback = InFlightLimit::Feedback::kSuccess;
  backoff_.OnSuccess();
  context_.health.Success("source scan");
  grant->ResizeTo(page->bytes());
  const double computed =
      std::ceil(static_cast<double>(page->bytes()) / kBytesPerUnit) * (consistent ? 1.0 : 0.5);
  const double units = context_.capacity.Charge(estimate, page->consumed_units(),
                                                std::min(computed, limits::kUnitsOfFullPage));
  // (The last page of a segment may be empty and tells nothing of the next segment's first.)
  if (!page->items().empty()) context_.units_per_page = units;
  context_.counters.source_read_units += units;
  context_.backfill.AddPage(std::make_shared<BackfillPage>(*std::move(page), *std::move(grant),
                                                           std::move(fenced), segment_, cursor),
                            context_.clock.Now());
  return leave(Next::Now());
}

Next SegmentScanner::OnError(const Error& error) {
  const TimePoint now = context_.clock.Now();
  if (error.code == ErrorCode::kNotFound || error.code == ErrorCode::kInvalid) {
    context_.health.Fatal(
        {error.code, "the source cannot be scanned: " + error.message, error.context});
    return Next::Done();
  }
  context_.health.Trouble("source scan", error, now);
  return Next::At(now + backoff_.OnFailure(error.code));
}

}  // namespace ddbsync::replicator
