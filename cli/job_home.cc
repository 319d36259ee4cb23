#include "cli/job_home.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "cli/endpoint.h"
#include "cli/limits.h"

namespace ddbsync::cli {
namespace {

constexpr std::string_view kElsewhere = "; of one that keeps its state elsewhere say --state DIR";

bool IsJobNameCharacter(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '_' || c == '-';
}

Result<void> CheckJobName(std::string_view name) {
  const bool characters = std::all_of(name.begin(), name.end(), IsJobNameCharacter);
  if (characters && !name.empty() && name.size() <= limits::kLongestJobName && name != "." &&
      name != "..") {
    return {};
  }
  return Fail(
      ErrorCode::kInvalid,
      fmt::format("`{}` cannot be a job's name: set --job, or `name` in its [[job]], to 1 to "
                  "{} of A-Z a-z 0-9 . _ -",
                  name, limits::kLongestJobName));
}

/// An ARN's name alone would make jobs of two regions or accounts share their state.
std::string NamePart(const std::string& argument) {
  const auto arn = ParseTableArn(argument);
  return arn ? fmt::format("{}.{}.{}", arn->region, arn->account, arn->table) : argument;
}

Result<std::string> StateRoot(const aws::Environment& environment) {
  if (const auto root = environment.Get("XDG_STATE_HOME")) return *root + "/ddbsync";
  if (const auto home = environment.Get("HOME")) return *home + "/.local/state/ddbsync";
  return Fail(ErrorCode::kInvalid,
              "no place for the job's state: HOME is not set; say where with --state DIR");
}

/// Whether a job's state lies in `directory` itself.
bool IsHome(const JobHome& home) {
  std::error_code gone;
  return std::filesystem::exists(home.StoreDirectory(), gone) ||
         std::filesystem::exists(home.ApiFile(), gone);
}

/// By name.
std::vector<JobHome> JobsIn(const std::string& root) {
  std::vector<JobHome> jobs;
  std::error_code gone;  // a root that cannot be read has no jobs for us
  for (const auto& entry : std::filesystem::directory_iterator(root, gone)) {
    JobHome job{entry.path().filename().string(), entry.path().string()};
    if (IsHome(job)) jobs.push_back(std::move(job));
  }
  std::ranges::sort(jobs, {}, &JobHome::job_id);
  return jobs;
}

std::string Names(const std::vector<JobHome>& jobs) {
  std::vector<std::string_view> names;
  for (const JobHome& job : jobs) names.push_back(job.job_id);
  return fmt::format("{}", fmt::join(names, ", "));
}

/// --job or SRC-DST; empty when neither is said.
std::string NamedJob(const Settings& settings) {
  if (!settings.job_name.empty()) return settings.job_name;
  return NameOfCopy(settings.src, settings.dst);
}

}  // namespace

std::string NameOfCopy(const std::string& src, const std::string& dst) {
  return src.empty() || dst.empty() ? "" : NamePart(src) + "-" + NamePart(dst);
}

Result<JobHome> NewJobHome(const Settings& settings, const aws::Environment& environment,
                           bool one_of_several) {
  JobHome home;
  home.job_id = NamedJob(settings);
  if (const Result<void> valid = CheckJobName(home.job_id); !valid) {
    return std::unexpected(valid.error());
  }
  if (!settings.state.empty()) {
    home.directory = one_of_several ? settings.state + "/" + home.job_id : settings.state;
    return home;
  }
  const Result<std::string> root = StateRoot(environment);
  if (!root) return std::unexpected(root.error());
  home.directory = *root + "/" + home.job_id;
  return home;
}

Result<std::vector<JobHome>> AllJobHomes(const Settings& settings,
                                         const aws::Environment& environment) {
  std::string root = settings.state;
  if (root.empty()) {
    Result<std::string> standard = StateRoot(environment);
    if (!standard) return std::unexpected(standard.error());
    root = *standard;
  } else if (const JobHome only{NamedJob(settings), root}; IsHome(only)) {
    return std::vector{only};
  }
  return JobsIn(root);
}

Result<JobHome> FindJobHome(const Settings& settings, const aws::Environment& environment) {
  std::error_code gone;
  if (!settings.state.empty() && !std::filesystem::is_directory(settings.state, gone)) {
    return Fail(ErrorCode::kNotFound, fmt::format("there is no job in {}", settings.state));
  }
  const std::string name = NamedJob(settings);
  const Result<std::vector<JobHome>> found = AllJobHomes(settings, environment);
  if (!found) return std::unexpected(found.error());
  const std::vector<JobHome>& jobs = *found;
  // A state directory that is one job's own needs no name.
  const bool own =
      !settings.state.empty() && jobs.size() == 1 && jobs.front().directory == settings.state;
  if (own) return jobs.front();
  const std::string root =
      settings.state.empty() ? StateRoot(environment).value_or("") : settings.state;
  if (name.empty() && jobs.size() == 1) return jobs.front();
  if (jobs.empty() && !settings.state.empty()) {
    return Fail(ErrorCode::kNotFound, fmt::format("there is no job in {}", settings.state));
  }
  if (name.empty() && jobs.empty()) {
    return Fail(ErrorCode::kNotFound,
                fmt::format("no job was started here yet ({}){}", root, kElsewhere));
  }
  if (name.empty()) {
    return Fail(ErrorCode::kInvalid,
                fmt::format("which job? say --job NAME, one of: {}", Names(jobs)));
  }
  if (const Result<void> valid = CheckJobName(name); !valid) {
    return std::unexpected(valid.error());
  }
  const auto named = std::ranges::find(jobs, name, &JobHome::job_id);
  if (named != jobs.end()) return *named;
  return Fail(ErrorCode::kNotFound,
              fmt::format("there is no job `{}` in {}{}{}", name, root,
                          jobs.empty() ? "" : "; there is: " + Names(jobs), kElsewhere));
}

}  // namespace ddbsync::cli
