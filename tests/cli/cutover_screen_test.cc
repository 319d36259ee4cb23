#include "cli/cutover_screen.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "cli/text.h"
#include "tests/cli/cutover_look.h"

namespace ddbsync::cli {
namespace {

using cutover::Step;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const CutoverAdvice kAdvice = {.job = "--job a-b"};
const CutoverAdvice kAlone = {.job = "--job a-b", .alone = true};

TEST(CutoverVerdict, OfOneThatSwitchedTellsHowLongWritesWereStopped) {
  CutoverLook look = SomeCutover(Step::kDone);
  look.status.committed_at = *look.status.frozen_at + std::chrono::seconds(8);
  EXPECT_EQ(CutoverVerdict(look, kAdvice),
            "SWITCHED: the target is the live table; writes were stopped for 8.0s; point what "
            "still reads the source at it; the way back counts every change since "
            "2026-11-22T10:00:01.000Z: `ddbsync reverse --job a-b`");
}

TEST(CutoverVerdict, OfOneThatSwitchedTellsWhoFollowsTheWayBack) {
  CutoverAdvice advice = kAdvice;
  advice.way_back = {.run = WayBack::Run::kFollows, .home = {"a-b-reverse", "/state/reverse"}};
  EXPECT_THAT(CutoverVerdict(SomeCutover(Step::kDone), advice),
              HasSubstr("10:00:01.000Z: job a-b-reverse follows it"));
  advice.way_back.run = WayBack::Run::kBegins;
  EXPECT_THAT(CutoverVerdict(SomeCutover(Step::kDone), advice),
              HasSubstr("begins it; `ddbsync status --state /state/reverse`"));
  CutoverLook none = SomeCutover(Step::kDone);
  none.status.reverse_start.reset();
  EXPECT_THAT(CutoverVerdict(none, advice), Not(HasSubstr("way back")));
}

TEST(CutoverVerdict, OfOneWhoseWayBackWasSwitchedTooTellsThatTheSourceIsLive) {
  CutoverAdvice advice = kAdvice;
  advice.way_back = {.home = {"a-b-reverse", "/state/reverse"}, .switched_back = true};
  const std::string verdict = CutoverVerdict(SomeCutover(Step::kDone), advice);
  EXPECT_THAT(verdict, HasSubstr("job a-b-reverse, is committed too"));
  EXPECT_THAT(verdict, HasSubstr("the source is the live table again"));
  EXPECT_THAT(verdict, HasSubstr("`ddbsync cutover status --state /state/reverse`"));
  EXPECT_THAT(verdict, Not(HasSubstr("ddbsync reverse")));
}

TEST(CutoverVerdict, OfOneThatWasTakenBackTellsWhy) {
  CutoverLook look = SomeCutover(Step::kRolledBack);
  look.status.reason = "the time-out of 60 s";
  look.status.source_ttl_owed = true;
  const std::string verdict = CutoverVerdict(look, kAdvice);
  EXPECT_THAT(verdict, StartsWith("TAKEN BACK: the time-out of 60 s"));
  EXPECT_THAT(verdict, HasSubstr("its TTL is still off"));
}

TEST(CutoverVerdict, OfOneThatIsReadySaysWhatToType) {
  CutoverLook look = SomeCutover(Step::kReady);
  look.status.asks_commit = true;
  const std::string verdict = CutoverVerdict(look, kAdvice);
  EXPECT_THAT(verdict, HasSubstr("`ddbsync cutover commit --job a-b` switches"));
  EXPECT_THAT(verdict, HasSubstr("`ddbsync cutover abort --job a-b` takes it back"));
  EXPECT_THAT(verdict, HasSubstr("in 42s it is taken back by itself"));
}

TEST(CutoverVerdict, OfOneThatGoesOnIsNeverAnEnd) {
  for (int step = 0; step <= static_cast<int>(Step::kCatchingUp); ++step) {
    if (static_cast<Step>(step) == Step::kDone) continue;
    const std::string verdict = CutoverVerdict(SomeCutover(static_cast<Step>(step)), kAdvice);
    EXPECT_THAT(verdict, Not(StartsWith("SWITCHED")));
    EXPECT_THAT(verdict, Not(StartsWith("TAKEN BACK")));
  }
  EXPECT_THAT(CutoverVerdict(SomeCutover(), kAdvice),
              HasSubstr("draining: 2 shards are read to their ends; writes have been stopped for "
                        "8.0s"));
}

TEST(CutoverVerdict, OfOneThatWasLeftSaysWhatBecomesOfIt) {
  const std::string left = CutoverVerdict(SomeCutover(), kAlone);
  EXPECT_THAT(left, StartsWith("LEFT at draining"));
  EXPECT_THAT(left, HasSubstr("its next start takes the cut-over back"));
  EXPECT_THAT(left, HasSubstr("until then writes to the source stay stopped"));
  EXPECT_THAT(left, HasSubstr("`ddbsync start --job a-b`"));
  const std::string committed = CutoverVerdict(SomeCutover(Step::kCommitted), kAlone);
  EXPECT_THAT(committed, StartsWith("COMMITTED"));
  EXPECT_THAT(committed, HasSubstr("`ddbsync cutover commit --job a-b` finishes it"));
  EXPECT_THAT(committed, Not(HasSubstr("back")));
}

TEST(CutoverScreen, ShowsOptionsAndEvents) {
  const std::string screen = CutoverScreen(SomeCutover(), kAdvice);
  EXPECT_THAT(screen, StartsWith("a-b: cut-over 3, begun 2026-11-22T10:00:00.000Z\n"));
  EXPECT_THAT(screen, HasSubstr("freeze by policy, drain by seal, time-out 1m30s, with a way back, "
                                "exempt arn:aws:iam::123456789012:role/reverse\n"));
  EXPECT_THAT(screen, HasSubstr("2026-11-22T10:00:12.000Z  freezing     the policy acts\n"));
  EXPECT_THAT(CutoverScreen({.job_id = "a-b"}, kAdvice), HasSubstr("no cut-over yet"));
}

TEST(CutoverScreen, ADrainThatProvesNothingSaysSo) {
  CutoverLook look = SomeCutover();
  EXPECT_THAT(CutoverScreen(look, kAdvice), Not(HasSubstr("proves nothing")));
  look.status.options.drain = cutover::DrainBy::kQuiesce;
  EXPECT_THAT(CutoverScreen(look, kAdvice), HasSubstr("a drain by quiesce proves nothing"));
  look.status.options.drain = cutover::DrainBy::kSeal;
  look.status.options.freeze = cutover::FreezeBy::kHook;
  EXPECT_THAT(CutoverScreen(look, kAdvice),
              HasSubstr("a freeze by hook is not known to stop every writer"));
}

TEST(CutoverScreen, TheBytesOfAHookDoNotMoveTheCursor) {
  CutoverLook look = SomeCutover();
  look.status.report.events[0].text = look.status.doing = "\x1b[2Jgone\nfurther";
  for (const std::string& text : {CutoverScreen(look, kAdvice), CutoverProgressLine(look, 200)}) {
    EXPECT_THAT(text, Not(HasSubstr("\x1b")));
    EXPECT_THAT(text, Not(HasSubstr("gone\nfurther")));
  }
}

TEST(CutoverScreen, AnEventWithoutWordsIsItsStep) {
  EXPECT_EQ(EventLine({*ParseTime("2026-11-22T10:00:00Z"), "catching_up", ""}),
            "2026-11-22T10:00:00.000Z  catching up");
}

TEST(CutoverLine, FitsTheWindow) {
  const CutoverLook look = SomeCutover();
  EXPECT_EQ(CutoverProgressLine(look, 200),
            "draining  writes stopped 8.0s  42s left  2 shards are read to their ends");
  for (int width = 1; width < 100; ++width) {
    EXPECT_LE(Columns(CutoverProgressLine(look, width)), width);
  }
}

TEST(GatesScreen, ShowsGatesWithTheirFixTheWindowAndTheCalls) {
  const std::string screen = GatesScreen(SomeGates(), kAdvice);
  EXPECT_THAT(screen, StartsWith("a-b: NOT READY, 1 of 2 gates do not hold\n"));
  EXPECT_THAT(screen, HasSubstr("  ok  backfill_complete  complete  complete\n"));
  EXPECT_THAT(screen, HasSubstr("  NO  lag                lag 45 s  at most 30 s\n"
                                "      wait until it has caught up\n"));
  EXPECT_THAT(screen, HasSubstr("writes would stop for about 7.5s:\n"
                                "  freeze    5.0s  policies take\n"));
  EXPECT_THAT(screen, HasSubstr("   2. UpdateTable on orders: stream off\n"));
  EXPECT_THAT(screen, Not(HasSubstr("ddbsync cutover run"))) << "it would be refused";
}

TEST(GatesScreen, WhenReadySaysWhatToType) {
  const std::string screen = GatesScreen(SomeGates(/*ready=*/true), kAdvice);
  EXPECT_THAT(screen, StartsWith("a-b: READY, all 2 gates hold\n"));
  EXPECT_THAT(screen, HasSubstr("`ddbsync cutover run --job a-b --freeze policy` begins it\n"));
}

TEST(Confirmation, NamesWhatToStopAndForHowLongItIsWaited) {
  EXPECT_EQ(ConfirmationText(SomeCutover(), "arn:orders"),
            "stop everything that writes to arn:orders: applications, schedules, functions, "
            "people; within 42s, else all is taken back");
}

}  // namespace
}  // namespace ddbsync::cli
