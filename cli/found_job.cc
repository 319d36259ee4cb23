#include "cli/found_job.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "checkpoint/leveldb_store.h"
#include "cli/api.h"
#include "cli/api_client.h"
#include "cli/api_file.h"
#include "cli/status_json.h"

namespace ddbsync::cli {
namespace {

/// The status of the job that runs there, and where; nothing when none does.
struct Found {
  ApiAddress job;
  std::string status;
};

/// Whether it is the job's process that did not answer so; if not, its card was left behind.
bool Hangs(const Error& error, const ApiAddress& card) {
  return error.code == ErrorCode::kRetry && IsThere(card.pid);
}

bool Names(const std::vector<JobLook>& jobs, const std::string& job_id) {
  return std::ranges::any_of(jobs, [&](const JobLook& job) { return job.status.job_id == job_id; });
}

Result<std::optional<Found>> FindRunning(const JobHome& home) {
  const std::optional<ApiAddress> left = ReadApiFile(home.ApiFile());
  if (!left) return std::nullopt;
  Result<std::string> answer = ApiGet(*left, kStatusPath);
  if (!answer) {
    if (Hangs(answer.error(), *left)) return std::unexpected(answer.error());
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
                                                  const std::string& body,
                                                  std::chrono::seconds patience) {
  const auto found = FindRunning(home);
  if (!found) return std::unexpected(found.error());
  if (!*found) return std::nullopt;
  Result<std::string> answer = ApiPost((*found)->job, path, body, patience);
  if (!answer) return std::unexpected(answer.error());
  return std::move(*answer);
}

Result<std::optional<JobsTogether>> AskOnlyProcess(const std::vector<JobHome>& homes) {
  std::map<std::string, ApiAddress> cards;  // one of each address is asked
  for (const JobHome& home : homes) {
    const auto card = ReadApiFile(home.ApiFile());
    if (card) cards.try_emplace(card->address, *card);
  }
  std::optional<JobsTogether> found;
  for (auto& [address, card] : cards) {
    card.path.clear();  // the list is the process's
    const Result<std::string> answer = ApiGet(card, kJobsPath);
    if (!answer && Hangs(answer.error(), card)) return std::unexpected(answer.error());
    if (!answer) continue;
    auto running = JobsFromJson(*answer);
    if (!running || !Names(*running, card.job_id)) continue;
    if (found) return std::nullopt;
    found = JobsTogether{*std::move(running), {}};
  }
  if (!found) return found;
  for (const JobHome& home : homes) {
    if (!Names(found->running, home.job_id)) found->others.push_back(home.job_id);
  }
  return found;
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
