#include "cli/job_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "cli/call_metrics.h"
#include "cli/cutover_metrics.h"
#include "cli/limits.h"
#include "metrics/exposition.h"
#include "metrics/families.h"
#include "metrics/process.h"
#include "tests/cli/cutover_look.h"

namespace ddbsync::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const metrics::Labels kLabels = {{"job_id", "a-b"}};

std::string Scrape(const replicator::JobStatus& status) {
  metrics::Exposition exposition;
  exposition.Register(
      [&](metrics::Samples& samples) { WriteJobMetrics(status, samples, kLabels); });
  return exposition.Text();
}

TEST(JobMetrics, UnknownLagIsNaNAndNeverZero) {
  replicator::JobStatus status;
  status.tail.wanted = true;
  EXPECT_THAT(Scrape(status), HasSubstr("ddbsync_replication_lag_seconds{job_id=\"a-b\"} NaN\n"));
  status.tail.lag_seconds = 1.5;
  EXPECT_THAT(Scrape(status), HasSubstr("ddbsync_replication_lag_seconds{job_id=\"a-b\"} 1.5\n"));
}

TEST(JobMetrics, ExactlyOneStateIsOne) {
  replicator::JobStatus status;
  status.state = replicator::JobState::kGap;
  const std::string text = Scrape(status);
  EXPECT_THAT(text, HasSubstr("ddbsync_state{job_id=\"a-b\",state=\"gap\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("ddbsync_state{job_id=\"a-b\",state=\"following\"} 0\n"));
}

TEST(JobMetrics, PhaseThatIsNotWantedHasNoSeries) {
  replicator::JobStatus status;
  status.backfill.wanted = true;
  status.backfill.segments = 8;
  status.backfill.segments_open = 2;
  status.backfill.segments_finished = 5;
  const std::string text = Scrape(status);
  EXPECT_THAT(text, Not(HasSubstr("ddbsync_replication_lag_seconds")));
  EXPECT_THAT(text, HasSubstr("ddbsync_backfill_segments{job_id=\"a-b\",status=\"waiting\"} 1\n"));
}

TEST(VerifyMetrics, TellWhatStandsAndForHowLong) {
  VerifyLook look;
  look.running = true;
  look.status.differences = {1, 0, 2};
  look.status.now = WallTime(std::chrono::seconds(1000));
  const auto scrape = [&look] {
    metrics::Exposition exposition;
    exposition.Register(
        [&](metrics::Samples& samples) { WriteVerifyMetrics(look, samples, kLabels); });
    return exposition.Text();
  };
  EXPECT_THAT(scrape(),
              HasSubstr("ddbsync_verify_differences{job_id=\"a-b\",kind=\"different\"} 2\n"));
  EXPECT_THAT(scrape(),
              HasSubstr("ddbsync_verify_oldest_difference_seconds{job_id=\"a-b\"} NaN\n"));
  EXPECT_THAT(scrape(), HasSubstr("ddbsync_verify_running{job_id=\"a-b\"} 1\n"));
  look.status.oldest_difference = WallTime(std::chrono::seconds(400));
  EXPECT_THAT(scrape(),
              HasSubstr("ddbsync_verify_oldest_difference_seconds{job_id=\"a-b\"} 600\n"));
}

TEST(CallMetrics, CountsByOutcomeAndTimesByOperation) {
  CallMetrics calls;
  calls.OnCall("dynamodb", "Scan", "ok", std::chrono::milliseconds(3));
  calls.OnCall("dynamodb", "Scan", "ok", std::chrono::milliseconds(3));
  calls.OnCall("dynamodb", "Scan", "transport", std::chrono::seconds(20));
  metrics::Exposition exposition;
  exposition.Register([&](metrics::Samples& samples) { calls.WriteTo(samples, kLabels); });
  const std::string text = exposition.Text();
  EXPECT_THAT(text, HasSubstr("operation=\"Scan\",code=\"ok\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("operation=\"Scan\",code=\"transport\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("operation=\"Scan\",le=\"0.005\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("operation=\"Scan\",le=\"30\"} 3\n"));
}

TEST(CallMetrics, CodesThatAServerMakesUpAreCountedTogether) {
  CallMetrics calls;
  for (int i = 0; i < 1000; ++i) {
    calls.OnCall("dynamodb", "Scan", "Code" + std::to_string(i), std::chrono::milliseconds(3));
  }
  calls.OnCall("dynamodb", "Scan", "Code1", std::chrono::milliseconds(3));
  metrics::Exposition exposition;
  exposition.Register([&](metrics::Samples& samples) { calls.WriteTo(samples, kLabels); });
  const std::string text = exposition.Text();
  EXPECT_THAT(text, HasSubstr("code=\"Code1\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("code=\"Code49\"} 1\n"));
  EXPECT_THAT(text, Not(HasSubstr("code=\"Code50\"")));
  EXPECT_THAT(text, HasSubstr("code=\"other\"} 950\n"));
}

TEST(ShardMetrics, AShardWhoseMarkIsUnknownHasNoNumber) {
  const WallTime now(std::chrono::seconds(1'000'000));
  metrics::Exposition exposition;
  exposition.Register([&](metrics::Samples& samples) {
    WriteShardMetrics({{"known", now - std::chrono::seconds(2)}, {"unknown", std::nullopt}}, now,
                      samples, kLabels);
  });
  const std::string text = exposition.Text();
  EXPECT_THAT(text, HasSubstr("ddbsync_shard_lag_seconds{job_id=\"a-b\",shard=\"known\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("ddbsync_shard_lag_seconds{job_id=\"a-b\",shard=\"unknown\"} NaN\n"));
  EXPECT_THAT(text, HasSubstr("ddbsync_shard_watermark_timestamp_seconds{job_id=\"a-b\","
                              "shard=\"known\"} 999998\n"));
}

TEST(ShardMetrics, ManyShardsAreShownOnlyWhenAskedFor) {
  replicator::JobStatus status;
  status.tail.shards_reading = 500;
  EXPECT_TRUE(WantsShardMetrics(std::nullopt, status));
  EXPECT_FALSE(WantsShardMetrics(false, status));
  status.tail.shards_reading = 10'000;
  EXPECT_FALSE(WantsShardMetrics(std::nullopt, status));
  EXPECT_TRUE(WantsShardMetrics(true, status));
}

TEST(ShardMetrics, AsManyShardsAsAreShownMakeAScrapeOfModestSize) {
  std::vector<replicator::ShardStatus> shards;
  for (int i = 0; i < limits::kMostShardsShown; ++i) {
    shards.push_back({"shardId-00000001767225600000-" + std::to_string(10000000 + i), WallTime()});
  }
  metrics::Exposition exposition;
  exposition.Register([&](metrics::Samples& samples) {
    WriteShardMetrics(shards, WallTime(std::chrono::seconds(1)), samples, kLabels);
  });
  EXPECT_LT(exposition.Text().size(), 200'000);
}

/// Gathers which families and labels are written.
class Written final : public metrics::Samples {
 public:
  void Add(const metrics::Family& family, double /*value*/,
           const metrics::Labels& labels) override {
    Note(family, labels);
  }
  void AddHistogram(const metrics::Family& family, const std::vector<Bucket>& /*buckets*/,
                    double /*sum*/, uint64_t /*count*/, const metrics::Labels& labels) override {
    Note(family, labels);
  }
  [[nodiscard]] const std::set<std::string_view>& families() const { return families_; }

 private:
  void Note(const metrics::Family& family, const metrics::Labels& labels) {
    families_.insert(family.name);
    std::vector<std::string> wanted, written;
    if (family.subject != metrics::Subject::kProcess) wanted.emplace_back("job_id");
    for (const metrics::Label& label : family.labels) {
      if (!label.name.empty()) wanted.emplace_back(label.name);
    }
    for (const auto& [name, value] : labels) {
      written.push_back(name);
      EXPECT_FALSE(value.empty()) << family.name << " " << name;
    }
    EXPECT_EQ(written, wanted) << family.name;
    for (const metrics::Label& label : family.labels) CheckValue(family, label, labels);
  }

  /// What is one of a few words is declared.
  static void CheckValue(const metrics::Family& family, const metrics::Label& label,
                         const metrics::Labels& labels) {
    if (label.name == "operation" || label.name == "version" || label.name == "shard" ||
        label.name == "gate") {
      return;
    }
    for (const auto& [name, value] : labels) {
      if (name != label.name) continue;
      EXPECT_NE(label.values.find(value), std::string_view::npos)
          << family.name << " " << name << " " << value;
    }
  }

  std::set<std::string_view> families_;
};

TEST(JobMetrics, AFullJobWritesEveryFamilyWithTheLabelsDeclared) {
  replicator::JobStatus status;
  status.version = "1.2.3";
  status.tail.wanted = true;
  status.backfill.wanted = true;
  status.watch.wanted = true;
  CallMetrics calls;
  calls.OnCall("dynamodb", "Scan", "ok", std::chrono::milliseconds(3));
  Written written;
  WriteBuildInfo(written);
  WriteJobMetrics(status, written, kLabels);
  WriteShardMetrics({{"shard", std::nullopt}}, WallTime(), written, kLabels);
  WriteVerifyMetrics({}, written, kLabels);
  WriteCutoverMetrics({}, SomeGates(), written, kLabels);
  calls.WriteTo(written, kLabels);
  metrics::Histogram({1}).WriteTo(written, metrics::kRecordApplyDelaySeconds, kLabels);
  metrics::CollectProcess(written);
  for (const metrics::Family* family : metrics::kFamilies) {
    EXPECT_TRUE(written.families().contains(family->name)) << family->name << " is never written";
  }
}

TEST(JobMetrics, APhaseThatIsNotRunWritesNoneOfItsFamilies) {
  for (const bool tail : {false, true}) {
    replicator::JobStatus status;
    status.version = "1.2.3";
    status.tail.wanted = tail;
    status.backfill.wanted = !tail;
    Written written;
    WriteJobMetrics(status, written, kLabels);
    for (const metrics::Family* family : metrics::kFamilies) {
      const metrics::Subject not_run = tail ? metrics::Subject::kBackfill : metrics::Subject::kTail;
      EXPECT_FALSE(family->subject == not_run && written.families().contains(family->name))
          << family->name;
    }
  }
}

TEST(JobMetrics, ForeignWritesAreToldByKindAndOnlyWhereTheTargetIsWatched) {
  replicator::JobStatus status;
  EXPECT_THAT(Scrape(status), Not(HasSubstr("ddbsync_foreign_writes_total{")));
  EXPECT_THAT(Scrape(status), Not(HasSubstr("ddbsync_target_watch_up{")));
  status.watch.wanted = status.watch.watching = true;
  EXPECT_THAT(Scrape(status), HasSubstr("ddbsync_target_watch_lag_seconds{job_id=\"a-b\"} NaN"));
  status.watch.lag_seconds = 6.5;
  status.watch.puts = 2;
  status.watch.deletes = 1;
  status.watch.ttl_deletes = 7;
  const std::string text = Scrape(status);
  const std::string family = "ddbsync_foreign_writes_total{job_id=\"a-b\",kind=";
  EXPECT_THAT(text, HasSubstr(family + "\"put\"} 2\n"));
  EXPECT_THAT(text, HasSubstr(family + "\"delete\"} 1\n"));
  EXPECT_THAT(text, HasSubstr(family + "\"ttl_delete\"} 7\n"));
  EXPECT_THAT(text, HasSubstr("ddbsync_target_watch_up{job_id=\"a-b\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("ddbsync_target_watch_lag_seconds{job_id=\"a-b\"} 6.5\n"));
}

TEST(JobMetrics, TimeHeldIsCountedByReason) {
  replicator::JobStatus status;
  status.held_seconds[static_cast<size_t>(replicator::HeldBy::kWriteCapacity)] = 2.5;
  const std::string text = Scrape(status);
  EXPECT_THAT(text, HasSubstr("ddbsync_throttled_seconds_total{job_id=\"a-b\","
                              "reason=\"write_capacity\"} 2.5\n"));
  for (size_t by = 0; by < replicator::kHeldByCount; ++by) {
    const std::string name(ToString(static_cast<replicator::HeldBy>(by)));
    EXPECT_THAT(text, HasSubstr("reason=\"" + name + "\""));
  }
}

}  // namespace
}  // namespace ddbsync::cli
