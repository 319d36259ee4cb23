#include "cli/run_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "cli/access.h"
#include "cli/config.h"
#include "cli/several_jobs.h"

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

bool IsGiven(std::string_view name, const Layers& layers) {
  return Find(*FindSetting(name), layers).has_value();
}

Config LoadConfigFor(const CommandLine& line, const aws::Environment& environment, Faults& faults) {
  std::optional<std::string> asked = environment.Get("DDBSYNC_CONFIG");
  if (const auto flag = line.flags.find("config"); flag != line.flags.end()) asked = flag->second;
  Config config = LoadConfig(asked, environment);
  Append(faults, config.faults);
  return config;
}

replicator::Phases PhasesOf(Command command) {
  if (command == Command::kBackfill) return replicator::Phases::kBackfillOnly;
  if (command == Command::kTail || command == Command::kReverse)
    return replicator::Phases::kTailOnly;
  return replicator::Phases::kBackfillAndTail;
}

/// Only `start` copies all again. What was set for it, in the config or a variable, is no fault of
/// the way back, which holds then.
void ExpectNoResync(const Layers& layers, Settings& settings, Faults& faults) {
  replicator::OnGap& on_gap = settings.job.on_gap;
  if (on_gap != replicator::OnGap::kResync) return;
  if (settings.job.phases != replicator::Phases::kTailOnly) return;
  const bool typed = layers.line.flags.contains("on-gap");
  if (layers.line.command == Command::kReverse && !typed) {
    on_gap = replicator::OnGap::kHold;
    return;
  }
  const std::optional<Given> given = Find(*FindSetting("on-gap"), layers);
  faults.push_back({ErrorCode::kInvalid,
                    fmt::format("{}: `resync` copies all again, which only `start` does; leave it "
                                "out, or say hold or stop",
                                given ? given->origin : "--on-gap")});
}

Settings Gather(const Layers& layers, Faults& faults) {
  Settings settings;
  settings.job.phases = PhasesOf(layers.line.command);
  settings.job.processors = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
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
  for (const VerifyConflict& conflict : ConflictsOf(settings.verify)) {
    faults.push_back({ErrorCode::kInvalid, fmt::format("--{}: {}", conflict.flag, conflict.why)});
  }
  for (const CutoverConflict& conflict : ConflictsOf(settings.cutover)) {
    faults.push_back({ErrorCode::kInvalid, fmt::format("--{}: {}", conflict.flag, conflict.why)});
  }
  ExpectNoResync(layers, settings, faults);
  return settings;
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
    const Layers layers{line_, environment_, &config_.job, config_.general};
    plan.settings = Gather(layers, faults_);
    const bool named = !plan.settings.src.empty() || !plan.settings.dst.empty();
    // Not by their values: one that is at fault was meant, too.
    const bool chosen = IsGiven("src-prefix", layers) || IsGiven("src-tag", layers);
    if (chosen || IsGiven("dst-prefix", layers)) {
      if (!chosen) {
        Tell({ErrorCode::kInvalid,
              "--dst-prefix alone does not say which tables to copy: add "
              "--src-prefix or --src-tag"});
      }
      PlanChoice(plan);
    } else if (!named && !config_.jobs.empty()) {
      PlanSeveral(plan);
    } else {
      PlanOne(plan.jobs.emplace_back(), plan.settings, Sides::kTables, faults_);
    }
    plan.access = LoadAccess(plan.settings, faults_);
    if (!faults_.empty()) return std::unexpected(std::move(faults_));
    return plan;
  }

 private:
  /// What the sides of a job are to be.
  enum class Sides { kTables, kTablesOfSection, kPlaces };

  void PlanOne(JobPlan& job, const Settings& settings, Sides sides, Faults& faults) {
    job.settings = settings;
    const bool resolved = ResolveBoth(settings, sides, job.source, job.target, faults);
    if (resolved && IsSameTable(job.source, job.target)) {
      faults.push_back({ErrorCode::kInvalid,
                        fmt::format("{} and {} are the same table: {} at {}", job.source.label,
                                    job.target.label, job.source.table, job.source.url)});
    }
    // A job that would be called after sides at fault is not told off for its name too.
    if (!resolved && settings.job_name.empty()) return;
    FindHome(job, environment_, sides == Sides::kTablesOfSection, faults);
  }

  /// True when both have names that mean something.
  bool ResolveBoth(const Settings& settings, Sides sides, Endpoint& source, Endpoint& target,
                   Faults& faults) {
    const bool first = ResolveSide("src", settings.src, sides, source, faults);
    return ResolveSide("dst", settings.dst, sides, target, faults) && first;
  }

  /// As far as it can be resolved.
  bool ResolveSide(std::string_view side, const std::string& argument, Sides sides,
                   Endpoint& endpoint, Faults& faults) {
    // A flag without its value is told already.
    const std::string flag = fmt::format("--{}:", side);
    if (std::ranges::any_of(line_.faults, [&flag](const Error& fault) {
          return fault.message.starts_with(flag);
        })) {
      return false;
    }
    if (argument.empty() && sides != Sides::kPlaces) {
      const bool only = sides == Sides::kTables;
      faults.push_back({ErrorCode::kInvalid,
                        fmt::format("{} is missing: name an endpoint of the config, a table's "
                                    "ARN, or a table's name",
                                    only ? fmt::format("--{}", side) : fmt::format("`{}`", side))});
      return false;
    }
    // Which names a broken config would have had nobody knows.
    if (!config_.readable) return false;
    auto resolved = ResolveEndpoint({side, argument, config_.endpoints, config_.path, line_.flags,
                                     environment_, sides == Sides::kPlaces});
    if (!resolved) {
      Append(faults, resolved.error());
      return false;
    }
    endpoint = std::move(*resolved);
    return true;
  }

  /// Where the tables are looked for, and how.
  void PlanChoice(RunPlan& plan) {
    const Settings& settings = plan.settings;
    if (!config_.jobs.empty()) {
      Tell({ErrorCode::kInvalid,
            fmt::format("both --src-prefix or --src-tag and the [[job]] sections of {} say which "
                        "tables to copy: leave one of them out (--config FILE names another file)",
                        config_.path)});
    }
    TableChoice choice;
    choice.src_prefix = settings.src_prefix.value_or("");
    choice.dst_prefix = settings.dst_prefix;
    choice.tag = settings.src_tag;
    if (!ResolveBoth(settings, Sides::kPlaces, choice.source, choice.target, faults_)) return;
    // Of two sides that are one place: the next start must not find the copies too. Tags are not
    // copied.
    const std::string names = choice.dst_prefix.value_or(choice.src_prefix);
    const bool found_too =
        choice.tag ? names == choice.src_prefix : names.starts_with(choice.src_prefix);
    if (found_too && IsSameTable(choice.source, choice.target)) {
      Tell({ErrorCode::kInvalid,
            fmt::format("source and target are the same place, {}: the copies' names must not "
                        "begin as the sources' do, with `{}`; give them others with --dst-prefix",
                        choice.source.url, choice.src_prefix)});
    }
    plan.choice = std::move(choice);
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
    Append(faults_, ShareMemory(plan));
    Append(faults_, CompareJobs(plan.jobs));
  }

  void PlanSection(JobPlan& job, const Givens& section, const std::string& name) {
    Faults faults;
    Settings settings = Gather({line_, environment_, &section, config_.general}, faults);
    // What a flag or the top of the file says wrong is wrong for all: it has been told.
    std::erase_if(faults, [&](const Error& fault) {
      return std::ranges::find(faults_, fault) != faults_.end();
    });
    PlanOne(job, settings, Sides::kTablesOfSection, faults);
    for (const Error& fault : faults) {
      Tell({fault.code, fmt::format("job {}: {}", name, fault.message), fault.context});
    }
  }

  void Tell(Error fault) { faults_.push_back(std::move(fault)); }

  const CommandLine& line_;
  const aws::Environment& environment_;
  Faults faults_;
  const Config config_;
};

}  // namespace

void FindHome(JobPlan& job, const aws::Environment& environment, bool one_of_several,
              std::vector<Error>& faults) {
  Result<JobHome> home = NewJobHome(job.settings, environment, one_of_several);
  if (!home) {
    faults.push_back(home.error());
    return;
  }
  job.home = std::move(*home);
  job.settings.job.job_id = job.home.job_id;
}

std::expected<RunPlan, std::vector<Error>> PlanRun(const CommandLine& line,
                                                   const aws::Environment& environment) {
  return Planner(line, environment).Plan();
}

std::expected<Settings, std::vector<Error>> PlanLook(const CommandLine& line,
                                                     const aws::Environment& environment) {
  Faults faults = line.faults;
  // A look at a job needs nothing from the config but the names of its ends.
  const Config config = LoadConfigFor(line, environment, faults);
  const Layers layers{line, environment, &config.job, config.general};
  Settings settings = Gather(layers, faults);
  // Places have no job of their own name.
  const auto chosen = [&](const char* name) {
    return !line.flags.contains("src") && IsGiven(name, layers);
  };
  if (chosen("src-prefix") || chosen("src-tag")) settings.src = settings.dst = "";
  if (!faults.empty()) return std::unexpected(std::move(faults));
  return settings;
}

}  // namespace ddbsync::cli
