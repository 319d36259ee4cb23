#pragma once

#include "metrics/family.h"

namespace ddbsync::metrics {

// The process, by names that dashboards of every exporter know; metrics/families.h lists them.

inline constexpr Family kProcessCpuSecondsTotal =
    CounterOf("process_cpu_seconds_total", "seconds", Subject::kProcess,
              "User and system CPU time spent in seconds.");
inline constexpr Family kProcessResidentMemoryBytes = GaugeOf(
    "process_resident_memory_bytes", "bytes", Subject::kProcess, "Resident memory size in bytes.");
inline constexpr Family kProcessVirtualMemoryBytes = GaugeOf(
    "process_virtual_memory_bytes", "bytes", Subject::kProcess, "Virtual memory size in bytes.");
inline constexpr Family kProcessOpenFds = GaugeOf(
    "process_open_fds", "descriptors", Subject::kProcess, "Number of open file descriptors.");
inline constexpr Family kProcessMaxFds =
    GaugeOf("process_max_fds", "descriptors", Subject::kProcess,
            "Maximum number of open file descriptors.");
inline constexpr Family kProcessStartTimeSeconds =
    GaugeOf("process_start_time_seconds", "Unix time", Subject::kProcess,
            "Start time of the process since the Unix epoch in seconds.");

}  // namespace ddbsync::metrics
