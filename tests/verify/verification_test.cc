#include "verify/verification.h"

#include "tests/verify/old_sums.h"
#include "tests/verify/verify_fixture.h"
#include "verify/limits.h"

namespace ddbsync::verify {
namespace {

using nlohmann::json;

class VerificationTest : public VerifyFixture, public ::testing::WithParamInterface<Form> {
 protected:
  [[nodiscard]] static Options Chosen() { return {.form = GetParam()}; }

  void PutItem(const std::string& table, const json& item) {
    Call("PutItem", {{"TableName", table}, {"Item", item}});
  }
};

INSTANTIATE_TEST_SUITE_P(Forms, VerificationTest, ::testing::Values(Form::kLive, Form::kQuiet),
                         [](const auto& form) { return std::string(ToString(form.param)); });

TEST_P(VerificationTest, EqualTablesAreEqual) {
  Fill(500);
  const verify::Status status = Verify(Chosen());
  EXPECT_EQ(status.outcome, Outcome::kEqual);
  EXPECT_EQ(status.standing(), 0);
  EXPECT_EQ(status.source.items, status.form == Form::kQuiet ? 0 : 500);  // of the last walk
  EXPECT_GT(status.source.units, 0);
  EXPECT_GT(status.target.units, 0);
  EXPECT_TRUE(status.completed);
}

TEST_P(VerificationTest, EmptyTablesAreEqual) {
  EXPECT_EQ(Verify(Chosen()).outcome, Outcome::kEqual);
}

TEST_P(VerificationTest, NamesEachKindOfDifference) {
  Fill(300);
  Delete("dst", "item 7");
  Delete("src", "item 8");
  Put("dst", "item 9", -9);
  Put("dst", "stranger", 1);
  const verify::Status status = Verify(Chosen());
  EXPECT_EQ(status.outcome, Outcome::kDifferent);
  EXPECT_EQ(Keys(DifferenceKind::kMissing), std::vector<std::string>{R"({"id":{"S":"item 7"}})"});
  EXPECT_EQ(Keys(DifferenceKind::kExtra),
            (std::vector<std::string>{R"({"id":{"S":"item 8"}})", R"({"id":{"S":"stranger"}})"}));
  EXPECT_EQ(Keys(DifferenceKind::kDifferent), std::vector<std::string>{R"({"id":{"S":"item 9"}})"});
  EXPECT_EQ(status.differences, (std::array<int64_t, 3>{1, 2, 1}));
}

TEST_P(VerificationTest, SpellingAndOrderMakeNoDifference) {
  PutItem("src", {{"id", {{"S", "a"}}},
                  {"n", {{"N", "1500"}}},
                  {"s", {{"SS", {"x", "y"}}}},
                  {"m", {{"M", {{"k", {{"L", {{{"N", "1"}}, {{"N", "2"}}}}}}}}}}});
  PutItem("dst", {{"id", {{"S", "a"}}},
                  {"m", {{"M", {{"k", {{"L", {{{"N", "1.0"}}, {{"N", "2"}}}}}}}}}},
                  {"s", {{"SS", {"y", "x"}}}},
                  {"n", {{"N", "1.5e3"}}}});
  EXPECT_EQ(Verify(Chosen()).outcome, Outcome::kEqual);
}

TEST_P(VerificationTest, TheLastOf38DigitsMakesADifference) {
  PutItem("src", {{"id", {{"S", "a"}}}, {"n", {{"N", "12345678901234567890123456789012345678"}}}});
  PutItem("dst", {{"id", {{"S", "a"}}}, {"n", {{"N", "12345678901234567890123456789012345679"}}}});
  EXPECT_EQ(Verify(Chosen()).outcome, Outcome::kDifferent);
  EXPECT_EQ(verification_->List(1, Duration::zero()).at(0).attributes,
            std::vector<std::string>{"n"});
}

TEST_P(VerificationTest, ValuesAreKeptOnlyWhereAskedFor) {
  Put("src", "a", 1);
  Put("dst", "a", 2);
  Options options = Chosen();
  Verify(options);
  EXPECT_EQ(verification_->List(1, Duration::zero()).at(0).target_json, "");
  options.show_values = true;
  Verify(options);
  EXPECT_NE(verification_->List(1, Duration::zero()).at(0).target_json.find("\"2\""),
            std::string::npos);
}

TEST_P(VerificationTest, WritesNothingUnlessAsked) {
  Fill(20);
  Delete("dst", "item 1");
  Put("dst", "stranger", 1);
  const auto before = service_.Items("dst");
  Verify(Chosen());
  EXPECT_EQ(service_.Items("dst"), before);
}

TEST_P(VerificationTest, RepairsWhatIsAskedForAndChecksIt) {
  Fill(200);
  Delete("dst", "item 1");
  Put("dst", "item 2", -2);
  Put("dst", "stranger", 1);
  Options options = Chosen();
  options.repair = true;
  const verify::Status kept = Verify(options);
  EXPECT_EQ(kept.outcome, Outcome::kDifferent);  // the stranger stays
  EXPECT_EQ(kept.differences, (std::array<int64_t, 3>{0, 1, 0}));
  EXPECT_EQ(kept.repaired, 2);
  options.delete_extra = true;
  EXPECT_EQ(Verify(options).outcome, Outcome::kEqual);
  EXPECT_TRUE(Equal());
}

TEST_P(VerificationTest, ARepairThatTheTargetRefusesStandsAsADifference) {
  Fill(10);
  Delete("dst", "item 1");
  service_.faults().RejectItems([](std::string_view table, std::string_view key) {
    return table == "dst" && key.find("item 1") != std::string_view::npos;
  });
  Options options = Chosen();
  options.repair = true;
  const verify::Status status = Verify(options);
  EXPECT_EQ(status.outcome, Outcome::kDifferent);
  EXPECT_EQ(status.differences, (std::array<int64_t, 3>{1, 0, 0}));
}

TEST_P(VerificationTest, FaultsOfTheServiceAreNoDifferences) {
  Fill(400);
  service_.faults().SetRates(fake::OperationClass::kRead,
                             {{fake::FaultKind::kThrottle, 0.1},
                              {fake::FaultKind::kErrorBefore, 0.1},
                              {fake::FaultKind::kWrongCrc, 0.1},
                              {fake::FaultKind::kUnprocessedSome, 0.2}});
  EXPECT_EQ(Verify(Chosen()).outcome, Outcome::kEqual);
}

TEST_P(VerificationTest, GoesOnWhereItWasAfterACrash) {
  Fill(300);
  Put("dst", "stranger", 1);
  // No lookup and no page ends for good: whatever is known now is known from before the crash.
  service_.faults().SetHook([&](const fake::FaultRequest& request) -> std::optional<fake::Fault> {
    const bool second = service_.Counts()["Scan"] > 60 && request.operation == "Scan";
    if (second) return fake::Fault{.kind = fake::FaultKind::kErrorBefore};
    return std::nullopt;
  });
  Begin(Chosen());
  ASSERT_TRUE(Eventually([&] { return service_.Counts()["Scan"] > 60; }));
  const WallTime began = verification_->GetStatus().began;
  CrashVerification();
  service_.faults().Clear();
  service_.faults().SetHook(nullptr);
  const verify::Status status = Verify(Chosen());
  EXPECT_EQ(status.began, began);
  EXPECT_EQ(status.differences, (std::array<int64_t, 3>{0, 1, 0}));
}

TEST_P(VerificationTest, AStoppedRunIsResumedAndAnEndedOneIsNot) {
  Fill(50);
  service_.faults().SetRates(fake::OperationClass::kRead, {{fake::FaultKind::kErrorBefore, 1.0}});
  Begin(Chosen());
  verification_->Stop();
  const verify::Status stopped = WaitForEnd();
  EXPECT_EQ(stopped.outcome, Outcome::kStopped);
  service_.faults().Clear();
  const verify::Status resumed = Verify(Chosen());
  EXPECT_EQ(resumed.began, stopped.began);
  EXPECT_EQ(resumed.outcome, Outcome::kEqual);
  clock_.SleepFor(std::chrono::milliseconds(2));
  EXPECT_NE(Verify(Chosen()).began, resumed.began);
}

TEST_P(VerificationTest, NothingIsAddedToSumsOfOtherDigests) {
  Fill(50);
  service_.faults().SetRates(fake::OperationClass::kRead, {{fake::FaultKind::kErrorBefore, 1.0}});
  Begin(Chosen());
  verification_->Stop();
  const verify::Status stopped = WaitForEnd();
  service_.faults().Clear();
  checkpoint::Batch older;
  verify::PutOldSums(older);
  ASSERT_TRUE(verify_store_->Commit(older));
  clock_.SleepFor(std::chrono::milliseconds(2));
  const verify::Status next = Verify(Chosen());
  EXPECT_EQ(next.began == stopped.began, GetParam() == Form::kLive);  // which has no sums
  EXPECT_EQ(next.outcome, Outcome::kEqual);
}

TEST_P(VerificationTest, ARunThatGoesOnWithRepairsRepairsWhatItHadFoundBefore) {
  Fill(100);
  Delete("dst", "item 1");
  Put("dst", "item 2", -2);
  Options options = Chosen();
  options.watch = true;
  Begin(options);
  ASSERT_TRUE(Eventually([&] { return verification_->GetStatus().standing() == 2; }));
  verification_->Stop();
  const WallTime began = WaitForEnd().began;
  options.watch = false;
  options.repair = true;
  const verify::Status repaired = Verify(options);
  EXPECT_EQ(repaired.began, began);
  EXPECT_EQ(repaired.outcome, Outcome::kEqual);
  EXPECT_TRUE(Equal());
}

TEST_P(VerificationTest, ATableThatVanishesFailsIt) {
  Fill(50);
  service_.faults().SetRates(fake::OperationClass::kRead, {{fake::FaultKind::kErrorBefore, 1.0}});
  Begin(Chosen());
  Call("DeleteTable", {{"TableName", "dst"}});
  service_.faults().Clear();
  const verify::Status status = WaitForEnd();
  EXPECT_EQ(status.outcome, Outcome::kFailed);
  EXPECT_NE(status.reason.find("target dst cannot be read"), std::string::npos) << status.reason;
}

class VerificationOptionsTest : public VerifyFixture {};

TEST_F(VerificationOptionsTest, ASampleReadsItsShare) {
  Fill(1000);
  const verify::Status status = Verify({.sample = 0.1});
  EXPECT_EQ(status.outcome, Outcome::kEqual);
  EXPECT_EQ(status.form, Form::kLive);
  EXPECT_GT(status.source.items, 20);
  EXPECT_LT(status.source.items, 300);
}

TEST_F(VerificationOptionsTest, ExtrasAloneAreFoundWithoutReadingTheSourcesItems) {
  Fill(20);
  Delete("dst", "item 3");
  Put("dst", "stranger", 1);
  const verify::Status status = Verify({.extras_only = true});
  EXPECT_EQ(status.differences, (std::array<int64_t, 3>{0, 1, 0}));
  EXPECT_EQ(status.source.items, 0);
}

TEST_F(VerificationOptionsTest, WithoutAJobBothTablesAreTakenToBeQuiet) {
  Fill(5);
  const verify::Status status = Verify();
  EXPECT_EQ(status.form, Form::kQuiet);
  EXPECT_NE(status.why.find("no job"), std::string::npos);
}

TEST_F(VerificationOptionsTest, TheQuietFormReadsLess) {
  Fill(1000);
  const verify::Status live = Verify({.form = Form::kLive});
  const verify::Status quiet = Verify({.form = Form::kQuiet});
  EXPECT_LT(quiet.source.units + quiet.target.units, (live.source.units + live.target.units) / 2);
}

TEST_F(VerificationOptionsTest, TablesThatCannotBeComparedAreRefused) {
  Fill(1);
  Call("DeleteTable", {{"TableName", "dst"}});
  auto faults = BeginFaults();
  ASSERT_EQ(faults.size(), 1U);
  EXPECT_NE(faults[0].message.find("there is no table 'dst'"), std::string::npos);
  Call("CreateTable",
       {{"TableName", "dst"},
        {"AttributeDefinitions", {{{"AttributeName", "other"}, {"AttributeType", "S"}}}},
        {"KeySchema", {{{"AttributeName", "other"}, {"KeyType", "HASH"}}}},
        {"BillingMode", "PAY_PER_REQUEST"}});
  faults = BeginFaults();
  ASSERT_EQ(faults.size(), 1U);
  EXPECT_NE(faults[0].message.find("the key schemas differ"), std::string::npos);
}

TEST_F(VerificationOptionsTest, AWatchWithoutAJobWalksAgain) {
  Fill(20);
  Begin({.watch = true, .watch_interval = std::chrono::milliseconds(100)});
  ASSERT_TRUE(Eventually([&] { return verification_->GetStatus().phase == Phase::kWatching; }));
  EXPECT_EQ(verification_->GetStatus().outcome, Outcome::kEqual);
  Delete("dst", "item 3");
  ASSERT_TRUE(Eventually([&] { return verification_->GetStatus().standing() == 1; }));
  Put("dst", "item 3", 3);
  ASSERT_TRUE(Eventually([&] {
    const verify::Status status = verification_->GetStatus();
    return status.standing() == 0 && status.phase == Phase::kWatching;
  }));
  EXPECT_GE(verification_->GetStatus().generation, 3);
  verification_->Stop();
  EXPECT_EQ(WaitForEnd().outcome, Outcome::kEqual);
}

}  // namespace
}  // namespace ddbsync::verify
