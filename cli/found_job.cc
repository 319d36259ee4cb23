#include "cli/found_job.h"

#include <fmt/format.h>
#include <signal.h>

#include <cerrno>

#include "checkpoint/leveldb_store.h"
#include "cli/api.h"
#include "cli/api_client.h"
#include "cli/api_file.h"
#include "cli/status_json.h"

namespace ddbsync::cli {
namespace {

/// Its number may be another process's by now; the lock on the checkpoint is the truth of it.
bool IsThere(int pid) {
  return kill(pid, 0) == 0 || errno == EPERM;
}

/// The status of the job that runs there, and where; nothing when none does.
struct Found {
  ApiAddress job;
  std::string status;
};

Result<std::optional<Found>> FindRunning(const JobHome& home) {
  const std::optional<ApiAddress> left = ReadApiFile(home.ApiFile());
  if (!left) return std::nullopt;
  Result<std::string> answer = ApiGet(*left, kStatusPath);
  if (!answer) {
    const bool hangs = answer.error().code == ErrorCode::kRetry && IsThere(left->pid);
    if (hangs) return std::unexpected(answer.error());
    return std::nullopt;
  }
  const Result<replicator::JobStatus> status = StatusFromJson(*answer);
  if (!status || status->job_id != left->job_id) return std::nullopt;
  return Found{*left, *std::move(answer)};
}

}  // namespace

Result<std::optional<std::string>> AskRunningJob(const JobHome& home, const std::string& path) {
  auto found = FindRunning(home);
  if (!found) return std::unexpected(found.error());
  if (!*found) return std::nullopt;
  if (path == kStatusPath) return std::move((*found)->status);
  Result<std::string> answer = ApiGet((*found)->job, path);
  if (!answer) return std::unexpected(answer.error());
  return std::move(*answer);
}

Result<std::optional<std::string>> TellRunningJob(const JobHome& home, const std::string& path,
                                                  const std::string& body) {
  const auto found = FindRunning(home);
  if (!found) return std::unexpected(found.error());
  if (!*found) return std::nullopt;
  Result<std::string> answer = ApiPost((*found)->job, path, body);
  if (!answer) return std::unexpected(answer.error());
  return std::move(*answer);
}

Result<checkpoint::State> LoadStoppedJob(const JobHome& home) {
  const auto store = checkpoint::OpenLevelDbStore(home.StoreDirectory(), /*create=*/false, nullptr);
  if (!store) return std::unexpected(store.error());
  Result<checkpoint::State> state = checkpoint::LoadState(**store);
  if (state && !state->job) {
    return Fail(ErrorCode::kNotFound, fmt::format("no copy has begun in {} yet", home.directory));
  }
  return state;
}

}  // namespace ddbsync::cli
