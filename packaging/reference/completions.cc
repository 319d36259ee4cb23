#include "packaging/reference/completions.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <vector>

namespace ddbsync::packaging {
namespace {

using cli::CommandHelp;
using cli::FlagHelp;
using cli::ProgramHelp;

/// "hold|stop" as "hold stop"; empty when the value is anything.
std::string Choices(const FlagHelp& flag) {
  if (flag.value.find('|') == std::string::npos) return {};
  std::string words = flag.value;
  std::ranges::replace(words, '|', ' ');
  return words;
}

struct FirstWord {
  std::string word;
  std::string help;
};

/// "checkpoint" stands for "checkpoint show" and all of its kind.
std::vector<FirstWord> FirstWords(const ProgramHelp& program) {
  std::vector<FirstWord> words;
  for (const CommandHelp& command : program.commands) {
    const size_t space = command.name.find(' ');
    const std::string first = command.name.substr(0, space);
    if (!words.empty() && words.back().word == first) continue;
    words.push_back({first, command.group_help.empty() ? command.help : command.group_help});
  }
  return words;
}

/// Second words of a command of two.
std::string SecondWords(const ProgramHelp& program, const std::string& first) {
  std::string words;
  for (const CommandHelp& command : program.commands) {
    if (!command.name.starts_with(first + " ")) continue;
    words.append(words.empty() ? "" : " ").append(command.name.substr(first.size() + 1));
  }
  return words;
}

bool IsCommand(const ProgramHelp& program, const std::string& name) {
  return std::ranges::find(program.commands, name, &CommandHelp::name) != program.commands.end();
}

std::string Replace(std::string text, std::string_view what, std::string_view by) {
  for (size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size()) {
    text.replace(at, what.size(), by);
  }
  return text;
}

/// For single quotes of a POSIX shell.
std::string ShellQuoted(const std::string& text) {
  return "'" + Replace(text, "'", R"('\'')") + "'";
}

/// _arguments gives brackets and colons a meaning.
std::string ZshText(const std::string& text) {
  std::string safe = Replace(text, "\\", "\\\\");
  for (const std::string_view c : {"[", "]", ":"}) safe = Replace(safe, c, "\\" + std::string(c));
  return safe;
}

std::string FishQuoted(const std::string& text) {
  return "'" + Replace(Replace(text, "\\", "\\\\"), "'", "\\'") + "'";
}

std::string ZshFlag(const FlagHelp& flag) {
  std::string spec =
      fmt::format("--{}{}[{}]", flag.name, flag.value.empty() ? "" : "=", ZshText(flag.help));
  if (!flag.value.empty()) {
    const std::string choices = Choices(flag);
    const char* const action = flag.value == "FILE"  ? "_files"
                               : flag.value == "DIR" ? "_files -/"
                                                     : " ";
    spec +=
        fmt::format(":{}:{}", ZshText(flag.value), choices.empty() ? action : "(" + choices + ")");
  }
  return ShellQuoted(spec);
}

std::string ZshArguments(const CommandHelp& command) {
  std::string text = "      _arguments -s '(-h --help)'{-h,--help}'[print a summary]'";
  for (const FlagHelp& flag : command.flags) text += " \\\n        " + ZshFlag(flag);
  if (!command.words.empty()) {
    text += fmt::format(" \\\n        '*:KEY=VALUE:({})'", fmt::join(command.words, " "));
  }
  return text + "\n";
}

std::string BashAction(const FlagHelp& flag) {
  const std::string choices = Choices(flag);
  if (!choices.empty()) return "compgen -W '" + choices + "' -- \"$word\"";
  if (flag.value == "FILE") return "compgen -f -- \"$word\"";
  return flag.value == "DIR" ? "compgen -d -- \"$word\"" : ":";
}

/// What completes a value, by command and flag.
std::string BashValues(const ProgramHelp& program) {
  std::map<std::string, std::map<std::string, std::set<std::string>>> by_flag;
  for (const CommandHelp& command : program.commands) {
    for (const FlagHelp& flag : command.flags) {
      if (!flag.value.empty()) by_flag[flag.name][BashAction(flag)].insert(command.name);
    }
  }
  std::map<std::string, std::set<std::string>> by_action;  // what "command --flag" is like
  for (const auto& [flag, actions] : by_flag) {
    for (const auto& [action, commands] : actions) {
      if (actions.size() == 1) {
        by_action[action].insert("*' --" + flag + "'");
        continue;
      }
      for (const std::string& command : commands) {
        by_action[action].insert("'" + command + " --" + flag + "'");
      }
    }
  }
  std::string text;
  for (const auto& [action, patterns] : by_action) {
    text += fmt::format("    {})\n      mapfile -t COMPREPLY < <({})\n      return ;;\n",
                        fmt::join(patterns, " | "), action);
  }
  return text;
}

/// When what has been typed is this command: of two words both, and of one none that makes two of
/// it or that it is the second of.
std::string FishCondition(const ProgramHelp& program, const std::string& command) {
  const size_t space = command.find(' ');
  const std::string first = command.substr(0, space);
  std::string when = "__fish_seen_subcommand_from " + first;
  if (space != std::string::npos) {
    return when + "; and __fish_seen_subcommand_from " + command.substr(space + 1);
  }
  std::string others = SecondWords(program, first);
  for (const CommandHelp& other : program.commands) {
    if (!other.name.ends_with(" " + first)) continue;
    others.append(others.empty() ? "" : " ").append(other.name.substr(0, other.name.find(' ')));
  }
  return others.empty() ? when : when + "; and not __fish_seen_subcommand_from " + others;
}

}  // namespace

std::string BashCompletion(const ProgramHelp& program) {
  std::vector<std::string> firsts;
  std::string commands;
  for (const FirstWord& first : FirstWords(program)) firsts.push_back(first.word);
  for (const CommandHelp& command : program.commands) {
    std::string words = "-h --help";
    for (const FlagHelp& flag : command.flags) words += " --" + flag.name;
    for (const std::string& word : command.words) words += " " + word;
    if (const std::string seconds = SecondWords(program, command.name); !seconds.empty()) {
      words += " " + seconds;
    }
    commands += fmt::format("    '{}') words='{}' ;;\n", command.name, words);
  }
  for (const std::string& first : firsts) {
    const std::string seconds = SecondWords(program, first);
    if (!seconds.empty() && !IsCommand(program, first))
      commands += fmt::format("    '{}') words='-h --help {}' ;;\n", first, seconds);
  }
  constexpr std::string_view kScript = R"(# bash completion for ddbsync

_ddbsync() {{
  # --flag=VALUE comes as three words.
  local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD - 1]}} command='' words=''
  if [[ $before == = && $COMP_CWORD -gt 1 ]]; then
    before=${{COMP_WORDS[COMP_CWORD - 2]}}
  elif [[ $word == = ]]; then
    word=''
  fi
  COMPREPLY=()
  local i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$command${{command:+ }}${{COMP_WORDS[i]}}" in
      {}) command+="${{command:+ }}${{COMP_WORDS[i]}}" ;;
    esac
  done
  case "$command $before" in
{}  esac
  case $command in
    '') words='-h --help {}' ;;
{}  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
  # A value follows without a space.
  [[ ${{#COMPREPLY[@]}} -ne 1 || ${{COMPREPLY[0]}} != *= ]] || compopt -o nospace 2>/dev/null
}}
complete -F _ddbsync ddbsync
)";
  std::set<std::string> known(firsts.begin(), firsts.end());
  for (const CommandHelp& command : program.commands) known.insert(command.name);
  std::vector<std::string> quoted;
  for (const std::string& name : known) quoted.push_back("'" + name + "'");
  return fmt::format(kScript, fmt::join(quoted, " | "), BashValues(program), fmt::join(firsts, " "),
                     commands);
}

std::string ZshCompletion(const ProgramHelp& program) {
  std::string firsts;
  std::string cases;
  for (const FirstWord& first : FirstWords(program)) {
    firsts += "    " + ShellQuoted(ZshText(first.word) + ":" + ZshText(first.help)) + "\n";
  }
  for (const CommandHelp& command : program.commands) {
    std::string name = Replace(command.name, " ", "\\ ");
    cases += fmt::format("    {})\n{}      ;;\n", name, ZshArguments(command));
  }
  std::string seconds;
  for (const FirstWord& first : FirstWords(program)) {
    const std::string words = SecondWords(program, first.word);
    if (words.empty()) continue;
    // A command that is one without a second word, too, goes on to its flags.
    seconds += fmt::format(
        "  if [[ $command == {0} ]]; then\n"
        "    if (( CURRENT == 3 )); then\n      compadd -- {1}\n{2}    fi\n"
        "    if [[ \" {1} \" == *\" $words[3] \"* ]]; then\n"
        "      command+=\" $words[3]\"\n      shift words\n      (( CURRENT-- ))\n    fi\n  fi\n",
        first.word, words, IsCommand(program, first.word) ? "" : "      return\n");
  }
  return fmt::format(
      "#compdef ddbsync\n\n"
      "local -a commands\ncommands=(\n{}  )\n"
      "if (( CURRENT == 2 )); then\n"
      "  _describe -t commands command commands\n"
      "  _arguments '(-h --help)'{{-h,--help}}'[print a summary]'\n"
      "else\n"
      "  local command=$words[2]\n{}"
      "  shift words\n  (( CURRENT-- ))\n"
      "  case $command in\n{}  esac\nfi\n",
      firsts, seconds, cases);
}

std::string FishCompletion(const ProgramHelp& program) {
  std::string text =
      "# fish completion for ddbsync\n\ncomplete -c ddbsync -f\n"
      "complete -c ddbsync -s h -l help -d 'print a summary'\n";
  for (const FirstWord& first : FirstWords(program)) {
    text += fmt::format("complete -c ddbsync -n __fish_use_subcommand -a {} -d {}\n", first.word,
                        FishQuoted(first.help));
    const std::string seconds = SecondWords(program, first.word);
    if (!seconds.empty()) {
      text += fmt::format(
          "complete -c ddbsync -n '__fish_seen_subcommand_from {0}; and not "
          "__fish_seen_subcommand_from {1}' -a '{1}'\n",
          first.word, seconds);
    }
  }
  for (const CommandHelp& command : program.commands) {
    const std::string when = fmt::format("-n '{}'", FishCondition(program, command.name));
    for (const FlagHelp& flag : command.flags) {
      std::string value;
      if (const std::string choices = Choices(flag); !choices.empty()) {
        value = " -x -a '" + choices + "'";
      } else if (flag.value == "FILE") {
        value = " -r -F";
      } else if (flag.value == "DIR") {
        value = " -x -a '(__fish_complete_directories)'";
      } else if (!flag.value.empty()) {
        value = " -x";
      }
      text += fmt::format("complete -c ddbsync {} -l {}{} -d {}\n", when, flag.name, value,
                          FishQuoted(flag.help));
    }
    if (!command.words.empty()) {
      text += fmt::format("complete -c ddbsync {} -a '{}'\n", when, fmt::join(command.words, " "));
    }
  }
  return text;
}

}  // namespace ddbsync::packaging
