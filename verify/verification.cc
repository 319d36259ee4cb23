#include "verify/verification.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/limits.h"
#include "replicator/backfill.h"
#include "replicator/limits.h"
#include "replicator/startup_call.h"
#include "verify/conductor.h"
#include "verify/limits.h"
#include "verify/resolver.h"

namespace ddbsync::verify {
namespace {

constexpr double kMillion = 1e6;

/// Ends when its run has: the committer itself never does.
class RunCommitter final : public Task {
 public:
  RunCommitter(std::shared_ptr<Verification> run, checkpoint::Ledger& ledger,
               checkpoint::Store& store)
      : run_(std::move(run)), committer_(ledger, store) {}

  void Attach(Waker waker) override { committer_.Attach(std::move(waker)); }
  Next Step(TimePoint now) override { return run_->ended() ? Next::Done() : committer_.Step(now); }

 private:
  const std::shared_ptr<Verification> run_;
  checkpoint::Committer committer_;
};

/// Keeps a run alive as long as one of its tasks is.
template <class T>
std::shared_ptr<T> OwnedBy(const std::shared_ptr<Verification>& run, std::shared_ptr<T> task) {
  struct Both {
    std::shared_ptr<Verification> run;  // outlives the task: declared first
    std::shared_ptr<T> task;
  };
  const auto both = std::make_shared<Both>(run, std::move(task));
  return {both, both->task.get()};
}

std::optional<double> RateOf(const std::optional<double>& asked,
                             const dynamodb::TableDescription& table) {
  if (asked) return asked;
  if (table.on_demand || table.read_units <= 0) return std::nullopt;
  return table.read_units / 2;  // the application's share comes first
}

/// Which form, and why.
std::pair<Form, std::string> ChooseForm(const Options& options, double changes_per_second,
                                        bool job_follows, int64_t items) {
  if (options.form != Form::kChoose) return {options.form, "as asked"};
  if (options.extras_only) return {Form::kLive, "only the target's keys are looked at"};
  if (options.sample < 1) return {Form::kLive, "sums of a sample could not be compared"};
  if (!job_follows) return {Form::kQuiet, "no job follows, so both tables are taken to be quiet"};
  const double seconds = 2 * static_cast<double>(items) / limits::kScannedPerSecond;
  const double changing =
      items > 0 ? changes_per_second * seconds / static_cast<double>(items) : 0.0;
  const bool quiet = changing <= limits::kQuietShare;
  return {quiet ? Form::kQuiet : Form::kLive,
          fmt::format("{:.0f} changes a second are {} for comparing sums", changes_per_second,
                      quiet ? "few enough" : "too many")};
}

bool Resumes(const Options& options, const State& state, const RunRecord& fresh) {
  if (!state.run) return false;
  const RunRecord& begun = *state.run;
  // Nothing can be added to sums of other digests.
  if (begun.phase == Phase::kDigesting && state.old_digests) return false;
  return !options.anew && begun.phase != Phase::kEnded &&
         begun.source_identity == fresh.source_identity &&
         begun.target_identity == fresh.target_identity && begun.extras_only == fresh.extras_only &&
         begun.sample_ppm == fresh.sample_ppm &&
         (options.form == Form::kChoose || options.form == begun.form);
}

int Segments(const dynamodb::TableDescription& table, double sample) {
  const int chosen = replicator::ChooseSegments(table.size_bytes);
  if (sample >= 1) return chosen;
  return std::max(chosen, static_cast<int>(std::ceil(limits::kSampledSegments / sample)));
}

int Walkers(size_t memory_bytes) {
  const size_t memory = memory_bytes > 0 ? memory_bytes : ddbsync::limits::kDefaultMemoryBytes;
  return std::clamp(static_cast<int>(memory / limits::kBytesPerWalker), limits::kMinWalkers,
                    limits::kMaxWalkers);
}

}  // namespace

std::vector<Error> Verification::LookAtTables(const Parts& parts, Tables& tables) {
  std::vector<Error> faults;
  aws::RetryBudget budget;
  for (const auto& [side, table] :
       {std::pair{&parts.source, &tables.source}, std::pair{&parts.target, &tables.target}}) {
    auto described = replicator::CallPatiently(
        parts.clock, budget, [&] { return side->tables->DescribeTable(side->table); });
    if (described) {
      *table = *std::move(described);
    } else if (described.error().code == ErrorCode::kNotFound) {
      faults.push_back({ErrorCode::kNotFound,
                        fmt::format("{}: there is no table '{}' there; check its name, region, "
                                    "account and endpoint",
                                    side->label, side->table),
                        described.error().context});
    } else {
      faults.push_back({described.error().code,
                        fmt::format("{}: cannot look at its table '{}': {}", side->label,
                                    side->table, described.error().message),
                        described.error().context});
    }
  }
  if (!faults.empty()) return faults;
  if (tables.source.Identity() == tables.target.Identity()) {
    faults.push_back(
        {ErrorCode::kInvalid, "source and target are the same table: " + tables.source.arn});
  }
  if (tables.source.key != tables.target.key) {
    faults.push_back({ErrorCode::kInvalid, "the key schemas differ: source " +
                                               dynamodb::ToString(tables.source.key) + ", target " +
                                               dynamodb::ToString(tables.target.key)});
  }
  return faults;
}

RunRecord Verification::NewRun(const Options& options, const Parts& parts, const Tables& tables) {
  const int64_t items = std::max(tables.source.item_count, tables.target.item_count);
  auto [form, why] = ChooseForm(options, parts.changes_per_second, parts.copy != nullptr, items);
  const size_t buckets = form == Form::kQuiet ? ChooseBuckets(items) : 0;
  return {.source_identity = tables.source.Identity(),
          .target_identity = tables.target.Identity(),
          .form = form,
          .why = std::move(why),
          .phase = form == Form::kQuiet ? Phase::kDigesting : Phase::kComparing,
          .extras_only = options.extras_only,
          .sample_ppm = std::llround(options.sample * kMillion),
          .seed = static_cast<int64_t>(options.seed),
          .source_segments = Segments(tables.source, options.sample),
          .target_segments = Segments(tables.target, options.sample),
          .buckets = static_cast<int64_t>(buckets),
          .source_items = tables.source.item_count,
          .target_items = tables.target.item_count,
          .began = parts.source.tables->aws().server_clock().Now()};
}

std::expected<std::shared_ptr<Verification>, std::vector<Error>> Verification::Open(Options options,
                                                                                    Parts parts) {
  DDBSYNC_CHECK(options.sample > 0 && options.sample <= 1);
  Tables tables;
  if (auto faults = LookAtTables(parts, tables); !faults.empty()) return std::unexpected(faults);
  const auto fault = [](Error error) { return std::unexpected(std::vector{std::move(error)}); };
  auto state = LoadRun(*parts.store);
  if (!state) return fault(std::move(state.error()));
  RunRecord run = NewRun(options, parts, tables);
  if (Resumes(options, *state, run)) {
    run = *state->run;
  } else {
    checkpoint::Batch batch;
    if (auto listed = DeleteAll(*parts.store, batch); !listed) return fault(listed.error());
    PutRun(batch, run);
    if (auto written = parts.store->Commit(batch); !written) return fault(written.error());
    *state = {};
  }
  return std::shared_ptr<Verification>(
      new Verification(options, std::move(parts), tables, std::move(run), *std::move(state)));
}

Verification::Verification(Options options, Parts parts, const Tables& tables, RunRecord run,
                           State restored)
    : options_(options),
      parts_(std::move(parts)),
      schema_(tables.source.key),
      source_capacity_("read-capacity", RateOf(parts_.read_capacity, tables.source)),
      target_capacity_("read-capacity", RateOf(parts_.read_capacity, tables.target)),
      source_{.client = *parts_.source.tables,
              .name = parts_.source.table,
              .label = parts_.source.label,
              .capacity = parts_.copy == nullptr ? source_capacity_ : parts_.copy->read_capacity()},
      target_{.client = *parts_.target.tables,
              .name = parts_.target.table,
              .label = parts_.target.label,
              .capacity = target_capacity_},
      scans_({.initial = replicator::limits::kInitialInFlight,
              .maximum = limits::kMaxWalkers,
              .work = replicator::limits::kWorkOfAPage,
              .processors = options_.processors}),
      findings_(std::move(run), std::move(restored), ledger_,
                parts_.source.tables->aws().server_clock(), parts_.clock.Now()) {}

RunContext Verification::Context() {
  return {.source = source_,
          .target = target_,
          .schema = schema_,
          .findings = findings_,
          .health = health_,
          .budget = budget_,
          .server_clock = parts_.source.tables->aws().server_clock(),
          .scans = scans_,
          .stopped = stopped_,
          .clock = parts_.executor.clock()};
}

Result<void> Verification::Start() {
  const auto self = shared_from_this();
  Executor& executor = parts_.executor;
  replicator::LiveCopy* copy = parts_.copy;
  if (options_.watch && copy != nullptr) copy->RememberChanges(true);
  // What an earlier run found, which perhaps was not to repair it.
  if (options_.repair) findings_.SuspectStanding(executor.clock().Now());
  if (options_.repair && copy != nullptr) {
    repairs_ = std::make_shared<RepairsByJob>(*copy);
  } else if (options_.repair) {
    auto direct =
        std::make_shared<DirectRepairs>(DirectRepairs::Context{.source = source_.client,
                                                               .source_table = source_.name,
                                                               .target = target_.client,
                                                               .target_table = target_.name,
                                                               .schema = schema_,
                                                               .health = health_,
                                                               .budget = budget_,
                                                               .stopped = stopped_,
                                                               .settle = options_.settle,
                                                               .clock = executor.clock()});
    executor.Spawn(Lane::kBackfillWrite, "verify repairs", OwnedBy(self, direct));
    repairs_ = direct;
  }
  executor.Spawn(Lane::kCommit, "verify committer",
                 std::make_shared<RunCommitter>(self, ledger_, *parts_.store));
  executor.Spawn(Lane::kControl, "verify conductor", std::make_shared<VerifyConductor>(self));
  for (int slot = 0; slot < Walkers(options_.memory_bytes); ++slot) {
    executor.Spawn(Lane::kScan, "verify walker",
                   OwnedBy(self, std::make_shared<Walker>(slot, Context())));
  }
  for (int slot = 0; slot < limits::kResolvers; ++slot) {
    executor.Spawn(Lane::kScan, "verify resolver",
                   OwnedBy(self, std::make_shared<Resolver>(
                                     slot, Resolver::Context{.run = Context(),
                                                             .options = options_,
                                                             .copy = copy,
                                                             .repairs = repairs_.get()})));
  }
  return {};
}

bool Verification::ended() const {
  MutexLock lock(mutex_);
  return ended_;
}

Status Verification::GetStatus() const {
  Status status;
  findings_.FillStatus(status);
  status.repairs = options_.repair;
  status.now = parts_.source.tables->aws().server_clock().Now();
  status.source.units = source_.units;
  status.target.units = target_.units;
  status.last_warning = health_.last_warning();
  MutexLock lock(mutex_);
  if (samples_.size() > 1) {
    const double seconds =
        std::chrono::duration<double>(samples_.back().time - samples_.front().time).count();
    const auto items = static_cast<double>(samples_.back().items - samples_.front().items);
    if (seconds > 0) status.items_per_second = items / seconds;
  }
  const auto expected =
      static_cast<double>(status.source.expected + status.target.expected) * status.sample;
  if (status.progress > limits::kEtaFloor && status.items_per_second > 0 && status.progress < 1) {
    status.eta_seconds = expected * (1 - *status.progress) / status.items_per_second;
  }
  status.outcome = outcome_;
  status.reason = reason_;
  return status;
}

std::vector<Difference> Verification::List(size_t most, Duration min_age) const {
  const WallTime now = parts_.source.tables->aws().server_clock().Now();
  return findings_.List(most, now - std::chrono::duration_cast<WallTime::duration>(min_age));
}

}  // namespace ddbsync::verify
