#include <fmt/format.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <vector>

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

/// One line for people.
std::string Done(Command command, const replicator::JobStatus& status) {
  const auto& limits = status.limits;
  switch (command) {
    case Command::kPause:
      return fmt::format(
          "{}: paused; {}", status.job_id,
          status.tail_paused ? "changes are not followed either" : "changes are still followed");
    case Command::kResume:
      return fmt::format("{}: {}", status.job_id, ToString(status.state));
    case Command::kStop:
      return fmt::format("{}: stopped in good order; the same start command resumes it",
                         status.job_id);
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

/// The job has ended when its process has, or has given up what it held: its card is the last.
bool WaitForEnd(const OtherProcess& process, const JobHome& home, const ApiAddress& card) {
  const bool alone = card.jobs == 1;
  for (auto left = kPatience / kEndLook; left > 0; --left) {
    if (process.WaitForEnd(kEndLook)) return true;
    const auto now = ReadApiFile(home.ApiFile());
    if (!alone && (!now || now->pid != card.pid)) return true;
  }
  return false;
}

ExitCode CarryOut(const CommandLine& line, const Settings& settings, const JobHome& home) {
  const Result<Order> order = OrderOf(line, settings);
  if (!order) return Tell(order.error());
  const auto card = ReadApiFile(home.ApiFile());
  const OtherProcess process(card ? card->pid : -1);
  const auto answer = TellRunningJob(home, order->path, order->body);
  if (!answer || !*answer) {
    Tell(answer ? Error{ErrorCode::kNotFound,
                        fmt::format("no process runs the job {}; `ddbsync start` starts it, "
                                    "`ddbsync status --job {}` shows how far it is",
                                    home.job_id, home.job_id)}
                : answer.error());
    return ExitCode::kFailed;
  }
  const auto status = StatusFromJson(**answer);
  if (!status) return Tell(status.error());
  if (line.command == Command::kStop && card && !WaitForEnd(process, home, *card)) {
    Tell(
        {ErrorCode::kRetry,
         fmt::format("process {} still finishes what is in flight; `ddbsync status --job {}` shows "
                     "it",
                     card->pid, home.job_id)});
    return ExitCode::kFailed;
  }
  std::printf("%s\n", settings.json ? StatusToJson(*status, true).c_str()
                                    : Done(line.command, *status).c_str());
  return ExitCode::kDone;
}

/// `stop --all`: one after the other is asked, and waited for.
ExitCode StopAll(const CommandLine& line, const Settings& settings,
                 const aws::Environment& environment) {
  const Result<std::vector<JobHome>> homes = AllJobHomes(settings, environment);
  if (!homes) return Tell(homes.error());
  std::vector<ExitCode> codes;
  for (const JobHome& home : *homes) {
    const auto running = AskRunningJob(home, kStatusPath);
    if (running && !*running) continue;  // stopped already
    codes.push_back(CarryOut(line, settings, home));
  }
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
