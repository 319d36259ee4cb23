#pragma once

#include <atomic>

namespace ddbsync {

/// Mistakes that tools of this kind are known for. Tests plant one at a time and must catch it;
/// nothing else sets it (docs/guarantees.md, "Planted bugs").
enum class PlantedBug {
  kNone,
  kFenceOff,
  kFenceForgets,
  kEventualReadAtOnce,
  kTouchesCountFromTheRead,
  kTailIgnoresFencedWrites,
  kPutIfAbsent,
  kPositionAfterScan,
  kVolatileStart,
  kCheckpointBeforeAcknowledgement,
  kCheckpointPastGap,
  kCursorPastUnsettledPage,
  kRecheckListInMemory,
  kAmbiguousIsForgotten,
  kRecheckAtOnce,
  kRepairUnfenced,
  kRepairBeforeWatermark,
  kNoSettleAfterCrash,
  kChildBeforeParent,
  kUnlistedParentIsFinished,
  kFinishedMarkersForgotten,
  kFirstPageOfShardsOnly,
  kLastRecordsOfShardIgnored,
  kUnprocessedItemsDropped,
  kRetryOvertakes,
  kSequenceNumbersAsText,
  kExpiredIteratorResent,
  kTrimmedDataSkipped,
  kGapForgotten,
  kSegmentEndFromError,
  kSegmentsBeginAgain,
  kPoisonedStoreUsed,
  kOneEmptyPageIsTheTip,
  kOneEmptyPageAtTheTipIsBelieved,
  kFailedPollIsTheTip,
  kNoTipMargin,
  kStandstillUnseen,
  kSuspectIsADifference,
  kExtraKeysUnseen,
  kSealBeforeFreezeActs,
  kDrainedByEmptyPolls,
  kThawBeforeNewStream,
  kNewStreamBeforeOldIsDrained,
  kReverseFromLatePosition,
  kResyncDeletesWithoutFence,
  kGapRecordRemovedEarly,
  kResyncKeepsSegments,
  /// No mistake, and no invariant breaks: the dealer fills each batch from one segment, in scan
  /// order, so that bench/virtual_time can show what dealing is worth.
  kNoDealing,
};

/// Any thread; set before the engine starts.
inline constinit std::atomic<PlantedBug> planted_bug{PlantedBug::kNone};

[[nodiscard]] inline bool Planted(PlantedBug bug) {
  return planted_bug.load(std::memory_order_relaxed) == bug;
}

}  // namespace ddbsync
