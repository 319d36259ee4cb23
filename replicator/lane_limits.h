#pragma once

#include <chrono>

namespace ddbsync::replicator::limits {

/// The pace of a segment whose items were refused. A partition takes 1,000 write units a second at
/// most (developer guide): the first guess is less. Refusals within the time that the batches in
/// flight need are one. The guess is doubled until it is refused too; then it is a tenth less than
/// what was taken, and that again after kLaneRecovery (bench/virtual_time shows what that gives).
inline constexpr double kFirstLaneRate = 500;
inline constexpr std::chrono::milliseconds kLaneDoubling{500};
inline constexpr double kDeepestCut = 0.25;
/// When so many cuts in a row, each to less than this part of the last, did not end the refusals,
/// the rate is not their cause: then so much of what is sent may come back without slowing it.
inline constexpr int kCutsInVain = 3;
inline constexpr double kCutInVain = 0.95;
inline constexpr double kStrayRefusals = 0.2;
inline constexpr double kStrayMemory = 100;  ///< units, of which it is a part
/// What is slower still is held back by its rests. And refusals that have nothing to do with the
/// rate, however many, slow a lane down no further.
inline constexpr double kSlowestLane = 20;
inline constexpr double kFastestLane = 100'000;
inline constexpr double kLaneCut = 0.1;
inline constexpr std::chrono::seconds kLaneRecovery{6};
inline constexpr std::chrono::milliseconds kLaneWindow{500};
inline constexpr std::chrono::milliseconds kSameRefusal{120};
/// Paced lanes are due at multiples of this, so that batches are dealt from many of them.
inline constexpr std::chrono::milliseconds kLaneGrain{20};

}  // namespace ddbsync::replicator::limits
