// What the binary answers is what docs/openapi.json says, field by field.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "cli/api.h"
#include "cli/api_client.h"
#include "cli/checkpoint_json.h"
#include "cli/control.h"
#include "cli/cutover_api.h"
#include "cli/history.h"
#include "cli/page.h"
#include "cli/status_json.h"
#include "cli/verify_api.h"
#include "tests/cli/cutover_look.h"

namespace ddbsync::cli {
namespace {

using nlohmann::json;

class ApiSchemaTest : public ::testing::Test {
 protected:
  ApiSchemaTest() { std::ifstream(DDBSYNC_SOURCE "/docs/openapi.json") >> document_; }

  [[nodiscard]] const json& Schema(const std::string& name) const {
    return document_["components"]["schemas"].at(name);
  }

  /// That `value` has exactly the schema's fields, of the types it names.
  void ExpectFits(const json& schema, const json& value, const std::string& path) {
    if (schema.contains("$ref")) {
      const auto reference = schema["$ref"].get<std::string>();
      return ExpectFits(Schema(reference.substr(reference.rfind('/') + 1)), value, path);
    }
    if (schema.contains("oneOf")) return ExpectFits(schema["oneOf"][0], value, path);
    const json& type = schema.at("type");
    const auto is = [&](const char* name) {
      return type == name || (type.is_array() && std::ranges::find(type, name) != type.end());
    };
    EXPECT_TRUE((is("object") && value.is_object()) || (is("array") && value.is_array()) ||
                (is("string") && value.is_string()) || (is("boolean") && value.is_boolean()) ||
                (is("number") && value.is_number()) ||
                (is("integer") && value.is_number_integer()) || (is("null") && value.is_null()))
        << path << " is " << value;
    if (value.is_array()) {
      for (const json& one : value) ExpectFits(schema["items"], one, path + "[]");
    }
    if (!value.is_object()) return;
    EXPECT_EQ(Names(schema["properties"]), Names(value)) << path;
    for (const auto& [name, part] : value.items()) {
      if (!schema["properties"].contains(name)) continue;
      ExpectFits(schema["properties"][name], part, path + "." + name);
    }
  }

  static std::set<std::string> Names(const json& object) {
    std::set<std::string> names;
    for (const auto& [name, value] : object.items()) names.insert(name);
    return names;
  }

  json document_;
};

template <class T>
std::set<std::string> Words(T last) {
  std::set<std::string> words;
  for (int i = 0; i <= static_cast<int>(last); ++i) words.emplace(ToString(static_cast<T>(i)));
  return words;
}

TEST_F(ApiSchemaTest, TheStatusHasTheFieldsOfTheSchema) {
  ExpectFits(Schema("Status"), json::parse(StatusToJson({}, false)), "status");
  const json& fields = Schema("Status")["properties"];
  EXPECT_EQ(fields["state"]["enum"].get<std::set<std::string>>(),
            Words(replicator::JobState::kFailed));
  EXPECT_EQ(fields["bottleneck"]["enum"].get<std::set<std::string>>(),
            Words(replicator::Bottleneck::kProcessor));
}

TEST_F(ApiSchemaTest, TheListOfJobsHasTheFieldsOfTheSchema) {
  ExpectFits(Schema("Jobs"), json::parse(JobsToJson({{}, {}}, false)), "jobs");
}

TEST_F(ApiSchemaTest, TheCheckpointHasTheFieldsOfTheSchema) {
  checkpoint::State state;
  state.job.emplace();
  state.segments.emplace_back();
  state.shards.emplace_back();
  state.dead_letters.emplace_back();
  state.rechecks.emplace_back();
  state.gaps.emplace_back();
  ExpectFits(Schema("Checkpoint"), json::parse(CheckpointToJson(state, false)), "checkpoint");
  for (const auto& [schema, list] :
       {std::pair{"Shards", "shards"}, std::pair{"Segments", "segments"},
        std::pair{"DeadLetters", "dead_letters"}}) {
    ExpectFits(Schema(schema), json::parse(CheckpointListToJson(state, list)), list);
  }
}

TEST_F(ApiSchemaTest, TheHistoryHasTheFieldsOfTheSchema) {
  const TimePoint now{std::chrono::hours(1)};
  ExpectFits(Schema("History"), json::parse(HistoryToJson({{}, {}}, now)), "history");
}

TEST_F(ApiSchemaTest, TheLineageHasTheFieldsOfTheSchema) {
  const streams::ShardFamily family{.shards = {{"shard", "parent", streams::ShardPhase::kWaiting}},
                                    .left_out = 2};
  ExpectFits(Schema("Lineage"), json::parse(FamilyToJson(family)), "lineage");
  EXPECT_EQ(Schema("FamilyShard")["properties"]["phase"]["enum"].get<std::set<std::string>>(),
            Words(streams::ShardPhase::kFinished));
}

TEST_F(ApiSchemaTest, AVerificationHasTheFieldsOfTheSchema) {
  VerifyLook look;
  look.differences.push_back({.attributes = {"note"}});
  ExpectFits(Schema("Verify"), json::parse(VerifyLookToJson(look, false)), "verify");
  std::set<std::string> phases = Words(verify::Phase::kEnded);
  phases.insert("opening");
  const json& fields = Schema("Verify")["properties"];
  EXPECT_EQ(fields["phase"]["enum"].get<std::set<std::string>>(), phases);
  EXPECT_EQ(fields["form"]["enum"].get<std::set<std::string>>(), Words(verify::Form::kQuiet));
}

TEST_F(ApiSchemaTest, ACutoverAndItsGatesHaveTheFieldsOfTheSchema) {
  CutoverLook look = SomeCutover();
  ExpectFits(Schema("Cutover"), json::parse(CutoverLookToJson(look, false)), "cutover");
  ExpectFits(Schema("Cutover"), json::parse(CutoverLookToJson({}, false)), "no cutover");
  ExpectFits(Schema("Gates"), json::parse(GatesLookToJson(SomeGates(), false)), "gates");
  const json& fields = Schema("Cutover")["properties"];
  EXPECT_EQ(fields["step"]["enum"].get<std::set<std::string>>(), Words(cutover::Step::kRolledBack));
  const json& options = Schema("CutoverRequest")["properties"];
  EXPECT_EQ(options["drain"]["enum"].get<std::set<std::string>>(),
            Words(cutover::DrainBy::kQuiesce));
}

TEST_F(ApiSchemaTest, ThePathsAreThoseThatAreServed) {
  metrics::HttpServer server;
  AddOverview(server);
  AddPage(server, "");
  AddRoutes(server, {.jobs = [] { return std::vector<JobLook>(); },
                     .metrics = [] { return std::string("metrics"); }});
  AddJobRoutes(server, "",
               {.status = [] { return replicator::JobStatus(); },
                .checkpoint = []() -> Result<checkpoint::State> { return checkpoint::State(); },
                .history = [] { return std::string("{}"); },
                .family = [] { return streams::ShardFamily(); }});
  AddControls(server, "",
              {.job = [] { return nullptr; },
               .status = [] { return replicator::JobStatus(); },
               .stop = [] {}});
  AddVerifyRoutes(server, "",
                  {.status = [] { return replicator::JobStatus(); },
                   .begin = [](const VerifyRequest&) { return Result<void>(); },
                   .stop = [] {},
                   .look = [] { return VerifyLook(); }});
  AddCutoverRoutes(server, "",
                   {.status = [] { return replicator::JobStatus(); },
                    .begin = [](const cutover::Options&) { return Result<void>(); },
                    .confirm_frozen = [] { return Result<void>(); },
                    .commit = [] { return Result<void>(); },
                    .abort = [](const std::string&) { return Result<void>(); },
                    .look = [] { return CutoverLook(); },
                    .gates = [](const cutover::Options&) { return GatesLook(); }});
  ASSERT_TRUE(server.Start("127.0.0.1:0"));
  std::set<std::string> described;
  for (const auto& [path, methods] : document_["paths"].items()) {
    for (const auto& [method, operation] : methods.items()) {
      described.insert(method + " " + path);
    }
  }
  std::set<std::string> served;
  for (const auto& [method, path] : server.Routes()) served.insert(method + " " + path);
  EXPECT_EQ(described, served);
}

}  // namespace
}  // namespace ddbsync::cli
