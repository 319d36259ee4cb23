#include "cutover/ttl_switch.h"

#include "cutover/limits.h"

namespace ddbsync::cutover {

Progress TtlSwitch::Step() {
  using dynamodb::TtlStatus;
  const std::string doing =
      (enabled_ ? "turn time to live on at '" : "turn time to live off at '") + table_ + "'";
  if (update_) return Update(doing);
  const auto ttl = control_.DescribeTimeToLive(table_);
  if (!ttl) return Progress::After(ttl.error(), doing);
  switch (ttl->status) {
    case TtlStatus::kEnabled:
    case TtlStatus::kEnabling:
      if (enabled_ && ttl->attribute != attribute_) {
        return Progress::Failed("cannot " + doing + ": it is on for the attribute " +
                                ttl->attribute + ", not " + attribute_);
      }
      if (enabled_) return Progress::Done();
      if (ttl->status == TtlStatus::kEnabling) return Progress::Wait(limits::kTtlLook, doing);
      break;
    case TtlStatus::kDisabled:
      if (!enabled_) return Progress::Done();
      break;
    case TtlStatus::kDisabling:
      return Progress::Wait(limits::kTtlLook, doing + " (takes up to an hour)");
  }
  update_ = true;
  return Progress::Wait(Duration::zero(), doing);
}

Progress TtlSwitch::Update(const std::string& doing) {
  update_ = false;
  too_soon_ = false;
  const auto updated = control_.UpdateTimeToLive(table_, attribute_, enabled_);
  if (!updated) return Progress::After(updated.error(), doing);
  if (*updated == dynamodb::TtlUpdate::kAccepted) {
    return Progress::Wait(limits::kControlLook, doing);
  }
  too_soon_ = true;
  return Progress::Wait(limits::kTtlRetry, doing + ": it was changed within the last hour");
}

}  // namespace ddbsync::cutover
