#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "cli/chosen_jobs.h"
#include "cli/limits.h"
#include "tests/cli/run_plan_fixture.h"

namespace ddbsync::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

/// A config of several jobs.
class SeveralJobsTest : public RunPlanTest {
 protected:
  void Config(const std::string& text) {
    config_ = directory_.Write("jobs.toml", text + R"(
[endpoint.a]
table = "orders"
region = "eu-west-1"
[endpoint.b]
table = "orders-copy"
region = "eu-west-1"
)");
  }
};

TEST_F(SeveralJobsTest, EachHasItsOwnSettingsOverThoseOfAll) {
  Config(R"(
memory = "128MiB"
write_capacity = 100
[[job]]
name = "first"
src = "a"
dst = "b"
segments = 32
[[job]]
src = "a"
dst = "arn:aws:dynamodb:eu-west-1:111111111111:table/other"
write_capacity = 50
on_gap = "stop"
)");
  const auto plan = Plan({"start"});
  ASSERT_TRUE(plan) << Faults({"start"});
  ASSERT_EQ(plan->jobs.size(), 2U);
  const JobPlan &first = plan->jobs[0], &second = plan->jobs[1];
  EXPECT_EQ(first.home.job_id, "first");
  EXPECT_EQ(first.settings.job.job_id, "first");
  EXPECT_EQ(first.source.table, "orders");
  EXPECT_EQ(first.settings.job.segments, 32);
  EXPECT_EQ(first.settings.job.write_capacity, 100);
  EXPECT_EQ(second.home.job_id, "a-eu-west-1.111111111111.other");
  EXPECT_EQ(second.settings.job.write_capacity, 50);
  EXPECT_EQ(second.settings.job.on_gap, replicator::OnGap::kStop);
  EXPECT_EQ(second.settings.job.segments, 0);
  EXPECT_EQ(first.settings.job.memory_bytes, size_t{64} << 20);
  EXPECT_EQ(first.home.directory, "/home/someone/.local/state/ddbsync/first");
  EXPECT_EQ(Plan({"start", "--write-capacity", "7"})->jobs[1].settings.job.write_capacity, 7);
  EXPECT_EQ(Plan({"start", "--state", "/s"})->jobs[0].home.directory, "/s/first");
}

TEST_F(SeveralJobsTest, OneIsPickedByItsNameAndKeepsItsPlace) {
  Config("[[job]]\nname = 'x'\nsrc = 'a'\ndst = 'b'\n[[job]]\nsrc = 'a'\ndst = 'other'\n");
  const auto plan = Plan({"start", "--job", "x", "--state", "/s"});
  ASSERT_TRUE(plan);
  ASSERT_EQ(plan->jobs.size(), 1U);
  EXPECT_EQ(plan->jobs[0].home.directory, "/s/x");
  EXPECT_EQ(Plan({"start", "--job", "a-other", "--dst-region", "eu-west-1"})->jobs[0].home.job_id,
            "a-other");
  EXPECT_THAT(Faults({"start", "--job", "y"}),
              HasSubstr("there is no job `y` in " + config_ + "; it has: x, a-other"));
}

TEST_F(SeveralJobsTest, SidesThatAreTypedMeanThatCopyAlone) {
  Config("segments = 7\n[[job]]\nname = 'x'\nsrc = 'a'\ndst = 'other'\n");
  const auto plan = Plan({"start", "--src", "a", "--dst", "b"});
  ASSERT_TRUE(plan);
  ASSERT_EQ(plan->jobs.size(), 1U);
  EXPECT_EQ(plan->jobs[0].home.job_id, "a-b");
  EXPECT_EQ(plan->jobs[0].settings.job.segments, 7);
  EXPECT_THAT(Faults({"start", "--src", "a"}), HasSubstr("--dst is missing"));
}

TEST_F(SeveralJobsTest, FaultsOfAllAreToldTogetherEachWithItsJob) {
  Config(R"(
[[job]]
name = "first"
src = "a"
[[job]]
src = "no/such"
dst = "b"
settle = "soon"
[[job]]
listen = "here"
src = "a"
dst = "b"
colour = "red"
)");
  const std::string faults = Faults({"start", "--segments", "0"});
  EXPECT_THAT(faults, HasSubstr("job first: `dst` is missing"));
  EXPECT_THAT(faults, HasSubstr("job no/such-b: "));
  EXPECT_THAT(faults, HasSubstr("settle: `soon` is not a duration"));
  EXPECT_THAT(faults, HasSubstr("`listen` is the whole process's: write it before the first"));
  EXPECT_THAT(faults, HasSubstr("unknown key `colour` in [[job]]"));
  EXPECT_EQ(faults.find("--segments"), faults.rfind("--segments")) << faults;
}

TEST_F(SeveralJobsTest, JobsThatWouldSpoilEachOtherAreRefused) {
  Config(R"(
[[job]]
name = "x"
src = "a"
dst = "b"
[[job]]
name = "x"
src = "b"
dst = "b2"
[[job]]
name = "y"
src = "a"
dst = "b"
[endpoint.b2]
table = "other"
region = "eu-west-1"
)");
  const std::string faults = Faults({"start"});
  EXPECT_THAT(faults, HasSubstr("two jobs are called x"));
  EXPECT_THAT(faults, HasSubstr("jobs x and y would both write to orders-copy"));
  EXPECT_THAT(faults, HasSubstr("y writes to orders-copy, which the other reads"));
}

TEST_F(SeveralJobsTest, MemoryThatIsTooLittleForSoManyIsRefused) {
  std::string jobs = "memory = '64MiB'\n";
  for (int i = 0; i < 5; ++i) {
    jobs += "[[job]]\nsrc = 'a'\ndst = 'arn:aws:dynamodb:eu-west-1:111111111111:table/t" +
            std::to_string(i) + "'\n";
  }
  Config(jobs);
  EXPECT_THAT(Faults({"start"}), HasSubstr("too little for 5 jobs; give at least 80.0 MiB"));
}

/// Tables that are looked for instead of being named.
class ChosenTablesTest : public RunPlanTest {
 protected:
  ChosenTablesTest() {
    config_ = directory_.Write("c.toml", R"(
write_capacity = 500
[endpoint.old]
region = "eu-west-1"
[endpoint.new]
region = "us-east-1"
[endpoint.one]
table = "orders"
region = "eu-west-1"
)");
  }

  std::expected<RunPlan, std::vector<Error>> Choose(const std::vector<std::string>& arguments,
                                                    const std::vector<std::string>& tables) {
    auto plan = Plan(arguments);
    if (!plan) return plan;
    if (const auto added = AddChosen(*plan, tables, FakeEnvironment(variables_)); !added) {
      return std::unexpected(added.error());
    }
    return plan;
  }

  std::string ChoiceFaults(const std::vector<std::string>& arguments,
                           const std::vector<std::string>& tables) {
    return Texts(Choose(arguments, tables));
  }

  const std::vector<std::string> kPrefixes = {
      "start", "--src", "old", "--dst", "new", "--src-prefix", "DEV-", "--dst-prefix", "PROD-"};
};

TEST_F(ChosenTablesTest, EachIsAJobOfItsOwnInAPlaceOfItsOwn) {
  const auto plan = Choose(kPrefixes, {"DEV-orders", "DEV-users"});
  ASSERT_TRUE(plan) << ToString(plan.error()[0]);
  ASSERT_THAT(plan->jobs, SizeIs(2));
  const JobPlan& users = plan->jobs[1];
  EXPECT_EQ(users.source.table, "DEV-users");
  EXPECT_EQ(users.source.label, "source DEV-users");
  EXPECT_EQ(users.source.region, "eu-west-1");
  EXPECT_EQ(users.target.table, "PROD-users");
  EXPECT_EQ(users.target.region, "us-east-1");
  EXPECT_EQ(users.home.job_id, "DEV-users-PROD-users");
  EXPECT_EQ(users.settings.job.job_id, users.home.job_id);
  EXPECT_EQ(users.settings.job.write_capacity, 500);
  EXPECT_EQ(users.settings.job.memory_bytes, size_t{256} << 20);
  EXPECT_EQ(users.home.directory, "/home/someone/.local/state/ddbsync/DEV-users-PROD-users");
}

TEST_F(ChosenTablesTest, OneTableIsKeptWhereItWouldBeAmongSeveral) {
  std::vector<std::string> arguments = kPrefixes;
  arguments.insert(arguments.end(), {"--state", "/s"});
  EXPECT_EQ(Choose(arguments, {"DEV-a"})->jobs[0].home.directory, "/s/DEV-a-PROD-a");
  arguments.insert(arguments.end(), {"--job", "DEV-b-PROD-b"});
  const auto plan = Choose(arguments, {"DEV-a", "DEV-b", "DEV-c"});
  ASSERT_TRUE(plan);
  ASSERT_THAT(plan->jobs, SizeIs(1));
  EXPECT_EQ(plan->jobs[0].home.directory, "/s/DEV-b-PROD-b");
  arguments.back() = "orders";
  EXPECT_THAT(ChoiceFaults(arguments, {"DEV-a", "DEV-b"}),
              HasSubstr("there is no job `orders`; the tables found make: DEV-a-PROD-a, "
                        "DEV-b-PROD-b"));
}

TEST_F(ChosenTablesTest, SidesNeedNoEndpointOfTheConfig) {
  const auto plan = Choose(
      {"start", "--src-region", "eu-west-1", "--dst-region", "us-east-1", "--src-tag", "env=prod"},
      {"orders"});
  ASSERT_TRUE(plan) << ToString(plan.error()[0]);
  EXPECT_EQ(plan->choice->tag, (dynamodb::Tag{"env", "prod"}));
  EXPECT_EQ(plan->jobs[0].source.url, "https://dynamodb.eu-west-1.amazonaws.com/");
  EXPECT_EQ(plan->jobs[0].target.table, "orders");
}

TEST_F(ChosenTablesTest, ATagMayHaveNoValueOrOneWithEqualsSigns) {
  const auto tag = [&](const std::string& text) {
    return Plan({"start", "--src", "old", "--dst", "new", "--src-tag", text})->choice->tag;
  };
  EXPECT_EQ(tag("gone="), (dynamodb::Tag{"gone", ""}));
  EXPECT_EQ(tag("a=b=c"), (dynamodb::Tag{"a", "b=c"}));
}

TEST_F(ChosenTablesTest, WhatCannotBeMeantIsRefused) {
  const auto faults = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"start", "--src", "old", "--dst", "new"});
    return Faults(more);
  };
  for (const char* tag : {"env", "=prod", ""}) {
    EXPECT_THAT(faults({"--src-tag", tag}), HasSubstr("--src-tag: ")) << tag;
  }
  EXPECT_EQ(faults({"--src-tag", "env"}),
            "--src-tag: `env` is not a tag: write KEY=VALUE, for instance env=prod\n");
  EXPECT_THAT(faults({"--src-prefix", "a b"}), HasSubstr("`a b` cannot begin a table's name"));
  EXPECT_THAT(faults({"--dst-prefix", "P-"}), HasSubstr("does not say which tables to copy"));
  EXPECT_THAT(Faults({"start", "--src", "one", "--dst", "new", "--src-prefix", "a"}),
              HasSubstr("source one: [endpoint.one] of " + config_ + " has a table, orders"));
  EXPECT_THAT(Faults({"start", "--src", "odl", "--dst", "new", "--src-prefix", "a"}),
              HasSubstr("`odl` is not the name of an endpoint"));
  EXPECT_THAT(Faults({"start", "--src", "arn:aws:dynamodb:eu-west-1:1:table/orders", "--dst", "new",
                      "--src-prefix", "a"}),
              HasSubstr("which it must be beside --src-prefix"));
  EXPECT_THAT(Faults({"start", "--src", "old", "--dst", "new"}),
              HasSubstr("[endpoint.old] of " + config_ + " has no `table`"));
  EXPECT_THAT(Faults({"start", "--src", "old", "--dst", "old", "--src-prefix", "DEV-"}),
              HasSubstr("give them others with --dst-prefix"));
}

TEST_F(ChosenTablesTest, SectionsOfJobsAndAPrefixDoNotMix) {
  config_ = directory_.Write("c.toml", R"(
src_prefix = "DEV-"
[[job]]
src = "a"
dst = "b"
)");
  EXPECT_THAT(Faults({"start", "--src-region", "eu-west-1", "--dst-region", "us-east-1"}),
              HasSubstr("leave one of them out"));
}

TEST_F(ChosenTablesTest, ACopyThatCannotBeCalledSoIsRefusedBeforeAnythingBegins) {
  std::vector<std::string> arguments = kPrefixes;
  arguments.back() = "";
  EXPECT_THAT(ChoiceFaults(arguments, {"DEV-", "DEV-orders"}),
              HasSubstr("the copy of DEV- would be called ``"));
  arguments.back() = std::string(250, 'p');
  EXPECT_THAT(ChoiceFaults(arguments, {"DEV-orders"}), HasSubstr("which no table can be"));
}

TEST_F(ChosenTablesTest, CopiesThatTheNextStartWouldFindAreRefused) {
  for (const auto& [from, to] : {std::pair{"DEV-", "DEV-copy-"}, std::pair{"", "copy-"}}) {
    EXPECT_THAT(
        Faults({"start", "--src", "old", "--dst", "old", "--src-prefix", from, "--dst-prefix", to}),
        HasSubstr("must not begin as the sources' do"))
        << to;
  }
  EXPECT_EQ(Faults({"start", "--src", "old", "--dst", "new", "--src-prefix", "", "--dst-prefix",
                    "copy-"}),
            "");
}

TEST_F(ChosenTablesTest, WhatAnEarlierStartBeganGoesOnThoughItIsNotFound) {
  const std::string state = directory_.path() + "/state";
  for (const char* job : {"DEV-gone-PROD-gone", "other-job", "DEV-a-PROD-b", "DEV-a-PROD-a"}) {
    std::filesystem::create_directories(state + "/" + job + "/checkpoint");
  }
  std::vector<std::string> arguments = kPrefixes;
  arguments.insert(arguments.end(), {"--state", state});
  const auto plan = Choose(arguments, {"DEV-a"});
  ASSERT_TRUE(plan);
  ASSERT_THAT(plan->jobs, SizeIs(2));
  EXPECT_FALSE(plan->jobs[0].begun_earlier);
  const JobPlan& gone = plan->jobs[1];
  EXPECT_TRUE(gone.begun_earlier);
  EXPECT_EQ(gone.source.table, "DEV-gone");
  EXPECT_EQ(gone.target.table, "PROD-gone");
  EXPECT_THAT(gone.source.not_found_hint, HasSubstr("remove " + state + "/DEV-gone-PROD-gone"));
}

TEST_F(ChosenTablesTest, ACopyThatIsAlsoASourceIsRefused) {
  EXPECT_THAT(ChoiceFaults({"start", "--src", "old", "--dst", "old", "--src-tag", "env=prod",
                            "--dst-prefix", "copy-"},
                           {"copy-orders", "orders"}),
              HasSubstr("writes to copy-orders, which the other reads"));
}

TEST_F(ChosenTablesTest, MemoryGrowsWithTheTablesUnlessItIsSaid) {
  std::vector<std::string> tables;
  for (int i = 0; i < 100; ++i) tables.push_back("DEV-" + std::to_string(i));
  EXPECT_EQ(Choose(kPrefixes, tables)->jobs[99].settings.job.memory_bytes,
            limits::kLeastMemoryOfAJob);
  std::vector<std::string> arguments = kPrefixes;
  arguments.insert(arguments.end(), {"--memory", "512MiB"});
  EXPECT_THAT(ChoiceFaults(arguments, tables), HasSubstr("too little for 100 jobs"));
}

}  // namespace
}  // namespace ddbsync::cli
