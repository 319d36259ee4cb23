#include "replicator/lane_pace.h"

#include <algorithm>
#include <cmath>

#include "replicator/lane_limits.h"
#include "replicator/limits.h"

namespace ddbsync::replicator {
namespace {

double Seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

Duration FromSeconds(double seconds) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

}  // namespace

void LanePace::OnWritten(double units, TimePoint now) {
  rest_ = Duration::zero();
  Remember(units, 0);
  Slide(now);
  in_window_ += units;
}

TimePoint LanePace::OnRefused(double units, TimePoint now) {
  last_refused_ = now;
  const bool first = peak_ == 0;
  if (first) {
    CutTo(std::max(Measured(now), limits::kFirstLaneRate), now);
    is_guess_ = true;
  } else if (now - refused_at_ >= limits::kSameRefusal) {
    Remember(0, units);
    OnRefusedAgain(now);
  }
  return OnFailed(now);
}

bool LanePace::IsThrottled(TimePoint now) const {
  return last_refused_ && now - *last_refused_ < limits::kRecently;
}

void LanePace::OnRefusedAgain(TimePoint now) {
  const double measured = Measured(now);
  // Nothing taken at all: the target is gone rather than slow, and to rest is all there is to do.
  if (measured == 0) return;
  const bool few = refused_ < limits::kStrayRefusals * (taken_ + refused_);
  if (few && cuts_in_vain_ >= limits::kCutsInVain) return;
  // A rate that has grown for long held nothing back any more.
  const double rate = std::min(RateAt(now), limits::kFastestLane);
  const double next = std::clamp(measured, rate * limits::kDeepestCut, rate);
  const bool at_bottom = peak_ <= limits::kSlowestLane;
  const bool in_vain = (measured > rate / 2 && next < peak_ * limits::kCutInVain) || at_bottom;
  cuts_in_vain_ = few && in_vain ? cuts_in_vain_ + 1 : 0;
  CutTo(next, now);
}

void LanePace::CutTo(double rate, TimePoint now) {
  peak_ = std::max(rate, limits::kSlowestLane);
  is_guess_ = false;
  refused_at_ = now;
  // What it took until now was saved up, perhaps.
  window_began_ = now;
  in_window_ = before_ = 0;
  before_length_ = Duration::zero();
}

void LanePace::Remember(double taken, double refused) {
  taken_ += taken;
  refused_ += refused;
  while (taken_ + refused_ > limits::kStrayMemory) {
    taken_ /= 2;
    refused_ /= 2;
  }
}

LanePace LanePace::ForNeighbour(bool shared) const {
  LanePace neighbour;
  if (peak_ == 0) return neighbour;
  neighbour.peak_ = std::max(shared ? peak_ / 2 : peak_, limits::kSlowestLane);
  neighbour.is_guess_ = is_guess_;
  neighbour.refused_at_ = refused_at_;
  return neighbour;
}

TimePoint LanePace::OnFailed(TimePoint now) {
  if (now < rest_until_) return rest_until_;  // an item of the same batch
  rest_ =
      std::clamp<Duration>(rest_ * 2, limits::kFirstLeftoverPause, limits::kLongestLeftoverPause);
  rest_until_ = now + rest_;
  return rest_until_;
}

TimePoint LanePace::OnDealt(double units, TimePoint now) {
  if (peak_ == 0) return TimePoint::min();
  next_ = std::max(next_, now - limits::kLaneGrain) + FromSeconds(units / RateAt(now));
  // However large the item and low the rate, which may have grown by then.
  next_ = std::min(next_, now + limits::kLongestLeftoverPause);
  if (next_ <= now) return TimePoint::min();
  const auto grains =
      (next_.time_since_epoch() + limits::kLaneGrain - Duration(1)) / Duration(limits::kLaneGrain);
  return TimePoint(grains * Duration(limits::kLaneGrain));
}

double LanePace::RateAt(TimePoint now) const {
  // A writer may come with a time that it took before it was held up.
  const double seconds = std::max(0.0, Seconds(now - refused_at_));
  if (is_guess_) return peak_ * std::exp2(seconds / Seconds(limits::kLaneDoubling));
  const double x = seconds / Seconds(limits::kLaneRecovery) - 1;
  return peak_ * (1 + limits::kLaneCut * x * x * x);
}

double LanePace::Measured(TimePoint now) {
  Slide(now);
  return (in_window_ + before_) / Seconds(before_length_ + (now - *window_began_));
}

void LanePace::Slide(TimePoint now) {
  if (window_began_ && now - *window_began_ < limits::kLaneWindow) return;
  const bool adjoins = window_began_ && now - *window_began_ < 2 * limits::kLaneWindow;
  before_ = adjoins ? in_window_ : 0;
  before_length_ = adjoins ? now - *window_began_ : limits::kLaneWindow;
  in_window_ = 0;
  window_began_ = now;
}

}  // namespace ddbsync::replicator
