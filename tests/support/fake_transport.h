#pragma once

#include <cstdint>
#include <functional>

#include "aws/transport.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "tests/support/fake_dynamodb.h"
#include "tests/support/random.h"

namespace ddbsync::fake {

/// The network between a client and a FakeDynamoDb, in process: delays, and the faults of the
/// service's plan. A request is carried out when it arrives, whatever has become of the caller by
/// then. Waits are the clock's sleeps, so that on a SimExecutor's clock other tasks run meanwhile.
/// Safe from any thread.
class FakeTransport final : public aws::Transport {
 public:
  struct Options {
    uint64_t seed = 1;
    Duration least_delay{0};         ///< of a message, each way; what is drawn comes on top
    Duration max_request_delay{0};   ///< drawn for each request, from zero
    Duration max_response_delay{0};  ///< likewise
    /// False: the machine is off, nothing leaves it any more (SimExecutor::powered). Null: always
    /// on.
    std::function<bool()> is_up = nullptr;
  };

  /// References outlive the transport. A SimExecutor is crashed while they live.
  FakeTransport(FakeDynamoDb& service, Clock& clock) : FakeTransport(service, clock, Options{}) {}
  FakeTransport(FakeDynamoDb& service, Clock& clock, Options options);

  Result<aws::HttpResponse> Send(const aws::HttpRequest& request) override;

 private:
  struct Delays {
    Duration there;
    Duration back;
    Duration gives_up;  ///< when a caller without an answer stops waiting
  };
  Delays Draw(Duration timeout);
  void SendLate(const aws::HttpRequest& request, std::string_view target, Duration delay,
                Duration gives_up);
  Result<aws::HttpResponse> Exchange(const aws::HttpRequest& request, std::string_view target,
                                     const Fault& fault, const Delays& delays);

  FakeDynamoDb& service_;
  Clock& clock_;
  const Options options_;
  Mutex mutex_;
  Random random_ GUARDED_BY(mutex_);
};

}  // namespace ddbsync::fake
