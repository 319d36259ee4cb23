#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "aws/transport.h"
#include "base/clock.h"

namespace ddbsync::contract {

using nlohmann::json;

/// What is put to the test: the fake, and AWS's own emulator, so that the fake cannot drift. Where
/// AWS's documentation and the emulator differ, the test says so at the place (is_local()).
enum class Server { kFake, kLocal };

struct Answer {
  int status = 0;
  std::string error;  ///< "__type" without its namespace; empty for a success
  std::string body;
};

/// A table's key: partition, then sort.
using Keys = std::vector<std::pair<std::string, std::string>>;

class ContractTest : public ::testing::TestWithParam<Server> {
 protected:
  ContractTest();
  ~ContractTest() override;
  void SetUp() override;     // skips when there is no such server
  void TearDown() override;  // deletes the test's tables

  /// One attempt. The service goes by the operation's name.
  Answer Call(std::string_view operation, const json& request);
  Answer CallText(std::string_view operation, std::string_view body);
  /// A success, or the test fails.
  json Ok(std::string_view operation, const json& request);
  /// The name of the error; "" with a failure when there is none.
  std::string Refused(std::string_view operation, const json& request);

  /// A table of the test's own. `view`: "" for no stream.
  std::string MakeTable(const Keys& keys, const std::string& view = "");
  json TableRequest(const std::string& name, const Keys& keys);
  std::string NewName();
  void Put(const std::string& table, const json& item);
  /// Null when there is none.
  json Get(const std::string& table, const json& key);

  [[nodiscard]] bool is_local() const { return GetParam() == Server::kLocal; }
  aws::Transport& transport() { return *transport_; }
  [[nodiscard]] const std::string& url() const { return url_; }
  [[nodiscard]] Clock& clock() { return *clock_; }

 private:
  struct Fake;
  std::unique_ptr<Fake> fake_;
  std::unique_ptr<Clock> clock_;
  std::unique_ptr<aws::Transport> transport_;
  std::string url_;
  std::vector<std::string> tables_;
};

std::string ServerName(const ::testing::TestParamInfo<Server>& info);

/// {"S": text}
json S(const std::string& text);
json N(const std::string& text);

#define CONTRACT_SUITE(name) \
  INSTANTIATE_TEST_SUITE_P(On, name, ::testing::Values(Server::kFake, Server::kLocal), ServerName)

}  // namespace ddbsync::contract
