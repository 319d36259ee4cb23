#include "packaging/reference/manual.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace ddbsync::packaging {
namespace {

using cli::CommandHelp;
using cli::FlagHelp;
using cli::ProgramHelp;

/// Text as it is: no character of it means anything to roff.
std::string Plain(std::string_view text) {
  std::string plain;
  bool begins_line = true;
  for (const char c : text) {
    if (begins_line && (c == '.' || c == '\'')) plain += "\\&";
    begins_line = c == '\n';
    switch (c) {
      case '\\':
        plain += "\\e";
        break;
      case '-':
        plain += "\\-";
        break;
      case '`':
        plain += "\\(ga";
        break;
      case '\'':
        plain += "\\(aq";
        break;
      case '~':
        plain += "\\(ti";
        break;
      case '"':
        plain += "\\(dq";
        break;
      default:
        plain += c;
    }
  }
  return plain;
}

/// Text that man(1) fills; mandoc likes its lines short.
std::string Filled(std::string_view text) {
  constexpr size_t kWidth = 70;
  std::string filled;
  size_t used = 0;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    if (used > 0) filled += used + 1 + word.size() > kWidth ? '\n' : ' ';
    used = used + 1 + word.size() > kWidth ? 0 : used + 1;
    filled.append(word);
    used += word.size();
  }
  return Plain(filled);
}

/// Lines that stay lines.
std::string Lines(std::string_view text) {
  return text.empty() ? "" : ".PP\n.nf\n" + Plain(text) + "\n.fi\n";
}

std::string Upper(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::toupper(c); });
  return text;
}

/// "checkpoint show" as "ddbsync-checkpoint-show".
std::string PageName(std::string_view command) {
  std::string name = "ddbsync-" + std::string(command);
  std::ranges::replace(name, ' ', '-');
  return name;
}

std::string Title(const std::string& name, std::string_view version, std::string_view date) {
  return fmt::format(".TH {} 1 {} \"ddbsync {}\" \"ddbsync\"\n", Plain(Upper(name)), date, version);
}

std::string Flag(const FlagHelp& flag) {
  const std::string value = flag.value.empty() ? "" : " \\fI" + Plain(flag.value) + "\\fR";
  return fmt::format(".TP\n\\fB{}\\fR{}\n{}\n", Plain("--" + flag.name), value, Filled(flag.help));
}

std::string SeeAlso(const ProgramHelp& program, std::string_view own) {
  std::string all = own == "ddbsync" ? "" : "\\fBddbsync\\fR(1)";
  for (const CommandHelp& command : program.commands) {
    const std::string name = PageName(command.name);
    if (name == own) continue;
    all.append(all.empty() ? "" : ",\n").append("\\fB" + Plain(name) + "\\fR(1)");
  }
  return ".SH SEE ALSO\n" + all + "\n";
}

std::string CommandPage(const ProgramHelp& program, const CommandHelp& command,
                        std::string_view version, std::string_view date) {
  const std::string name = PageName(command.name);
  std::string page = Title(name, version, date);
  page += fmt::format(".SH NAME\n{} \\- {}\n", Plain(name), Plain(command.help));
  page += fmt::format(".SH SYNOPSIS\n\\fBddbsync {}\\fR [\\fIOPTIONS\\fR]{}\n", command.name,
                      command.words.empty() ? "" : " \\fIKEY=VALUE\\fR...");
  if (!command.more.empty()) page += ".SH DESCRIPTION\n" + Lines(command.more).substr(4);
  page += ".SH OPTIONS\n.TP\n\\fB\\-h\\fR, \\fB\\-\\-help\\fR\nPrint a summary.\n";
  std::string group;
  for (const FlagHelp& flag : command.flags) {
    if (flag.group != group) page += fmt::format(".SS {}\n", Plain(group = flag.group));
    page += Flag(flag);
  }
  return page + SeeAlso(program, name);
}

std::string ProgramPage(const ProgramHelp& program, std::string_view version,
                        std::string_view date) {
  std::string page = Title("ddbsync", version, date);
  page +=
      ".SH NAME\nddbsync \\- copies a live DynamoDB table into another and keeps it in step\n"
      ".SH SYNOPSIS\n\\fBddbsync\\fR \\fICOMMAND\\fR [\\fIOPTIONS\\fR]\n"
      ".SH DESCRIPTION\n";
  page += Lines(program.more).substr(4);
  page += ".SH COMMANDS\n";
  for (const CommandHelp& command : program.commands) {
    page +=
        fmt::format(".TP\n\\fB{}\\fR(1)\n{}\n", Plain(PageName(command.name)), Plain(command.help));
  }
  page +=
      ".SH EXIT STATUS\n"
      ".TP\n0\nDone, or stopped as asked; the tables are equal.\n"
      ".TP\n1\nFailed; run again to resume.\n"
      ".TP\n2\nUsage or configuration: nothing was touched.\n"
      ".TP\n3\nCopied, but the target refused some items; the tables are not equal;\n"
      "a cut\\-over is not ready, or was taken back.\n"
      ".TP\n4\nData at risk: a person must decide.\n"
      ".TP\n130\n\\fBddbsync\\-verify\\fR(1) was stopped before it was known; "
      "\\fBddbsync\\-cutover\\-run\\fR(1) was left to the job.\n";
  page +=
      ".SH FILES\n"
      ".TP\n\\fI./ddbsync.toml\\fR, \\fI\\(ti/.config/ddbsync/config.toml\\fR\n"
      "Endpoints, and settings of jobs.\n"
      ".TP\n\\fI\\(ti/.local/state/ddbsync/JOB\\fR\n"
      "A job\\(aqs checkpoint, unless \\fB\\-\\-state\\fR says another place.\n"
      ".TP\n\\fI/etc/ddbsync/JOB.toml\\fR, \\fI/var/lib/ddbsync/JOB\\fR\n"
      "The same of a job that systemd runs as \\fIddbsync@JOB.service\\fR.\n";
  return page + SeeAlso(program, "ddbsync");
}

}  // namespace

std::map<std::string, std::string> ManualPages(const ProgramHelp& program, std::string_view version,
                                               std::string_view date) {
  std::map<std::string, std::string> pages;
  pages["ddbsync.1"] = ProgramPage(program, version, date);
  for (const CommandHelp& command : program.commands) {
    pages[PageName(command.name) + ".1"] = CommandPage(program, command, version, date);
  }
  return pages;
}

}  // namespace ddbsync::packaging
