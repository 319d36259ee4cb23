#include "tests/simulation/operator.h"

#include <algorithm>
#include <string>
#include <utility>

namespace ddbsync::simulation {

using namespace std::chrono_literals;
using cutover::FreezeBy;

namespace {

constexpr Duration kSlowestHook = 3s;
constexpr char kSourceArn[] = "arn:aws:dynamodb:us-east-1:000000000000:table/source";

bool IsToFreeze(const cutover::Hook::Variables& variables) {
  return std::ranges::any_of(variables, [](const auto& variable) {
    return variable.first == "DDBSYNC_CUTOVER_ACTION" && variable.second == "freeze";
  });
}

}  // namespace

/// The operator's command: it stops the application, or lets it go on.
class Operator::Command final : public cutover::Hook {
 public:
  explicit Command(Operator& people) : people_(people) {}

  Result<void> Begin(const Variables& variables) override {
    if (running_) return Fail(ErrorCode::kConflict, "the hook still runs");
    running_ = true;
    freezes_ = IsToFreeze(variables);
    code_ = 0;
    if (people_.vetoes_left_ > 0) {
      --people_.vetoes_left_;
      code_ = 1;
    }
    const bool hangs = freezes_ && people_.attempt_.hook_hangs;
    const Duration obeyed = people_.world_.chance().UpTo(people_.attempt_.obeys_within);
    const Duration rest = people_.world_.chance().UpTo(kSlowestHook);
    ends_ = hangs ? TimePoint::max() : people_.Now() + obeyed + rest;
    if (code_ != 0) return {};
    // Whatever becomes of who asked for it.
    people_.world_.machine().At(people_.Now() + obeyed, [this, alive = std::weak_ptr<int>(life_)] {
      if (!alive.expired() && running_) Act();
    });
    return {};
  }

  Look LookAtIt() override {
    if (!running_ || people_.Now() < ends_) return {};
    running_ = false;
    return {.ended = true, .code = code_, .output = code_ == 0 ? "" : "not now"};
  }

  void Kill() override {
    running_ = false;
    life_ = std::make_shared<int>();
  }

 private:
  void Act() { freezes_ ? people_.application_.Hold(true) : people_.application_.Hold(false); }

  Operator& people_;
  std::shared_ptr<int> life_ = std::make_shared<int>();
  bool running_ = false;
  bool freezes_ = false;
  int code_ = 0;
  TimePoint ends_;
};

std::unique_ptr<cutover::Hook> Operator::NewHook() {
  return std::make_unique<Command>(*this);
}

void Operator::Begin(const Attempt& attempt) {
  attempt_ = attempt;
  began_ = Now();
  vetoes_left_ = attempt.vetoes;
  aborted_ = frozen_ = false;
  stopped_.reset();
  ready_.reset();
  under_way_ = true;
}

void Operator::Look(cutover::Cutover& run) {
  const cutover::Status status = run.GetStatus();
  if (attempt_.aborts_after && !aborted_ && Now() >= began_ + *attempt_.aborts_after) {
    aborted_ = true;
    // It may be too late for that.
    if (const auto taken_back = run.Abort("somebody wants it back"); !taken_back) return;
  }
  if (status.asks_confirmation && attempt_.confirms_after) {
    if (!stopped_) {
      stopped_ = Now() + *attempt_.confirms_after;
      world_.machine().At(Now() + std::min(attempt_.obeys_within, *attempt_.confirms_after),
                          [this] { application_.Hold(under_way_); });
    } else if (Now() > *stopped_) {
      application_.Hold(true);
      // Meanwhile it may have been taken back.
      if (const auto said = run.ConfirmFrozen(); !said) return;
    }
  }
  if (status.asks_commit && attempt_.commits_after) {
    if (!ready_) ready_ = Now();
    if (Now() >= *ready_ + *attempt_.commits_after) {
      if (const auto committed = run.Commit(); !committed) return;
    }
  }
  if (status.frozen_at && !frozen_) AfterFreeze();
  const bool over = cutover::TakesBack(status.step) && !cutover::Frozen(status.step);
  if (attempt_.options.freeze == FreezeBy::kManual && over) {
    under_way_ = false;
    application_.Hold(false);
  }
}

void Operator::AfterFreeze() {
  frozen_ = true;
  for (const Duration after : attempt_.strays) {
    world_.machine().At(Now() + after, [this] { WriteAStray(); });
  }
  if (attempt_.policy_lifted_after) {
    world_.machine().At(Now() + *attempt_.policy_lifted_after, [this] { LiftPolicy(); });
  }
}

void Operator::WriteAStray() {
  if (!under_way_) return;
  std::string key_json = application_.Stray();
  if (!key_json.empty()) strays_.push_back({std::move(key_json), world_.source().Now()});
}

void Operator::LiftPolicy() {
  if (!under_way_) return;
  // Too soon after it was put, the service refuses.
  const auto reply = world_.source().Handle(
      "DynamoDB_20120810.DeleteResourcePolicy",
      std::string(R"({"ResourceArn":")") + kSourceArn + R"("})", {}, "SOMEBODY");
  DDBSYNC_CHECK(reply.status == 200 || reply.status == 400);
  if (reply.status == 200) policy_lifted_ = world_.source().Now();
}

}  // namespace ddbsync::simulation
