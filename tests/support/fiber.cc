#include "tests/support/fiber.h"

#include <cxxabi.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <utility>

#include "base/error.h"

#if defined(__SANITIZE_ADDRESS__)
#define DDBSYNC_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define DDBSYNC_ASAN 1
#endif
#endif
#if defined(__SANITIZE_THREAD__)
#define DDBSYNC_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define DDBSYNC_TSAN 1
#endif
#endif

#ifdef DDBSYNC_ASAN
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef DDBSYNC_TSAN
#include <sanitizer/tsan_interface.h>
#endif

namespace ddbsync::fake {
namespace {

// The sanitizers' calls; nothing without them. TSan notes where a function ends with the fiber that
// runs then: the switch must be part of the function that goes on with the same fiber.
[[gnu::always_inline]] inline void StartSwitch([[maybe_unused]] void** save,
                                               [[maybe_unused]] const void* stack,
                                               [[maybe_unused]] size_t bytes,
                                               [[maybe_unused]] void* tsan_fiber) {
#ifdef DDBSYNC_ASAN
  __sanitizer_start_switch_fiber(save, stack, bytes);
#endif
#ifdef DDBSYNC_TSAN
  __tsan_switch_to_fiber(tsan_fiber, 0);
#endif
}

void FinishSwitch([[maybe_unused]] void* saved, [[maybe_unused]] const void** stack,
                  [[maybe_unused]] size_t* bytes) {
#ifdef DDBSYNC_ASAN
  __sanitizer_finish_switch_fiber(saved, stack, bytes);
#endif
}

void* NewTsanFiber() {
#ifdef DDBSYNC_TSAN
  return __tsan_create_fiber(0);
#else
  return nullptr;
#endif
}

void FreeTsanFiber([[maybe_unused]] void* fiber) {
#ifdef DDBSYNC_TSAN
  __tsan_destroy_fiber(fiber);
#endif
}

void* CurrentTsanFiber() {
#ifdef DDBSYNC_TSAN
  return __tsan_get_current_fiber();
#else
  return nullptr;
#endif
}

size_t GuardBytes() {
  return static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

constexpr int kHalf = 32;  // makecontext passes ints, a pointer is two of them

}  // namespace

Fiber::Fiber(size_t stack_bytes) : stack_bytes_(stack_bytes), tsan_fiber_(NewTsanFiber()) {
  // Mapped, not allocated: untouched pages cost nothing, and an overflow hits the page below.
  mapping_ = mmap(nullptr, stack_bytes_ + GuardBytes(), PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
  DDBSYNC_CHECK(mapping_ != MAP_FAILED);
  DDBSYNC_CHECK(mprotect(mapping_, GuardBytes(), PROT_NONE) == 0);
  stack_ = static_cast<char*>(mapping_) + GuardBytes();
  DDBSYNC_CHECK(getcontext(&inside_) == 0);
  inside_.uc_stack.ss_sp = stack_;
  inside_.uc_stack.ss_size = stack_bytes_;
  inside_.uc_link = nullptr;
  const auto self = reinterpret_cast<uintptr_t>(this);
  makecontext(&inside_, reinterpret_cast<void (*)()>(Enter), 2,
              static_cast<unsigned int>(self >> kHalf), static_cast<unsigned int>(self));
}

Fiber::~Fiber() {
  DDBSYNC_CHECK(idle());
  leaving_ = true;
  SwitchIn();  // so that the sanitizers see its end
  FreeTsanFiber(tsan_fiber_);
  munmap(mapping_, stack_bytes_ + GuardBytes());
}

void Fiber::Start(std::function<void()> work) {
  DDBSYNC_CHECK(idle());
  work_ = std::move(work);
  SwitchIn();
}

void Fiber::Resume() {
  DDBSYNC_CHECK(!idle());
  SwitchIn();
}

void Fiber::Suspend() {
  SwitchOut();
}

void Fiber::Enter(unsigned int high, unsigned int low) {
  reinterpret_cast<Fiber*>(static_cast<uintptr_t>(high) << kHalf | low)->Loop();
}

void Fiber::Loop() noexcept {
  FinishSwitch(nullptr, &outside_stack_, &outside_stack_bytes_);
  while (!leaving_) {
    work_();
    work_ = nullptr;
    SwitchOut();
  }
  SwitchOut();  // never comes back
}

void Fiber::SwitchIn() {
  outside_exceptions_ = SwapExceptions(exceptions_);
  outside_tsan_fiber_ = CurrentTsanFiber();
  StartSwitch(&outside_fake_stack_, stack_, stack_bytes_, tsan_fiber_);
  swapcontext(&outside_, &inside_);
  FinishSwitch(outside_fake_stack_, nullptr, nullptr);
  exceptions_ = SwapExceptions(outside_exceptions_);
}

void Fiber::SwitchOut() {
  // A fiber that leaves gives its fake stack back instead of having it kept.
  StartSwitch(leaving_ ? nullptr : &fake_stack_, outside_stack_, outside_stack_bytes_,
              outside_tsan_fiber_);
  swapcontext(&inside_, &outside_);
  FinishSwitch(fake_stack_, &outside_stack_, &outside_stack_bytes_);
}

Fiber::Exceptions Fiber::SwapExceptions(const Exceptions& next) {
  void* globals = abi::__cxa_get_globals();
  Exceptions previous;
  std::memcpy(&previous, globals, sizeof previous);
  std::memcpy(globals, &next, sizeof next);
  return previous;
}

}  // namespace ddbsync::fake
