#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/task.h"
#include "tests/support/fiber.h"
#include "tests/support/manual_clock.h"
#include "tests/support/random.h"

namespace ddbsync::fake {

/// Runs the engine's tasks on one thread in virtual time. One seed is one order of events, the same
/// on every run: among steps due at the same moment chance decides, and time jumps to whatever is
/// due next.
///
/// Each step runs on a fiber, so remote calls overlap as they do on threads: the transport sleeps
/// on this executor's clock and other steps run meanwhile. The world (At) goes on through a crash:
/// requests on the wire arrive although nobody waits for them.
///
/// A crash is the end of the process, not of the program. After CutPower nothing reaches the
/// outside: the network is down (`powered`, for FakeTransport::Options::is_up), a disk under test
/// is told by whoever cuts. Crash then unwinds every suspended step by an exception of a private
/// type out of its sleep, so that what its stack owns is freed, and drops all tasks. The
/// destructors that run meanwhile change only memory which is about to be dropped. Engine code may
/// not swallow that exception (`catch (...)` without rethrow); Crash aborts when it does.
///
/// One thread owns it. Outlives its tasks' wakers' use; events may not outlive what they refer to.
class SimExecutor final : public Executor {
 public:
  struct Options {
    uint64_t seed = 1;
    /// A step starts up to so much later than it is due, as when threads are busy.
    Duration max_start_delay{0};
    size_t stack_bytes = kStackBytes;
    WallTime wall = ManualClock::kDefaultWall;
  };

  explicit SimExecutor(uint64_t seed) : SimExecutor(Options{.seed = seed}) {}
  explicit SimExecutor(Options options);
  ~SimExecutor() override;  // crashes

  /// Ignored while the power is cut.
  Waker Spawn(Lane lane, std::string name, std::shared_ptr<Task> task) override;
  [[nodiscard]] const Clock& clock() const override { return clock_; }

  /// The same clock, to sleep on. From a task, other steps run meanwhile; from the owner's thread
  /// outside of any run (start-up code), the simulation runs for that long.
  [[nodiscard]] Clock& sleeping_clock() { return clock_; }
  void SuspendFor(Duration duration);
  /// The machine's calendar clock jumps; virtual time does not.
  void JumpWallClock(std::chrono::milliseconds by) { clock_.JumpWall(by); }

  /// The world's own doing, at `time` or at once; survives a crash. May not sleep.
  void At(TimePoint time, std::function<void()> event);

  enum class Ended { kDone, kDeadline, kPowerCut };
  /// Runs until `done` (looked at before each step), the deadline or a cut.
  Ended RunUntil(const std::function<bool()>& done, TimePoint deadline);
  Ended RunFor(Duration duration);
  /// At most so many steps and events.
  Ended RunSteps(uint64_t steps, TimePoint deadline);

  /// The process stops here: from a task, an event or outside. Runs return at once.
  void CutPower() { powered_ = false; }
  [[nodiscard]] bool powered() const { return powered_; }
  /// Cuts and clears. Not from a task or event.
  void Crash();
  /// The next process may begin. Time has not stood still if the caller ran the world meanwhile.
  void Restart();
  /// With the power cut: only the world's events happen.
  void RunWorldFor(Duration duration);

  [[nodiscard]] uint64_t steps() const { return steps_; }
  /// Differs as soon as two runs differ in what ran when.
  [[nodiscard]] uint64_t trace() const { return trace_; }
  /// Names of the tasks alive, for messages about what hangs.
  [[nodiscard]] std::vector<std::string> TaskNames() const;

 private:
  /// Enough for the engine's deepest stack under the address sanitizer.
  static constexpr size_t kStackBytes = size_t{256} << 10;
  /// No work of a moment takes so many; beyond, somebody goes round in circles.
  static constexpr uint64_t kMostStepsAtAnInstant = 1'000'000;

  class SleepingClock final : public Clock {
   public:
    SleepingClock(SimExecutor& executor, WallTime wall) : executor_(executor), time_(wall) {}
    TimePoint Now() const override { return time_.Now(); }
    WallTime WallNow() const override { return time_.WallNow(); }
    void SleepFor(Duration duration) override { executor_.SuspendFor(duration); }
    void JumpWall(std::chrono::milliseconds by) { time_.JumpWall(by); }
    void AdvanceTo(TimePoint time) { time_.AdvanceTo(time); }

   private:
    SimExecutor& executor_;
    ManualClock time_;
  };

  struct Entry;
  struct Run;
  struct Slot {
    TimePoint due;
    uint64_t tie;    ///< random
    uint64_t order;  ///< first in, first out should even that be equal
    bool world;
    std::function<void()> fire;
  };

  void Push(TimePoint due, bool world, std::function<void()> fire);
  static bool Later(const Slot& a, const Slot& b);
  void Schedule(const std::shared_ptr<Entry>& entry, TimePoint due);
  void Wake(const std::shared_ptr<Entry>& entry);
  void StartStep(const std::shared_ptr<Entry>& entry);
  void Resume(Run& run);
  void AfterSwitch(Run& run);
  void Trace(std::string_view what);
  Ended Loop(const std::function<bool()>& done, TimePoint deadline);
  std::unique_ptr<Fiber> TakeFiber();

  const Options options_;
  Random random_;
  SleepingClock clock_;
  bool powered_ = true;
  bool looping_ = false;
  uint64_t steps_ = 0;
  uint64_t steps_at_instant_ = 0;  ///< since time moved
  uint64_t trace_ = 0;
  uint64_t next_id_ = 0;
  std::vector<Slot> slots_;  ///< a heap, the next on top
  std::map<uint64_t, std::shared_ptr<Entry>> entries_;
  std::map<uint64_t, std::unique_ptr<Run>> runs_;  ///< steps begun and not ended
  Run* current_ = nullptr;
  std::vector<std::unique_ptr<Fiber>> idle_fibers_;
};

}  // namespace ddbsync::fake
