#pragma once

#include <set>
#include <string>

#include "tests/simulation/scenario.h"
#include "tests/support/fake_dynamodb.h"
#include "tests/support/random.h"
#include "tests/support/sim_executor.h"

namespace ddbsync::simulation {

/// The application that owns the source table: puts, updates, deletes and re-creates items while
/// they are copied, a few hot keys and many cold ones. Its writes are the world's: they go on
/// through a crash of the copy.
class Application {
 public:
  /// All references outlive the machine's events.
  Application(const Scenario& scenario, fake::SimExecutor& machine, fake::FakeDynamoDb& source);

  /// Puts what is there before anybody copies.
  void Fill();
  /// Writes from now until the scenario's end of writing.
  void Begin();
  /// Writes no more.
  [[nodiscard]] bool done() const { return done_; }

 private:
  void WriteAndGoOn();
  void Write(const std::string& id);
  void Put(const std::string& id);
  [[nodiscard]] std::string AnyKey();

  const Scenario& scenario_;
  fake::SimExecutor& machine_;
  fake::FakeDynamoDb& source_;
  fake::Random random_;
  std::set<std::string> present_;
  uint64_t version_ = 0;
  TimePoint ends_;
  bool done_ = false;
};

}  // namespace ddbsync::simulation
