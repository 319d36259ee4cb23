#include "cli/command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <optional>
#include <set>

#include "cli/command_table.h"
#include "cli/endpoint.h"
#include "cli/spelling.h"
#include "cli/throttle.h"

namespace ddbsync::cli {
namespace {

constexpr std::string_view kWhatItIs =
    "Copies a live DynamoDB table into another and keeps it in step.";

constexpr std::string_view kMore =
    "Endpoints are described in ./ddbsync.toml or ~/.config/ddbsync/config.toml:\n"
    "  [endpoint.a]\n"
    "  table = \"orders\"\n"
    "  region = \"eu-west-1\"\n"
    "  profile = \"prod\"\n"
    "Then: ddbsync start --src a --dst b";

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
    for (const CommandText& text : AllCommands()) {
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
    for (const CommandText& text : AllCommands()) {
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
                                command == Command::kTail || command == Command::kReverse ||
                                command == Command::kVerify || command == Command::kCutoverRun ||
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
    for (const CommandGroup& group : AllGroups()) {
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
    for (const CommandText& text : AllCommands()) {
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
    for (const CommandText& text : AllCommands()) {
      if (ParentOf(text.command) == first) known.push_back(text.name);
    }
    if (first.empty()) {
      for (const CommandGroup& one : AllGroups()) known.push_back(one.name);
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
  for (const CommandText& text : AllCommands()) {
    if (text.command == command) return text.name;
  }
  return "";
}

}  // namespace ddbsync::cli
