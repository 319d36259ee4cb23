#pragma once

#include <atomic>
#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "aws/environment.h"
#include "base/clock.h"
#include "base/thread_executor.h"
#include "checkpoint/store.h"
#include "cli/call_metrics.h"
#include "cli/endpoint_clients.h"
#include "cli/history.h"
#include "cli/run_plan.h"
#include "metrics/exposition.h"
#include "metrics/http_server.h"
#include "replicator/job.h"

namespace ddbsync::cli {

/// A job with everything it stands on, built and taken down in one place: the only one that knows
/// which concrete things the engine's doors lead to.
///
/// Members are declared in the order of building; what is declared later uses what is declared
/// earlier and goes first.
class Engine {
 public:
  /// Sends nothing yet. `environment` and `clock` outlive the engine.
  Engine(const RunPlan& plan, const aws::Environment& environment, Clock& clock);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// Takes the state directory, the port, and looks at both tables. Blocks. Errors: every fault
  /// that can be found before something would have to be written, one Error each.
  [[nodiscard]] std::expected<void, std::vector<Error>> Open();

  /// After Open.
  [[nodiscard]] replicator::Job& job() { return *job_; }

  /// Of the page, for a browser on this machine: "http://127.0.0.1:9853/". After Open.
  [[nodiscard]] std::string url() const;

  /// Of the job, or of what goes before it. Any thread.
  [[nodiscard]] replicator::JobStatus Status() const;

  /// Somebody asked through the API that this process ends.
  [[nodiscard]] bool stop_asked() const { return stop_asked_; }

 private:
  void OpenStore(std::vector<Error>& faults);
  void ConnectSides(std::vector<Error>& faults);
  void Serve(std::vector<Error>& faults);
  [[nodiscard]] streams::ShardFamily Family() const;
  void LeaveCard(std::vector<Error>& faults);

  const RunPlan plan_;
  const aws::Environment& environment_;
  Clock& clock_;
  const WallTime started_at_;
  CallMetrics calls_;
  std::unique_ptr<EndpointClients> source_;
  std::unique_ptr<EndpointClients> target_;
  std::unique_ptr<checkpoint::Store> store_;
  ThreadExecutor executor_;
  std::unique_ptr<replicator::Job> job_;
  /// job_ as the server's threads may see it; null until it is open.
  std::atomic<replicator::Job*> visible_job_{nullptr};
  std::atomic<bool> stop_asked_{false};
  History history_;
  metrics::Exposition exposition_;
  metrics::HttpServer server_;
  bool card_left_ = false;  ///< api.json is ours
};

}  // namespace ddbsync::cli
