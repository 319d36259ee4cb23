#include "tests/simulation/planted.h"

#include <array>

namespace ddbsync::simulation {
namespace {

using enum PlantedBug;

constexpr std::array kMistakes = std::to_array<PlantedMistake>({
    {kFenceOff, "fence-off", "the copy writes what it read, whatever the tail did meanwhile"},
    {kFenceForgets, "fence-forgets",
     "touched keys are forgotten while a page that needs them lives"},
    {kEventualReadAtOnce, "eventual-read-at-once",
     "the first reads after a start are eventually consistent too"},
    {kTouchesCountFromTheRead, "touches-count-from-the-read",
     "what the tail wrote just before an eventually consistent read does not count"},
    {kTailIgnoresFencedWrites, "tail-does-not-wait",
     "the tail writes a key while a copied item of it is on the wire"},
    {kPutIfAbsent, "put-if-absent", "instead of the fence, copied items are put if absent"},
    {kPositionAfterScan, "position-after-scan", "the stream counts from after the copy"},
    {kVolatileStart, "volatile-start", "a restart takes its own time for the start of the copy"},
    {kCheckpointBeforeAcknowledgement, "checkpoint-before-acknowledgement",
     "a page's position is recorded when its writes are sent"},
    {kCheckpointPastGap, "checkpoint-past-gap",
     "a page's position is recorded after the first of its writes"},
    {kCursorPastUnsettledPage, "cursor-past-unsettled-page",
     "a segment's cursor is recorded before its items are written"},
    {kRecheckListInMemory, "recheck-list-in-memory",
     "keys of unclear writes are not recorded, only remembered"},
    {kAmbiguousIsForgotten, "ambiguous-is-forgotten", "a time-out is tried again, and that is all"},
    {kRecheckAtOnce, "recheck-at-once", "unclear writes are compared before the last can land"},
    {kRepairUnfenced, "repair-unfenced", "a repair writes what it read, whatever the tail did"},
    {kRepairBeforeWatermark, "repair-before-watermark",
     "a repair does not wait until the tail has passed what it read"},
    {kNoSettleAfterCrash, "no-settle-after-crash",
     "after a crash writing goes on at once, before old writes have landed"},
    {kChildBeforeParent, "child-before-parent", "shards are applied as they are listed"},
    {kUnlistedParentIsFinished, "unlisted-parent-is-finished",
     "a parent that a listing does not show is taken as read"},
    {kFinishedMarkersForgotten, "finished-markers-forgotten",
     "that a shard is finished is forgotten as soon as it is not listed"},
    {kFirstPageOfShardsOnly, "first-page-of-shards", "only the first page of shards is looked at"},
    {kLastRecordsOfShardIgnored, "last-records-ignored",
     "records that come with a shard's end are not looked at"},
    {kUnprocessedItemsDropped, "unprocessed-dropped", "UnprocessedItems are not looked at"},
    {kRetryOvertakes, "retry-overtakes",
     "the next page is written while items of the one before are tried again"},
    {kSequenceNumbersAsText, "sequence-numbers-as-text", "positions are compared as text"},
    {kExpiredIteratorResent, "expired-iterator-resent", "an expired iterator is sent again"},
    {kTrimmedDataSkipped, "trimmed-data-skipped",
     "after trimmed data reading goes on with the oldest that is left"},
    {kGapForgotten, "gap-forgotten", "after a restart a gap on record counts no more"},
    {kSegmentEndFromError, "segment-end-from-error", "a scan that fails ends its segment"},
    {kSegmentsBeginAgain, "segments-begin-again",
     "after a restart a segment that was not finished is read from its first item"},
    {kPoisonedStoreUsed, "poisoned-store-used", "a store is used again after a failed write"},
    {kOneEmptyPageIsTheTip, "one-empty-page", "one empty page is taken for the tip of the stream"},
    {kOneEmptyPageAtTheTipIsBelieved, "one-empty-page-at-the-tip",
     "who has been at the tip takes one empty page for it"},
    {kFailedPollIsTheTip, "failed-poll", "a poll that fails moves the watermark"},
    {kNoTipMargin, "no-tip-margin",
     "at the tip, changes that cannot be read yet are not reckoned with"},
    {kStandstillUnseen, "standstill-unseen",
     "listings of the stream are taken for progress, whatever its shards do"},
    {kSuspectIsADifference, "suspect-is-a-difference",
     "a verification does not wait for the watermark before it looks again", Kind::kVerifying},
    {kExtraKeysUnseen, "extra-keys-unseen",
     "a verification does not look for keys that only the target has", Kind::kVerifying},
    {kSealBeforeFreezeActs, "seal-before-freeze-acts",
     "the source's stream is ended while the policy does not act yet", Kind::kCutover},
    {kDrainedByEmptyPolls, "drained-by-empty-polls",
     "a cut-over believes that all is drained because nothing more comes", Kind::kCutover},
    {kThawBeforeNewStream, "thaw-before-new-stream",
     "taken back, writers go on before the source has a stream again", Kind::kCutover},
    {kNewStreamBeforeOldIsDrained, "new-stream-before-old",
     "taken back, the new stream is followed before the old one is applied to its end",
     Kind::kCutover},
    {kReverseFromLatePosition, "reverse-from-late-position",
     "the way back begins when somebody asks for it, not at the commit", Kind::kCutover},
    {kResyncDeletesWithoutFence, "resync-deletes-without-fence",
     "a row that the source did not have is deleted, whatever the tail did meanwhile",
     Kind::kResync},
    {kGapRecordRemovedEarly, "gap-record-removed-early",
     "a loss is taken off the record when the resync begins", Kind::kResync},
    {kResyncKeepsSegments, "resync-keeps-segments",
     "a copy that is begun again does not read what the one before had read", Kind::kResync},
});

}  // namespace

std::span<const PlantedMistake> PlantedMistakes() {
  return kMistakes;
}

}  // namespace ddbsync::simulation
