#include "cli/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <set>

namespace ddbsync::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

using Words = std::vector<std::string>;

const Words kCommandNames = {"start",           "backfill",      "tail",           "status",
                             "pause",           "resume",        "stop",           "throttle",
                             "checkpoint show", "verify",        "verify show",    "verify stop",
                             "cutover plan",    "cutover run",   "cutover status", "cutover frozen",
                             "cutover commit",  "cutover abort", "reverse",        "version"};

Words Split(const std::string& text) {
  Words words;
  std::istringstream stream(text);
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

CommandLine Parse(const std::string& text) {
  return ParseCommandLine(Split(text));
}

std::string OneFault(const std::string& text) {
  const CommandLine line = Parse(text);
  EXPECT_THAT(line.faults, SizeIs(1)) << text;
  return line.faults.empty() ? "" : line.faults.front().message;
}

/// "--memory SIZE" of a help text, one for each flag.
std::map<std::string, bool> FlagsInHelp(const std::string& help) {
  std::map<std::string, bool> takes_value;
  const std::regex flag(R"(\n  (?:-h,)?--([a-z-]+)( \S+)?)");
  for (auto it = std::sregex_iterator(help.begin(), help.end(), flag); it != std::sregex_iterator();
       ++it) {
    takes_value[(*it)[1]] = (*it)[2].matched;
  }
  return takes_value;
}

TEST(CommandLine, FlagsAreKeptAsTyped) {
  const CommandLine line =
      Parse("start --src a --dst=b --create-target --write-capacity -5 --src-region eu-west-1");
  EXPECT_THAT(line.faults, IsEmpty());
  EXPECT_EQ(line.command, Command::kStart);
  EXPECT_EQ(line.flags.at("src"), "a");
  EXPECT_EQ(line.flags.at("dst"), "b");
  EXPECT_EQ(line.flags.at("create-target"), "true");
  EXPECT_EQ(line.flags.at("write-capacity"), "-5") << "to be refused with all other faults";
  EXPECT_EQ(line.flags.at("src-region"), "eu-west-1");
  EXPECT_THAT(line.flags, SizeIs(5));
}

TEST(CommandLine, CommandsAreFound) {
  EXPECT_EQ(Parse("backfill").command, Command::kBackfill);
  EXPECT_EQ(Parse("tail --since 2026-11-21T00:00:00Z").command, Command::kTail);
  EXPECT_EQ(Parse("status --json").command, Command::kStatus);
  EXPECT_EQ(Parse("checkpoint show").command, Command::kCheckpointShow);
  EXPECT_EQ(Parse("verify --src a --dst b").command, Command::kVerify);
  EXPECT_EQ(Parse("verify show --json").command, Command::kVerifyShow);
  EXPECT_EQ(Parse("verify stop").command, Command::kVerifyStop);
  EXPECT_EQ(Parse("cutover plan --json").command, Command::kCutoverPlan);
  EXPECT_EQ(Parse("cutover run --drain seal").command, Command::kCutoverRun);
  EXPECT_EQ(Parse("cutover status").command, Command::kCutoverStatus);
  EXPECT_EQ(Parse("cutover frozen").command, Command::kCutoverFrozen);
  EXPECT_EQ(Parse("cutover commit").command, Command::kCutoverCommit);
  EXPECT_EQ(Parse("cutover abort --reason x").command, Command::kCutoverAbort);
  EXPECT_EQ(Parse("stop").command, Command::kStop);
  EXPECT_EQ(Parse("version").command, Command::kVersion);
}

TEST(CommandLine, WhatStandsBeforeASecondWordIsNotLost) {
  EXPECT_THAT(OneFault("verify --json show"), HasSubstr("--json stands before `show`"));
  EXPECT_THAT(OneFault("verify shwo"), HasSubstr("unexpected argument `shwo`"));
}

TEST(CommandLine, UnknownOptionIsToldWithTheOneThatWasMeant) {
  EXPECT_EQ(OneFault("start --memroy 1GiB"), "unknown option --memroy; did you mean `--memory`?");
  EXPECT_EQ(OneFault("start -x"), "unknown option -x");
}

TEST(CommandLine, AllUnknownOptionsAreToldTogether) {
  EXPECT_THAT(Parse("start --memroy 1 --polinterval=2 stray").faults, SizeIs(3));
}

TEST(CommandLine, OptionOfAnotherCommandSaysWhichOne) {
  EXPECT_EQ(OneFault("start --since 2026-11-21T00:00:00Z"),
            "--since is not an option of start; it belongs to: tail");
  EXPECT_THAT(OneFault("status --segments 5"), HasSubstr("start, backfill"));
}

TEST(CommandLine, WhatComesLaterIsAUsageError) {
  EXPECT_THAT(OneFault("start --converter"), HasSubstr("unknown option --converter"));
  EXPECT_THAT(OneFault("plan --src a"), HasSubstr("unknown command `plan`"));
  EXPECT_THAT(OneFault("checkpoint reset"), HasSubstr("unknown command `reset`"));
}

TEST(CommandLine, MissingCommandAndMissingValueAreFaults) {
  EXPECT_THAT(OneFault(""), HasSubstr("no command"));
  EXPECT_THAT(OneFault("checkpoint"), HasSubstr("checkpoint show"));
  EXPECT_THAT(OneFault("cutover"), HasSubstr("say `ddbsync cutover plan`, `run`, `status`"));
  EXPECT_THAT(OneFault("cutover comit"), HasSubstr("did you mean `commit`?"));
  EXPECT_THAT(OneFault("strat"), HasSubstr("did you mean `start`?"));
  EXPECT_THAT(OneFault("start --src"), HasSubstr("--src"));
  EXPECT_THAT(OneFault("start --src a --src b"), HasSubstr("--src"));
}

TEST(CommandLine, WhatMayBeGivenSeveralTimesIsKeptWhole) {
  const CommandLine line = Parse("cutover run --exempt arn:a --exempt=arn:b");
  EXPECT_THAT(line.faults, IsEmpty());
  EXPECT_EQ(line.flags.at("exempt"), "arn:a arn:b");
}

TEST(Help, NamesEveryCommandAndNoOther) {
  const std::string help = Parse("--help").help;
  for (const char* command : {"start", "backfill", "tail", "status", "pause", "resume", "stop",
                              "throttle", "checkpoint", "verify", "cutover", "version"}) {
    EXPECT_THAT(help, HasSubstr(std::string("\n  ") + command)) << help;
  }
  for (const char* later : {"migrate", "deadletter"}) {
    for (const std::string& command : kCommandNames) {
      EXPECT_THAT(Parse(command + " --help").help, Not(HasSubstr(later)));
    }
    EXPECT_THAT(help, Not(HasSubstr(later)));
  }
}

TEST(Help, EveryFlagInItIsUnderstood) {
  for (const std::string& command : kCommandNames) {
    const std::string help = Parse(command + " --help").help;
    const auto flags = FlagsInHelp(help);
    EXPECT_GE(flags.size(), command == "version" ? 2U : 6U) << help;
    for (const auto& [flag, takes_value] : flags) {
      if (flag == "help") continue;
      const CommandLine line = Parse(command + " --" + flag + (takes_value ? " x" : ""));
      EXPECT_THAT(line.faults, IsEmpty()) << command << " --" << flag;
      EXPECT_TRUE(line.flags.contains(flag)) << command << " --" << flag;
    }
  }
}

TEST(Help, EveryFlagThatIsUnderstoodIsInIt) {
  const std::string help = Parse("start --help").help;
  for (const char* flag : {"src",
                           "dst",
                           "create-target",
                           "enable-stream",
                           "eventually-consistent",
                           "mirror",
                           "on-gap",
                           "most-extra",
                           "ttl-deletes",
                           "watch-target",
                           "read-capacity",
                           "write-capacity",
                           "memory",
                           "segments",
                           "poll-interval",
                           "settle",
                           "io-threads",
                           "job",
                           "state",
                           "listen",
                           "config",
                           "json",
                           "quiet",
                           "no-color",
                           "log-format",
                           "log-level",
                           "src-region",
                           "src-profile",
                           "src-env-file",
                           "src-streams-endpoint-url",
                           "dst-streams-endpoint-url",
                           "dst-access-key-env",
                           "dst-session-token-env"}) {
    EXPECT_TRUE(FlagsInHelp(help).contains(flag)) << flag;
  }
  EXPECT_TRUE(FlagsInHelp(Parse("tail --help").help).contains("since"));
}

TEST(Help, NamesOnlyChoicesThatTheCommandTakes) {
  EXPECT_THAT(Parse("start --help").help, HasSubstr("--on-gap hold|stop|resync"));
  for (const char* command : {"tail", "reverse"}) {
    const std::string help = Parse(std::string(command) + " --help").help;
    EXPECT_THAT(help, HasSubstr("--on-gap hold|stop ")) << command;
    EXPECT_THAT(help, Not(HasSubstr("resync"))) << command;
  }
}

TEST(Help, SaysHowTheWholeCommandIsTyped) {
  EXPECT_THAT(Parse("start --help").help, HasSubstr("Usage: ddbsync start [OPTIONS]"));
  EXPECT_THAT(Parse("checkpoint show --help").help, HasSubstr("Usage: ddbsync checkpoint show"));
  EXPECT_THAT(Parse("verify stop --help").help, HasSubstr("Usage: ddbsync verify stop"));
  EXPECT_THAT(Parse("cutover run --help").help, HasSubstr("Usage: ddbsync cutover run [OPTIONS]"));
}

TEST(Help, FitsTheTerminal) {
  for (const std::string& command :
       {std::string(), std::string("start"), std::string("tail"), std::string("checkpoint"),
        std::string("checkpoint show"), std::string("verify"), std::string("verify show"),
        std::string("cutover"), std::string("cutover plan"), std::string("cutover run")}) {
    std::istringstream help(Parse(command + " --help").help);
    for (std::string line; std::getline(help, line);) EXPECT_LE(line.size(), 100U) << line;
  }
}

}  // namespace
}  // namespace ddbsync::cli
