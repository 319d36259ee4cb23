#pragma once

#include <optional>

#include "base/clock.h"

namespace ddbsync::replicator {

/// How fast the items of one segment may go to the target. As fast as they are dealt until the
/// target refuses one; from then on a little less than the target took, and carefully more again,
/// so that a key range which is throttled is asked for more only now and then.
///
/// The rate grows as TCP's window does by CUBIC (RFC 9438, section 4.2): soon back to nearly what
/// was refused, long close to it, then faster and faster. Not thread-safe: part of a lane.
class LanePace {
 public:
  /// The target took an item of so many write units.
  void OnWritten(double units, TimePoint now);

  /// The target refused an item of so many units: the lane rests until then. One refusal may come
  /// as many: those that follow at once only make it rest.
  [[nodiscard]] TimePoint OnRefused(double units, TimePoint now);

  /// An item came back because the call failed, which says nothing about the key range: the lane
  /// rests until then, longer each time until an item is written.
  [[nodiscard]] TimePoint OnFailed(TimePoint now);

  /// An item of so many units was dealt: when the next may be; TimePoint::min(): at once. Lanes are
  /// due at common moments, or each batch would hold items of one lane alone.
  [[nodiscard]] TimePoint OnDealt(double units, TimePoint now);

  /// The target refused an item of it within limits::kRecently.
  [[nodiscard]] bool IsThrottled(TimePoint now) const;

  /// For a new lane that probably goes to the same partition; half as fast if this one goes on.
  [[nodiscard]] LanePace ForNeighbour(bool shared) const;

 private:
  [[nodiscard]] double RateAt(TimePoint now) const;
  [[nodiscard]] double Measured(TimePoint now);
  void OnRefusedAgain(TimePoint now);
  void CutTo(double rate, TimePoint now);
  void Slide(TimePoint now);
  void Remember(double taken, double refused);

  double peak_ = 0;        ///< units a second when it was refused last; 0: never
  bool is_guess_ = false;  ///< refused just once, after what it had saved up
  int cuts_in_vain_ = 0;   ///< the last so many
  TimePoint refused_at_;   ///< if it was
  std::optional<TimePoint> last_refused_;
  TimePoint next_ = TimePoint::min();  ///< when what was dealt is paid for
  Duration rest_ = Duration::zero();
  TimePoint rest_until_ = TimePoint::min();

  // Of the last hundred units or so.
  double taken_ = 0;
  double refused_ = 0;

  // What was written in this window and in the one before.
  std::optional<TimePoint> window_began_;
  double in_window_ = 0;
  double before_ = 0;
  Duration before_length_ = Duration::zero();
};

}  // namespace ddbsync::replicator
