#include "cli/run_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "cli/access.h"
#include "cli/config.h"

namespace ddbsync::cli {
namespace {

using Faults = std::vector<Error>;

void Append(Faults& faults, const Faults& more) {
  faults.insert(faults.end(), more.begin(), more.end());
}

/// The one value that counts: flag, else variable, else config.
std::optional<Given> Find(const Setting& setting, const CommandLine& line,
                          const aws::Environment& environment, const Config& config) {
  if (const auto flag = line.flags.find(setting.name); flag != line.flags.end()) {
    return Given{flag->second, fmt::format("--{}", setting.name)};
  }
  const std::string variable = VariableName(setting.name);
  if (const auto value = environment.Get(variable)) return Given{*value, variable};
  if (const auto key = config.job.find(setting.name); key != config.job.end()) return key->second;
  return std::nullopt;
}

Config LoadConfigFor(const CommandLine& line, const aws::Environment& environment, Faults& faults) {
  std::optional<std::string> asked = environment.Get("DDBSYNC_CONFIG");
  if (const auto flag = line.flags.find("config"); flag != line.flags.end()) asked = flag->second;
  Config config = LoadConfig(asked, environment);
  Append(faults, config.faults);
  return config;
}

Settings Gather(const CommandLine& line, const aws::Environment& environment, const Config& config,
                Faults& faults) {
  Settings settings;
  if (environment.Get("NO_COLOR")) settings.no_color = true;
  for (const Setting& setting : AllSettings()) {
    // What is set for other commands, in the config or a variable, is no fault of this one.
    if (!setting.IsFor(line.command)) continue;
    const std::optional<Given> given = Find(setting, line, environment, config);
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
                  const Config& config, Faults& faults) {
  bool both = true;
  for (const auto& [side, argument, endpoint] :
       {std::tuple{"src", &plan.settings.src, &plan.source},
        std::tuple{"dst", &plan.settings.dst, &plan.target}}) {
    if (argument->empty()) {
      faults.push_back({ErrorCode::kInvalid,
                        fmt::format("--{} is missing: name an endpoint of the config, a table's "
                                    "ARN, or a table's name",
                                    side)});
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

}  // namespace

std::expected<RunPlan, std::vector<Error>> PlanRun(const CommandLine& line,
                                                   const aws::Environment& environment) {
  Faults faults = line.faults;
  RunPlan plan;
  const Config config = LoadConfigFor(line, environment, faults);
  plan.settings = Gather(line, environment, config, faults);
  plan.settings.job.phases = PhasesOf(line.command);
  plan.settings.job.processors =
      static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  JobPlan& job = plan.jobs.emplace_back();
  job.settings = plan.settings;
  const bool resolved = ResolveSides(job, line, environment, config, faults);
  // A job that would be called after sides at fault is not told off for its name too.
  if (resolved || !plan.settings.job_name.empty()) {
    if (Result<JobHome> home = NewJobHome(plan.settings, environment)) {
      job.home = std::move(*home);
      job.settings.job.job_id = job.home.job_id;
    } else {
      faults.push_back(home.error());
    }
  }
  plan.access = LoadAccess(plan.settings, faults);
  if (!faults.empty()) return std::unexpected(std::move(faults));
  return plan;
}

std::expected<Settings, std::vector<Error>> PlanLook(const CommandLine& line,
                                                     const aws::Environment& environment) {
  Faults faults = line.faults;
  // A look at a job needs nothing from the config but the names of its ends.
  const Config config = LoadConfigFor(line, environment, faults);
  Settings settings = Gather(line, environment, config, faults);
  if (!faults.empty()) return std::unexpected(std::move(faults));
  return settings;
}

}  // namespace ddbsync::cli
