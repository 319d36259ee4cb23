#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "aws/environment.h"
#include "base/clock.h"
#include "base/thread_executor.h"
#include "cli/api.h"
#include "cli/run_plan.h"
#include "cli/running_job.h"
#include "metrics/exposition.h"
#include "metrics/http_server.h"
#include "replicator/account_capacity.h"

namespace ddbsync::cli {

/// The jobs of a process and what they share, built and taken down in one place: threads, the
/// server, /metrics. What each has of its own is RunningJob's.
///
/// Members are declared in the order of building; what is declared later uses what is declared
/// earlier and goes first.
class Engine {
 public:
  using Jobs = std::vector<std::unique_ptr<RunningJob>>;

  /// Sends nothing yet. `environment` and `clock` outlive the engine.
  Engine(const RunPlan& plan, const aws::Environment& environment, Clock& clock);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// Takes the state directories, the port, and looks at all tables. Blocks. Errors: every fault
  /// that can be found before something would have to be written, one Error each; where there are
  /// several jobs it says of which. But faults of some jobs do not keep from going on what another
  /// start has begun: then those are given up and shown as failed.
  [[nodiscard]] std::expected<void, std::vector<Error>> Open();

  /// At least one.
  [[nodiscard]] const Jobs& jobs() const { return jobs_; }

  /// Of the page, for a browser on this machine: "http://127.0.0.1:9853/". After Open.
  [[nodiscard]] std::string url() const;

  /// At each job, in their order. Any thread.
  [[nodiscard]] std::vector<JobLook> Looks() const;

  /// Somebody asked through the API that all of them end.
  [[nodiscard]] bool stop_asked() const;

  /// Nobody is answered, or can ask for anything, any more. Blocks.
  void StopServing() { server_.Stop(); }

 private:
  using Faults = std::vector<Error>;

  void Serve(Faults& faults);
  void LeaveCards(Faults& faults);
  void OpenJobs(Faults& faults);
  /// What the tables' own names tell of jobs that would spoil each other's work.
  void CompareTables(Faults& faults) const;
  /// Lets each job that is not given up find its faults, several jobs at a time, and judges them.
  void OfEach(const std::function<Faults(RunningJob&)>& find, Faults& faults);
  /// `found`, one for each job: to `faults`, or to where they are shown.
  void Judge(std::vector<Faults> found, Faults& faults);

  const RunPlan plan_;
  ThreadExecutor executor_;
  replicator::AccountCapacity accounts_;
  Jobs jobs_;
  metrics::Exposition exposition_;
  metrics::HttpServer server_;
};

}  // namespace ddbsync::cli
