#include "cli/engine.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <future>
#include <map>
#include <utility>

#include "cli/api.h"
#include "cli/job_metrics.h"
#include "cli/limits.h"
#include "cli/page.h"
#include "metrics/listen_address.h"

namespace ddbsync::cli {
namespace {

using replicator::JobStatus;

int ThreadsPerLane(const RunPlan& plan) {
  if (plan.settings.io_threads > 0) return plan.settings.io_threads;
  const int further = static_cast<int>(plan.jobs.size()) - 1;
  return std::min(limits::kMostIoThreads,
                  limits::kDefaultIoThreads + further * limits::kIoThreadsOfAJob);
}

}  // namespace

Engine::Engine(const RunPlan& plan, const aws::Environment& environment, Clock& clock)
    : plan_(plan),
      executor_(clock, {.max_threads_per_lane = ThreadsPerLane(plan)}),
      accounts_(plan.settings.account_read_capacity, plan.settings.account_write_capacity) {
  const bool several = plan_.jobs.size() > 1;
  for (const JobPlan& job : plan_.jobs) {
    jobs_.push_back(
        std::make_unique<RunningJob>(job, several ? job.home.job_id : "",
                                     SharedParts{environment, clock, executor_, accounts_}));
  }
}

Engine::~Engine() {
  // Nothing may look at the jobs, then nothing may run in them, before they go.
  server_.Stop();
  executor_.Stop();
}

std::expected<void, std::vector<Error>> Engine::Open() {
  Faults faults;
  OfEach(&RunningJob::Prepare, faults);
  // A second start of a running job would also find its port taken; the lock is the truth of it.
  if (faults.empty()) Serve(faults);
  // Before the tables are looked at, which may take minutes: `status` finds this process meanwhile.
  if (faults.empty()) LeaveCards(faults);
  if (faults.empty()) OpenJobs(faults);
  if (!faults.empty()) return std::unexpected(std::move(faults));
  return {};
}

void Engine::OfEach(const std::function<Faults(RunningJob&)>& find, Faults& faults) {
  std::vector<Faults> found(jobs_.size());
  std::atomic<size_t> next{0};
  const auto take_turns = [&] {
    for (size_t i; (i = next++) < jobs_.size();) {
      if (!jobs_[i]->Ended()) found[i] = find(*jobs_[i]);
    }
  };
  std::vector<std::future<void>> others;
  for (size_t i = 1; i < std::min(jobs_.size(), limits::kJobsOpenedAtOnce); ++i) {
    others.push_back(std::async(std::launch::async, take_turns));
  }
  take_turns();
  for (std::future<void>& other : others) other.get();
  Judge(std::move(found), faults);
}

void Engine::Judge(std::vector<Faults> found, Faults& faults) {
  bool some_well = false;
  bool some_begun = false;
  for (size_t i = 0; i < jobs_.size(); ++i) {
    const bool well = found[i].empty() && !jobs_[i]->Ended();
    some_well |= well;
    some_begun |= well && jobs_[i]->begun();
  }
  for (size_t i = 0; i < jobs_.size(); ++i) {
    if (found[i].empty()) continue;
    // A stream keeps changes for a day only: what follows one must not wait for another's table.
    if (some_begun) {
      jobs_[i]->GiveUp(found[i]);
      continue;
    }
    for (Error& fault : found[i]) {
      if (jobs_.size() > 1) {
        fault.message = fmt::format("job {}: {}", plan_.jobs[i].home.job_id, fault.message);
      }
      faults.push_back(std::move(fault));
    }
  }
  DDBSYNC_CHECK(some_well || !faults.empty());
}

void Engine::OpenJobs(Faults& faults) {
  const auto makes = [](const JobPlan& plan) {
    return plan.settings.job.create_target || plan.settings.job.enable_stream;
  };
  // Of one job's fault all others hear before any of them makes something.
  if (jobs_.size() > 1 && std::ranges::any_of(plan_.jobs, makes)) OfEach(&RunningJob::Look, faults);
  if (faults.empty()) OfEach(&RunningJob::Open, faults);
  if (faults.empty()) CompareTables(faults);
}

void Engine::CompareTables(Faults& faults) const {
  // A table has many names: an ARN, a name, and that seen with other keys.
  const auto table = [](const std::string& arn, const Endpoint& side) {
    return replicator::AccountCapacity::Of(arn, side.url) + " " + arn;
  };
  std::map<std::string, std::string> writers;  // of a table, the job
  const std::vector<JobLook> looks = Looks();
  for (size_t i = 0; i < looks.size(); ++i) {
    if (looks[i].ended) continue;  // given up
    const JobStatus& job = looks[i].status;
    const auto [other, alone] =
        writers.try_emplace(table(job.target_arn, plan_.jobs[i].target), job.job_id);
    if (alone) continue;
    faults.push_back({ErrorCode::kInvalid, fmt::format("jobs {} and {} would both write to {}",
                                                       other->second, job.job_id, job.target_arn)});
  }
  for (size_t i = 0; i < looks.size(); ++i) {
    if (looks[i].ended) continue;
    const JobStatus& job = looks[i].status;
    const auto writer = writers.find(table(job.source_arn, plan_.jobs[i].source));
    if (writer == writers.end()) continue;
    faults.push_back(
        {ErrorCode::kInvalid, fmt::format("job {} writes to {}, which job {} reads", writer->second,
                                          job.source_arn, job.job_id)});
  }
}

void Engine::LeaveCards(Faults& faults) {
  const auto absolute = [](const std::string& path) {
    return path.empty() ? path : std::filesystem::absolute(path).string();
  };
  for (const auto& job : jobs_) {
    if (job->Ended()) continue;  // given up: its place may be another process's
    const auto left = job->LeaveCard({.address = metrics::LocalAddress(server_.address()),
                                      .pid = static_cast<int>(getpid()),
                                      .token_file = absolute(plan_.settings.token_file),
                                      .certificate = absolute(plan_.settings.tls_cert),
                                      .jobs = static_cast<int>(jobs_.size())});
    if (!left) faults.push_back(left.error());
  }
}

void Engine::Serve(Faults& faults) {
  exposition_.Register([this](metrics::Samples& samples) {
    WriteBuildInfo(samples);
    for (const auto& job : jobs_) job->WriteMetrics(samples);
  });
  std::vector<std::string> names;
  for (const auto& job : jobs_) {
    names.push_back(job->plan().home.job_id);
    job->AddRoutes(server_, JobPath(names.back()));
    if (jobs_.size() == 1) job->AddRoutes(server_, "");
  }
  if (jobs_.size() > 1) {
    RefuseRoutesOfOne(server_, names);
    AddOverview(server_);
  }
  AddRoutes(server_,
            {.jobs = [this] { return Looks(); }, .metrics = [this] { return exposition_.Text(); }});
  if (auto started = server_.Start(plan_.settings.listen, plan_.access); !started) {
    faults.push_back(std::move(started.error()));
  }
}

std::string Engine::url() const {
  return (plan_.access.identity ? "https://" : "http://") +
         metrics::LocalAddress(server_.address()) + "/";
}

std::vector<JobLook> Engine::Looks() const {
  std::vector<JobLook> looks;
  for (const auto& job : jobs_) looks.push_back({job->Status(), job->Ended()});
  return looks;
}

bool Engine::stop_asked() const {
  return std::ranges::all_of(jobs_, &RunningJob::stop_asked);
}

}  // namespace ddbsync::cli
