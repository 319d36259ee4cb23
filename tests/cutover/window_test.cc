#include <gtest/gtest.h>

#include "cutover/gates.h"
#include "cutover/limits.h"
#include "tests/cutover/ready_facts.h"

namespace ddbsync::cutover {
namespace {

using std::chrono::seconds;

const Window::Part* Find(const Window& window, const std::string& name) {
  for (const Window::Part& part : window.parts) {
    if (part.name == name) return &part;
  }
  return nullptr;
}

TEST(Window, IsTheSumOfItsParts) {
  GateFacts facts = ReadyFacts();
  facts.options.freeze = FreezeBy::kPolicy;
  const Window window = Predict(facts);
  EXPECT_TRUE(window.known());
  Duration sum{};
  for (const Window::Part& part : window.parts) {
    sum += part.typical;
    EXPECT_FALSE(part.why.empty()) << part.name;
  }
  EXPECT_EQ(window.total(), sum);
  EXPECT_EQ(Find(window, "freeze")->typical, limits::kPolicyEffect + limits::kEffectiveFor);
  EXPECT_EQ(Find(window, "seal")->typical, 2 * limits::kStreamSwitch);
  EXPECT_EQ(Find(window, "comparison")->typical, Duration());
}

TEST(Window, NobodyKnowsHowLongAHookOrAPersonTakes) {
  for (const FreezeBy freeze : {FreezeBy::kHook, FreezeBy::kManual}) {
    GateFacts facts = ReadyFacts();
    facts.options.freeze = freeze;
    const Window window = Predict(facts);
    EXPECT_FALSE(window.known());
    EXPECT_FALSE(Find(window, "freeze")->known);
    EXPECT_TRUE(Find(window, "drain")->known);
  }
}

TEST(Window, TheDrainGrowsWithTheLag) {
  GateFacts facts = ReadyFacts();
  const Duration before = Find(Predict(facts), "drain")->typical;
  *facts.job.tail.lag_seconds += 20;
  EXPECT_EQ(Find(Predict(facts), "drain")->typical, before + seconds(20));
  facts.job.tail.lag_seconds.reset();
  EXPECT_FALSE(Find(Predict(facts), "drain")->known);
}

TEST(Window, QuiesceSealsNothingAndComparesAll) {
  GateFacts facts = ReadyFacts();
  facts.options.drain = DrainBy::kQuiesce;
  const Window window = Predict(facts);
  EXPECT_EQ(Find(window, "seal"), nullptr);
  // 36,000 items in an hour.
  EXPECT_EQ(Find(window, "comparison")->typical, seconds(3600));
}

TEST(Window, AComparisonTakesWhatTheLastOneTook) {
  GateFacts facts = ReadyFacts();
  facts.options.full = true;
  facts.verification->items_per_second = 4000;
  EXPECT_EQ(Find(Predict(facts), "comparison")->typical, seconds(9));
  // A quiet run's items are those that were summed.
  facts.verification->source = {.items = 10, .summed = 58000};
  EXPECT_EQ(Find(Predict(facts), "comparison")->typical, seconds(19));
  // Or the tables have grown since.
  facts.target->item_count = 62000;
  EXPECT_EQ(Find(Predict(facts), "comparison")->typical, seconds(30));
}

TEST(Window, AComparisonOfUnknownRateIsUnknown) {
  GateFacts facts = ReadyFacts();
  facts.options.full = true;
  facts.verification->completed.reset();
  EXPECT_FALSE(Find(Predict(facts), "comparison")->known);
  facts.verification.reset();
  EXPECT_FALSE(Find(Predict(facts), "comparison")->known);
  facts = ReadyFacts();
  facts.options.full = true;
  facts.target = Fail(ErrorCode::kRetry, "no answer");
  EXPECT_FALSE(Find(Predict(facts), "comparison")->known);
}

}  // namespace
}  // namespace ddbsync::cutover
