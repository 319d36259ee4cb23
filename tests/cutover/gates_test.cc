#include "cutover/gates.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <set>

#include "tests/cutover/ready_facts.h"

namespace ddbsync::cutover {
namespace {

using dynamodb::TimeToLive;
using dynamodb::TtlStatus;
using replicator::JobState;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

/// One change of facts from which all gates hold.
struct Case {
  const char* gate;
  const char* what;
  std::function<void(GateFacts&)> change;
  std::vector<std::string> others = {};  ///< gates that have to close with it
};

const auto kError = Fail(ErrorCode::kRetry, "no answer");

dynamodb::TableDescription Provisioned(const std::string& name, int units) {
  auto table = Describe(name);
  table.on_demand = false;
  table.write_units = units;
  return table;
}

/// The target is watched, and nobody wrote.
void Watch(GateFacts& facts) {
  facts.job.watch.wanted = facts.job.watch.watching = true;
  facts.job.watch.lag_seconds = 7;
}

void OtherOptions(GateFacts& facts, const std::function<void(Options&)>& change) {
  change(facts.options);
  ProveAll(facts);
}

void AskReverse(GateFacts& facts) {
  OtherOptions(facts, [](Options& options) {
    options.reverse = true;
    options.exempt = {"arn:aws:iam::123456789012:role/back"};
  });
}

void AskFreeze(GateFacts& facts, FreezeBy freeze) {
  OtherOptions(facts, [freeze](Options& options) { options.freeze = freeze; });
}

void AskQuiesce(GateFacts& facts) {
  OtherOptions(facts, [](Options& options) { options.drain = DrainBy::kQuiesce; });
}

const std::vector<Case> kClosing = {
    {"backfill_complete",
     "copying",
     [](GateFacts& f) {
       f.job.state = JobState::kCopying;
       f.job.backfill.complete = false;
       f.copied_by.reset();
     },
     {"consistent_point"}},
    {"backfill_complete",
     "neither a copy nor a stream",
     [](GateFacts& f) { f.job.backfill.wanted = f.job.tail.wanted = false; },
     {"tail_healthy"}},

    {"consistent_point", "the watermark is before the end of the copy",
     [](GateFacts& f) { f.copied_by = kNow - seconds(4); }},
    {"consistent_point", "the watermark is at the end of the copy",
     [](GateFacts& f) { f.copied_by = f.job.tail.watermark; }},
    {"consistent_point", "the watermark is unknown",
     [](GateFacts& f) { f.job.tail.watermark.reset(); }},
    {"consistent_point", "nobody saw the copy end", [](GateFacts& f) { f.copied_by.reset(); }},
    {"consistent_point",
     "a load began after the watermark",
     [](GateFacts& f) {
       f.job.backfill = {};
       f.record.start_time = kNow - seconds(4);
     },
     {"stream_ownership"}},

    {"lag", "31 s", [](GateFacts& f) { f.job.tail.lag_seconds = 31; }},
    {"lag", "unknown", [](GateFacts& f) { f.job.tail.lag_seconds.reset(); }, {"drain_time"}},

    {"tail_healthy", "paused", [](GateFacts& f) { f.job.state = JobState::kPaused; }},
    {"tail_healthy", "gap", [](GateFacts& f) { f.job.state = JobState::kGap; }},
    {"tail_healthy", "a resync, held or not",
     [](GateFacts& f) { f.job.state = JobState::kResync; }},
    {"tail_healthy", "an old gap", [](GateFacts& f) { f.job.gaps = 1; }},
    {"tail_healthy", "failed", [](GateFacts& f) { f.job.state = JobState::kFailed; }},
    {"tail_healthy", "stopping", [](GateFacts& f) { f.job.state = JobState::kStopping; }},
    {"tail_healthy", "settling", [](GateFacts& f) { f.job.state = JobState::kSettling; }},
    {"tail_healthy", "not ready", [](GateFacts& f) { f.job.ready = false; }},
    {"tail_healthy", "the tail rests", [](GateFacts& f) { f.job.tail_paused = true; }},
    {"tail_healthy", "no shard", [](GateFacts& f) { f.job.tail.shards_reading = 0; }},

    {"retention_headroom", "less than 4 h",
     [](GateFacts& f) { f.job.tail.headroom_seconds = 4 * 3600 - 1; }},
    {"retention_headroom", "unknown", [](GateFacts& f) { f.job.tail.headroom_seconds.reset(); }},

    {"drain_time", "a short time-out", [](GateFacts& f) { f.options.timeout = seconds(20); }},
    {"drain_time", "everything is compared, and that takes two minutes",
     [](GateFacts& f) {
       f.options.full = true;
       f.verification->items_per_second = 300;
     }},
    {"drain_time",
     "everything is compared, nobody knows how fast",
     [](GateFacts& f) {
       f.options.full = true;
       f.verification.reset();
     },
     {"verified", "no_standing_mismatch"}},

    {"verified", "never", [](GateFacts& f) { f.verification.reset(); }, {"no_standing_mismatch"}},
    {"verified", "under way",
     [](GateFacts& f) {
       f.verification->outcome.reset();
       f.verification->completed.reset();
       f.verification->progress = 0.4;
     }},
    {"verified", "stopped",
     [](GateFacts& f) {
       f.verification->outcome = verify::Outcome::kStopped;
       f.verification->completed.reset();
     }},
    {"verified", "failed",
     [](GateFacts& f) { f.verification->outcome = verify::Outcome::kFailed; }},
    {"verified", "a sample", [](GateFacts& f) { f.verification->sample = 0.5; }},
    {"verified", "a day old",
     [](GateFacts& f) { f.verification->completed = kNow - hours(24) - seconds(1); }},
    {"verified", "begun before it counts",
     [](GateFacts& f) { f.verified_since = f.verification->began; }},
    {"verified",
     "something differs",
     [](GateFacts& f) { f.verification->differences[1] = 1; },
     {"no_standing_mismatch"}},
    {"verified",
     "something is undecided",
     [](GateFacts& f) { f.verification->undecided = 1; },
     {"no_standing_mismatch"}},

    {"no_foreign_write", "after the comparison began",
     [](GateFacts& f) {
       Watch(f);
       f.job.watch.last_foreign = f.verification->began;
     }},
    {"no_foreign_write", "what was lost or not judged",
     [](GateFacts& f) {
       Watch(f);
       f.job.watch.last_unknown = f.verification->began;
     }},
    {"no_foreign_write", "the watch is behind",
     [](GateFacts& f) {
       Watch(f);
       f.job.watch.lag_seconds = 30.5;
     }},
    {"no_foreign_write", "nobody knows how far the watch is",
     [](GateFacts& f) {
       Watch(f);
       f.job.watch.lag_seconds.reset();
     }},
    {"no_foreign_write", "the stream is not read", [](GateFacts& f) { f.job.watch.wanted = true; }},

    {"no_ambiguous_write", "a recheck", [](GateFacts& f) { f.job.rechecks = 1; }},
    {"no_dead_letter", "one", [](GateFacts& f) { f.job.dead_letters = 1; }},

    {"identity", "another source", [](GateFacts& f) { f.source->id = "another"; }},
    {"identity", "another target", [](GateFacts& f) { f.target->id = "another"; }},
    {"identity", "no checkpoint", [](GateFacts& f) { f.record.job_id.clear(); }},
    {"identity", "another stream", [](GateFacts& f) { f.source->latest_stream_arn += "4"; }},
    {"identity",
     "no stream",
     [](GateFacts& f) { f.source->stream_view.reset(); },
     {"stream_ownership"}},
    {"tables_active", "the source is changed", [](GateFacts& f) { f.source->status = "UPDATING"; }},
    {"tables_active", "the target is changed", [](GateFacts& f) { f.target->status = "UPDATING"; }},

    {"schema_parity", "no index", [](GateFacts& f) { f.target = DescribeBare("orders-b"); }},
    {"schema_parity", "another key", [](GateFacts& f) { f.target->key.partition.name = "key"; }},
    {"schema_parity", "TTL is on at the target",
     [](GateFacts& f) { f.target_ttl = TimeToLive{TtlStatus::kEnabled, "ends"}; }},
    {"schema_parity", "TTL is being turned off at the target",
     [](GateFacts& f) { f.target_ttl = TimeToLive{TtlStatus::kDisabling, "ends"}; }},
    {"schema_parity", "the target's TTL is unknown", [](GateFacts& f) { f.target_ttl = kError; }},

    {"target_capacity", "199 units for 100 changes of two",
     [](GateFacts& f) { f.target = Provisioned("orders-b", 199); }},
    {"target_capacity", "the peak is unknown",
     [](GateFacts& f) {
       f.target = Provisioned("orders-b", 1000);
       f.peak_records_per_second.reset();
     }},
    {"target_capacity", "a bound on demand",
     [](GateFacts& f) {
       f.target = Describe("orders-b", R"(,"OnDemandThroughput":{"MaxWriteRequestUnits":199})");
     }},

    {"freeze", "no hook", [](GateFacts& f) { AskFreeze(f, FreezeBy::kHook); }},
    {"freeze",
     "a policy on a global table",
     [](GateFacts& f) { f.source->replicas = {{"us-east-1", "ACTIVE"}}; },
     {"stream_ownership"}},
    {"freeze", "a server without policies", [](GateFacts& f) { f.source_policy = kError; }},
    {"freeze", "a policy without room",
     [](GateFacts& f) {
       f.source_policy = dynamodb::ResourcePolicy{std::string(19457, 'x'), "1"};
     }},
    {"freeze", "TTL is being turned on",
     [](GateFacts& f) { f.source_ttl = TimeToLive{TtlStatus::kEnabling, "ends"}; }},
    {"freeze",
     "the source's TTL is unknown",
     [](GateFacts& f) { f.source_ttl = kError; },
     {"schema_parity"}},

    {"stream_ownership", "it is older than the job",
     [](GateFacts& f) { f.record.start_time = kNow - hours(24) + minutes(6); }},
    {"stream_ownership", "its ARN tells no time",
     [](GateFacts& f) {
       f.source->latest_stream_arn = f.record.stream_arn = "arn:of/stream/main";
     }},
    {"stream_ownership", "a global table",
     [](GateFacts& f) {
       f.source->replicas = {{"us-east-1", "ACTIVE"}};
       AskFreeze(f, FreezeBy::kManual);
     }},

    {"permissions", "not asked", [](GateFacts& f) { f.permissions.reset(); }},
    {"permissions", "one was not asked", [](GateFacts& f) { f.permissions->pop_back(); }},
    {"permissions", "one is denied",
     [](GateFacts& f) { f.permissions->front().answer = Permission::Answer::kDenied; }},
    {"permissions", "one is unknown",
     [](GateFacts& f) { f.permissions->front().answer = Permission::Answer::kUnknown; }},
    {"permissions", "asked with other options",
     [](GateFacts& f) {
       AskFreeze(f, FreezeBy::kManual);
       f.options.freeze = FreezeBy::kPolicy;
     }},

    {"reverse_preflight", "not asked",
     [](GateFacts& f) {
       AskReverse(f);
       f.options.reverse = false;
       ProveAll(f);
       f.options.reverse = true;
     }},
    {"reverse_preflight", "one is denied",
     [](GateFacts& f) {
       AskReverse(f);
       f.permissions->back().answer = Permission::Answer::kDenied;
     }},
    {"reverse_preflight", "the policy lets nobody write",
     [](GateFacts& f) {
       AskReverse(f);
       f.options.exempt.clear();
     }},
};

const std::vector<Case> kOpen = {
    {"backfill_complete", "a load of others",
     [](GateFacts& f) {
       f.job.backfill = {};
       f.copied_by.reset();
     }},
    {"lag", "30 s", [](GateFacts& f) { f.job.tail.lag_seconds = 30; }},
    {"no_foreign_write", "watched, and nobody wrote", [](GateFacts& f) { Watch(f); }},
    {"no_foreign_write", "the watch is 30 s behind",
     [](GateFacts& f) {
       Watch(f);
       f.job.watch.lag_seconds = 30;
     }},
    {"no_foreign_write", "the comparison began after the last",
     [](GateFacts& f) {
       Watch(f);
       f.job.watch.last_foreign = f.verification->began - seconds(3);
       f.job.watch.last_unknown = f.verification->began - seconds(3);
     }},
    {"retention_headroom", "4 h", [](GateFacts& f) { f.job.tail.headroom_seconds = 4 * 3600; }},
    {"drain_time", "everything is compared, and that is quick",
     [](GateFacts& f) {
       f.options.full = true;
       f.verification->items_per_second = 18000;
     }},
    {"verified", "23 hours ago",
     [](GateFacts& f) {
       f.verification->began = kNow - hours(24);
       f.verification->completed = kNow - hours(23);
     }},
    {"verified", "begun since",
     [](GateFacts& f) { f.verified_since = f.verification->began - seconds(1); }},
    {"verified", "a watch that goes on",
     [](GateFacts& f) {
       f.verification->phase = verify::Phase::kSettling;
       f.verification->outcome.reset();
     }},
    {"verified", "a watch that was stopped after a generation",
     [](GateFacts& f) { f.verification->outcome = verify::Outcome::kStopped; }},
    {"schema_parity", "no TTL at all", [](GateFacts& f) { f.source_ttl = TimeToLive{}; }},
    {"target_capacity", "200 units for 100 changes of two",
     [](GateFacts& f) { f.target = Provisioned("orders-b", 200); }},
    {"target_capacity", "on demand needs no peak",
     [](GateFacts& f) { f.peak_records_per_second.reset(); }},
    {"target_capacity", "no item has a size yet",
     [](GateFacts& f) {
       f.source->item_count = 0;
       f.target = Provisioned("orders-b", 100);
     }},
    {"freeze", "a hook",
     [](GateFacts& f) {
       AskFreeze(f, FreezeBy::kHook);
       f.has_hook = true;
     }},
    {"freeze", "a hook, for a global table",
     [](GateFacts& f) {
       AskFreeze(f, FreezeBy::kHook);
       f.has_hook = true;
       f.source->replicas = {{"us-east-1", "ACTIVE"}};
       AskQuiesce(f);
     }},
    {"freeze", "by hand", [](GateFacts& f) { AskFreeze(f, FreezeBy::kManual); }},
    {"freeze", "TTL is being turned off",
     [](GateFacts& f) { f.source_ttl = TimeToLive{TtlStatus::kDisabling, "ends"}; }},
    {"stream_ownership", "a minute older than the job",
     [](GateFacts& f) { f.record.start_time = kNow - hours(24) + minutes(1); }},
    {"stream_ownership", "it is ended as asked",
     [](GateFacts& f) {
       f.record.start_time = kNow - hours(1);
       f.options.seal_foreign = true;
     }},
    {"stream_ownership", "it stays",
     [](GateFacts& f) {
       f.record.start_time = kNow - hours(1);
       AskQuiesce(f);
     }},
    {"stream_ownership", "a global table whose replicas need no stream",
     [](GateFacts& f) {
       const auto source = *f.source;
       f.source = Describe("orders", R"(,"MultiRegionConsistency":"STRONG")");
       f.source->stream_view = source.stream_view;
       f.source->latest_stream_arn = source.latest_stream_arn;
       AskFreeze(f, FreezeBy::kManual);
       f.source->replicas = {{"us-east-1", "ACTIVE"}};
     }},
    {"reverse_preflight", "all proven", AskReverse},
    {"reverse_preflight", "no policy is in its way",
     [](GateFacts& f) {
       AskReverse(f);
       f.options.exempt.clear();
       AskFreeze(f, FreezeBy::kManual);
     }},
};

const Gate* Find(const std::vector<Gate>& gates, const std::string& name) {
  const auto found = std::ranges::find(gates, name, &Gate::name);
  return found == gates.end() ? nullptr : &*found;
}

std::set<std::string> Closed(const std::vector<Gate>& gates) {
  std::set<std::string> closed;
  for (const Gate& gate : gates) {
    if (!gate.ok) closed.insert(gate.name);
  }
  return closed;
}

TEST(Gates, AllHoldWhenAllIsReady) {
  const auto gates = Judge(ReadyFacts());
  EXPECT_EQ(Closed(gates), std::set<std::string>());
  EXPECT_TRUE(AllHold(gates));
  for (const Gate& gate : gates) {
    EXPECT_FALSE(gate.observed.empty()) << gate.name;
    EXPECT_FALSE(gate.limit.empty()) << gate.name;
    EXPECT_EQ(gate.fix, "") << gate.name;
  }
}

TEST(Gates, EachClosesForItsOwnReasons) {
  for (const Case& c : kClosing) {
    SCOPED_TRACE(std::string(c.gate) + ": " + c.what);
    GateFacts facts = ReadyFacts();
    c.change(facts);
    const auto gates = Judge(facts);
    std::set<std::string> expected(c.others.begin(), c.others.end());
    expected.insert(c.gate);
    EXPECT_EQ(Closed(gates), expected);
    EXPECT_FALSE(AllHold(gates));
    const Gate* gate = Find(gates, c.gate);
    ASSERT_NE(gate, nullptr);
    EXPECT_FALSE(gate->observed.empty());
    EXPECT_FALSE(gate->fix.empty());
  }
}

TEST(Gates, EachIsOpenUpToItsLimit) {
  for (const Case& c : kOpen) {
    SCOPED_TRACE(std::string(c.gate) + ": " + c.what);
    GateFacts facts = ReadyFacts();
    c.change(facts);
    const auto gates = Judge(facts);
    EXPECT_EQ(Closed(gates), std::set<std::string>());
    ASSERT_NE(Find(gates, c.gate), nullptr);
  }
}

/// What nobody has filled in is no fact.
TEST(Gates, NothingKnownHoldsNoGateButWhatIsTheOperators) {
  const auto gates = Judge(GateFacts());
  for (const Gate& gate : gates) EXPECT_FALSE(gate.ok) << gate.name << ": " << gate.observed;
}

TEST(Gates, AnUnknownTableClosesAllThatLooksAtIt) {
  GateFacts facts = ReadyFacts();
  facts.target = kError;
  EXPECT_EQ(Closed(Judge(facts)), (std::set<std::string>{"identity", "tables_active",
                                                         "schema_parity", "target_capacity"}));
  facts = ReadyFacts();
  facts.source = kError;
  EXPECT_EQ(Closed(Judge(facts)),
            (std::set<std::string>{"identity", "tables_active", "schema_parity", "target_capacity",
                                   "freeze", "stream_ownership"}));
}

TEST(Gates, NoGateAtAllIsNoPermission) {
  EXPECT_FALSE(AllHold({}));
}

TEST(Gates, TheWayBackIsAGateOnlyWhereItIsAskedFor) {
  EXPECT_EQ(Find(Judge(ReadyFacts()), "reverse_preflight"), nullptr);
}

TEST(Gates, SayWhatWasSeen) {
  GateFacts facts = ReadyFacts();
  facts.job.tail.lag_seconds = 2.13;
  const auto gates = Judge(facts);
  EXPECT_EQ(Find(gates, "lag")->observed, "lag 2.1 s");
  EXPECT_EQ(Find(gates, "lag")->limit, "at most 30 s");
  EXPECT_EQ(Find(gates, "stream_ownership")->observed,
            "ours: turned on at 2026-11-21T08:00:00Z, not before the job began "
            "(2026-11-21T08:00:00Z)");
  EXPECT_EQ(Find(gates, "permissions")->observed,
            "dynamodb:UpdateTimeToLive on orders, dynamodb:PutResourcePolicy on orders, "
            "dynamodb:DeleteResourcePolicy on orders, dynamodb:DeleteItem on orders, "
            "dynamodb:UpdateTable on orders, dynamodb:UpdateTimeToLive on orders-b");
}

TEST(Gates, AWatchThatIsBehindSaysWhyItProvesNothing) {
  GateFacts facts = ReadyFacts();
  Watch(facts);
  facts.job.watch.lag_seconds = 200;
  const auto gates = Judge(facts);
  const Gate* const gate = Find(gates, "no_foreign_write");
  ASSERT_NE(gate, nullptr);
  EXPECT_EQ(gate->observed,
            "unknown: the watch is 3 min behind the target's stream, and what others wrote since "
            "then was not looked at");
  EXPECT_EQ(gate->limit, "none since the last comparison began; watched, and seen within 30 s");
}

}  // namespace
}  // namespace ddbsync::cutover
