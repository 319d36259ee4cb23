#include "cli/meant_job.h"

#include <fmt/format.h>

#include <utility>

namespace ddbsync::cli {

std::expected<MeantJob, std::vector<Error>> FindMeantJob(const CommandLine& line,
                                                         const aws::Environment& environment) {
  auto planned = PlanRun(line, environment);
  const auto looked = PlanLook(line, environment);
  if (planned && planned->jobs.size() == 1 && !planned->choice) {
    JobPlan& job = planned->jobs.front();
    return MeantJob{planned->settings, job.home, std::move(job)};
  }
  // Faults of the flags' own values are all in both.
  if (!looked) return std::unexpected(planned ? looked.error() : planned.error());
  std::vector<Error> faults;
  if (!planned) {
    faults = planned.error();
  } else {
    faults.push_back(
        {ErrorCode::kInvalid, planned->choice
                                  ? "no process runs this job: say its tables with --src and --dst"
                                  : "several jobs are in the config: say which with --job NAME"});
  }
  // A process that runs it needs no endpoints of ours: the name is enough, as for `status`.
  const auto home = FindJobHome(*looked, environment);
  if (!home) return std::unexpected(std::move(faults));
  return MeantJob{*looked, *home, std::unexpected(std::move(faults))};
}

std::string JobFlags(const Settings& settings) {
  std::string flags;
  const auto add = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) flags += fmt::format("{}--{} {}", flags.empty() ? "" : " ", name, value);
  };
  add("src", settings.src);
  add("dst", settings.dst);
  add("job", settings.job_name);
  add("state", settings.state);
  return flags;
}

std::string JobFlags(Settings settings, const JobHome& home) {
  if (!settings.state.empty()) settings.state = home.directory;
  return JobFlags(settings);
}

}  // namespace ddbsync::cli
