#pragma once

#include <string_view>

#include "aws/client.h"
#include "aws/server_clock.h"
#include "aws/transport.h"
#include "base/clock.h"
#include "dynamodb/streams_client.h"
#include "tests/support/client_parts.h"

namespace ddbsync::streams {

/// A streams client over any transport, with all that hangs on it. References outlive it.
class TestClient {
 public:
  TestClient(const Clock& clock, aws::Transport& transport)
      : server_clock_(clock),
        aws_({.url = "http://streams.test/", .region = "us-east-1"}, keys_, transport,
             server_clock_, clock, observer_),
        streams(aws_) {}

 private:
  fake::FixedKeys keys_;
  fake::NoObserver observer_;
  aws::ServerClock server_clock_;
  aws::Client aws_;

 public:
  dynamodb::StreamsClient streams;
};

}  // namespace ddbsync::streams
