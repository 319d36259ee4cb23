#include "cli/found_job.h"

#include <fmt/format.h>

#include "checkpoint/leveldb_store.h"
#include "cli/api.h"
#include "cli/api_client.h"
#include "cli/api_file.h"
#include "cli/status_json.h"

namespace ddbsync::cli {

Result<std::optional<std::string>> AskRunningJob(const JobHome& home, const std::string& path) {
  const std::optional<ApiAddress> left = ReadApiFile(home.ApiFile());
  if (!left) return std::nullopt;
  Result<std::string> answer = ApiGet(left->address, kStatusPath);
  if (!answer) {
    if (answer.error().code == ErrorCode::kRetry) return std::unexpected(answer.error());
    return std::nullopt;
  }
  const Result<replicator::JobStatus> status = StatusFromJson(*answer);
  if (!status || status->job_id != left->job_id) return std::nullopt;
  if (path != kStatusPath) answer = ApiGet(left->address, path);
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
