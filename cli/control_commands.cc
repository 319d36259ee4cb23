#include <fmt/format.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "cli/api.h"
#include "cli/api_file.h"
#include "cli/commands.h"
#include "cli/control.h"
#include "cli/found_job.h"
#include "cli/run_plan.h"
#include "cli/status_json.h"
#include "cli/text.h"
#include "cli/throttle.h"

namespace ddbsync::cli {
namespace {

struct Order {
  const char* path;
  std::string body;
};

Result<Order> OrderOf(const CommandLine& line, const Settings& settings) {
  switch (line.command) {
    case Command::kPause:
      return Order{kPausePath, settings.all ? R"({"tail":true})" : "{}"};
    case Command::kResume:
      return Order{kResumePath, "{}"};
    case Command::kStop:
      return Order{kStopPath, "{}"};
    default: {
      const auto throttle = ThrottleFromWords(line.words);
      if (!throttle) return std::unexpected(throttle.error());
      return Order{kThrottlePath, ThrottleToJson(*throttle)};
    }
  }
}

std::string BoundText(const std::optional<double>& bound) {
  return bound ? RateText(*bound) + " units/s" : "none";
}

/// What brings a job back that was told to stop, and perhaps alone among several.
std::string Resumption(const replicator::JobStatus& status, bool alone) {
  if (status.gaps > 0) {
    return "changes were lost: empty the target, remove the job's state directory, and start again";
  }
  if (alone) return "the same start command resumes it";
  return fmt::format(
      "`ddbsync start --job {}`, with the other flags of its start, resumes it; the same start "
      "command does once the other jobs are stopped too",
      status.job_id);
}

/// One line for people; `alone`: no other job goes on in its process.
std::string Done(Command command, const replicator::JobStatus& status, bool alone) {
  const auto& limits = status.limits;
  switch (command) {
    case Command::kPause:
      return fmt::format(
          "{}: paused; {}", status.job_id,
          status.tail_paused ? "changes are not followed either" : "changes are still followed");
    case Command::kResume:
      return fmt::format("{}: {}", status.job_id, ToString(status.state));
    case Command::kStop:
      return fmt::format("{}: stopped in good order; {}", status.job_id, Resumption(status, alone));
    default:
      return fmt::format("{}: read-capacity {}, write-capacity {}, in-flight {}, poll-interval {}",
                         status.job_id, BoundText(limits.read_capacity),
                         BoundText(limits.write_capacity),
                         limits.in_flight ? std::to_string(*limits.in_flight) : "none",
                         SpanText(limits.poll_interval_seconds));
  }
}

/// A process that can be waited for although it is not ours (pidfd_open(2)). Held from before it is
/// asked to end, so that another that gets its number meanwhile is not waited for.
class OtherProcess {
 public:
  explicit OtherProcess(int pid) : fd_(static_cast<int>(syscall(SYS_pidfd_open, pid, 0))) {}
  ~OtherProcess() {
    if (fd_ >= 0) close(fd_);
  }
  OtherProcess(const OtherProcess&) = delete;
  OtherProcess& operator=(const OtherProcess&) = delete;

  [[nodiscard]] bool WaitForEnd(std::chrono::milliseconds patience) const {
    pollfd ended{fd_, POLLIN, 0};
    return fd_ < 0 || poll(&ended, 1, static_cast<int>(patience.count())) > 0;
  }

 private:
  const int fd_;  ///< negative: there is no such process any more
};

/// Longer than an orderly end takes: every call has a time-out, and so has the last commit.
constexpr std::chrono::minutes kPatience{2};
/// Between looks at whether a job of a process that goes on has ended.
constexpr std::chrono::milliseconds kEndLook{100};

ExitCode Tell(const Error& error) {
  return TellFaults(std::span(&error, 1));
}

/// A job that has been told what to do.
struct Told {
  JobHome home;
  std::optional<ApiAddress> card;
  std::unique_ptr<OtherProcess> process;
  replicator::JobStatus status;
};

/// Nothing when no process runs it.
Result<std::optional<Told>> TellJob(const JobHome& home, const Order& order) {
  const auto card = ReadApiFile(home.ApiFile());
  auto process = std::make_unique<OtherProcess>(card ? card->pid : -1);
  const auto answer = TellRunningJob(home, order.path, order.body);
  if (!answer) return std::unexpected(answer.error());
  if (!*answer) return std::nullopt;
  auto status = StatusFromJson(**answer);
  if (!status) return std::unexpected(status.error());
  return Told{home, card, std::move(process), *std::move(status)};
}

/// The job has ended when its process has, or has given up what it held: its card is the last.
bool WaitForEnd(const Told& job, TimePoint deadline) {
  if (!job.card) return true;
  const SystemClock clock;
  while (true) {
    const auto now = ReadApiFile(job.home.ApiFile());
    const bool gone = !now || now->pid != job.card->pid;
    if ((job.card->jobs > 1 && gone) || job.process->WaitForEnd(kEndLook)) return true;
    if (clock.Now() >= deadline) return false;
  }
}

/// The end of what was asked for, if it was to end; then its line.
ExitCode Finish(const CommandLine& line, const Settings& settings, const Told& job,
                TimePoint deadline) {
  if (line.command == Command::kStop && !WaitForEnd(job, deadline)) {
    Tell(
        {ErrorCode::kRetry,
         fmt::format("process {} still finishes what is in flight; `ddbsync status --job {}` shows "
                     "it",
                     job.card->pid, job.home.job_id)});
    return ExitCode::kFailed;
  }
  const bool alone = settings.all || !job.card || job.card->jobs == 1;
  std::printf("%s\n", settings.json ? StatusToJson(job.status, true).c_str()
                                    : Done(line.command, job.status, alone).c_str());
  return ExitCode::kDone;
}

ExitCode CarryOut(const CommandLine& line, const Settings& settings, const JobHome& home) {
  const Result<Order> order = OrderOf(line, settings);
  if (!order) return Tell(order.error());
  const auto told = TellJob(home, *order);
  if (!told || !*told) {
    Tell(told ? Error{ErrorCode::kNotFound,
                      fmt::format("no process runs the job {}; `ddbsync start` starts it, "
                                  "`ddbsync status --job {}` shows how far it is",
                                  home.job_id, home.job_id)}
              : told.error());
    return ExitCode::kFailed;
  }
  return Finish(line, settings, **told, SystemClock().Now() + kPatience);
}

/// `stop --all`: all are told, then all are waited for, so that they end side by side.
ExitCode StopAll(const CommandLine& line, const Settings& settings,
                 const aws::Environment& environment) {
  const Result<std::vector<JobHome>> homes = AllJobHomes(settings, environment);
  if (!homes) return Tell(homes.error());
  const Result<Order> order = OrderOf(line, settings);
  if (!order) return Tell(order.error());
  std::vector<ExitCode> codes;
  std::vector<Told> ending;
  for (const JobHome& home : *homes) {
    auto told = TellJob(home, *order);
    if (!told) {
      Tell(told.error());
      codes.push_back(ExitCode::kFailed);
    } else if (*told) {  // else stopped already
      ending.push_back(**std::move(told));
    }
  }
  const TimePoint deadline = SystemClock().Now() + kPatience;
  for (const Told& job : ending) codes.push_back(Finish(line, settings, job, deadline));
  if (!codes.empty()) return MostSerious(codes);
  Tell({ErrorCode::kNotFound, "no job runs here"});
  return ExitCode::kFailed;
}

}  // namespace

ExitCode RunControl(const CommandLine& line, const aws::Environment& environment) {
  const auto settings = PlanLook(line, environment);
  if (!settings) return TellFaults(settings.error());
  if (line.command == Command::kStop && settings->all) {
    if (settings->job_name.empty()) return StopAll(line, *settings, environment);
    return Tell({ErrorCode::kInvalid, "--job names one, --all means every one: say one of them"});
  }
  const Result<JobHome> home = FindJobHome(*settings, environment);
  if (!home) {
    Error fault = home.error();
    if (line.command == Command::kStop && fault.code == ErrorCode::kInvalid) {
      fault.message += "; or --all";
    }
    Tell(fault);
    return fault.code == ErrorCode::kNotFound ? ExitCode::kFailed : ExitCode::kUsage;
  }
  return CarryOut(line, *settings, *home);
}

}  // namespace ddbsync::cli
