#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cutover/hook.h"
#include "cutover/progress.h"
#include "dynamodb/control_client.h"

namespace ddbsync::cutover {

/// Stops the writes to a table, and lets them in again. Used by one thread at a time.
class Freeze {
 public:
  virtual ~Freeze() = default;

  /// Whether it will be known that it acts; changes nothing.
  [[nodiscard]] virtual Progress Prepare(TimePoint) { return Progress::Done(); }
  /// Towards a freeze that acts. Done: no write is let in any more, as far as this kind can know.
  [[nodiscard]] virtual Progress Engage(TimePoint now) = 0;
  /// Whether it still acts. Failed: it was lost.
  [[nodiscard]] virtual Progress Check(TimePoint now) = 0;
  /// Towards no freeze; also where it was never engaged, or by another process. Never fails for
  /// good: somebody waits to write.
  [[nodiscard]] virtual Progress Lift(TimePoint now) = 0;
};

/// A statement in the table's resource policy that denies writes to everybody but the exempt,
/// beside whatever else the policy says. It acts once a conditional delete that can change nothing
/// is denied, again and again for a while (limits::kEffectiveFor): the policy reaches the service's
/// parts one by one.
class PolicyFreeze final : public Freeze {
 public:
  /// Name of the statement, by which it is known to be ours.
  static constexpr std::string_view kStatement = "DdbsyncCutoverFreeze";

  PolicyFreeze(dynamodb::ControlClient control, std::string table, std::string arn,
               dynamodb::KeySchema schema, std::vector<std::string> exempt);

  [[nodiscard]] Progress Prepare(TimePoint now) override;
  [[nodiscard]] Progress Engage(TimePoint now) override;
  [[nodiscard]] Progress Check(TimePoint now) override;
  [[nodiscard]] Progress Lift(TimePoint now) override;

 private:
  [[nodiscard]] Progress PutStatement(TimePoint now);
  [[nodiscard]] Progress AwaitDenial(TimePoint now);
  [[nodiscard]] Progress RemoveStatement(TimePoint now);
  [[nodiscard]] Progress AwaitPermission(TimePoint now);
  /// Reads the policy into policy_.
  [[nodiscard]] Progress Look(const std::string& doing);

  dynamodb::ControlClient control_;
  const std::string table_;
  const std::string arn_;
  const dynamodb::KeySchema schema_;
  const std::vector<std::string> exempt_;

  bool looked_ = false;  ///< policy_ is what the service said last
  std::optional<dynamodb::ResourcePolicy> policy_;
  bool in_place_ = false;                   ///< the statement was seen, or accepted
  std::optional<TimePoint> denied_since_;   ///< by every probe
  std::optional<TimePoint> removed_since_;  ///< the statement was in no look
};

/// A command of the operator's: `freeze` and `thaw` are told by DDBSYNC_CUTOVER_ACTION. Exit code 0
/// of `freeze` promises that no write is let in any more; any other is a veto.
class HookFreeze final : public Freeze {
 public:
  /// `hook` outlives this. `variables`: what else the command is told.
  HookFreeze(Hook& hook, Hook::Variables variables)
      : hook_(hook), variables_(std::move(variables)) {}
  ~HookFreeze() override { hook_.Kill(); }

  [[nodiscard]] Progress Engage(TimePoint now) override { return Run("freeze", now); }
  [[nodiscard]] Progress Check(TimePoint) override { return Progress::Done(); }
  [[nodiscard]] Progress Lift(TimePoint now) override;

 private:
  [[nodiscard]] Progress Run(const std::string& action, TimePoint now);

  Hook& hook_;
  const Hook::Variables variables_;
  std::string running_;  ///< action; empty: none
  TimePoint began_;
};

/// The operator stops the writers and says so.
class ManualFreeze final : public Freeze {
 public:
  void Confirm() { confirmed_ = true; }

  [[nodiscard]] Progress Engage(TimePoint now) override;
  [[nodiscard]] Progress Check(TimePoint) override { return Progress::Done(); }
  [[nodiscard]] Progress Lift(TimePoint) override { return Progress::Done(); }

 private:
  std::atomic<bool> confirmed_{false};
};

}  // namespace ddbsync::cutover
