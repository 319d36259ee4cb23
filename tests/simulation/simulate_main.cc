// simulate: histories of the real engine on virtual time, one per seed (simulation.h).
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/log.h"
#include "base/mutex.h"
#include "tests/simulation/planted.h"
#include "tests/simulation/resync_simulation.h"
#include "tests/simulation/simulation.h"
#include "tests/simulation/tally.h"

namespace ddbsync::simulation {
namespace {

struct Arguments {
  uint64_t seeds = 2000;
  uint64_t from = 1;
  unsigned jobs = 0;
  bool verbose = false;
  bool verifying = false, cutover = false, resync = false;
  std::string plant;
  bool all_planted = false;
  std::string page;  ///< to write the table into; empty: none
};

/// One history. Threads share the tally behind the mutex. False: it was violated.
bool RunSeed(uint64_t seed, const Arguments& arguments, Mutex& mutex, Tally& tally) {
  if (arguments.cutover) {
    const CutoverScenario scenario = DrawCutover(seed);
    const CutoverVerdict verdict = Simulate(scenario);
    MutexLock lock(mutex);
    tally.Add(seed, verdict);
    if (arguments.verbose) {
      fmt::print("seed {}: trace {:016x}, {} steps, {} starts, {} changes{}\n  {}\n", seed,
                 verdict.trace, verdict.steps, verdict.starts, verdict.changes,
                 verdict.committed ? ", committed" : "", Describe(scenario));
    }
    return !verdict.violation;
  }
  if (arguments.resync) {
    const ResyncScenario scenario = DrawResync(seed);
    const Verdict verdict = Simulate(scenario);
    MutexLock lock(mutex);
    tally.Add(seed, scenario.history, verdict);
    if (arguments.verbose) {
      fmt::print("seed {}: trace {:016x}, {} steps, {} starts, {} changes, {} writes\n  {}\n", seed,
                 verdict.trace, verdict.steps, verdict.starts, verdict.changes, verdict.writes,
                 Describe(scenario));
    }
    return !verdict.violation;
  }
  Scenario scenario = Draw(seed);
  scenario.verifying = arguments.verifying;
  const Verdict verdict = Simulate(scenario);
  MutexLock lock(mutex);
  tally.Add(seed, scenario, verdict);
  if (arguments.verbose) {
    fmt::print("seed {}: trace {:016x}, {} steps, {} starts, {} changes, {} writes\n  {}\n", seed,
               verdict.trace, verdict.steps, verdict.starts, verdict.changes, verdict.writes,
               Describe(scenario));
  }
  return !verdict.violation;
}

/// Runs the seeds on some threads. `first_only`: no more are begun once one is violated.
Tally RunSeeds(const Arguments& arguments, bool first_only) {
  Mutex mutex;
  Tally tally;
  std::atomic<uint64_t> next{arguments.from};
  const uint64_t end = arguments.from + arguments.seeds;
  const auto work = [&] {
    for (uint64_t seed = next++; seed < end; seed = next++) {
      if (!RunSeed(seed, arguments, mutex, tally) && first_only) next = end;
    }
  };
  std::vector<std::jthread> threads;
  for (unsigned i = 0; i < arguments.jobs; ++i) threads.emplace_back(work);
  threads.clear();
  return tally;
}

int SimulateSeeds(const Arguments& arguments) {
  const auto began = std::chrono::steady_clock::now();
  const Tally tally = RunSeeds(arguments, false);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  std::string flags = arguments.plant.empty() ? "" : " --plant " + arguments.plant;
  if (arguments.verifying) flags += " --verifying";
  if (arguments.cutover) flags += " --cutover";
  if (arguments.resync) flags += " --resync";
  for (const auto& [seed, violation] : tally.violations) {
    fmt::print("FAIL seed {}: {}: {}\n  again: tools/simulate --seeds 1 --from {} --verbose{}\n",
               seed, violation.invariant, violation.what, seed, flags);
  }
  fmt::print("{}: {} of {} histories hold, {}; {:.0f} s, {:.1f} histories/s\n",
             tally.violations.empty() ? "PASS" : "FAIL", tally.histories - tally.violations.size(),
             tally.histories, Told(tally, arguments.cutover), took.count(),
             static_cast<double>(tally.histories) / took.count());
  return tally.violations.empty() ? 0 : 1;
}

/// How a planted bug was caught: the invariant and the number of histories it took.
struct Catch {
  std::string invariant;
  uint64_t seeds = 0;
};

/// In a process of its own, for a bug may as well end it: that is being caught too.
std::optional<Catch> CatchPlanted(const PlantedMistake& mistake, const Arguments& arguments) {
  int ends[2];
  if (pipe(ends) != 0) return std::nullopt;
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    planted_bug = mistake.bug;
    Arguments with_it = arguments;
    with_it.verifying = with_it.verifying || mistake.kind == Kind::kVerifying;
    with_it.cutover = mistake.kind == Kind::kCutover;
    with_it.resync = mistake.kind == Kind::kResync;
    const Tally tally = RunSeeds(with_it, true);
    std::string found;
    if (!tally.violations.empty()) {
      const auto& [seed, violation] = *tally.violations.begin();
      found = fmt::format("{} {}", seed, violation.invariant);
    }
    const bool told = write(ends[1], found.data(), found.size()) >= 0;
    _exit(told ? 0 : 1);
  }
  close(ends[1]);
  constexpr size_t kMost = 256;
  std::string found(kMost, '\0');
  const ssize_t length = child < 0 ? 0 : read(ends[0], found.data(), found.size());
  close(ends[0]);
  int status = 0;
  if (child > 0) waitpid(child, &status, 0);
  if (child > 0 && WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT)
    return Catch{"aborts", arguments.seeds};
  if (length <= 0) return std::nullopt;
  found.resize(static_cast<size_t>(length));
  const size_t space = found.find(' ');
  return Catch{found.substr(space + 1), std::stoull(found) - arguments.from + 1};
}

/// Puts the table between its two marks. False when the page has none.
bool WriteInto(const std::string& page, const std::string& table) {
  constexpr std::string_view kBegin = "<!-- planted:begin -->\n", kEnd = "<!-- planted:end -->";
  std::ifstream in(page);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  const size_t begin = text.find(kBegin);
  const size_t end = text.find(kEnd);
  if (begin == std::string::npos || end == std::string::npos || end < begin) return false;
  text.replace(begin + kBegin.size(), end - begin - kBegin.size(), table);
  std::ofstream out(page);
  out << text;
  return out.flush().good();
}

int CatchAllPlanted(const Arguments& arguments) {
  const auto began = std::chrono::steady_clock::now();
  size_t caught = 0;
  std::string table =
      "| planted bug | what is wrong | caught by | histories until then |\n|---|---|---|---:|\n";
  for (const PlantedMistake& mistake : PlantedMistakes()) {
    const auto found = CatchPlanted(mistake, arguments);
    caught += found ? 1 : 0;
    const std::string invariant = found ? found->invariant : "NOT CAUGHT";
    const uint64_t seeds = found ? found->seeds : arguments.seeds;
    fmt::print("{:36} {:12} {}\n", mistake.name, invariant, seeds);
    std::fflush(stdout);
    table += fmt::format("| `{}` | {} | {} | {} |\n", mistake.name, mistake.what, invariant, seeds);
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  const bool all = caught == PlantedMistakes().size();
  fmt::print("{}: {} of {} planted bugs caught within {} histories; {:.0f} s\n",
             all ? "PASS" : "FAIL", caught, PlantedMistakes().size(), arguments.seeds,
             took.count());
  if (!arguments.page.empty() && !WriteInto(arguments.page, table)) {
    fmt::print(stderr, "{} cannot be written, or has no marks of this table\n", arguments.page);
    return 1;
  }
  return all ? 0 : 1;
}

void Swallow(std::string_view) {}

int Main(int argc, char** argv) {
  CLI::App app{"Histories of the engine on virtual time, one per seed, each with its faults.",
               "tools/simulate"};
  Arguments arguments;
  std::map<std::string, PlantedBug> bugs;
  for (const auto& mistake : PlantedMistakes()) bugs[std::string(mistake.name)] = mistake.bug;
  app.add_option("--seeds", arguments.seeds, "How many histories")
      ->check(CLI::Range(uint64_t{1}, uint64_t{1} << 40))
      ->capture_default_str();
  app.add_option("--from", arguments.from, "The first seed")
      ->check(CLI::Range(uint64_t{0}, uint64_t{1} << 60))
      ->capture_default_str();
  app.add_option("--jobs", arguments.jobs, "Threads; 0: one per core")->check(CLI::Range(0, 1024));
  app.add_flag("--verbose", arguments.verbose, "What the engine logs, and each history's scenario");
  auto* verifying = app.add_flag("--verifying", arguments.verifying,
                                 "With verifications beside the job, and a stranger's writes that "
                                 "one has to find");
  app.add_flag("--cutover", arguments.cutover,
               "Histories that end in cut-overs, with an end of the process at each step, refusals "
               "and writes that ignore the freeze")
      ->excludes(verifying);
  app.add_flag("--resync", arguments.resync,
               "Histories that lose changes, or begin with rows that only the target has, and make "
               "up for it by themselves")
      ->excludes(verifying)
      ->excludes("--cutover");
  auto* plant = app.add_option("--plant", arguments.plant, "With this bug in the engine")
                    ->check(CLI::IsMember(bugs));
  auto* all = app.add_flag("--planted", arguments.all_planted,
                           "Each bug in turn, until it is caught; fails when one is not")
                  ->excludes(plant);
  app.add_option("--write", arguments.page, "Put the table into this page, docs/guarantees.md")
      ->check(CLI::ExistingFile)
      ->needs(all);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    constexpr int kUsage = 2;
    return app.exit(error) == 0 ? 0 : kUsage;
  }
  if (arguments.jobs == 0) arguments.jobs = std::max(1U, std::thread::hardware_concurrency());
  if (!arguments.verbose) SetLogSink(Swallow);
  if (arguments.all_planted) return CatchAllPlanted(arguments);
  if (!arguments.plant.empty()) planted_bug = bugs.at(arguments.plant);
  return SimulateSeeds(arguments);
}

}  // namespace
}  // namespace ddbsync::simulation

int main(int argc, char** argv) {
  return ddbsync::simulation::Main(argc, argv);
}
