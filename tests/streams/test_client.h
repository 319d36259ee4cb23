#pragma once

#include <string_view>

#include "aws/client.h"
#include "aws/credentials.h"
#include "aws/server_clock.h"
#include "aws/transport.h"
#include "base/clock.h"
#include "dynamodb/streams_client.h"

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
  class Keys final : public aws::CredentialsProvider {
   public:
    Result<aws::Credentials> Get() override {
      return aws::Credentials{
          .access_key_id = "AKID", .secret_access_key = "secret", .session_token = {}};
    }
    void Invalidate() override {}
  };
  class Deaf final : public aws::CallObserver {
    void OnCall(std::string_view, std::string_view, std::string_view, Duration) override {}
  };

  Keys keys_;
  Deaf observer_;
  aws::ServerClock server_clock_;
  aws::Client aws_;

 public:
  dynamodb::StreamsClient streams;
};

}  // namespace ddbsync::streams
