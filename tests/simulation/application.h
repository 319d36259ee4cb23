#pragma once

#include <set>
#include <string>
#include <string_view>

#include "tests/simulation/scenario.h"
#include "tests/support/fake_dynamodb.h"
#include "tests/support/random.h"
#include "tests/support/sim_executor.h"

namespace ddbsync::simulation {

/// The application that owns the source table: puts, updates, deletes and re-creates items while
/// they are copied, a few hot keys and many cold ones. Its writes are the world's: they go on
/// through a crash of the copy. What is refused is not written, and not tried again.
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
  void End() { ends_ = machine_.clock().Now(); }

  // For a cut-over.
  /// Held, it writes nothing: somebody has stopped it.
  void Hold(bool held) { held_ = held; }
  [[nodiscard]] bool held() const { return held_; }
  /// One write of somebody whom nobody has stopped. The key as JSON; empty: it was refused.
  std::string Stray();
  /// Each request is carried out up to so long after the service let it in.
  void Linger(Duration longest) { lingers_ = longest; }
  /// From now on this is the live table.
  void MoveTo(fake::FakeDynamoDb& service, std::string table);

 private:
  void WriteAndGoOn();
  void Write(const std::string& id);
  bool Put(const std::string& id);  ///< false: it was refused
  [[nodiscard]] bool Send(std::string_view operation, const std::string& body);
  [[nodiscard]] std::string AnyKey();

  const Scenario& scenario_;
  fake::SimExecutor& machine_;
  fake::FakeDynamoDb* service_;
  std::string table_ = "source";
  fake::Random random_;
  std::set<std::string> present_;
  uint64_t version_ = 0;
  TimePoint ends_;
  Duration lingers_{0};
  bool held_ = false;
  bool done_ = false;
};

}  // namespace ddbsync::simulation
