#include "cli/several_jobs.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/limits.h"
#include "cli/limits.h"
#include "cli/text.h"

namespace ddbsync::cli {

std::vector<Error> ShareMemory(RunPlan& plan) {
  if (plan.jobs.empty()) return {};
  const size_t least = limits::kLeastMemoryOfAJob * plan.jobs.size();
  size_t all = plan.settings.job.memory_bytes;
  if (all == 0) all = std::max(ddbsync::limits::kDefaultMemoryBytes, least);
  if (all < least) {
    return {{ErrorCode::kInvalid,
             fmt::format("--memory: {} are too little for {} jobs; give at least {}",
                         BytesText(static_cast<int64_t>(all)), plan.jobs.size(),
                         BytesText(static_cast<int64_t>(least)))}};
  }
  for (JobPlan& job : plan.jobs) job.settings.job.memory_bytes = all / plan.jobs.size();
  return {};
}

std::vector<Error> CompareJobs(const std::vector<JobPlan>& jobs) {
  std::vector<Error> faults;
  const auto tell = [&faults](std::string message) {
    faults.push_back({ErrorCode::kInvalid, std::move(message)});
  };
  for (size_t b = 0; b < jobs.size(); ++b) {
    const JobPlan& later = jobs[b];
    if (later.home.job_id.empty()) continue;  // at fault already
    for (size_t a = 0; a < b; ++a) {
      const JobPlan& earlier = jobs[a];
      const std::string pair =
          fmt::format("jobs {} and {}", earlier.home.job_id, later.home.job_id);
      if (earlier.home.job_id == later.home.job_id) {
        tell(fmt::format("two jobs are called {}: give one of them another `name`",
                         later.home.job_id));
      }
      if (IsSameTable(earlier.target, later.target)) {
        tell(fmt::format("{} would both write to {}", pair, later.target.table));
      }
      for (const auto& [writes, reads] :
           {std::pair{&earlier, &later}, std::pair{&later, &earlier}}) {
        if (!IsSameTable(writes->target, reads->source)) continue;
        tell(fmt::format("{}: {} writes to {}, which the other reads", pair, writes->home.job_id,
                         reads->source.table));
      }
    }
  }
  return faults;
}

}  // namespace ddbsync::cli
