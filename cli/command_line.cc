#include "cli/command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <array>
#include <optional>
#include <set>

#include "cli/endpoint.h"
#include "cli/spelling.h"
#include "cli/throttle.h"

namespace ddbsync::cli {
namespace {

struct CommandText {
  Command command;
  std::string_view name;
  std::string_view help;
  std::string_view more;  ///< below the options
};

constexpr std::string_view kRunsMore =
    "Every flag may also be set in the config's [job] (poll_interval = \"1s\") and as a variable\n"
    "(DDBSYNC_POLL_INTERVAL=1s). A flag wins over the variable, the variable over the config.\n"
    "Without --src and --dst every [[job]] section of the config is run, all in this process: "
    "each\n"
    "with its src, dst, name, and what is to differ; what stands before the first section is for\n"
    "all of them. With --src-prefix or --src-tag every table found is such a job, called\n"
    "SRCTABLE-DSTTABLE. --job NAME runs one of them.\n"
    "Ctrl-C or SIGTERM stops in good order; the same command resumes. After a kill -9 too.\n"
    "Ends with 0 done or stopped, 1 failed, 2 usage or configuration, 3 not ready (dead letters),\n"
    "4 data at risk.";

constexpr std::string_view kThrottleMore =
    "KEY=VALUE is one of:\n"
    "  read-capacity=UNITS     most read units per second, or none\n"
    "  write-capacity=UNITS    most write units per second, or none\n"
    "  account-read-capacity=UNITS    the same of all jobs of the process together, on the "
    "account\n"
    "  account-write-capacity=UNITS   and in the region of this job's source, or of its target\n"
    "  in-flight=CALLS         most write calls of the copy at once, 1 to 64, or none\n"
    "  poll-interval=DURATION  longest pause between looks at an active shard, 20ms to 20s\n"
    "What is not named stays. It lasts until the process ends: the next start has its flags' "
    "again.";

constexpr std::string_view kVerifyMore =
    "While a process runs the job, the comparison is made in it: what changes meanwhile is no\n"
    "difference, and repairs do not get in the way of what is followed. Else it is made here, and\n"
    "the job cannot be started meanwhile. Ctrl-C stops it; the same command goes on where it was.\n"
    "Ends with 0 equal, 3 different or not to be decided, 1 failed, 2 usage or configuration,\n"
    "130 stopped before it was known.";

constexpr std::string_view kCutoverMore =
    "The process that runs the job makes it: writes to the source are stopped, what is left is\n"
    "copied and checked, and only then it is committed. Until then every failure, the time-out "
    "and\n"
    "Ctrl-C take all back, and a process that was killed does so at its next start; after it, it\n"
    "only goes forward, and the same command finishes what is left.\n"
    "Ends with 0 switched, or ready where it was to stop before, 3 a gate does not hold or all "
    "was\n"
    "taken back, 1 not known how it ended, 2 usage or configuration, 130 left to the job.";

constexpr std::array kCommands = {
    CommandText{Command::kStart, "start", "copy a table into another, then follow its changes",
                kRunsMore},
    CommandText{Command::kBackfill, "backfill",
                "copy once, without following: for a source at rest", kRunsMore},
    CommandText{Command::kTail, "tail", "follow changes alone, after a load by other means",
                kRunsMore},
    CommandText{
        Command::kStatus, "status", "how a job is doing, or all jobs of a process",
        "Where several jobs are kept, --job NAME shows one of them. Without it all jobs of the\n"
        "one process that runs are shown, a line each. Ends with 0 when there is something to\n"
        "show, running well or not, with 1 when there is no such job or it does not answer."},
    CommandText{Command::kPause, "pause", "let the copy rest; changes are still followed", ""},
    CommandText{Command::kResume, "resume", "go on after a pause", ""},
    CommandText{Command::kStop, "stop", "end a job in good order; its start command resumes it",
                ""},
    CommandText{Command::kThrottle, "throttle", "change a running job's limits", kThrottleMore},
    CommandText{Command::kCheckpointShow, "show", "what a job's checkpoint holds", ""},
    CommandText{Command::kVerify, "verify", "compare the two tables, item by item; --repair",
                kVerifyMore},
    CommandText{
        Command::kVerifyShow, "show", "what the last or running verification found",
        "From the job's process, or from the disk when none runs. Ends with 0 when there is\n"
        "something to show, equal or not, with 1 when nothing was verified yet."},
    CommandText{Command::kVerifyStop, "stop", "end the one that a job's process makes", ""},
    CommandText{Command::kCutoverPlan, "plan",
                "what has to hold, how long writes will stop, each call",
                "From the job's process, which must run. It changes nothing. Ends with 0 ready, 3 "
                "not ready."},
    CommandText{Command::kCutoverRun, "run", "switch, or take all back", kCutoverMore},
    CommandText{
        Command::kCutoverStatus, "status", "where the latest one stands, and what it did",
        "From the job's process, or from the disk when none runs. Ends with 0 when there is\n"
        "something to show, however it ended, with 1 when there was none."},
    CommandText{Command::kCutoverFrozen, "frozen",
                "say that the writers are stopped (run --freeze manual)", ""},
    CommandText{Command::kCutoverCommit, "commit",
                "switch one that is ready (run --stop-before commit)",
                "Where no process runs the job it finishes what a commit has left. Ends as `run`."},
    CommandText{Command::kCutoverAbort, "abort", "take back the one that is under way",
                "Ends with 0 when all is as it was, with 1 when it is committed already."},
    CommandText{Command::kVersion, "version", "print the version", ""},
};

constexpr std::string_view kWhatItIs =
    "Copies a live DynamoDB table into another and keeps it in step.";

constexpr std::string_view kMore =
    "Endpoints are described in ./ddbsync.toml or ~/.config/ddbsync/config.toml:\n"
    "  [endpoint.a]\n"
    "  table = \"orders\"\n"
    "  region = \"eu-west-1\"\n"
    "  profile = \"prod\"\n"
    "Then: ddbsync start --src a --dst b";

/// The first of two words; empty: the command has one.
std::string_view ParentOf(Command command) {
  switch (command) {
    case Command::kCheckpointShow:
      return "checkpoint";
    case Command::kVerifyShow:
    case Command::kVerifyStop:
      return "verify";
    case Command::kCutoverPlan:
    case Command::kCutoverRun:
    case Command::kCutoverStatus:
    case Command::kCutoverFrozen:
    case Command::kCutoverCommit:
    case Command::kCutoverAbort:
      return "cutover";
    default:
      return "";
  }
}

/// First words that are no command without a second.
struct Group {
  std::string_view name;
  std::string_view help;
};
constexpr std::array kGroups = {
    Group{"checkpoint", "look at a job's checkpoint"},
    Group{"cutover", "make the target the live table, or take all back"},
};

std::string_view GroupHelp(std::string_view name) {
  for (const Group& group : kGroups) {
    if (group.name == name) return group.help;
  }
  return "";
}

constexpr size_t kHelpColumn = 38;  // where descriptions begin
constexpr size_t kHelpWidth = 100;

/// CLI11 does not wrap descriptions, but keeps the line breaks it is given.
std::string Wrap(std::string_view text) {
  std::string wrapped;
  size_t used = 0;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    if (used > 0 && used + 1 + word.size() > kHelpWidth - kHelpColumn) {
      wrapped += '\n';
      used = 0;
    }
    if (used > 0) wrapped += ' ';
    wrapped.append(word);
    used += word.size() + 1;
  }
  return wrapped;
}

/// Registers all flags with CLI11 and gathers what it read.
class Parser {
 public:
  Parser() : app_(std::string(kWhatItIs), "ddbsync") {
    app_.get_formatter()->column_width(kHelpColumn);
    app_.require_subcommand(0, 1);
    app_.footer(std::string(kMore));
    for (const CommandText& text : kCommands) {
      CLI::App* command =
          ParentApp(text.command).add_subcommand(std::string(text.name), std::string(text.help));
      command->footer(std::string(text.more));
      AddFlags(*command, text.command);
      commands_[text.command] = command;
    }
    for (const auto& [name, app] : parents_) app->require_subcommand(0, 1);
    app_.allow_extras();
  }

  CommandLine Parse(const std::vector<std::string>& arguments) {
    CommandLine line;
    try {
      app_.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
    } catch (const CLI::CallForHelp&) {
      line.help = Help();
      return line;
    } catch (const CLI::ParseError& error) {
      line.faults.push_back({ErrorCode::kInvalid, error.what()});
    }
    Choose(line);
    return line;
  }

  [[nodiscard]] ProgramHelp Describe() const {
    ProgramHelp program{std::string(kWhatItIs), std::string(kMore), {}};
    for (const CommandText& text : kCommands) {
      CommandHelp& command = program.commands.emplace_back();
      command.name = ToString(text.command);
      command.help = text.help;
      command.group_help = GroupHelp(ParentOf(text.command));
      command.more = text.more;
      command.flags = flags_.at(text.command);
      if (text.command != Command::kThrottle) continue;
      for (const std::string_view word : ThrottleWords()) {
        command.words.push_back(std::string(word) + "=");
      }
    }
    return program;
  }

 private:
  /// Made with its first command, so that they stand in the order of kCommands.
  CLI::App& ParentApp(Command command) {
    const std::string parent(ParentOf(command));
    if (parent.empty()) return app_;
    CLI::App*& app = parents_[parent];
    if (app != nullptr) return *app;
    if (GroupHelp(parent).empty()) {
      app = app_.get_subcommand(parent);
    } else {
      app = app_.add_subcommand(parent, std::string(GroupHelp(parent)));
      app->allow_extras();
    }
    return *app;
  }

  void AddFlags(CLI::App& app, Command command) {
    app.allow_extras();
    const auto add = [&](std::string name, std::string_view value, std::string_view group,
                         std::string_view help, bool repeats = false) {
      std::string& text = values_[command][name];
      CLI::Option* option = nullptr;
      if (value.empty()) {
        option = app.add_flag("--" + name, switches_[command][name], Wrap(help));
      } else {
        option = app.add_option("--" + name, text, Wrap(help))->type_name(std::string(value));
        if (repeats) repeated_.insert(name);
        option->take_last();  // instead of giving up on all flags; Choose tells it
      }
      option->group(std::string(group));
      options_[command][name] = option;
      flags_[command].push_back({name, std::string(value), std::string(group), std::string(help)});
    };
    if (command == Command::kThrottle) {
      app.add_option("KEY=VALUE", words_, "what to change")->option_text(" ");
    }
    const bool reaches_tables = command == Command::kStart || command == Command::kBackfill ||
                                command == Command::kTail || command == Command::kVerify ||
                                command == Command::kCutoverRun ||
                                command == Command::kCutoverCommit;
    const bool reads_config = command != Command::kVersion;
    for (const Setting& setting : AllSettings()) {
      if (setting.IsFor(command)) {
        add(std::string(setting.name), setting.value, setting.group, setting.help, setting.repeats);
      }
    }
    if (reads_config) {
      add("config", "FILE", "Job", "default: ./ddbsync.toml, else ~/.config/ddbsync/config.toml");
    }
    if (!reaches_tables) return;
    for (const auto& [side, group] : {std::pair{"src", "Source"}, std::pair{"dst", "Target"}}) {
      for (const EndpointField& field : EndpointFields()) {
        if (std::string_view(side) == "dst" && field.name == "streams-endpoint-url") continue;
        add(fmt::format("{}-{}", side, field.name), field.value, group, field.help);
      }
    }
  }

  /// CLI11's text, with the whole command in its usage line and without doubled blank lines.
  std::string Help() {
    CLI::App& app = Selected();
    std::string parents;
    for (const CLI::App* above = app.get_parent(); above != nullptr; above = above->get_parent()) {
      parents = above->get_name() + (parents.empty() ? "" : " " + parents);
    }
    std::string help = app.help(parents, CLI::AppFormatMode::Normal);
    for (size_t at = 0; (at = help.find("\n\n\n", at)) != std::string::npos;) help.erase(at, 1);
    return help;
  }

  CLI::App& Selected() {
    if (const auto command = Parsed()) return *commands_[*command];
    CLI::App* const group = ParsedGroup();
    return group != nullptr ? *group : app_;
  }

  /// A first word that was typed; null: none, or it is a command itself.
  CLI::App* ParsedGroup() {
    for (const Group& group : kGroups) {
      CLI::App* const app = parents_.at(std::string(group.name));
      if (app->parsed()) return app;
    }
    return nullptr;
  }

  /// The command that was typed; of one word and of two with it, that of two.
  std::optional<Command> Parsed() {
    std::optional<Command> parsed;
    for (const auto& [command, app] : commands_) {
      if (app->parsed() && (!parsed || app->get_parent() == commands_[*parsed])) parsed = command;
    }
    return parsed;
  }

  void Choose(CommandLine& line) {
    const std::optional<Command> chosen = Parsed();
    if (!chosen) {
      if (line.faults.empty()) NoCommand(line);
      return;
    }
    line.command = *chosen;
    line.words = words_;
    TakeFlags(line, *chosen);
    Strangers(line, *commands_[*chosen], *chosen);
    // "verify --json show": before its second word.
    if (ParentOf(*chosen) != "verify") return;
    for (const auto& [name, option] : options_[Command::kVerify]) {
      if (option->count() == 0) continue;
      line.faults.push_back(
          {ErrorCode::kInvalid,
           fmt::format("--{} stands before `{}`: what is meant for that comes after it", name,
                       commands_[*chosen]->get_name())});
    }
  }

  void TakeFlags(CommandLine& line, Command command) {
    for (const auto& [name, option] : options_[command]) {
      if (option->count() == 0) continue;  // or its value is missing, which is told
      const bool is_switch = option->get_items_expected_max() == 0;
      line.flags[name] = is_switch ? "true" : option->results().back();
      if (repeated_.contains(name)) {
        line.flags[name] = fmt::format("{}", fmt::join(option->results(), " "));
        continue;
      }
      if (is_switch || option->count() == 1) continue;
      line.faults.push_back(
          {ErrorCode::kInvalid, fmt::format("--{} is given {} times; say it once, with the value "
                                            "that counts",
                                            name, option->count())});
    }
  }

  /// What no option took: unknown options and stray words.
  void Strangers(CommandLine& line, const CLI::App& app, Command command) {
    bool after_option = false;
    for (const std::string& stranger : app.remaining(true)) {
      const bool option = stranger.starts_with("-") && stranger.size() > 1;
      if (option) {
        line.faults.push_back({ErrorCode::kInvalid, Stranger(stranger, command)});
      } else if (!after_option) {
        line.faults.push_back(
            {ErrorCode::kInvalid, fmt::format("unexpected argument `{}`", stranger)});
      }
      after_option = option && stranger.find('=') == std::string::npos;
    }
  }

  std::string Stranger(const std::string& typed, Command command) {
    const std::string name = typed.substr(0, typed.find('='));
    const std::string bare = name.substr(std::min(name.size(), name.find_first_not_of('-')));
    std::vector<std::string_view> known;
    for (const auto& [flag, option] : options_[command]) known.push_back(flag);
    std::string elsewhere;
    for (const CommandText& text : kCommands) {
      if (!options_[text.command].contains(bare)) continue;
      elsewhere.append(elsewhere.empty() ? "" : ", ").append(ToString(text.command));
    }
    if (!elsewhere.empty() && name.starts_with("--")) {
      return fmt::format("{} is not an option of {}; it belongs to: {}", name, ToString(command),
                         elsewhere);
    }
    return fmt::format("unknown option {}{}", name, DidYouMean(bare, known, "--"));
  }

  void NoCommand(CommandLine& line) {
    CLI::App* const group = ParsedGroup();
    const std::string first = group != nullptr ? group->get_name() : "";
    std::vector<std::string_view> known;
    for (const CommandText& text : kCommands) {
      if (ParentOf(text.command) == first) known.push_back(text.name);
    }
    if (first.empty()) {
      for (const Group& one : kGroups) known.push_back(one.name);
    }
    const std::vector<std::string> rest = Selected().remaining(true);
    if (rest.empty()) {
      line.faults.push_back(
          {ErrorCode::kInvalid,
           first.empty() ? "no command given; `ddbsync --help` names them"
                         : fmt::format("say `ddbsync {} {}`", first, fmt::join(known, "`, `"))});
      return;
    }
    const std::string_view what = rest.front().starts_with("-") ? "option" : "command";
    line.faults.push_back({ErrorCode::kInvalid, fmt::format("unknown {} `{}`{}", what, rest.front(),
                                                            DidYouMean(rest.front(), known))});
  }

  CLI::App app_;
  std::map<std::string, CLI::App*> parents_;  ///< of commands of two words, by the first
  std::map<Command, CLI::App*> commands_;
  std::map<Command, std::map<std::string, CLI::Option*>> options_;
  std::map<Command, std::vector<FlagHelp>> flags_;
  std::set<std::string, std::less<>> repeated_;
  // CLI11 writes through references: nodes of a map stay where they are.
  std::map<Command, std::map<std::string, std::string>> values_;
  std::map<Command, std::map<std::string, bool>> switches_;
  std::vector<std::string> words_;
};

}  // namespace

CommandLine ParseCommandLine(const std::vector<std::string>& arguments) {
  return Parser().Parse(arguments);
}

ProgramHelp DescribeProgram() {
  return Parser().Describe();
}

std::string_view ToString(Command command) {
  switch (command) {
    case Command::kCheckpointShow:
      return "checkpoint show";
    case Command::kVerifyShow:
      return "verify show";
    case Command::kVerifyStop:
      return "verify stop";
    case Command::kCutoverPlan:
      return "cutover plan";
    case Command::kCutoverRun:
      return "cutover run";
    case Command::kCutoverStatus:
      return "cutover status";
    case Command::kCutoverFrozen:
      return "cutover frozen";
    case Command::kCutoverCommit:
      return "cutover commit";
    case Command::kCutoverAbort:
      return "cutover abort";
    default:
      break;
  }
  for (const CommandText& text : kCommands) {
    if (text.command == command) return text.name;
  }
  return "";
}

}  // namespace ddbsync::cli
