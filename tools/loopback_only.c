/* Preloaded into a server that has no option for its address: what it would bind to all addresses
 * is bound to loopback instead, so that test data and an open test server stay on this machine. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

static int bind_really(int socket, const struct sockaddr* address, socklen_t length) {
  int (*next)(int, const struct sockaddr*, socklen_t);
  *(void**)&next = dlsym(RTLD_NEXT, "bind");
  return next(socket, address, length);
}

int bind(int socket, const struct sockaddr* address, socklen_t length) {
  if (address->sa_family == AF_INET && length >= sizeof(struct sockaddr_in)) {
    struct sockaddr_in loopback;
    memcpy(&loopback, address, sizeof(loopback));
    if (loopback.sin_addr.s_addr == htonl(INADDR_ANY)) {
      loopback.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      return bind_really(socket, (const struct sockaddr*)&loopback, sizeof(loopback));
    }
  }
  if (address->sa_family == AF_INET6 && length >= sizeof(struct sockaddr_in6)) {
    struct sockaddr_in6 loopback;
    memcpy(&loopback, address, sizeof(loopback));
    if (IN6_IS_ADDR_UNSPECIFIED(&loopback.sin6_addr)) {
      inet_pton(AF_INET6, "::ffff:127.0.0.1", &loopback.sin6_addr);
      return bind_really(socket, (const struct sockaddr*)&loopback, sizeof(loopback));
    }
  }
  return bind_really(socket, address, length);
}
