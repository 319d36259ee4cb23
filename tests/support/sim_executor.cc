#include "tests/support/sim_executor.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "base/error.h"

namespace ddbsync::fake {
namespace {

/// Leaves a step's stack when its process has died. Not a std::exception: nobody catches it by
/// mistake.
struct ProcessDied {};

}  // namespace

struct SimExecutor::Entry {
  enum class State { kWaiting, kRunning, kWokenWhileRunning };
  uint64_t id = 0;
  std::string name;
  std::shared_ptr<Task> task;
  State state = State::kWaiting;
  uint64_t generation = 0;  ///< the slot of this generation is the valid one
};

/// A step that has begun.
struct SimExecutor::Run {
  uint64_t id = 0;
  std::shared_ptr<Entry> entry;
  std::unique_ptr<Fiber> fiber;
  Next next = Next::Done();
  bool die = false;     ///< its next wake-up is the end
  bool thrown = false;  ///< ProcessDied left a sleep
  bool died = false;    ///< ... and arrived
};

SimExecutor::SimExecutor(Options options)
    : options_(options), random_(options.seed), clock_(*this, options.wall) {}

SimExecutor::~SimExecutor() {
  Crash();
}

Waker SimExecutor::Spawn(Lane, std::string name, std::shared_ptr<Task> task) {
  if (!powered_) return Waker();
  auto entry = std::make_shared<Entry>();
  entry->id = next_id_++;
  entry->name = std::move(name);
  entry->task = std::move(task);
  entries_.emplace(entry->id, entry);
  // Only this executor owns entries: as long as one is alive, so is the executor.
  const Waker waker([this, weak = std::weak_ptr<Entry>(entry)] {
    if (auto woken = weak.lock()) Wake(woken);
  });
  entry->task->Attach(waker);
  Schedule(entry, TimePoint::min());
  return waker;
}

void SimExecutor::SuspendFor(Duration duration) {
  const TimePoint until = clock_.Now() + std::max(duration, Duration::zero());
  if (current_ == nullptr) {
    DDBSYNC_CHECK(!looping_);  // an event or predicate tried to sleep
    if (powered_) Loop([] { return false; }, until);
    return;
  }
  Run& run = *current_;
  if (powered_) {
    Push(until, false, [this, &run] { Resume(run); });
    run.fiber->Suspend();
  }
  if (powered_ && !run.die) return;
  // A destructor that sleeps while its stack is being unwound goes on at once.
  if (std::uncaught_exceptions() > 0) return;
  run.thrown = true;
  throw ProcessDied();
}

void SimExecutor::At(TimePoint time, std::function<void()> event) {
  Push(std::max(time, clock_.Now()), true, std::move(event));
}

SimExecutor::Ended SimExecutor::RunUntil(const std::function<bool()>& done, TimePoint deadline) {
  return Loop(done, deadline);
}

SimExecutor::Ended SimExecutor::RunFor(Duration duration) {
  return Loop([] { return false; }, clock_.Now() + duration);
}

SimExecutor::Ended SimExecutor::RunSteps(uint64_t steps, TimePoint deadline) {
  const uint64_t last = steps_ + steps;
  return Loop([&] { return steps_ >= last; }, deadline);
}

void SimExecutor::Crash() {
  DDBSYNC_CHECK(current_ == nullptr && !looping_);
  CutPower();
  while (!runs_.empty()) {
    Run& run = *runs_.begin()->second;
    run.die = true;
    current_ = &run;
    run.fiber->Resume();
    current_ = nullptr;
    // Otherwise somebody caught what was not theirs and went on as if alive.
    DDBSYNC_CHECK(run.fiber->idle() && run.died);
    idle_fibers_.push_back(std::move(run.fiber));
    runs_.erase(runs_.begin());
  }
  std::erase_if(slots_, [](const Slot& slot) { return !slot.world; });
  std::make_heap(slots_.begin(), slots_.end(), Later);
  // One by one, oldest first: destroyed tasks may look at those that are left.
  while (!entries_.empty()) entries_.erase(entries_.begin());
}

void SimExecutor::Restart() {
  DDBSYNC_CHECK(runs_.empty() && entries_.empty());
  powered_ = true;
}

void SimExecutor::RunWorldFor(Duration duration) {
  DDBSYNC_CHECK(!powered_ && runs_.empty() && entries_.empty());
  powered_ = true;  // no task is left that could run
  Loop([] { return false; }, clock_.Now() + duration);
  powered_ = false;
}

std::vector<std::string> SimExecutor::TaskNames() const {
  std::vector<std::string> names;
  for (const auto& [id, entry] : entries_) names.push_back(entry->name);
  return names;
}

void SimExecutor::Push(TimePoint due, bool world, std::function<void()> fire) {
  slots_.push_back(Slot{due, random_.Next(), next_id_++, world, std::move(fire)});
  std::push_heap(slots_.begin(), slots_.end(), Later);
}

bool SimExecutor::Later(const Slot& a, const Slot& b) {
  if (a.due != b.due) return a.due > b.due;
  return a.tie != b.tie ? a.tie > b.tie : a.order > b.order;
}

void SimExecutor::Schedule(const std::shared_ptr<Entry>& entry, TimePoint due) {
  const uint64_t generation = ++entry->generation;
  if (due == TimePoint::max()) return;
  const TimePoint start = std::max(due, clock_.Now()) + random_.UpTo(options_.max_start_delay);
  Push(start, false, [this, weak = std::weak_ptr<Entry>(entry), generation] {
    auto ready = weak.lock();
    if (!ready || ready->generation != generation) return;
    if (ready->state == Entry::State::kWaiting) StartStep(ready);
  });
}

void SimExecutor::Wake(const std::shared_ptr<Entry>& entry) {
  if (!powered_) return;
  if (entry->state == Entry::State::kWaiting) {
    Schedule(entry, TimePoint::min());
  } else {
    entry->state = Entry::State::kWokenWhileRunning;
  }
}

void SimExecutor::StartStep(const std::shared_ptr<Entry>& entry) {
  entry->state = Entry::State::kRunning;
  auto owned = std::make_unique<Run>();
  Run& run = *owned;
  run.id = next_id_++;
  run.entry = entry;
  run.fiber = TakeFiber();
  runs_.emplace(run.id, std::move(owned));
  Trace(entry->name);
  current_ = &run;
  run.fiber->Start([this, &run] {
    try {
      run.next = run.entry->task->Step(clock_.Now());
    } catch (const ProcessDied&) {
      run.died = true;  // its stack owns nothing any more; Crash drops the rest
    }
  });
  current_ = nullptr;
  AfterSwitch(run);
}

void SimExecutor::Resume(Run& run) {
  Trace(run.entry->name);
  current_ = &run;
  run.fiber->Resume();
  current_ = nullptr;
  AfterSwitch(run);
}

void SimExecutor::AfterSwitch(Run& run) {
  if (!run.fiber->idle()) return;
  idle_fibers_.push_back(std::move(run.fiber));
  const std::shared_ptr<Entry> entry = std::move(run.entry);
  const Next next = run.next;
  const bool died = run.died;
  DDBSYNC_CHECK(died == run.thrown);  // nobody may swallow the end of the process
  runs_.erase(run.id);
  if (died) return;
  const bool woken = entry->state == Entry::State::kWokenWhileRunning;
  entry->state = Entry::State::kWaiting;
  if (next.done()) {
    entries_.erase(entry->id);
  } else if (powered_) {
    Schedule(entry, woken ? TimePoint::min() : next.due());
  }
}

void SimExecutor::Trace(std::string_view what) {
  const auto mix = [this](uint64_t value) {
    constexpr uint64_t kPrime = 0x100000001b3;  // FNV-1a
    trace_ = (trace_ ^ value) * kPrime;
  };
  mix(static_cast<uint64_t>(clock_.Now().time_since_epoch().count()));
  for (const char c : what) mix(static_cast<uint8_t>(c));
}

SimExecutor::Ended SimExecutor::Loop(const std::function<bool()>& done, TimePoint deadline) {
  DDBSYNC_CHECK(!looping_);
  while (true) {
    if (!powered_) return Ended::kPowerCut;
    if (done()) return Ended::kDone;
    if (slots_.empty() || slots_.front().due > deadline) {
      clock_.AdvanceTo(deadline);
      return Ended::kDeadline;
    }
    std::pop_heap(slots_.begin(), slots_.end(), Later);
    const Slot slot = std::move(slots_.back());
    slots_.pop_back();
    steps_at_instant_ = slot.due > clock_.Now() ? 0 : steps_at_instant_ + 1;
    // Somebody asks to run again at once, for ever.
    DDBSYNC_CHECK(steps_at_instant_ < kMostStepsAtAnInstant);
    clock_.AdvanceTo(slot.due);
    ++steps_;
    looping_ = true;
    slot.fire();
    looping_ = false;
  }
}

std::unique_ptr<Fiber> SimExecutor::TakeFiber() {
  if (idle_fibers_.empty()) return std::make_unique<Fiber>(options_.stack_bytes);
  std::unique_ptr<Fiber> fiber = std::move(idle_fibers_.back());
  idle_fibers_.pop_back();
  return fiber;
}

}  // namespace ddbsync::fake
