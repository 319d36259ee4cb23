#include "metrics/process.h"

#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>

namespace ddbsync::metrics {
namespace {

struct ProcessStat {
  double start_ticks = 0;  ///< clock ticks since boot
  double virtual_bytes = 0;
  double resident_pages = 0;
};

std::optional<ProcessStat> ReadStat() {
  std::ifstream file("/proc/self/stat");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  // The second field is the command's name in parentheses and may hold any character.
  const size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(text.substr(name_end + 1));
  constexpr int kFirstField = 3;  // of proc(5), behind the name
  constexpr int kStartTimeField = 22;
  std::string skipped;
  for (int field = kFirstField; field < kStartTimeField; ++field) fields >> skipped;
  ProcessStat stat;
  if (!(fields >> stat.start_ticks >> stat.virtual_bytes >> stat.resident_pages)) {
    return std::nullopt;
  }
  return stat;
}

/// Unix time at which the system was booted.
std::optional<double> ReadBootTime() {
  std::ifstream file("/proc/stat");
  std::string word;
  while (file >> word) {
    double seconds = 0;
    if (word == "btime" && file >> seconds) return seconds;
  }
  return std::nullopt;
}

void CollectDescriptors(Samples& samples) {
  std::error_code error;
  const std::filesystem::directory_iterator open("/proc/self/fd", error);
  if (!error) {
    // One of them is the listing's own.
    samples.Add(kProcessOpenFds, static_cast<double>(std::distance(begin(open), end(open)) - 1));
  }
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    samples.Add(kProcessMaxFds, static_cast<double>(limit.rlim_cur));
  }
}

}  // namespace

void CollectProcess(Samples& samples) {
  timespec cpu{};
  if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu) == 0) {
    constexpr double kSecondsPerNanosecond = 1e-9;
    samples.Add(
        kProcessCpuSecondsTotal,
        static_cast<double>(cpu.tv_sec) + static_cast<double>(cpu.tv_nsec) * kSecondsPerNanosecond);
  }
  if (const auto stat = ReadStat()) {
    samples.Add(kProcessResidentMemoryBytes,
                stat->resident_pages * static_cast<double>(sysconf(_SC_PAGESIZE)));
    samples.Add(kProcessVirtualMemoryBytes, stat->virtual_bytes);
    if (const auto boot_time = ReadBootTime()) {
      samples.Add(kProcessStartTimeSeconds,
                  *boot_time + stat->start_ticks / static_cast<double>(sysconf(_SC_CLK_TCK)));
    }
  }
  CollectDescriptors(samples);
}

}  // namespace ddbsync::metrics
