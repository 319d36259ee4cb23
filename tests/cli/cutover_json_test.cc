#include "cli/cutover_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/cli/cutover_look.h"

namespace ddbsync::cli {
namespace {

using cutover::Step;
using ::testing::SizeIs;

TEST(CutoverJson, ComesBackAsItWent) {
  const CutoverLook look = SomeCutover();
  const std::string json = CutoverLookToJson(look, false);
  EXPECT_EQ(json.find('\n'), std::string::npos) << "one line";
  const auto back = CutoverLookFromJson(json);
  ASSERT_TRUE(back);
  EXPECT_EQ(CutoverLookToJson(*back, false), json);
  EXPECT_EQ(back->status.options, look.status.options);
  EXPECT_EQ(back->status.step, Step::kDraining);
  EXPECT_EQ(back->status.left, look.status.left);
  EXPECT_EQ(back->status.frozen_at, look.status.frozen_at);
  EXPECT_EQ(back->status.drained_at, std::nullopt);
  ASSERT_THAT(back->status.report.events, SizeIs(2));
  EXPECT_EQ(back->status.report.events[1].text, "the policy acts");
  ASSERT_THAT(back->status.report.gates, SizeIs(1));
  EXPECT_EQ(back->status.report.gates[0].observed, "lag 1.2 s");
  EXPECT_EQ(back->status.report.digests.target, "00ff");
}

TEST(CutoverJson, EveryStepComesBack) {
  for (int step = 0; step <= static_cast<int>(Step::kRolledBack); ++step) {
    const CutoverLook look = SomeCutover(static_cast<Step>(step));
    const auto back = CutoverLookFromJson(CutoverLookToJson(look, false));
    ASSERT_TRUE(back);
    EXPECT_EQ(back->status.step, look.status.step);
  }
}

TEST(CutoverJson, AStepThatIsNotKnownIsNoEnd) {
  auto json = nlohmann::json::parse(CutoverLookToJson(SomeCutover(), false));
  json["step"] = "hovering";
  EXPECT_EQ(CutoverLookFromJson(json.dump()).error().code, ErrorCode::kCorrupt);
  json.erase("step");
  EXPECT_EQ(CutoverLookFromJson(json.dump()).error().code, ErrorCode::kCorrupt);
  EXPECT_TRUE(CutoverLookFromJson(R"({"job_id":"a-b","number":0})")) << "there was none";
}

TEST(CutoverJson, OfANewerDaemonWhatIsKnownIsRead) {
  auto json = nlohmann::json::parse(CutoverLookToJson(SomeCutover(), false));
  json["later"] = 1;
  json["options"]["later"] = 1;
  EXPECT_EQ(CutoverLookFromJson(json.dump())->status.number, 3);
  EXPECT_EQ(CutoverLookFromJson("[]").error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(CutoverLookFromJson(R"({"number":"x"})").error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(CutoverLookFromJson(R"({"number":1,"step":7})").error().code, ErrorCode::kCorrupt);
}

TEST(GatesJson, ComeBackAsTheyWent) {
  const GatesLook look = SomeGates();
  const std::string json = GatesLookToJson(look, false);
  const auto back = GatesLookFromJson(json);
  ASSERT_TRUE(back);
  EXPECT_EQ(GatesLookToJson(*back, false), json);
  EXPECT_EQ(nlohmann::json::parse(json)["window"]["total_seconds"], 7.5);
  EXPECT_EQ(back->gates[1].fix, "wait until it has caught up");
  EXPECT_EQ(back->window.parts[1].typical, std::chrono::milliseconds(2500));
  EXPECT_EQ(back->calls, look.calls);
  EXPECT_EQ(back->options, look.options);
  EXPECT_FALSE(back->ready);
  EXPECT_FALSE(GatesLookFromJson("{}")->ready) << "what is not said does not hold";
  EXPECT_EQ(GatesLookFromJson("x").error().code, ErrorCode::kCorrupt);
}

TEST(Frozen, FromTheFreezeToTheCommitOrTheThaw) {
  CutoverLook look = SomeCutover();
  EXPECT_TRUE(IsFrozen(look));
  EXPECT_EQ(FrozenFor(look), std::chrono::seconds(8));
  look.status.committed_at = *look.status.frozen_at + std::chrono::seconds(3);
  EXPECT_FALSE(IsFrozen(look));
  EXPECT_EQ(FrozenFor(look), std::chrono::seconds(3));
  look.status.committed_at.reset();
  look.status.step = Step::kRestoring;
  EXPECT_TRUE(IsFrozen(look)) << "until it is thawed";
  look.status.thawed_at = *look.status.frozen_at + std::chrono::seconds(4);
  EXPECT_FALSE(IsFrozen(look));
  EXPECT_EQ(FrozenFor(look), std::chrono::seconds(4));
  look.status.frozen_at.reset();
  EXPECT_EQ(FrozenFor(look), Duration(0));
}

}  // namespace
}  // namespace ddbsync::cli
