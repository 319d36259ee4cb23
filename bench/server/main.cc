// wire_server: the fake DynamoDB at wire speed, as a server of its own (wire_server.h).

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>

#include "base/clock.h"
#include "bench/server/wire_server.h"

int main(int argc, char** argv) {
  using namespace ddbsync;
  CLI::App app("DynamoDB at wire speed: tables and streams that exist only as answers");
  bench::WireServer::Options options;
  int64_t round_trip_ms = 0;
  bool no_capacity = false;
  app.add_option("--port", options.port, "a free one by default")->check(CLI::Range(0, 65535));
  app.add_option("--items", options.items, "of the source");
  app.add_option("--item-bytes", options.item_bytes)->check(CLI::Range(32, 400 << 10));
  app.add_option("--shards", options.stream.shards, "the first has the records");
  app.add_option("--records", options.stream.records, "in the stream from the beginning");
  app.add_option("--rate", options.stream.rate, "or: changes per second from the beginning on");
  app.add_option("--distinct-percent", options.stream.distinct_percent)->check(CLI::Range(1, 100));
  app.add_option("--round-trip-ms", round_trip_ms, "each answer waits so long");
  app.add_option("--certificate", options.certificate, "PEM file; serves HTTPS");
  app.add_option("--private-key", options.private_key);
  app.add_flag("--no-capacity", no_capacity, "ConsumedCapacity is left out");
  app.add_option("--equal-target", options.equal_target, "1: it holds the source's items");
  CLI11_PARSE(app, argc, argv);
  options.round_trip = std::chrono::milliseconds(round_trip_ms);
  options.report_capacity = !no_capacity;

  // Before the threads start, so that they inherit it and the signal waits for us.
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGINT);
  sigaddset(&stop, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &stop, nullptr);

  SystemClock clock;
  bench::WireServer server(std::move(options), clock);
  const int port = server.Start();
  if (port < 0) {
    std::fprintf(stderr, "wire_server: cannot listen on 127.0.0.1\n");
    return 1;
  }
  std::printf("listening on 127.0.0.1:%d\n", port);
  std::fflush(stdout);
  int signal = 0;
  sigwait(&stop, &signal);
  server.Stop();
  return 0;
}
