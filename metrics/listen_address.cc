#include "metrics/listen_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>

namespace ddbsync::metrics {
namespace {

/// Connections that the kernel holds until they are accepted, which takes microseconds. When there
/// are more it drops them, and the client tries again only after a second: as many as it lets us.
constexpr int kBacklog = SOMAXCONN;

struct HostAndPort {
  std::string host;  ///< without brackets
  bool bracketed = false;
  std::string_view port;  ///< may be empty
};

std::optional<HostAndPort> Split(std::string_view text) {
  HostAndPort parts;
  std::string_view rest = text;
  if (text.starts_with('[')) {
    const size_t end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    parts.host = text.substr(1, end - 1);
    parts.bracketed = true;
    rest = text.substr(end + 1);
  } else {
    const size_t colon = std::min(text.find(':'), text.size());
    parts.host = text.substr(0, colon);
    rest = text.substr(colon);
  }
  if (rest.empty()) return parts;
  if (!rest.starts_with(':')) return std::nullopt;
  parts.port = rest.substr(1);
  return parts;
}

union Address {
  sockaddr any;
  sockaddr_in v4;
  sockaddr_in6 v6;
};

/// None for a name, but for "localhost".
std::optional<Address> Numeric(const HostAndPort& parts) {
  Address address{};
  if (parts.bracketed) {
    address.v6.sin6_family = AF_INET6;
    if (inet_pton(AF_INET6, parts.host.c_str(), &address.v6.sin6_addr) != 1) return std::nullopt;
    return address;
  }
  std::string host = parts.host;
  std::ranges::transform(host, host.begin(), [](unsigned char c) { return std::tolower(c); });
  if (host == "localhost") host = "127.0.0.1";
  address.v4.sin_family = AF_INET;
  if (inet_pton(AF_INET, host.c_str(), &address.v4.sin_addr) != 1) return std::nullopt;
  return address;
}

bool IsLoopback(const Address& address) {
  if (address.any.sa_family == AF_INET6) return IN6_IS_ADDR_LOOPBACK(&address.v6.sin6_addr);
  constexpr uint32_t kLoopbackNetwork = 127;
  return ntohl(address.v4.sin_addr.s_addr) >> 24 == kLoopbackNetwork;
}

std::optional<uint16_t> ParsePort(std::string_view text) {
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return port;
}

socklen_t SizeOf(const Address& address) {
  return address.any.sa_family == AF_INET6 ? sizeof address.v6 : sizeof address.v4;
}

std::string ToText(const Address& address) {
  std::array<char, INET6_ADDRSTRLEN> host{};
  if (address.any.sa_family == AF_INET6) {
    inet_ntop(AF_INET6, &address.v6.sin6_addr, host.data(), host.size());
    return "[" + std::string(host.data()) + "]:" + std::to_string(ntohs(address.v6.sin6_port));
  }
  inet_ntop(AF_INET, &address.v4.sin_addr, host.data(), host.size());
  return std::string(host.data()) + ":" + std::to_string(ntohs(address.v4.sin_port));
}

std::unexpected<Error> CannotListen(const std::string& address, int error) {
  if (error == EADDRINUSE) {
    return Fail(ErrorCode::kConflict, "Port taken: another program listens on " + address +
                                          ", perhaps another ddbsync. Choose another port with "
                                          "--listen, or any free one with --listen 127.0.0.1:0.");
  }
  return Fail(error == EACCES ? ErrorCode::kDenied : ErrorCode::kIo,
              "Cannot listen on " + address + ": " + std::strerror(error) +
                  ". Choose another address with --listen.");
}

Result<Address> Parse(std::string_view text, Reach reach) {
  const auto parts = Split(text);
  const auto port = parts ? ParsePort(parts->port) : std::nullopt;
  if (!port) {
    return Fail(ErrorCode::kInvalid, "`" + std::string(text) +
                                         "` is no address to listen on: write 127.0.0.1:9853 or "
                                         "[::1]:9853");
  }
  auto address = Numeric(*parts);
  if (!address && reach == Reach::kAnywhere) {
    return Fail(ErrorCode::kInvalid, "`" + std::string(text) +
                                         "` does not begin with a numeric address: write "
                                         "0.0.0.0:9853 or [::]:9853 for all of this machine's");
  }
  if (reach == Reach::kThisMachine && !(address && IsLoopback(*address))) {
    return Fail(ErrorCode::kInvalid,
                "`" + std::string(text) +
                    "` is not a loopback address; only those are served without a token: whoever "
                    "reaches the port could stop the job. Say --token-file, or use 127.0.0.1 or "
                    "[::1] with a tunnel from elsewhere");
  }
  (address->any.sa_family == AF_INET6 ? address->v6.sin6_port : address->v4.sin_port) =
      htons(*port);
  return *address;
}

}  // namespace

Result<void> CheckListenAddress(std::string_view text, Reach reach) {
  const auto address = Parse(text, reach);
  if (!address) return std::unexpected(address.error());
  return {};
}

Result<Listener> Listen(const std::string& text, Reach reach) {
  auto address = Parse(text, reach);
  if (!address) return std::unexpected(address.error());
  Listener listener;
  listener.socket = Descriptor(
      socket(address->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP));
  const int fd = listener.socket.fd();
  // Lets a restart take the port while old connections linger; not a port that is listened on.
  const int on = 1;
  if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      bind(fd, &address->any, SizeOf(*address)) != 0 || listen(fd, kBacklog) != 0) {
    return CannotListen(text, errno);
  }
  socklen_t size = sizeof *address;
  if (getsockname(fd, &address->any, &size) != 0) return CannotListen(text, errno);
  listener.address = ToText(*address);
  return listener;
}

bool NamesLoopback(std::string_view host_header) {
  const auto parts = Split(host_header);
  const auto address = parts ? Numeric(*parts) : std::nullopt;
  return address && IsLoopback(*address);
}

std::string LocalAddress(const std::string& listened) {
  for (const auto& [all, local] :
       {std::pair<std::string_view, std::string_view>{"0.0.0.0:", "127.0.0.1:"},
        {"[::]:", "[::1]:"}}) {
    if (listened.starts_with(all)) return std::string(local) + listened.substr(all.size());
  }
  return listened;
}

}  // namespace ddbsync::metrics
