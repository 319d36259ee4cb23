#include <nlohmann/json.hpp>

#include "tests/support/refusal.h"
#include "tests/support/state.h"

namespace ddbsync::fake {
namespace {

using nlohmann::json;

constexpr size_t kMaxTags = 50;
/// The service chooses the size of its pages; small ones show who reads only the first.
constexpr size_t kTagsOfAPage = 4;

}  // namespace

std::string TagResource(State& state, json& request) {
  CheckMembers(request, {"ResourceArn", "Tags"});
  Table& table = state.TableOf(RequiredText(request, "ResourceArn"), true);
  for (const json& tag : request.at("Tags")) {
    table.tags[RequiredText(tag, "Key")] = tag.at("Value");
  }
  if (table.tags.size() > kMaxTags) RefuseInvalid("Too many tags on " + table.arn);
  return "";
}

std::string UntagResource(State& state, json& request) {
  CheckMembers(request, {"ResourceArn", "TagKeys"});
  Table& table = state.TableOf(RequiredText(request, "ResourceArn"), true);
  for (const json& key : request.at("TagKeys")) table.tags.erase(key.get<std::string>());
  return "";
}

std::string ListTagsOfResource(State& state, json& request) {
  CheckMembers(request, {"ResourceArn", "NextToken"});
  const Table& table = state.TableOf(RequiredText(request, "ResourceArn"), true);
  auto next = table.tags.begin();
  if (request.contains("NextToken")) next = table.tags.lower_bound(request.at("NextToken"));
  json tags = json::array();
  for (; next != table.tags.end() && tags.size() < kTagsOfAPage; ++next) {
    tags.push_back({{"Key", next->first}, {"Value", next->second}});
  }
  json body = {{"Tags", tags}};
  if (next != table.tags.end()) body["NextToken"] = next->first;
  return body.dump();
}

}  // namespace ddbsync::fake
