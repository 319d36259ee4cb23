#pragma once

#include <gtest/gtest.h>

#include <expected>
#include <map>
#include <string>
#include <vector>

#include "cli/run_plan.h"
#include "tests/cli/fake_environment.h"
#include "tests/cli/temporary_directory.h"

namespace ddbsync::cli {

/// A config of two endpoints and a home of its own.
class RunPlanTest : public ::testing::Test {
 protected:
  std::expected<RunPlan, std::vector<Error>> Plan(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin() + 1, {"--config", config_});
    return PlanRun(ParseCommandLine(arguments), FakeEnvironment(variables_));
  }

  std::string Faults(const std::vector<std::string>& arguments) { return Texts(Plan(arguments)); }

  /// Of all faults; empty where there is none.
  static std::string Texts(const std::expected<RunPlan, std::vector<Error>>& plan) {
    std::string all;
    if (!plan) {
      for (const Error& fault : plan.error()) all += ToString(fault) + "\n";
    }
    return all;
  }

  TemporaryDirectory directory_;
  std::string config_ = directory_.Write("c.toml", R"(
[job]
segments = 32
memory = "256MiB"
[endpoint.a]
table = "orders"
region = "eu-west-1"
[endpoint.b]
table = "orders-copy"
region = "eu-west-1"
)");
  std::map<std::string, std::string> variables_ = {{"HOME", "/home/someone"}};
};

}  // namespace ddbsync::cli
