// What a run would do, call by call, as the operator finds it in the service's own log afterwards.
#include <fmt/format.h>

#include "cutover/gates_internal.h"
#include "replicator/seam.h"

namespace ddbsync::cutover {
namespace {

class Script {
 public:
  explicit Script(const GateFacts& facts)
      : facts_(facts),
        options_(facts.options),
        source_(SourceName(facts)),
        target_(TargetName(facts)) {}

  std::vector<std::string> Write() {
    Prepare();
    Freeze();
    if (options_.drain == DrainBy::kSeal) Seal();
    Drain();
    Compare();
    LookOnceMore();
    Commit();
    return std::move(lines_);
  }

 private:
  template <class... Args>
  void Add(fmt::format_string<Args...> format, Args&&... args) {
    lines_.push_back(fmt::format(format, std::forward<Args>(args)...));
  }

  void Prepare() {
    Add("DescribeTable, DescribeTimeToLive {}: noted, to be taken back to", source_);
    if (!facts_.source_ttl) {
      Add("UpdateTimeToLive {}: off, if it is on (unknown)", source_);
    } else if (TtlActs(*facts_.source_ttl)) {
      if (facts_.source_ttl->status != dynamodb::TtlStatus::kDisabling) {
        Add("UpdateTimeToLive {}: off ({})", source_, facts_.source_ttl->attribute);
      }
      Add("DescribeTimeToLive {} until DISABLED, up to an hour; applications write on", source_);
    }
    if (options_.reverse) PrepareWayBack();
    if (options_.freeze == FreezeBy::kPolicy) {
      Add("DeleteItem {} on a condition that no item meets: allowed, as yet", source_);
    }
  }

  void PrepareWayBack() {
    const bool on = facts_.target && facts_.target->stream_view;
    if (!on) {
      Add("UpdateTable {}: StreamEnabled=true, {}", target_,
          ToString(dynamodb::StreamView::kNewAndOldImages));
    }
    Add("DescribeTable {0}, DescribeStream of its stream until ENABLED: the way back begins there",
        target_);
  }

  void Freeze() {
    switch (options_.freeze) {
      case FreezeBy::kManual:
        Add("no call: you stop the writers of {} and confirm", source_);
        return;
      case FreezeBy::kHook:
        Add("your hook, to stop the writers of {}", source_);
        return;
      case FreezeBy::kPolicy:
        break;
    }
    Add("GetResourcePolicy {}: noted, to be taken back to", source_);
    Add("PutResourcePolicy {}: deny writes to {}, expecting {}", source_,
        options_.exempt.empty() ? "all" : "all but " + Join(options_.exempt, ", "), Revision());
    Add("DeleteItem {} on a condition that no item meets, until the policy denies it for a while",
        source_);
  }

  [[nodiscard]] std::string Revision() const {
    if (!facts_.source_policy) return "its revision";
    const auto& policy = *facts_.source_policy;
    return policy ? "revision " + policy->revision : std::string(dynamodb::kNoPolicy);
  }

  void Seal() {
    const bool known = facts_.source && facts_.source->stream_view;
    Add("UpdateTable {}: StreamEnabled=false", source_);
    Add("DescribeTable {} until ACTIVE", source_);
    Add("UpdateTable {}: StreamEnabled=true, {}", source_,
        known ? ToString(*facts_.source->stream_view) : "the view that it had");
    Add("DescribeTable {}, DescribeStream of its new stream until ENABLED", source_);
  }

  void Drain() {
    if (options_.drain == DrainBy::kSeal) {
      Add("DescribeStream, GetShardIterator, GetRecords of the old stream of {}: every shard to "
          "its end",
          source_);
    } else {
      Add("DescribeStream, GetShardIterator, GetRecords of the stream of {} until the watermark "
          "has passed the freeze: no proof",
          source_);
    }
    Add("BatchWriteItem {}: what they tell", target_);
  }

  void Compare() {
    if (ComparesAll(options_)) {
      Add("Scan {0}, Scan {1}; BatchGetItem {0} and {1} where they differ", source_, target_);
    }
    if (options_.stop_before_commit) Add("no call: waits for `ddbsync cutover commit`");
  }

  void LookOnceMore() {
    if (options_.freeze == FreezeBy::kPolicy) {
      Add("DeleteItem {} on a condition that no item meets: still denied", source_);
    }
    if (options_.drain != DrainBy::kSeal) return;
    Add("DescribeStream, GetShardIterator, GetRecords of the new stream of {}: nothing may be "
        "in it",
        source_);
  }

  void Commit() {
    Add("no call: the commit is a record of the checkpoint, synced");
    Add("TagResource {}: {}={}", target_, replicator::kCutoverTag, SourceArn());
    Add("UntagResource {}: {}, if it was made live by a cut-over", source_,
        replicator::kCutoverTag);
    if (!facts_.source_ttl) {
      Add("UpdateTimeToLive {}: on, if it was on at {} (unknown)", target_, source_);
    } else if (TtlActs(*facts_.source_ttl)) {
      Add("UpdateTimeToLive {}: on ({})", target_, facts_.source_ttl->attribute);
    }
    if (!options_.reverse) return;
    // The policy goes on denying what this process's keys were denied when it was probed.
    Add("DescribeStream, GetShardIterator, GetRecords of the stream of {}, BatchWriteItem {}: the "
        "way back, {}",
        target_, source_,
        options_.freeze == FreezeBy::kPolicy ? "with keys of --exempt, by `ddbsync reverse`"
                                             : "by the same process if it runs no other job");
  }

  [[nodiscard]] std::string SourceArn() const {
    if (facts_.source) return facts_.source->arn;
    return facts_.record.source_arn.empty() ? source_ : facts_.record.source_arn;
  }

  const GateFacts& facts_;
  const Options& options_;
  const std::string source_, target_;
  std::vector<std::string> lines_;
};

}  // namespace

std::vector<std::string> Calls(const GateFacts& facts) {
  return Script(facts).Write();
}

}  // namespace ddbsync::cutover
