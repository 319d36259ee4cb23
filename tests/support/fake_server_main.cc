// fake_dynamodb: the in-memory DynamoDB as a server of its own, for tests that run real processes.

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <string>
#include <vector>

#include "base/clock.h"
#include "tests/support/fake_dynamodb.h"
#include "tests/support/fake_server.h"
#include "tests/support/signature_check.h"

namespace {

using namespace ddbsync;

struct Settings {
  int port = 0;
  std::vector<std::string> keys;
  fake::Options service;
  double shard_life_seconds = 0;
  double retention_seconds = 0;
  double listing_delay_seconds = 0;
  double iterator_life_seconds = 0;
  double stream_delay_seconds = 0;
  double policy_delay_seconds = 0;
  double policy_pause_seconds = 15;
  double ttl_delay_seconds = 0;
  double ttl_pause_seconds = 3600;
};

Duration Seconds(double seconds) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

void AddOptions(CLI::App& app, Settings& settings) {
  fake::StreamOptions& streams = settings.service.streams;
  app.add_option("--port", settings.port, "0 chooses one; printed as the first line");
  app.add_option("--key", settings.keys,
                 "ID=SECRET or ID=SECRET=TOKEN; without any, signatures are not verified");
  app.add_option("--region", settings.service.region);
  app.add_option("--seed", settings.service.seed);
  app.add_option("--page-bytes", settings.service.page_bytes, "of a Scan");
  app.add_option("--partitions", settings.service.partitions);
  app.add_option("--partition-write-units", settings.service.partition_write_units,
                 "a second; 0: no limit");
  app.add_option("--shards", streams.initial_shards);
  app.add_option("--max-open-shards", streams.max_open_shards);
  app.add_option("--shard-life", settings.shard_life_seconds, "seconds until a shard rolls");
  app.add_option("--split-rate", streams.split_rate, "share of rolls that split");
  app.add_option("--retention", settings.retention_seconds, "seconds of the stream");
  app.add_option("--iterator-life", settings.iterator_life_seconds, "seconds");
  app.add_option("--listing-delay", settings.listing_delay_seconds, "seconds at most");
  app.add_option("--describe-page", streams.describe_page);
  app.add_option("--empty-page-rate", streams.empty_page_rate);
  app.add_option("--stream-delay", settings.stream_delay_seconds,
                 "seconds until a stream is on, or off");
  app.add_option("--policy-delay", settings.policy_delay_seconds,
                 "seconds until a resource's policy, or its deletion, takes effect");
  app.add_option("--policy-pause", settings.policy_pause_seconds,
                 "seconds until it may be changed again");
  app.add_option("--ttl-delay", settings.ttl_delay_seconds,
                 "seconds until a time to live is on, or off");
  app.add_option("--ttl-pause", settings.ttl_pause_seconds,
                 "seconds until it may be changed again");
}

void Complete(Settings& settings) {
  fake::StreamOptions& streams = settings.service.streams;
  const auto take = [](double seconds, Duration& into) {
    if (seconds > 0) into = Seconds(seconds);
  };
  take(settings.shard_life_seconds, streams.shard_life);
  take(settings.retention_seconds, streams.retention);
  take(settings.iterator_life_seconds, streams.iterator_life);
  take(settings.listing_delay_seconds, streams.listing_delay);
  streams.enable_delay = streams.disable_delay = Seconds(settings.stream_delay_seconds);
  fake::Options& service = settings.service;
  service.policy_delay = Seconds(settings.policy_delay_seconds);
  service.policy_pause = Seconds(settings.policy_pause_seconds);
  service.ttl_delay = Seconds(settings.ttl_delay_seconds);
  service.ttl_pause = Seconds(settings.ttl_pause_seconds);
}

/// False when a key is not written as it should be.
bool AddKeys(const std::vector<std::string>& keys, fake::SignatureCheck& signatures) {
  for (const std::string& key : keys) {
    const size_t secret = key.find('=');
    if (secret == std::string::npos || secret == 0) return false;
    const size_t token = key.find('=', secret + 1);
    const std::string rest = token == std::string::npos ? "" : key.substr(token + 1);
    signatures.AddKey(key.substr(0, secret), key.substr(secret + 1, token - secret - 1), rest);
  }
  return true;
}

int Serve(const Settings& settings) {
  fake::SignatureCheck signatures(settings.service.region);
  if (!AddKeys(settings.keys, signatures)) {
    std::fprintf(stderr, "--key is ID=SECRET or ID=SECRET=TOKEN\n");
    return 2;
  }
  // Before the threads start, so that they inherit it and the signal waits for us.
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGINT);
  sigaddset(&stop, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &stop, nullptr);

  SystemClock clock;
  fake::FakeDynamoDb service(clock, settings.service);
  fake::FakeServer server(service, clock, settings.keys.empty() ? nullptr : &signatures);
  const int port = server.Start(settings.port);
  if (port < 0) {
    std::fprintf(stderr, "cannot listen on 127.0.0.1:%d\n", settings.port);
    return 1;
  }
  std::printf("listening on 127.0.0.1:%d\n", port);
  std::fflush(stdout);
  int signal = 0;
  sigwait(&stop, &signal);
  server.Stop();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("DynamoDB and DynamoDB Streams in memory, with faults on request");
  Settings settings;
  AddOptions(app, settings);
  CLI11_PARSE(app, argc, argv);
  Complete(settings);
  return Serve(settings);
}
