#include "cutover/permissions.h"

#include <nlohmann/json.hpp>
#include <string_view>

#include "cutover/gates_internal.h"
#include "cutover/patience_internal.h"
#include "dynamodb/control_client.h"
#include "dynamodb/probe_key.h"

namespace ddbsync::cutover {
namespace {

using Call = PermissionNeed::Call;
using Answer = Permission::Answer;

/// Neither a revision that the service has given nor its word for none.
constexpr std::string_view kNoRevision = "ddbsync-no-such-revision";
/// A label that no stream of a table has: the service is younger.
constexpr std::string_view kNoStreamLabel = "/stream/2000-01-01T00:00:00.000";
constexpr std::string_view kNoShard = "shardId-00000000000000000000-00000000";

Permission Proven() {
  return {.action = {}, .answer = Answer::kProven, .reason = {}};
}

Permission From(const Error& error) {
  const bool denied = error.code == ErrorCode::kDenied;
  return {.action = {},
          .answer = denied ? Answer::kDenied : Answer::kUnknown,
          .reason = ToString(error)};
}

Permission NotKnown(std::string reason) {
  return {.action = {}, .answer = Answer::kUnknown, .reason = std::move(reason)};
}

/// Of a read that is answered, or that finds nothing once it was allowed to look.
template <class T>
Permission ByAnswer(const Result<T>& outcome, ErrorCode nothing_there) {
  if (outcome || outcome.error().code == nothing_there) return Proven();
  return From(outcome.error());
}

/// Of a change that cannot be: it is refused as such once it was allowed.
template <class T>
Permission ByConflict(const Result<T>& outcome) {
  if (outcome) return NotKnown("what was to be refused was carried out: look again");
  if (outcome.error().code == ErrorCode::kConflict) return Proven();
  return From(outcome.error());
}

/// Allows the table's own account what it may anyway: it is never put, as the revision is wrong.
std::string HarmlessPolicy(const std::string& table_arn) {
  constexpr int kAccount = 4;
  size_t start = 0;
  for (int part = 0; part < kAccount; ++part) start = table_arn.find(':', start) + 1;
  const std::string account = table_arn.substr(start, table_arn.find(':', start) - start);
  const nlohmann::json statement = {{"Sid", "DdbsyncPermissionProbe"},
                                    {"Effect", "Allow"},
                                    {"Principal", {{"AWS", account}}},
                                    {"Action", "dynamodb:DescribeTable"},
                                    {"Resource", table_arn}};
  return nlohmann::json({{"Version", "2012-10-17"}, {"Statement", {statement}}}).dump();
}

class Prober {
 public:
  Prober(const replicator::Side& source, const replicator::Side& target, const GateFacts& facts,
         Clock& clock)
      : source_(source),
        target_(target),
        facts_(facts),
        source_control_(source.tables->aws()),
        target_control_(target.tables->aws()),
        patience_(clock) {}

  Permission Ask(Call call) {
    switch (call) {
      case Call::kSwitchSourceStream:
        return AskSourceStream();
      case Call::kChangeSourceTtl:
        return AskSourceTtl();
      case Call::kPutPolicy:
        return AskPutPolicy();
      case Call::kDeletePolicy:
        return AskDeletePolicy();
      case Call::kProbeWrites:
        return AskProbe();
      case Call::kChangeTargetTtl:
        return AskTargetTtl();
      case Call::kSwitchTargetStream:
        return ByConflict(
            patience_.Try([this] { return target_control_.DisableStream(target_.table); }));
      case Call::kDescribeTargetStream:
        return ByAnswer(
            patience_.Try([this] { return target_.streams->DescribeStream(TargetStream(), ""); }),
            ErrorCode::kNotFound);
      case Call::kReadTargetStream:
        return AskTargetStream();
      case Call::kReadTarget:
        return AskRead(target_, facts_.target->key);
      case Call::kWriteSource:
        return AskWrite();
    }
    return {};
  }

 private:
  Permission AskSourceStream() {
    if (!facts_.source->stream_view) return NotKnown("its stream is off");
    return ByConflict(patience_.Try([this] {
      return source_control_.EnableStream(source_.table, *facts_.source->stream_view);
    }));
  }

  Permission AskSourceTtl() {
    if (facts_.source_ttl->status != dynamodb::TtlStatus::kEnabled) {
      return NotKnown("the TTL is " + std::string(ToString(facts_.source_ttl->status)));
    }
    return ByTtlUpdate(patience_.Try([this] {
      return source_control_.UpdateTimeToLive(source_.table, facts_.source_ttl->attribute, true);
    }));
  }

  Permission AskTargetTtl() {
    if (!facts_.target_ttl || TtlActs(*facts_.target_ttl)) return NotKnown("the TTL is not off");
    return ByTtlUpdate(patience_.Try([this] {
      return target_control_.UpdateTimeToLive(target_.table, facts_.source_ttl->attribute, false);
    }));
  }

  static Permission ByTtlUpdate(const Result<dynamodb::TtlUpdate>& outcome) {
    return outcome == dynamodb::TtlUpdate::kTooSoon ? Proven() : ByConflict(outcome);
  }

  /// Puts what is there, so that even a server which heeds no revisions changes nothing.
  Permission AskPutPolicy() {
    if (!facts_.source_policy) return From(facts_.source_policy.error());
    const auto& policy = *facts_.source_policy;
    const std::string& arn = facts_.source->arn;
    const auto put = patience_.Try([&] {
      return source_control_.PutResourcePolicy(arn, policy ? policy->json : HarmlessPolicy(arn),
                                               kNoRevision);
    });
    heeds_revisions_ = !put && put.error().code == ErrorCode::kConflict;
    return put && policy ? Proven() : ByConflict(put);
  }

  Permission AskDeletePolicy() {
    if (!heeds_revisions_) return NotKnown("the service may not heed a policy's revision");
    return ByConflict(patience_.Try(
        [this] { return source_control_.DeleteResourcePolicy(facts_.source->arn, kNoRevision); }));
  }

  Permission AskProbe() {
    const auto probe = source_control_.ProbeDenied(source_.table, facts_.source->key);
    if (probe.answer == dynamodb::WriteProbe::Answer::kAllowed) return Proven();
    const bool denied = probe.answer == dynamodb::WriteProbe::Answer::kDenied;
    return {.action = {},
            .answer = denied ? Answer::kDenied : Answer::kUnknown,
            .reason = probe.reason};
  }

  Permission AskTargetStream() {
    const std::string arn = TargetStream();
    if (!facts_.target->stream_view) {
      return ByAnswer(
          patience_.Try([&] { return target_.streams->GetShardIterator(arn, kNoShard, {}); }),
          ErrorCode::kNotFound);
    }
    const auto listing = patience_.Try([&] { return target_.streams->DescribeStream(arn, ""); });
    if (!listing) return From(listing.error());
    if (listing->shards.empty()) {
      return NotKnown("it lists no shard yet");
    }
    const auto iterator = patience_.Try(
        [&] { return target_.streams->GetShardIterator(arn, listing->shards.back().id, {}); });
    if (!iterator) return From(iterator.error());
    // The oldest records come and go.
    return ByAnswer(patience_.Try([&] {
      return target_.streams->GetRecords(*iterator, 1, facts_.target->key);
    }),
                    ErrorCode::kTrimmed);
  }

  Permission AskRead(const replicator::Side& side, const dynamodb::KeySchema& schema) {
    const std::string key = dynamodb::ProbeKey(schema);
    const std::string_view keys[] = {key};
    const auto read =
        patience_.Try([&] { return side.tables->BatchGetItem(side.table, keys, schema); });
    return read ? Proven() : From(read.error());
  }

  /// Deletes a key that nobody has by chance, and that was just seen to be nobody's.
  Permission AskWrite() {
    const dynamodb::KeySchema& schema = facts_.source->key;
    const std::string key = dynamodb::ProbeKey(schema);
    const auto item =
        patience_.Try([&] { return source_.tables->GetItem(source_.table, key, schema); });
    if (!item) return From(item.error());
    if (!item->items().empty()) {
      return NotKnown("the probe's key has an item");
    }
    const dynamodb::WriteOp op{dynamodb::WriteOp::Kind::kDelete, key, key};
    const auto deleted = patience_.Try(
        [&] { return source_.tables->BatchWriteItem(source_.table, {&op, 1}, schema); });
    return deleted ? Proven() : From(deleted.error());
  }

  [[nodiscard]] std::string TargetStream() const {
    if (facts_.target->stream_view) return facts_.target->latest_stream_arn;
    return facts_.target->arn + std::string(kNoStreamLabel);
  }

  const replicator::Side& source_;
  const replicator::Side& target_;
  const GateFacts& facts_;
  dynamodb::ControlClient source_control_, target_control_;
  Patience patience_;
  bool heeds_revisions_ = false;  ///< as a put has shown
};

bool TablesAreTheirs(const GateFacts& facts) {
  return facts.source && facts.target && facts.source->Identity() == facts.record.source_identity &&
         facts.target->Identity() == facts.record.target_identity;
}

}  // namespace

std::vector<PermissionNeed> PermissionNeeds(const GateFacts& facts) {
  const std::string source = " on " + SourceName(facts);
  const std::string target = " on " + TargetName(facts);
  const bool ttl = facts.source_ttl && TtlActs(*facts.source_ttl);
  std::vector<PermissionNeed> needs;
  const auto need = [&](bool wanted, Call call, std::string action, bool for_reverse = false) {
    if (wanted) needs.push_back({call, "dynamodb:" + std::move(action), for_reverse});
  };
  need(ttl, Call::kChangeSourceTtl, "UpdateTimeToLive" + source);
  const bool policy = facts.options.freeze == FreezeBy::kPolicy;
  need(policy, Call::kPutPolicy, "PutResourcePolicy" + source);
  need(policy, Call::kDeletePolicy, "DeleteResourcePolicy" + source);
  need(policy, Call::kProbeWrites, "DeleteItem" + source);
  need(facts.options.drain == DrainBy::kSeal, Call::kSwitchSourceStream, "UpdateTable" + source);
  need(ttl, Call::kChangeTargetTtl, "UpdateTimeToLive" + target);
  if (!facts.options.reverse) return needs;
  const bool stream_is_on = facts.target && facts.target->stream_view;
  const std::string stream = " on the stream of " + TargetName(facts);
  need(!stream_is_on, Call::kSwitchTargetStream, "UpdateTable" + target, true);
  need(true, Call::kDescribeTargetStream, "DescribeStream" + stream, true);
  // Reading is proven as far as that goes: a stream that is off has no records to ask for.
  need(true, Call::kReadTargetStream, (stream_is_on ? "GetRecords" : "GetShardIterator") + stream,
       true);
  need(true, Call::kReadTarget, "BatchGetItem" + target, true);
  need(true, Call::kWriteSource, "BatchWriteItem" + source, true);
  return needs;
}

std::vector<Permission> ProbePermissions(const replicator::Side& source,
                                         const replicator::Side& target, const GateFacts& facts,
                                         Clock& clock) {
  std::vector<Permission> permissions;
  const bool ask = TablesAreTheirs(facts);
  Prober prober(source, target, facts, clock);
  for (PermissionNeed& need : PermissionNeeds(facts)) {
    Permission permission =
        ask ? prober.Ask(need.call) : NotKnown("the tables are not known to be the checkpoint's");
    permission.action = std::move(need.action);
    permissions.push_back(std::move(permission));
  }
  return permissions;
}

}  // namespace ddbsync::cutover
