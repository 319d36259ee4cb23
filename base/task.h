#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"

namespace ddbsync {

/// Threads of its own for each kind of work, so that a target that hangs stops neither polling
/// nor commits (docs/architecture.md, "Tasks and threads").
enum class Lane { kControl, kTailRead, kTailWrite, kScan, kBackfillWrite, kCommit, kWatch };
inline constexpr int kLaneCount = 7;

/// When a task wants to run again.
class Next {
 public:
  static Next Now() { return At(TimePoint::min()); }
  static Next At(TimePoint due) { return Next(Kind::kAt, due); }
  /// Only a Waker brings it back.
  static Next WhenWoken() { return Next(Kind::kAt, TimePoint::max()); }
  /// Never again; the executor lets go of the task.
  static Next Done() { return Next(Kind::kDone, TimePoint::max()); }

  [[nodiscard]] bool done() const { return kind_ == Kind::kDone; }
  [[nodiscard]] TimePoint due() const { return due_; }

 private:
  enum class Kind { kAt, kDone };
  Next(Kind kind, TimePoint due) : kind_(kind), due_(due) {}
  Kind kind_;
  TimePoint due_;
};

/// Makes a task due now. Copyable, safe from any thread and after the task or executor ended.
/// A wake that arrives while the task runs makes it run once more: no wake is lost.
class Waker {
 public:
  Waker() = default;
  explicit Waker(std::function<void()> wake)
      : wake_(std::make_shared<const std::function<void()>>(std::move(wake))) {}
  void Wake() const {
    if (wake_) (*wake_)();
  }
  /// The same for copies, and for nobody else while one of them lives.
  [[nodiscard]] const void* id() const { return wake_.get(); }

 private:
  std::shared_ptr<const std::function<void()>> wake_;
};

/// A piece of work that runs in steps. One step makes at most one remote call and never sleeps.
/// Steps of one task never overlap; two steps may run on different threads.
class Task {
 public:
  virtual ~Task() = default;
  virtual Next Step(TimePoint now) = 0;

  /// The executor's, before the first step. A task that stands for another hands it on.
  virtual void Attach(Waker waker) { waker_ = std::move(waker); }

 protected:
  /// Makes this task due; for those who promise to wake it.
  [[nodiscard]] const Waker& waker() const { return waker_; }

 private:
  Waker waker_;
};

/// Runs tasks. The engine knows only this; production uses ThreadExecutor, tests a simulated one.
class Executor {
 public:
  virtual ~Executor() = default;

  /// Shares ownership of the task until its Step returned Done, or until the executor stopped.
  /// The first step is due at once. Safe from any thread. `name` appears in logs.
  virtual Waker Spawn(Lane lane, std::string name, std::shared_ptr<Task> task) = 0;

  [[nodiscard]] virtual const Clock& clock() const = 0;
};

}  // namespace ddbsync
