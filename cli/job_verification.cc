#include "cli/job_verification.h"

#include <fmt/format.h>

#include <utility>

#include "base/log.h"
#include "cli/limits.h"
#include "cli/verification_store.h"

namespace ddbsync::cli {

using verify::Verification;

/// Looks at the tables, off the server's threads: they may take long to answer.
class JobVerification::Opening final : public Task {
 public:
  explicit Opening(JobVerification& verification) : verification_(verification) {}

  Next Step(TimePoint now) override {
    const auto request = verification_.WantedNow();
    if (!request) {
      verification_.EndOpening(verify::Outcome::kStopped, "as asked");
      return Next::Done();
    }
    if (!verification_.EarlierIsGone()) return Next::At(now + limits::kVerifyEndLook);
    verification_.Open(*request);
    return Next::Done();
  }

 private:
  JobVerification& verification_;
};

JobVerification::JobVerification(Parts parts) : parts_(std::move(parts)) {}

JobVerification::~JobVerification() = default;

Result<void> JobVerification::Begin(const VerifyRequest& request) {
  {
    const MutexLock lock(mutex_);
    Settle();
    if (closed_) return Fail(ErrorCode::kConflict, "the job ends; the start command resumes it");
    if (opening_ || running_) {
      if (IsSameAsked(request, request_) && !stop_asked_) {
        ++asked_for_;
        return {};
      }
      const std::string flags = FlagsText(request_);
      return Fail(ErrorCode::kConflict,
                  fmt::format("a verification {} already{}: look at it with `ddbsync verify show`, "
                              "end it with `ddbsync verify stop`",
                              stop_asked_ ? "is ending" : "runs",
                              flags.empty() ? " with no flags" : ", asked for with " + flags));
    }
    if (!store_) {
      auto store = OpenVerificationStore(parts_.directory, /*create=*/true);
      if (!store) return std::unexpected(std::move(store.error()));
      store_ = std::move(*store);
    }
    request_ = request;
    ++run_;
    asked_for_ = 1;
    opening_ = true;
    stop_asked_ = false;
    ended_.reset();
  }
  Log(LogLevel::kInfo, "verification_begins", "asked for through the API",
      {{"job", parts_.job_id}, {"flags", FlagsText(request)}});
  parts_.executor.Spawn(Lane::kControl, "verification opening", std::make_shared<Opening>(*this));
  return {};
}

std::optional<VerifyRequest> JobVerification::WantedNow() const {
  const MutexLock lock(mutex_);
  if (stop_asked_ || closed_) return std::nullopt;
  return request_;
}

bool JobVerification::EarlierIsGone() const {
  const MutexLock lock(mutex_);
  return earlier_.expired();
}

void JobVerification::Open(const VerifyRequest& request) {
  verify::Options options = OptionsOf(request);
  options.memory_bytes = parts_.memory_bytes / limits::kVerifyPartOfMemory;
  options.processors = parts_.processors;
  options.settle = parts_.settle;
  options.seed = static_cast<uint64_t>(parts_.clock.WallNow().time_since_epoch().count());
  std::shared_ptr<checkpoint::Store> store;
  {
    const MutexLock lock(mutex_);
    store = store_;
  }
  auto opened = Verification::Open(options, {.executor = parts_.executor,
                                             .source = parts_.source,
                                             .target = parts_.target,
                                             .store = std::move(store),
                                             .copy = &parts_.copy,
                                             .changes_per_second = parts_.changes_per_second(),
                                             .read_capacity = request.read_capacity,
                                             .clock = parts_.clock});
  if (!opened) {
    std::string reasons;
    for (const Error& fault : opened.error()) {
      reasons.append(reasons.empty() ? "" : "; ").append(ToString(fault));
    }
    return EndOpening(verify::Outcome::kFailed, reasons);
  }
  const bool resumed = GoesOn((*opened)->GetStatus());
  if (const auto started = (*opened)->Start(); !started) {
    return EndOpening(verify::Outcome::kFailed, ToString(started.error()));
  }
  const MutexLock lock(mutex_);
  opening_ = false;
  resumed_ = resumed;
  running_ = *opened;
  if (stop_asked_) running_->Stop();
}

void JobVerification::EndOpening(verify::Outcome outcome, std::string reason) {
  const MutexLock lock(mutex_);
  opening_ = false;
  VerifyLook& look = ended_.emplace();
  look.job_id = parts_.job_id;
  look.request = request_;
  look.run = run_;
  look.status.sample = request_.sample;
  look.status.repairs = request_.repair;
  look.status.phase = verify::Phase::kEnded;
  look.status.began = look.status.now = parts_.clock.WallNow();
  look.status.outcome = outcome;
  look.status.reason = std::move(reason);
}

void JobVerification::Stop() {
  const MutexLock lock(mutex_);
  stop_asked_ = true;
  if (running_) running_->Stop();
}

void JobVerification::End() {
  {
    const MutexLock lock(mutex_);
    closed_ = true;
  }
  Stop();
  const TimePoint deadline = parts_.clock.Now() + limits::kVerifyEndPatience;
  while (parts_.clock.Now() < deadline) {
    {
      const MutexLock lock(mutex_);
      Settle();
      if (!running_ && !opening_) return;
    }
    parts_.clock.SleepFor(limits::kVerifyEndLook);
  }
}

void JobVerification::Settle() const {
  if (!running_ || !running_->ended()) return;
  ended_ = LookAt(*running_, limits::kMostDifferencesListed);
  ended_->running = false;
  earlier_ = running_;
  running_.reset();
}

VerifyLook JobVerification::LookAt(const Verification& run, size_t most) const {
  return {
      .job_id = parts_.job_id,
      .run = run_,
      .asked_for = asked_for_,
      .running = true,
      .resumed = resumed_,
      .request = request_,
      .status = run.GetStatus(),
      .differences = most > 0 ? run.List(most, Duration(0)) : std::vector<verify::Difference>()};
}

std::optional<VerifyLook> JobVerification::Look(size_t most) const {
  const MutexLock lock(mutex_);
  if (run_ == 0) return std::nullopt;
  Settle();
  if (running_) return LookAt(*running_, most);
  if (!opening_) {
    VerifyLook look = *ended_;
    look.status.now = parts_.source.tables->aws().server_clock().Now();  // differences grow older
    if (look.differences.size() > most) look.differences.resize(most);
    return look;
  }
  VerifyLook look{.job_id = parts_.job_id,
                  .run = run_,
                  .asked_for = asked_for_,
                  .running = true,
                  .opening = true,
                  .request = request_};
  look.status.sample = request_.sample;
  look.status.repairs = request_.repair;
  look.status.began = look.status.now = parts_.clock.WallNow();
  return look;
}

}  // namespace ddbsync::cli
