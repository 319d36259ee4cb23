#include "cli/open_files.h"

#include <sys/resource.h>

#include <string>

#include "base/log.h"
#include "cli/limits.h"

namespace ddbsync::cli {

uint64_t RaiseOpenFiles(size_t jobs) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;  // nothing is known, nothing is changed
  const rlim_t before = limit.rlim_cur;
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) limit.rlim_cur = before;
  const uint64_t needed = limits::kOpenFilesOfAProcess + jobs * limits::kOpenFilesOfAJob;
  if (limit.rlim_cur < needed) {
    Log(LogLevel::kWarning, "few_open_files",
        "so many jobs may need more files and sockets than this process may have; raise `ulimit "
        "-Hn` or LimitNOFILE",
        {{"may_have", std::to_string(limit.rlim_cur)}, {"may_need", std::to_string(needed)}});
  }
  return limit.rlim_cur;
}

}  // namespace ddbsync::cli
