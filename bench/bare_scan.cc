// bare_scan: reads tables from their beginning to their end with ddbsync's own client (signed, CRC
// checked, pages cut into items) and does nothing with what it reads. What `ddbsync verify` costs
// above this is its own (docs/performance.md).

#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "aws/environment.h"
#include "base/clock.h"
#include "cli/call_metrics.h"
#include "cli/endpoint_clients.h"
#include "dynamodb/client.h"

namespace ddbsync::bench {
namespace {

struct Settings {
  std::string url;
  std::vector<std::string> tables;
  int threads = 16;
};

/// Every so-manyth segment of a table, to its end.
uint64_t ScanShare(dynamodb::Client& client, const std::string& table, int segment, int segments) {
  const dynamodb::KeySchema schema{.partition = {"pk", dynamodb::KeyType::kString}, .sort = {}};
  uint64_t items = 0;
  std::string cursor;
  while (true) {
    auto page = client.Scan({.table = table,
                             .segment = segment,
                             .total_segments = segments,
                             .start_key = cursor,
                             .consistent = true},
                            schema);
    if (!page) {
      std::fprintf(stderr, "bare_scan: %s\n", ToString(page.error()).c_str());
      std::exit(1);
    }
    items += page->items().size();
    if (!page->last_evaluated_key()) return items;
    cursor = *page->last_evaluated_key();
  }
}

int Run(const Settings& settings) {
  const aws::SystemEnvironment environment;
  SystemClock clock;
  cli::CallMetrics calls;
  cli::Endpoint endpoint;
  endpoint.label = "the table";
  endpoint.region = "us-east-1";
  endpoint.url = settings.url;
  endpoint.streams_url = settings.url;
  auto clients =
      cli::EndpointClients::Make(endpoint, std::chrono::seconds(5), environment, clock, calls);
  if (!clients) {
    std::fprintf(stderr, "bare_scan: %s\n", ToString(clients.error()).c_str());
    return 1;
  }
  dynamodb::Client& client = *(*clients)->Side().tables;
  const auto began = std::chrono::steady_clock::now();
  std::atomic<uint64_t> items{0};
  for (const std::string& table : settings.tables) {
    std::vector<std::jthread> threads;
    for (int i = 0; i < settings.threads; ++i) {
      threads.emplace_back([&, i] { items += ScanShare(client, table, i, settings.threads); });
    }
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  std::printf("{\"items\": %llu, \"seconds\": %.3f}\n",
              static_cast<unsigned long long>(items.load()), took.count());
  return 0;
}

}  // namespace
}  // namespace ddbsync::bench

int main(int argc, char** argv) {
  ddbsync::bench::Settings settings;
  CLI::App app("Reads tables and does nothing with them");
  app.add_option("--url", settings.url)->required();
  app.add_option("--table", settings.tables)->required();
  app.add_option("--threads", settings.threads)->check(CLI::Range(1, 256));
  CLI11_PARSE(app, argc, argv);
  return ddbsync::bench::Run(settings);
}
