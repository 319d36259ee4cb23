#pragma once

#include <ucontext.h>

#include <cstddef>
#include <functional>

namespace ddbsync::fake {

/// A stack of its own on which a function runs, can stop in the middle and go on later: blocking
/// code under a single-threaded simulation. The stack is used again for the next function. Address
/// and thread sanitizers are told of each switch; each fiber keeps its own exceptions in flight.
/// One thread owns it; neither copied nor moved.
class Fiber {
 public:
  explicit Fiber(size_t stack_bytes);
  /// Nothing may be suspended on it: whatever its frames own would leak.
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  /// Runs `work` until it ends or suspends. The fiber is idle before. An exception that leaves
  /// `work` ends the program.
  void Start(std::function<void()> work);
  /// Goes on behind the Suspend.
  void Resume();
  /// From `work` only: back to the caller of Start or Resume.
  void Suspend();

  [[nodiscard]] bool idle() const { return !work_; }

 private:
  /// The C++ runtime's exceptions in flight (Itanium C++ ABI, 2.2.2): they belong to a stack, but
  /// the runtime keeps them by thread.
  struct Exceptions {
    void* caught = nullptr;
    unsigned int uncaught = 0;
  };

  static void Enter(unsigned int high, unsigned int low);
  void Loop() noexcept;
  void SwitchIn();
  void SwitchOut();
  static Exceptions SwapExceptions(const Exceptions& next);

  const size_t stack_bytes_;
  void* mapping_ = nullptr;
  void* stack_ = nullptr;
  ucontext_t inside_{};
  ucontext_t outside_{};
  std::function<void()> work_;
  bool leaving_ = false;  ///< the loop is to end, for good
  Exceptions exceptions_;
  Exceptions outside_exceptions_;

  // What the sanitizers want back at each switch.
  void* fake_stack_ = nullptr;
  void* outside_fake_stack_ = nullptr;
  const void* outside_stack_ = nullptr;
  size_t outside_stack_bytes_ = 0;
  void* tsan_fiber_ = nullptr;
  void* outside_tsan_fiber_ = nullptr;
};

}  // namespace ddbsync::fake
