#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "metrics/connection.h"

namespace ddbsync::metrics {

struct Listener {
  Descriptor socket;
  std::string address;  ///< as bound: "127.0.0.1:43121", "[::1]:9853"
};

enum class Reach { kThisMachine, kAnywhere };

/// Listens on an address: "127.0.0.1:9853", "[::1]:0", "localhost:9853"; port 0 takes a free one.
/// Errors: as CheckListenAddress; kConflict (port taken), kDenied (a port below 1024) and kIo,
/// which name --listen.
[[nodiscard]] Result<Listener> Listen(const std::string& address, Reach reach);

/// Whether Listen could take it, without trying. Errors: kInvalid (not a numeric address; not
/// loopback, where only this machine is to be reached from).
[[nodiscard]] Result<void> CheckListenAddress(std::string_view address, Reach reach);

/// Where this machine itself reaches what listens there: "127.0.0.1:9853" for "0.0.0.0:9853".
[[nodiscard]] std::string LocalAddress(const std::string& listened);

/// Whether a Host header names this machine itself. A page on another site that made its own name
/// resolve to 127.0.0.1 (DNS rebinding) sends that name.
[[nodiscard]] bool NamesLoopback(std::string_view host_header);

}  // namespace ddbsync::metrics
