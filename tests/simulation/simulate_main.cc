// simulate: histories of the real engine on virtual time, one per seed (simulation.h).
#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "base/log.h"
#include "base/mutex.h"
#include "tests/simulation/simulation.h"

namespace ddbsync::simulation {
namespace {

struct Arguments {
  uint64_t seeds = 2000;
  uint64_t from = 1;
  unsigned jobs = 0;
  bool verbose = false;
};

/// What all histories together came to.
struct Sum {
  uint64_t histories = 0, changes = 0, writes = 0, starts = 0, gaps = 0;
  std::chrono::duration<double, std::ratio<3600>> simulated{0};
  std::map<uint64_t, Violation> violations;  ///< by seed

  void Add(uint64_t seed, const Verdict& verdict) {
    ++histories;
    changes += verdict.changes;
    writes += verdict.writes;
    starts += static_cast<uint64_t>(verdict.starts);
    gaps += verdict.gap ? 1 : 0;
    simulated += verdict.simulated;
    if (verdict.violation) violations.emplace(seed, *verdict.violation);
  }
};

/// Runs the seeds on some threads. `first_only`: no more are begun once one is violated.
Sum RunSeeds(const Arguments& arguments, bool first_only) {
  Mutex mutex;
  Sum sum;
  std::atomic<uint64_t> next{arguments.from};
  const uint64_t end = arguments.from + arguments.seeds;
  const auto work = [&] {
    for (uint64_t seed = next++; seed < end; seed = next++) {
      const Scenario scenario = Draw(seed);
      if (arguments.verbose) std::printf("%s\n", Describe(scenario).c_str());
      const Verdict verdict = Run(scenario);
      MutexLock lock(mutex);
      sum.Add(seed, verdict);
      if (arguments.verbose) {
        std::printf("seed %llu: trace %016llx, %llu steps, %d starts, %llu changes, %llu writes\n",
                    static_cast<unsigned long long>(seed),
                    static_cast<unsigned long long>(verdict.trace),
                    static_cast<unsigned long long>(verdict.steps), verdict.starts,
                    static_cast<unsigned long long>(verdict.changes),
                    static_cast<unsigned long long>(verdict.writes));
      }
      if (first_only && verdict.violation) next = end;
    }
  };
  std::vector<std::jthread> threads;
  for (unsigned i = 0; i < arguments.jobs; ++i) threads.emplace_back(work);
  threads.clear();
  return sum;
}

int Simulate(const Arguments& arguments) {
  const auto began = std::chrono::steady_clock::now();
  const Sum sum = RunSeeds(arguments, false);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  for (const auto& [seed, violation] : sum.violations) {
    std::printf("FAIL seed %llu: %s: %s\n  again: tools/simulate --seeds 1 --from %llu --verbose\n",
                static_cast<unsigned long long>(seed), violation.invariant.c_str(),
                violation.what.c_str(), static_cast<unsigned long long>(seed));
  }
  std::printf(
      "%s: %llu of %llu histories hold; %llu changes, %llu writes, %llu starts, %llu true gaps, "
      "%.0f simulated hours; %.0f s, %.1f histories/s\n",
      sum.violations.empty() ? "PASS" : "FAIL",
      static_cast<unsigned long long>(sum.histories - sum.violations.size()),
      static_cast<unsigned long long>(sum.histories), static_cast<unsigned long long>(sum.changes),
      static_cast<unsigned long long>(sum.writes), static_cast<unsigned long long>(sum.starts),
      static_cast<unsigned long long>(sum.gaps), sum.simulated.count(), took.count(),
      static_cast<double>(sum.histories) / took.count());
  return sum.violations.empty() ? 0 : 1;
}

void Swallow(std::string_view) {}

int Main(int argc, char** argv) {
  CLI::App app{"Histories of the engine on virtual time, one per seed, each with its faults."};
  Arguments arguments;
  app.add_option("--seeds", arguments.seeds, "How many histories")
      ->check(CLI::Range(uint64_t{1}, uint64_t{1} << 40))
      ->capture_default_str();
  app.add_option("--from", arguments.from, "The first seed")->capture_default_str();
  app.add_option("--jobs", arguments.jobs, "Threads; 0: one per core")->check(CLI::Range(0, 1024));
  app.add_flag("--verbose", arguments.verbose, "What the engine logs, and a line per history");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    constexpr int kUsage = 2;
    return app.exit(error) == 0 ? 0 : kUsage;
  }
  if (arguments.jobs == 0) arguments.jobs = std::max(1U, std::thread::hardware_concurrency());
  if (!arguments.verbose) SetLogSink(Swallow);
  return Simulate(arguments);
}

}  // namespace
}  // namespace ddbsync::simulation

int main(int argc, char** argv) {
  return ddbsync::simulation::Main(argc, argv);
}
