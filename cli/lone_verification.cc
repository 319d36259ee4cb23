#include "cli/lone_verification.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "checkpoint/leveldb_store.h"
#include "checkpoint/records.h"
#include "cli/limits.h"
#include "cli/state_directory.h"
#include "cli/text.h"
#include "cli/verification_store.h"

namespace ddbsync::cli {
namespace {

/// Why the tables of a job that does not run are likely to differ.
std::vector<std::string> WarningsOf(const checkpoint::State& state) {
  std::vector<std::string> warnings;
  if (!state.job) return warnings;
  const auto finished = std::ranges::count_if(
      state.segments, [](const checkpoint::SegmentRecord& segment) { return segment.finished; });
  const int64_t segments = state.job->total_segments;
  if (finished < segments) {
    warnings.push_back(fmt::format(
        "the job's copy is not complete ({} of {} segments): what is not copied yet is missing",
        CountText(finished), CountText(segments)));
  }
  if (!state.gaps.empty()) {
    warnings.push_back(
        fmt::format("the job lost changes ({} gaps; `ddbsync checkpoint show` lists them): they "
                    "are differences",
                    state.gaps.size()));
  }
  if (!state.job->stream_arn.empty()) {
    warnings.emplace_back(
        "no process follows the source: what has changed there since the job stopped is a "
        "difference; start the job and verify through it to leave that out");
  }
  return warnings;
}

}  // namespace

LoneVerification::LoneVerification(const JobPlan& plan, const aws::Environment& environment,
                                   Clock& clock)
    : plan_(plan),
      request_(RequestOf(plan.settings)),
      environment_(environment),
      clock_(clock),
      executor_(clock, {.max_threads_per_lane = limits::kDefaultIoThreads}) {}

LoneVerification::~LoneVerification() {
  executor_.Stop();
}

std::vector<Error> LoneVerification::Open() {
  std::vector<Error> faults;
  HoldCheckpoint(faults);
  Connect(faults);
  if (faults.empty()) OpenVerification(faults);
  return faults;
}

void LoneVerification::HoldCheckpoint(std::vector<Error>& faults) {
  if (auto made = MakeStateDirectory(plan_.home); !made) {
    faults.push_back(std::move(made.error()));
    return;
  }
  std::error_code gone;
  if (std::filesystem::exists(plan_.home.StoreDirectory(), gone)) {
    auto held =
        checkpoint::OpenLevelDbStore(plan_.home.StoreDirectory(), /*create=*/false, nullptr);
    if (held) {
      checkpoint_ = std::move(*held);
      if (const auto state = checkpoint::LoadState(*checkpoint_)) {
        warnings_ = WarningsOf(*state);
      } else {
        warnings_.push_back("the job's checkpoint cannot be read: " + ToString(state.error()));
      }
    } else {
      faults.push_back(WithHolder(std::move(held.error()), plan_.home));
      return;
    }
  }
  auto store = OpenVerificationStore(plan_.home.VerificationDirectory(), /*create=*/true);
  if (!store) {
    faults.push_back(WithHolder(std::move(store.error()), plan_.home));
    return;
  }
  store_ = std::move(*store);
  if (auto left = card_.Leave(plan_.home.VerificationFile(),
                              {.job_id = plan_.home.job_id, .pid = static_cast<int>(getpid())});
      !left) {
    faults.push_back(std::move(left.error()));
  }
}

void LoneVerification::Connect(std::vector<Error>& faults) {
  for (const auto& [endpoint, clients] :
       {std::pair{&plan_.source, &source_}, std::pair{&plan_.target, &target_}}) {
    auto made =
        EndpointClients::Make(*endpoint, plan_.settings.job.settle, environment_, clock_, calls_);
    if (made) {
      *clients = std::move(*made);
    } else {
      faults.push_back(std::move(made.error()));
    }
  }
}

void LoneVerification::OpenVerification(std::vector<Error>& faults) {
  verify::Options options = OptionsOf(request_);
  options.memory_bytes = plan_.settings.job.memory_bytes;
  options.processors = plan_.settings.job.processors;
  options.settle = plan_.settings.job.settle;
  options.seed = static_cast<uint64_t>(clock_.WallNow().time_since_epoch().count());
  auto opened = verify::Verification::Open(options, {.executor = executor_,
                                                     .source = source_->Side(),
                                                     .target = target_->Side(),
                                                     .store = store_,
                                                     .read_capacity = request_.read_capacity,
                                                     .clock = clock_});
  if (!opened) {
    faults = std::move(opened.error());
    return;
  }
  verification_ = std::move(*opened);
  resumed_ = GoesOn(verification_->GetStatus());
}

Result<void> LoneVerification::Start() {
  return verification_->Start();
}

void LoneVerification::Stop() {
  verification_->Stop();
}

bool LoneVerification::ended() const {
  return verification_->ended();
}

VerifyLook LoneVerification::Look(size_t most) const {
  const bool ended = verification_->ended();
  VerifyLook look{.job_id = plan_.home.job_id,
                  .run = 1,
                  .asked_for = 1,
                  .running = !ended,
                  .resumed = resumed_,
                  .request = request_,
                  .status = verification_->GetStatus()};
  if (most > 0) look.differences = verification_->List(most, Duration(0));
  return look;
}

}  // namespace ddbsync::cli
