#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "tests/support/fake_dynamodb.h"
#include "tests/support/signature_check.h"

namespace ddbsync::fake {

/// A FakeDynamoDb over HTTP on 127.0.0.1, for real clients and real processes. Faults of the
/// network are made of broken and silent connections; one that the client did not reach at all
/// cannot be made here, so a refused connection is one that breaks with nothing done.
///
/// Requests below /_fake/ drive the service (fake_admin.h). Everything else is the service's, and
/// is signed when keys are known. The key id it is signed with, verified or not, is the sender's
/// for policies of resources.
class FakeServer {
 public:
  /// References outlive the server. `signatures`: null accepts whatever comes.
  FakeServer(FakeDynamoDb& service, const Clock& clock, SignatureCheck* signatures);
  ~FakeServer();  // stops

  /// Listens; 0 chooses a port. Returns the port, or -1 when it cannot be had. Serves on threads of
  /// its own from then on.
  int Start(int port);
  /// Breaks requests that are being held, then ends all threads. Idempotent.
  void Stop();

 private:
  class Front;
  const std::unique_ptr<Front> front_;
};

}  // namespace ddbsync::fake
