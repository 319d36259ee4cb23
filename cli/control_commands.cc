#include <fmt/format.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>

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
      return Order{kPausePath, settings.pause_all ? R"({"tail":true})" : "{}"};
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

ExitCode Tell(const Error& error) {
  return TellFaults(std::span(&error, 1));
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
  if (line.command == Command::kStop && !process.WaitForEnd(kPatience)) {
    Tell(
        {ErrorCode::kRetry,
         fmt::format("process {} still finishes what is in flight; `ddbsync status --job {}` shows "
                     "it",
                     card ? card->pid : 0, home.job_id)});
    return ExitCode::kFailed;
  }
  std::printf("%s\n", settings.json ? StatusToJson(*status, true).c_str()
                                    : Done(line.command, *status).c_str());
  return ExitCode::kDone;
}

}  // namespace

ExitCode RunControl(const CommandLine& line, const aws::Environment& environment) {
  const auto settings = PlanLook(line, environment);
  if (!settings) return TellFaults(settings.error());
  const Result<JobHome> home = FindJobHome(*settings, environment);
  if (!home) {
    Tell(home.error());
    return home.error().code == ErrorCode::kNotFound ? ExitCode::kFailed : ExitCode::kUsage;
  }
  return CarryOut(line, *settings, *home);
}

}  // namespace ddbsync::cli
