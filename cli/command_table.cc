#include "cli/command_table.h"

#include <array>

namespace ddbsync::cli {
namespace {

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
    "only goes forward, and the same command finishes what is left. With --reverse the process of\n"
    "the job then goes on as JOB-reverse, and so does its next start; else the process ends.\n"
    "Ends with 0 switched, or ready where it was to stop before, 3 a gate does not hold or all "
    "was\n"
    "taken back, 1 not known how it ended, 2 usage or configuration, 130 left to the job.";

constexpr std::string_view kReverseMore =
    "--src and --dst as the job was started, whose process does this by itself after\n"
    "`cutover run --reverse`: this is for where it did not. It follows the stream of DST from\n"
    "the commit on, and writes to SRC, until it is stopped; it runs as a job called JOB-reverse,\n"
    "of which a cut-over makes SRC the live table again. Ends as `tail`.";

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
                "say that the writers are stopped (--freeze manual)", ""},
    CommandText{Command::kCutoverCommit, "commit",
                "switch one that is ready (--stop-before commit)",
                "Where no process runs the job it finishes what a commit has left. Ends as `run`."},
    CommandText{Command::kCutoverAbort, "abort", "take back the one that is under way",
                "Ends with 0 when all is as it was, with 1 when it is committed already."},
    CommandText{Command::kReverse, "reverse",
                "after a cut-over: carry what is written to DST back to SRC", kReverseMore},
    CommandText{Command::kVersion, "version", "print the version", ""},
};

constexpr std::array kGroups = {
    CommandGroup{"checkpoint", "look at a job's checkpoint"},
    CommandGroup{"cutover", "make the target the live table, or take all back"},
};

}  // namespace

std::span<const CommandText> AllCommands() {
  return kCommands;
}

std::span<const CommandGroup> AllGroups() {
  return kGroups;
}

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

std::string_view GroupHelp(std::string_view name) {
  for (const CommandGroup& group : kGroups) {
    if (group.name == name) return group.help;
  }
  return "";
}

}  // namespace ddbsync::cli
