#include "replicator/last_second.h"

#include <algorithm>

namespace ddbsync::replicator {
void LastSecond::Take(TimePoint now, double units) {
  units_ += units;
  const TimePoint ends = now + kSecond;
  if (!moments_.empty() && ends - moments_.back().ends < kMoment) {
    moments_.back().units += units;
  } else {
    moments_.push_back({ends, units});
  }
}

void LastSecond::Correct(double more) {
  for (auto moment = moments_.rbegin(); moment != moments_.rend() && more != 0; ++moment) {
    const double change = std::max(more, -moment->units);
    moment->units += change;
    units_ += change;
    more -= change;
  }
}

double LastSecond::Units(TimePoint now) {
  for (; !moments_.empty() && moments_.front().ends <= now; moments_.pop_front()) {
    units_ -= moments_.front().units;
  }
  if (moments_.empty()) units_ = 0;  // and no rest of rounding
  return units_;
}

TimePoint LastSecond::FallsTo(double units) const {
  double left = units_;
  TimePoint at = TimePoint::min();
  for (auto moment = moments_.begin(); moment != moments_.end() && left > units; ++moment) {
    left -= moment->units;
    at = moment->ends;
  }
  return at;
}

}  // namespace ddbsync::replicator
