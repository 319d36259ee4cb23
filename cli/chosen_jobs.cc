#include "cli/chosen_jobs.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "cli/limits.h"
#include "cli/several_jobs.h"

namespace ddbsync::cli {
namespace {

/// Makes a choice's jobs.
class ChosenJobs {
 public:
  ChosenJobs(RunPlan& plan, const aws::Environment& environment)
      : plan_(plan), choice_(*plan.choice), environment_(environment) {}

  std::expected<void, std::vector<Error>> Add(const std::vector<std::string>& tables) {
    for (const std::string& table : tables) AddJob(table, /*begun_earlier=*/false);
    for (const std::string& table : BegunEarlier()) {
      if (std::ranges::find(tables, table) == tables.end()) AddJob(table, /*begun_earlier=*/true);
    }
    if (plan_.jobs.empty()) {
      faults_.push_back(
          {ErrorCode::kInvalid, fmt::format("there is no job `{}`; the tables found make: {}",
                                            plan_.settings.job_name, fmt::join(names_, ", "))});
    }
    for (const auto& found : {ShareMemory(plan_), CompareJobs(plan_.jobs)}) {
      faults_.insert(faults_.end(), found.begin(), found.end());
    }
    if (!faults_.empty()) return std::unexpected(std::move(faults_));
    return {};
  }

 private:
  std::vector<std::string> BegunEarlier() const {
    std::vector<std::string> sources;
    const Result<std::vector<JobHome>> homes = AllJobHomes(plan_.settings, environment_);
    if (!homes) return sources;  // told for each job already
    for (const JobHome& home : *homes) {
      if (auto source = choice_.SourceOf(home.job_id)) sources.push_back(std::move(*source));
    }
    return sources;
  }

  void AddJob(const std::string& table, bool begun_earlier) {
    const std::string copy = choice_.TargetName(table);
    names_.push_back(NameOfCopy(table, copy));
    const std::string& wanted = plan_.settings.job_name;
    if (!wanted.empty() && names_.back() != wanted) return;
    JobPlan& job = plan_.jobs.emplace_back(JobPlan{.settings = plan_.settings,
                                                   .source = choice_.source,
                                                   .target = choice_.target,
                                                   .home = {},
                                                   .begun_earlier = begun_earlier});
    job.settings.src = table;
    job.settings.dst = copy;
    job.source.label = fmt::format("source {}", job.source.table = table);
    job.target.label = fmt::format("target {}", job.target.table = copy);
    const bool can_be = IsTableName(copy);
    if (!can_be || names_.back().size() > limits::kLongestJobName) {
      faults_.push_back({ErrorCode::kInvalid,
                         can_be ? fmt::format("the job of {} would be called `{}`, which is more "
                                              "than {} characters: copy it with --src and --dst, "
                                              "and a --job of its own",
                                              table, names_.back(), limits::kLongestJobName)
                                : fmt::format("the copy of {} would be called `{}`, which no table "
                                              "can be (3 to 255 of A-Z a-z 0-9 _ . -)",
                                              table, copy)});
      return;
    }
    FindHome(job, environment_, /*one_of_several=*/true, faults_);
    if (!begun_earlier) return;
    job.source.not_found_hint = fmt::format(
        "it was copied before: if that is over, remove {} and start again", job.home.directory);
  }

  RunPlan& plan_;
  const TableChoice& choice_;
  const aws::Environment& environment_;
  std::vector<std::string> names_;
  std::vector<Error> faults_;
};

}  // namespace

std::expected<void, std::vector<Error>> AddChosen(RunPlan& plan,
                                                  const std::vector<std::string>& tables,
                                                  const aws::Environment& environment) {
  return ChosenJobs(plan, environment).Add(tables);
}

}  // namespace ddbsync::cli
