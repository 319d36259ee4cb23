#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "tests/checkpoint/memory_store.h"
#include "tests/simulation/process.h"
#include "verify/verification.h"

namespace ddbsync::simulation {

/// One verification through a process's job, and what it may say. Destroyed after
/// SimExecutor::Crash and before the process.
class Verifier {
 public:
  Verifier(Process& process, verify::Options options);

  /// Why it could not begin; empty: it did.
  [[nodiscard]] const std::string& refused() const { return refused_; }
  [[nodiscard]] bool ended() const { return run_ == nullptr || run_->ended(); }
  [[nodiscard]] verify::Status status() const { return run_->GetStatus(); }
  /// What it should not have said of tables that a job keeps in step; nothing if it is right.
  [[nodiscard]] std::optional<std::string> FalseAlarm() const;

 private:
  std::shared_ptr<verify::Verification> run_;
  std::string refused_;
};

/// Items of the target as somebody else leaves them who deletes one, changes one and adds one.
/// It holds at least two.
void WriteBehindTheJob(const Surroundings& outside);

}  // namespace ddbsync::simulation
