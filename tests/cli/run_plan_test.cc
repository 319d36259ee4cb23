#include "cli/run_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/cli/run_plan_fixture.h"

namespace ddbsync::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

TEST_F(RunPlanTest, DefaultsAreThoseOfTheDesign) {
  const auto plan = Plan({"start", "--src", "a", "--dst", "b"});
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->jobs[0].settings.listen, "127.0.0.1:9853");
  EXPECT_EQ(plan->jobs[0].settings.job.settle, std::chrono::seconds(5));
  EXPECT_EQ(plan->jobs[0].settings.job.poll_interval, std::chrono::milliseconds(250));
  EXPECT_EQ(plan->jobs[0].settings.job.phases, replicator::Phases::kBackfillAndTail);
  EXPECT_EQ(plan->jobs[0].settings.job.job_id, "a-b");
  EXPECT_EQ(plan->jobs[0].home.directory, "/home/someone/.local/state/ddbsync/a-b");
  EXPECT_FALSE(plan->jobs[0].settings.job.write_capacity);
}

TEST_F(RunPlanTest, FlagWinsOverVariableOverConfigOverDefault) {
  EXPECT_EQ(Plan({"start", "--src", "a", "--dst", "b"})->jobs[0].settings.job.segments, 32);
  variables_["DDBSYNC_SEGMENTS"] = "48";
  EXPECT_EQ(Plan({"start", "--src", "a", "--dst", "b"})->jobs[0].settings.job.segments, 48);
  EXPECT_EQ(Plan({"start", "--src", "a", "--dst", "b", "--segments", "64"})
                ->jobs[0]
                .settings.job.segments,
            64);
  EXPECT_EQ(Plan({"start", "--src", "a", "--dst", "b"})->jobs[0].settings.job.memory_bytes,
            size_t{256} << 20);
}

TEST_F(RunPlanTest, EverySettingReachesTheJob) {
  const auto plan = Plan({"start",
                          "--src",
                          "a",
                          "--dst",
                          "b",
                          "--create-target",
                          "--enable-stream",
                          "--eventually-consistent",
                          "--on-gap",
                          "stop",
                          "--ttl-deletes",
                          "skip",
                          "--read-capacity",
                          "100",
                          "--write-capacity",
                          "50.5",
                          "--poll-interval",
                          "1s",
                          "--settle",
                          "200ms",
                          "--io-threads",
                          "8",
                          "--log-format",
                          "json",
                          "--log-level",
                          "debug",
                          "--listen",
                          "127.0.0.1:0",
                          "--shard-metrics",
                          "off",
                          "--quiet",
                          "--json",
                          "--no-color",
                          "--job",
                          "j",
                          "--state",
                          "/var/lib/ddbsync/j"});
  ASSERT_TRUE(plan);
  const replicator::JobOptions& job = plan->jobs[0].settings.job;
  EXPECT_TRUE(job.create_target && job.enable_stream && job.eventually_consistent);
  EXPECT_EQ(plan->jobs[0].settings.shard_metrics, false);
  EXPECT_EQ(job.on_gap, replicator::OnGap::kStop);
  EXPECT_EQ(job.ttl_deletes, replicator::TtlDeletes::kSkip);
  EXPECT_EQ(job.read_capacity, 100);
  EXPECT_EQ(job.write_capacity, 50.5);
  EXPECT_EQ(job.poll_interval, std::chrono::seconds(1));
  EXPECT_EQ(job.settle, std::chrono::milliseconds(200));
  EXPECT_EQ(job.job_id, "j");
  EXPECT_EQ(plan->jobs[0].settings.io_threads, 8);
  EXPECT_EQ(plan->jobs[0].settings.log_format, LogFormat::kJson);
  EXPECT_EQ(plan->jobs[0].settings.log_level, LogLevel::kDebug);
  EXPECT_TRUE(plan->jobs[0].settings.quiet && plan->jobs[0].settings.json &&
              plan->jobs[0].settings.no_color);
  EXPECT_EQ(plan->jobs[0].settings.listen, "127.0.0.1:0");
  EXPECT_EQ(plan->jobs[0].home.directory, "/var/lib/ddbsync/j");
}

TEST_F(RunPlanTest, TailMayBeginInThePast) {
  const auto plan = Plan({"tail", "--src", "a", "--dst", "b", "--since", "2026-11-21T00:00:00Z"});
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->jobs[0].settings.job.phases, replicator::Phases::kTailOnly);
  EXPECT_TRUE(plan->jobs[0].settings.job.since);
}

TEST_F(RunPlanTest, FaultsOfFlagsVariablesAndConfigAreToldTogether) {
  config_ = directory_.Write("bad.toml", R"(
[job]
settle = "yesterday"
[endpoint.a]
table = "orders"
regoin = "eu-west-1"
)");
  variables_["DDBSYNC_MEMORY"] = "1MiB";
  const std::string faults =
      Faults({"start", "--src", "a", "--io-threads", "0", "--write-capacity", "-1", "--wat"});
  EXPECT_THAT(faults, HasSubstr("unknown option --wat"));
  EXPECT_THAT(faults, HasSubstr("bad.toml:6: unknown key `regoin`"));
  EXPECT_THAT(faults, HasSubstr("bad.toml:3: settle: `yesterday` is not a duration"));
  EXPECT_THAT(faults, HasSubstr("DDBSYNC_MEMORY: `1MiB` is less than 64.0 MiB"));
  EXPECT_THAT(faults, HasSubstr("--io-threads: `0` is not between 1 and 1,024"));
  EXPECT_THAT(faults, HasSubstr("--write-capacity: `-1`"));
  EXPECT_THAT(faults, HasSubstr("source a: no region"));
  EXPECT_THAT(faults, HasSubstr("--dst is missing"));
}

TEST_F(RunPlanTest, ASideWhoseValueIsMissingIsToldOnce) {
  const std::string faults =
      Faults({"start", "--dst", "arn:aws:dynamodb:us-east-1:1:table/abc", "--src"});
  EXPECT_THAT(faults, HasSubstr("--src: 1 required ENDPOINT missing"));
  EXPECT_THAT(faults, Not(HasSubstr("--src is missing")));
}

TEST_F(RunPlanTest, LimitsAreKept) {
  for (const auto& [flag, value] : std::vector<std::pair<std::string, std::string>>{
           {"--segments", "0"},
           {"--segments", "1000001"},
           {"--poll-interval", "0s"},
           {"--poll-interval", "1h"},
           {"--settle", "1ms"},
           {"--io-threads", "1025"},
           {"--memory", "63MiB"},
           {"--read-capacity", "0"},
           {"--read-capacity", "nan"},
           {"--on-gap", "again"},
           {"--most-extra", "-1"},
           {"--most-extra", "0%"},
           {"--most-extra", "101%"},
           {"--most-extra", "nan%"},
           {"--most-extra", "many"},
           {"--most-extra", "1.5"},
           {"--most-extra", ""},
           {"--ttl-deletes", "yes"},
           {"--log-level", "loud"},
           {"--shard-metrics", "some"},
           {"--listen", ""},
           {"--listen", "9853"},
           {"--listen", "0.0.0.0:9853"},
           {"--job", "no/slash"},
           {"--job", ".."},
           {"--job", std::string(limits::kLongestJobName + 1, 'x')}}) {
    const auto plan = Plan({"start", "--src", "a", "--dst", "b", flag, value});
    ASSERT_FALSE(plan) << flag << " " << value;
    EXPECT_THAT(plan.error(), SizeIs(1)) << flag << " " << value;
  }
}

TEST_F(RunPlanTest, ABoundOfExtraRowsIsAShareOrANumber) {
  const auto bound = [&](const char* text) {
    const auto plan = Plan({"start", "--src", "a", "--dst", "b", "--mirror", "--on-gap", "resync",
                            "--most-extra", text});
    EXPECT_TRUE(plan) << text;
    EXPECT_TRUE(plan->jobs[0].settings.job.mirror);
    EXPECT_EQ(plan->jobs[0].settings.job.on_gap, replicator::OnGap::kResync);
    return plan->jobs[0].settings.job.most_extra;
  };
  EXPECT_DOUBLE_EQ(bound("5%").share, 0.05);
  EXPECT_DOUBLE_EQ(bound("0.5%").share, 0.005);
  EXPECT_DOUBLE_EQ(bound("100%").share, 1);
  EXPECT_FALSE(bound("5%").rows);
  EXPECT_EQ(bound("2000").rows, 2000);
  EXPECT_EQ(bound("0").rows, 0);
}

TEST_F(RunPlanTest, OnlyStartCopiesAgainAfterAGap) {
  EXPECT_THAT(Faults({"tail", "--src", "a", "--dst", "b", "--on-gap", "resync"}),
              HasSubstr("--on-gap: `resync` copies all again, which only `start` does"));
  EXPECT_THAT(Faults({"reverse", "--src", "a", "--dst", "b", "--on-gap", "resync"}),
              HasSubstr("--on-gap: `resync`"));
  variables_["DDBSYNC_ON_GAP"] = "resync";
  EXPECT_THAT(Faults({"tail", "--src", "a", "--dst", "b"}), HasSubstr("DDBSYNC_ON_GAP: `resync`"));
  const auto back = Plan({"reverse", "--src", "a", "--dst", "b"});
  ASSERT_TRUE(back);
  EXPECT_EQ(back->jobs.front().settings.job.on_gap, replicator::OnGap::kHold);
  EXPECT_THAT(Faults({"tail", "--src", "a", "--dst", "b", "--mirror"}), HasSubstr("--mirror"));
}

TEST_F(RunPlanTest, OptionGivenTwiceIsOneFaultBesideTheOthers) {
  EXPECT_EQ(Faults({"start", "--src", "a", "--dst", "b", "--job", "x", "--job", "y", "--settle",
                    "soon", "--listen", "here"}),
            "--job is given 2 times; say it once, with the value that counts\n"
            "--settle: `soon` is not a duration: write it like 200ms, 5s, 2m or 1h\n"
            "--listen: `here` is no address to listen on: write 127.0.0.1:9853 or [::1]:9853\n");
}

TEST_F(RunPlanTest, OptionWithoutItsValueIsOneFaultBesideTheOthers) {
  const std::string faults =
      Faults({"start", "--src", "a", "--dst", "b", "--memory", "1", "--job"});
  EXPECT_THAT(faults, HasSubstr("--job: "));
  EXPECT_THAT(faults, HasSubstr("--memory: `1` is less than"));
  EXPECT_EQ(std::ranges::count(faults, '\n'), 2) << faults;
}

TEST_F(RunPlanTest, UnknownEndpointIsOneFault) {
  const auto plan = Plan({"start", "--src", "no/such", "--dst", "b"});
  ASSERT_FALSE(plan);
  ASSERT_THAT(plan.error(), SizeIs(1));
  EXPECT_THAT(plan.error().front().message, HasSubstr("is not the name of an endpoint"));
}

TEST_F(RunPlanTest, SourceThatIsTheTargetIsRefused) {
  EXPECT_THAT(Faults({"start", "--src", "a", "--dst", "a"}), HasSubstr("are the same table"));
}

TEST_F(RunPlanTest, BrokenConfigDoesNotMakeItsEndpointsUnknown) {
  config_ = directory_.Write("broken.toml", "[endpoint.a\n");
  const auto plan = Plan({"start", "--src", "a", "--dst", "b"});
  ASSERT_FALSE(plan);
  EXPECT_THAT(plan.error(), SizeIs(1));
}

TEST_F(RunPlanTest, JobOfArnsIsNamedAfterAllThatTellsThemApart) {
  const auto plan = Plan(
      {"start", "--src", "arn:aws:dynamodb:eu-west-1:111111111111:table/orders", "--dst", "b"});
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->jobs[0].home.job_id, "eu-west-1.111111111111.orders-b");
}

TEST_F(RunPlanTest, StateHomeIsHonoured) {
  variables_["XDG_STATE_HOME"] = "/state";
  EXPECT_EQ(Plan({"start", "--src", "a", "--dst", "b"})->jobs[0].home.directory,
            "/state/ddbsync/a-b");
}

class JobHomeTest : public ::testing::Test {
 protected:
  Result<JobHome> Find(const Settings& settings) {
    return FindJobHome(settings, FakeEnvironment({{"XDG_STATE_HOME", directory_.path()}}));
  }
  TemporaryDirectory directory_;
};

TEST_F(JobHomeTest, OnlyJobThereIsNeedsNoName) {
  EXPECT_EQ(Find({}).error().code, ErrorCode::kNotFound);
  EXPECT_THAT(Find({}).error().message, HasSubstr("--state DIR"));
  directory_.Write("ddbsync/a-b/api.json", "");
  EXPECT_EQ(Find({})->job_id, "a-b");
  directory_.Write("ddbsync/c-d/api.json", "");
  const auto which = Find({});
  ASSERT_FALSE(which);
  EXPECT_EQ(which.error().code, ErrorCode::kInvalid);
  EXPECT_THAT(which.error().message, HasSubstr("a-b, c-d"));
}

TEST_F(JobHomeTest, UnknownJobIsNotFoundAndTheOthersAreNamed) {
  directory_.Write("ddbsync/a-b/api.json", "");
  Settings settings;
  settings.job_name = "x-y";
  const auto home = Find(settings);
  ASSERT_FALSE(home);
  EXPECT_EQ(home.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(home.error().message, HasSubstr("there is: a-b"));
  EXPECT_THAT(home.error().message, HasSubstr("--state DIR"));
}

TEST_F(JobHomeTest, StateOfSeveralHoldsOneForEach) {
  directory_.Write("state/a-b/api.json", "");
  directory_.Write("state/lost+found/file", "");
  Settings settings;
  settings.state = directory_.path() + "/state";
  EXPECT_EQ(Find(settings)->directory, settings.state + "/a-b");
  directory_.Write("state/c-d/api.json", "");
  EXPECT_THAT(Find(settings).error().message, HasSubstr("one of: a-b, c-d"));
  settings.job_name = "c-d";
  EXPECT_EQ(Find(settings)->job_id, "c-d");
  settings.state = directory_.path() + "/state/a-b";
  EXPECT_EQ(Find(settings)->directory, settings.state);
}

}  // namespace
}  // namespace ddbsync::cli
