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
  return Fail(ErrorCode::kInvalid,
              fmt::format("`{}` cannot be a job's name: set --job to 1 to {} of A-Z a-z 0-9 . _ -",
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

std::vector<std::string> JobsIn(const std::string& root) {
  std::vector<std::string> jobs;
  std::error_code gone;  // a root that cannot be read has no jobs for us
  for (const auto& entry : std::filesystem::directory_iterator(root, gone)) {
    if (entry.is_directory(gone)) jobs.push_back(entry.path().filename().string());
  }
  std::sort(jobs.begin(), jobs.end());
  return jobs;
}

/// --job or SRC-DST; empty when neither is said.
std::string NamedJob(const Settings& settings) {
  if (!settings.job_name.empty()) return settings.job_name;
  if (settings.src.empty() || settings.dst.empty()) return {};
  return NamePart(settings.src) + "-" + NamePart(settings.dst);
}

}  // namespace

Result<JobHome> NewJobHome(const Settings& settings, const aws::Environment& environment) {
  JobHome home;
  home.job_id = NamedJob(settings);
  if (const Result<void> valid = CheckJobName(home.job_id); !valid) {
    return std::unexpected(valid.error());
  }
  if (!settings.state.empty()) {
    home.directory = settings.state;
    return home;
  }
  const Result<std::string> root = StateRoot(environment);
  if (!root) return std::unexpected(root.error());
  home.directory = *root + "/" + home.job_id;
  return home;
}

Result<JobHome> FindJobHome(const Settings& settings, const aws::Environment& environment) {
  std::error_code gone;
  Settings named = settings;
  named.job_name = NamedJob(settings);
  if (!settings.state.empty()) {
    if (!std::filesystem::is_directory(settings.state, gone)) {
      return Fail(ErrorCode::kNotFound, fmt::format("there is no job in {}", settings.state));
    }
    return JobHome{named.job_name, settings.state};
  }
  const Result<std::string> root = StateRoot(environment);
  if (!root) return std::unexpected(root.error());
  const std::vector<std::string> jobs = JobsIn(*root);
  const std::string known = fmt::format("{}", fmt::join(jobs, ", "));
  if (named.job_name.empty()) {
    if (jobs.empty()) {
      return Fail(ErrorCode::kNotFound,
                  fmt::format("no job was started here yet ({}){}", *root, kElsewhere));
    }
    if (jobs.size() > 1) {
      return Fail(ErrorCode::kInvalid, fmt::format("which job? say --job NAME, one of: {}", known));
    }
    named.job_name = jobs.front();
  }
  Result<JobHome> home = NewJobHome(named, environment);
  if (home && !std::filesystem::is_directory(home->directory, gone)) {
    return Fail(ErrorCode::kNotFound,
                fmt::format("there is no job `{}` in {}{}{}", home->job_id, *root,
                            jobs.empty() ? "" : "; there is: " + known, kElsewhere));
  }
  return home;
}

}  // namespace ddbsync::cli
