#pragma once

#include <memory>
#include <string>

#include "tests/replicator/engine_fixture.h"
#include "verify/verification.h"

namespace ddbsync::verify {

/// Tables "src" and "dst" of the in-memory DynamoDB, and a verification of them with a store of its
/// own: through the fixture's job if one was started, else beside none.
class VerifyFixture : public replicator::EngineFixture {
 protected:
  VerifyFixture();
  explicit VerifyFixture(fake::Options options);
  ~VerifyFixture() override;

  /// `count` items in each table, equal.
  void Fill(int count);
  /// Begins or resumes one; checks that nothing speaks against it.
  void Begin(Options options = {});
  [[nodiscard]] std::vector<Error> BeginFaults(Options options = {});
  /// To its end.
  verify::Status Verify(Options options = {});
  verify::Status WaitForEnd();
  /// As a crash of the process would, of a process that runs no job.
  void CrashVerification();
  [[nodiscard]] std::vector<std::string> Keys(DifferenceKind kind);

  std::shared_ptr<Verification> verification_;
  std::shared_ptr<checkpoint::Store> verify_store_;

 private:
  [[nodiscard]] Verification::Parts MakeParts();
};

}  // namespace ddbsync::verify
