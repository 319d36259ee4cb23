#include "cli/run_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "base/limits.h"
#include "cli/access.h"
#include "cli/config.h"
#include "cli/limits.h"
#include "cli/text.h"

namespace ddbsync::cli {
namespace {

using Faults = std::vector<Error>;

void Append(Faults& faults, const Faults& more) {
  faults.insert(faults.end(), more.begin(), more.end());
}

/// Where a job's settings come from; what stands first wins.
struct Layers {
  const CommandLine& line;
  const aws::Environment& environment;
  const Givens* section;  ///< the job's own in the config; null: none
  const Givens& general;
};

/// The one value that counts: flag, else variable, else config.
std::optional<Given> Find(const Setting& setting, const Layers& layers) {
  const auto& flags = layers.line.flags;
  if (const auto flag = flags.find(setting.name); flag != flags.end()) {
    return Given{flag->second, fmt::format("--{}", setting.name)};
  }
  const std::string variable = VariableName(setting.name);
  if (const auto value = layers.environment.Get(variable)) return Given{*value, variable};
  for (const Givens* givens : {layers.section, &layers.general}) {
    if (givens == nullptr) continue;
    if (const auto key = givens->find(setting.name); key != givens->end()) return key->second;
  }
  return std::nullopt;
}

Config LoadConfigFor(const CommandLine& line, const aws::Environment& environment, Faults& faults) {
  std::optional<std::string> asked = environment.Get("DDBSYNC_CONFIG");
  if (const auto flag = line.flags.find("config"); flag != line.flags.end()) asked = flag->second;
  Config config = LoadConfig(asked, environment);
  Append(faults, config.faults);
  return config;
}

Settings Gather(const Layers& layers, Faults& faults) {
  Settings settings;
  if (layers.environment.Get("NO_COLOR")) settings.no_color = true;
  for (const Setting& setting : AllSettings()) {
    // What is set for other commands, in the config or a variable, is no fault of this one.
    if (!setting.IsFor(layers.line.command)) continue;
    const std::optional<Given> given = Find(setting, layers);
    if (!given) continue;
    if (const Result<void> applied = setting.apply(settings, given->text); !applied) {
      faults.push_back(
          {applied.error().code, fmt::format("{}: {}", given->origin, applied.error().message)});
    }
  }
  return settings;
}

replicator::Phases PhasesOf(Command command) {
  if (command == Command::kBackfill) return replicator::Phases::kBackfillOnly;
  if (command == Command::kTail) return replicator::Phases::kTailOnly;
  return replicator::Phases::kBackfillAndTail;
}

/// Both sides, as far as they can be resolved. True when they have names that mean something.
bool ResolveSides(JobPlan& plan, const CommandLine& line, const aws::Environment& environment,
                  const Config& config, bool one_of_several, Faults& faults) {
  bool both = true;
  for (const auto& [side, argument, endpoint] :
       {std::tuple{"src", &plan.settings.src, &plan.source},
        std::tuple{"dst", &plan.settings.dst, &plan.target}}) {
    // A flag without its value is told already.
    const std::string flag = fmt::format("--{}:", side);
    if (std::ranges::any_of(
            line.faults, [&flag](const Error& fault) { return fault.message.starts_with(flag); })) {
      both = false;
      continue;
    }
    if (argument->empty()) {
      faults.push_back(
          {ErrorCode::kInvalid,
           fmt::format("{} is missing: name an endpoint of the config, a table's "
                       "ARN, or a table's name",
                       one_of_several ? fmt::format("`{}`", side) : fmt::format("--{}", side))});
      both = false;
      continue;
    }
    // Which names a broken config would have had nobody knows.
    if (!config.readable) return false;
    auto resolved =
        ResolveEndpoint({side, *argument, config.endpoints, config.path, line.flags, environment});
    if (resolved) {
      *endpoint = std::move(*resolved);
    } else {
      Append(faults, resolved.error());
      both = false;
    }
  }
  if (both && IsSameTable(plan.source, plan.target)) {
    faults.push_back({ErrorCode::kInvalid,
                      fmt::format("{} and {} are the same table: {} at {}", plan.source.label,
                                  plan.target.label, plan.source.table, plan.source.url)});
  }
  return both;
}

/// Plans the jobs of one process.
class Planner {
 public:
  Planner(const CommandLine& line, const aws::Environment& environment)
      : line_(line),
        environment_(environment),
        faults_(line.faults),
        config_(LoadConfigFor(line, environment, faults_)) {}

  std::expected<RunPlan, Faults> Plan() {
    RunPlan plan;
    plan.settings = Gather({line_, environment_, &config_.job, config_.general}, faults_);
    const bool named = !plan.settings.src.empty() || !plan.settings.dst.empty();
    if (!named && !config_.jobs.empty()) {
      PlanSeveral(plan);
    } else {
      PlanOne(plan.jobs.emplace_back(), plan.settings, /*one_of_several=*/false, faults_);
    }
    plan.access = LoadAccess(plan.settings, faults_);
    if (!faults_.empty()) return std::unexpected(std::move(faults_));
    return plan;
  }

 private:
  void PlanOne(JobPlan& job, const Settings& settings, bool one_of_several, Faults& faults) {
    job.settings = settings;
    job.settings.job.phases = PhasesOf(line_.command);
    job.settings.job.processors =
        static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
    const bool resolved = ResolveSides(job, line_, environment_, config_, one_of_several, faults);
    // A job that would be called after sides at fault is not told off for its name too.
    if (!resolved && settings.job_name.empty()) return;
    if (Result<JobHome> home = NewJobHome(settings, environment_, one_of_several)) {
      job.home = std::move(*home);
      job.settings.job.job_id = job.home.job_id;
    } else {
      faults.push_back(home.error());
    }
  }

  /// One for each [[job]]; of --job the one of that name.
  void PlanSeveral(RunPlan& plan) {
    std::vector<std::string> names;
    for (size_t i = 0; i < config_.jobs.size(); ++i) {
      const Givens& section = config_.jobs[i];
      const auto name = section.find("job");
      const auto side = [&](const char* key) {
        const auto found = section.find(key);
        return found == section.end() ? std::string() : found->second.text;
      };
      names.push_back(name != section.end() ? name->second.text
                                            : NameOfCopy(side("src"), side("dst")));
      if (names.back().empty()) names.back() = fmt::format("number {}", i + 1);
      if (!plan.settings.job_name.empty() && names.back() != plan.settings.job_name) continue;
      PlanSection(plan.jobs.emplace_back(), section, names.back());
    }
    if (plan.jobs.empty()) {
      Tell({ErrorCode::kInvalid,
            fmt::format("there is no job `{}` in {}; it has: {}", plan.settings.job_name,
                        config_.path, fmt::join(names, ", "))});
    }
    ShareMemory(plan);
    Compare(plan.jobs);
  }

  void PlanSection(JobPlan& job, const Givens& section, const std::string& name) {
    Faults faults;
    Settings settings = Gather({line_, environment_, &section, config_.general}, faults);
    // What a flag or the top of the file says wrong is wrong for all: it has been told.
    std::erase_if(faults, [&](const Error& fault) {
      return std::ranges::find(faults_, fault) != faults_.end();
    });
    PlanOne(job, settings, /*one_of_several=*/true, faults);
    for (const Error& fault : faults) {
      Tell({fault.code, fmt::format("job {}: {}", name, fault.message), fault.context});
    }
  }

  /// To each its part: one that stands still with all its pages must not keep the others waiting.
  void ShareMemory(RunPlan& plan) {
    if (plan.jobs.empty()) return;
    const size_t given = plan.settings.job.memory_bytes;
    const size_t all = given > 0 ? given : ddbsync::limits::kDefaultMemoryBytes;
    const size_t part = all / plan.jobs.size();
    if (part < limits::kLeastMemoryOfAJob) {
      Tell({ErrorCode::kInvalid,
            fmt::format(
                "--memory: {} are too little for {} jobs; give at least {}",
                BytesText(static_cast<int64_t>(all)), plan.jobs.size(),
                BytesText(static_cast<int64_t>(limits::kLeastMemoryOfAJob * plan.jobs.size())))});
    }
    for (JobPlan& job : plan.jobs) job.settings.job.memory_bytes = part;
  }

  /// Jobs that would spoil each other's work.
  void Compare(const std::vector<JobPlan>& jobs) {
    for (size_t b = 0; b < jobs.size(); ++b) {
      const JobPlan& later = jobs[b];
      if (later.home.job_id.empty()) continue;  // at fault already
      for (size_t a = 0; a < b; ++a) {
        const JobPlan& earlier = jobs[a];
        const std::string pair =
            fmt::format("jobs {} and {}", earlier.home.job_id, later.home.job_id);
        if (earlier.home.job_id == later.home.job_id) {
          Tell({ErrorCode::kInvalid, fmt::format("two jobs are called {}: give one of them "
                                                 "another `name`",
                                                 later.home.job_id)});
        }
        if (IsSameTable(earlier.target, later.target)) {
          Tell({ErrorCode::kInvalid,
                fmt::format("{} would both write to {}", pair, later.target.table)});
        }
        for (const auto& [writes, reads] :
             {std::pair{&earlier, &later}, std::pair{&later, &earlier}}) {
          if (!IsSameTable(writes->target, reads->source)) continue;
          Tell({ErrorCode::kInvalid, fmt::format("{}: {} writes to {}, which the other reads", pair,
                                                 writes->home.job_id, reads->source.table)});
        }
      }
    }
  }

  void Tell(Error fault) { faults_.push_back(std::move(fault)); }

  const CommandLine& line_;
  const aws::Environment& environment_;
  Faults faults_;
  const Config config_;
};

}  // namespace

std::expected<RunPlan, std::vector<Error>> PlanRun(const CommandLine& line,
                                                   const aws::Environment& environment) {
  return Planner(line, environment).Plan();
}

std::expected<Settings, std::vector<Error>> PlanLook(const CommandLine& line,
                                                     const aws::Environment& environment) {
  Faults faults = line.faults;
  // A look at a job needs nothing from the config but the names of its ends.
  const Config config = LoadConfigFor(line, environment, faults);
  Settings settings = Gather({line, environment, &config.job, config.general}, faults);
  if (!faults.empty()) return std::unexpected(std::move(faults));
  return settings;
}

}  // namespace ddbsync::cli
