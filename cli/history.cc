#include "cli/history.h"

#include <cmath>
#include <utility>

#include "cli/json_fields_internal.h"
#include "cli/limits.h"

namespace ddbsync::cli {
namespace {

using replicator::JobState;

double Seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

/// What an eye can tell apart; seventeen digits would make the answer thrice as long.
Json Rounded(std::optional<double> value) {
  if (!value || !std::isfinite(*value)) return nullptr;
  return std::round(*value * 1000) / 1000;
}

class LookTask final : public Task {
 public:
  LookTask(History& history, std::function<replicator::JobStatus()> status)
      : history_(history), status_(std::move(status)) {}

  Next Step(TimePoint now) override {
    history_.Add(status_(), now);
    return Next::At(now + limits::kHistoryInterval);
  }

 private:
  History& history_;
  const std::function<replicator::JobStatus()> status_;
};

}  // namespace

void History::Add(const replicator::JobStatus& status, TimePoint now) {
  Look look;
  look.time = now;
  if (status.state != JobState::kStarting) {
    if (status.tail.wanted) {
      look.lag_seconds = status.tail.lag_seconds;
      look.records_per_second = status.tail.records_per_second;
    }
    if (status.backfill.wanted) {
      look.items_per_second = status.backfill.complete ? 0 : status.backfill.items_per_second;
    }
    look.in_flight = status.writes.in_flight + status.writes.tail_in_flight;
  }
  const Counted counted{now, status.source_read_units, status.target_write_units,
                        static_cast<double>(status.writes.throttled)};
  MutexLock lock(mutex_);
  if (before_ && now > before_->time) {
    const double seconds = Seconds(now - before_->time);
    look.read_units_per_second = (counted.read_units - before_->read_units) / seconds;
    look.write_units_per_second = (counted.write_units - before_->write_units) / seconds;
    look.throttled_per_second = (counted.throttled - before_->throttled) / seconds;
  }
  before_ = counted;
  if (looks_.size() == limits::kHistorySamples) looks_.pop_front();
  looks_.push_back(look);
}

std::vector<History::Look> History::Looks() const {
  MutexLock lock(mutex_);
  return {looks_.begin(), looks_.end()};
}

std::string HistoryToJson(const std::vector<History::Look>& looks, TimePoint now) {
  Json json;
  json["interval_seconds"] = limits::kHistoryInterval.count();
  Json& ages = json["age_seconds"] = Json::array();
  for (const History::Look& look : looks) ages.push_back(Rounded(Seconds(now - look.time)));
  for (const auto& [name, figure] :
       {std::pair{"lag_seconds", &History::Look::lag_seconds},
        std::pair{"items_per_second", &History::Look::items_per_second},
        std::pair{"records_per_second", &History::Look::records_per_second},
        std::pair{"read_units_per_second", &History::Look::read_units_per_second},
        std::pair{"write_units_per_second", &History::Look::write_units_per_second},
        std::pair{"in_flight", &History::Look::in_flight},
        std::pair{"throttled_per_second", &History::Look::throttled_per_second}}) {
    Json& column = json[name] = Json::array();
    for (const History::Look& look : looks) column.push_back(Rounded(look.*figure));
  }
  return Text(json, false);
}

std::shared_ptr<Task> HistoryTask(History& history, std::function<replicator::JobStatus()> status) {
  return std::make_shared<LookTask>(history, std::move(status));
}

}  // namespace ddbsync::cli
