#include "tests/simulation/cutover_run.h"

#include <fmt/format.h>

#include <utility>

#include "tests/checkpoint/memory_store.h"
#include "verify/limits.h"
#include "verify/verification.h"

namespace ddbsync::simulation {

/// A verification of the quiet form through the process's job.
class CutoverRun::WholeComparison final : public cutover::Comparison {
 public:
  explicit WholeComparison(Process& process) : process_(process) {}

  Result<void> Begin() override {
    if (run_ != nullptr && !run_->ended()) {
      return Fail(ErrorCode::kConflict, "a comparison is under way");
    }
    ++begun_;
    run_.reset();
    auto run = verify::Verification::Open(
        {.form = verify::Form::kQuiet, .memory_bytes = 8 * verify::limits::kBytesPerWalker},
        process_.VerifyParts(std::make_shared<checkpoint::MemoryStore>()));
    if (!run) return std::unexpected(run.error().front());
    run_ = *std::move(run);
    return run_->Start();
  }

  Look LookAtIt() override {
    if (run_ == nullptr) return {.outcome = Look::Outcome::kFailed, .text = "none was begun"};
    const verify::Status status = run_->GetStatus();
    if (!run_->ended()) {
      return {.outcome = Look::Outcome::kUnderWay, .text = std::string(ToString(status.phase))};
    }
    if (status.outcome == verify::Outcome::kEqual) {
      return {.outcome = Look::Outcome::kEqual, .text = "all items are equal"};
    }
    if (status.outcome == verify::Outcome::kDifferent) {
      return {.outcome = Look::Outcome::kDifferent,
              .text = fmt::format("{} keys differ", status.standing())};
    }
    return {.outcome = Look::Outcome::kFailed, .text = status.reason};
  }

  void Stop() override {
    if (run_ != nullptr) run_->Stop();
  }

  [[nodiscard]] int begun() const { return begun_; }

 private:
  Process& process_;
  std::shared_ptr<verify::Verification> run_;
  int begun_ = 0;
};

CutoverRun::CutoverRun(Process& process, Job job, std::unique_ptr<cutover::Hook> hook,
                       const std::optional<checkpoint::CutoverRecord>& found)
    : hook_(std::move(hook)),
      comparison_(job == Job::kRuns ? std::make_unique<WholeComparison>(process) : nullptr) {
  Executor& executor = process.executor();
  constexpr char kTables[] = "arn:aws:dynamodb:us-east-1:000000000000:table/";
  cutover::Cutover::Parts parts{
      .job_id = "a-b",
      .source_arn = kTables + process.SourceSide().table,
      .target_arn = kTables + process.TargetSide().table,
      .schema = {.partition = {"id", dynamodb::KeyType::kString}, .sort = {}},
      .source = process.SourceSide(),
      .target = process.TargetSide(),
      .seam = job == Job::kRuns ? &process.job().seam() : nullptr,
      .ledger = job == Job::kRuns ? process.job().seam().ledger() : ledger_,
      .status = job == Job::kRuns ? [&process] { return process.job().Status(); }
                                  : std::function<replicator::JobStatus()>(),
      .comparison = comparison_.get(),
      .hook = hook_.get(),
      .clock = executor.clock()};
  cutover_ = std::make_shared<cutover::Cutover>(std::move(parts), found);
  if (job == Job::kNone) {
    executor.Spawn(Lane::kCommit, "committer",
                   std::make_shared<checkpoint::Committer>(ledger_, process.store()));
  }
  executor.Spawn(Lane::kTailRead, "cut-over", cutover_);
}

CutoverRun::~CutoverRun() = default;

int CutoverRun::comparisons() const {
  return comparison_ == nullptr ? 0 : comparison_->begun();
}

}  // namespace ddbsync::simulation
