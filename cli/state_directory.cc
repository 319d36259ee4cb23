#include "cli/state_directory.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "base/clock.h"
#include "checkpoint/leveldb_store.h"
#include "cli/api_file.h"
#include "cli/limits.h"

namespace ddbsync::cli {

Result<void> MakeStateDirectory(const JobHome& home) {
  std::error_code failed;
  std::filesystem::create_directories(home.directory, failed);
  if (!failed && access(home.directory.c_str(), W_OK | X_OK) != 0) {
    failed = std::error_code(errno, std::generic_category());
  }
  if (!failed) return {};
  const bool forbidden = failed == std::errc::permission_denied ||
                         failed == std::errc::operation_not_permitted ||
                         failed == std::errc::read_only_file_system ||
                         failed == std::errc::not_a_directory || failed == std::errc::file_exists;
  return Fail(forbidden ? ErrorCode::kDenied : ErrorCode::kIo,
              fmt::format("cannot use {} as the state directory: {}; choose another with --state",
                          home.directory, failed.message()));
}

Result<std::unique_ptr<checkpoint::Store>> OpenStoppedStore(const JobHome& home) {
  SystemClock clock;
  const TimePoint due = clock.Now() + limits::kCheckpointPatience;
  while (true) {
    auto store = checkpoint::OpenLevelDbStore(home.StoreDirectory(), /*create=*/false, nullptr);
    if (store || store.error().code != ErrorCode::kConflict) return store;
    const auto card = ReadApiFile(home.ApiFile());
    const bool runs = card && card->pid != getpid() && IsThere(card->pid);
    if (runs || clock.Now() >= due) return store;
    clock.SleepFor(limits::kCheckpointLook);
  }
}

Error InDirectory(Error unread, const JobHome& home) {
  unread.message += " (in " + home.directory + ")";
  return unread;
}

Error WithHolder(Error locked, const JobHome& home) {
  if (locked.code != ErrorCode::kConflict) return locked;
  const auto job = ReadApiFile(home.ApiFile());
  const auto verification = ReadApiFile(home.VerificationFile());
  // A card may have been left behind by a killed process.
  if (verification && IsThere(verification->pid) && (!job || !IsThere(job->pid))) {
    locked.message = fmt::format(
        "`ddbsync verify` (process {}) compares this job's tables: wait until it is done, or end "
        "it "
        "with `kill {}`, what it found is kept; or name another job with --job",
        verification->pid, verification->pid);
  } else if (job) {
    locked.message = fmt::format(
        "another ddbsync (process {}) runs this job: look at it with `ddbsync status --state {}`, "
        "stop it with `kill {}`, or name another job with --job",
        job->pid, home.directory, job->pid);
  }
  return locked;
}

}  // namespace ddbsync::cli
