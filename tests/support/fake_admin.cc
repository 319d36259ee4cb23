#include "tests/support/fake_admin.h"

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>
#include <vector>

namespace ddbsync::fake {
namespace {

using nlohmann::json;

/// What a test asked for makes no sense.
struct BadRequest {
  std::string what;
};

FaultKind KindOf(const std::string& name) {
  const auto kind = FaultKindFrom(name);
  if (!kind) throw BadRequest{"there is no fault named " + name};
  return *kind;
}

Duration Milliseconds(const json& value) {
  return std::chrono::milliseconds(value.get<int64_t>());
}

json SetFaults(FakeDynamoDb& service, const json& request) {
  static const std::map<std::string, OperationClass> kClasses{{"control", OperationClass::kControl},
                                                              {"read", OperationClass::kRead},
                                                              {"write", OperationClass::kWrite},
                                                              {"stream", OperationClass::kStream}};
  for (const auto& [name, value] : request.items()) {
    if (name == "slow_ms") {
      service.faults().SetSlowness(Milliseconds(value));
    } else if (name == "late_ms") {
      service.faults().SetLateBound(Milliseconds(value));
    } else if (kClasses.contains(name)) {
      FaultPlan::Rates rates;
      for (const auto& [kind, rate] : value.items()) rates[KindOf(kind)] = rate.get<double>();
      service.faults().SetRates(kClasses.at(name), std::move(rates));
    } else {
      throw BadRequest{"there is no class of operations named " + name};
    }
  }
  return json::object();
}

json Enqueue(FakeDynamoDb& service, const json& request) {
  Fault fault{KindOf(request.at("fault").get<std::string>())};
  fault.delay = std::chrono::milliseconds(request.value("delay_ms", int64_t{0}));
  fault.status = request.value("status", fault.status);
  const std::vector<Fault> faults(request.value("count", size_t{1}), fault);
  service.faults().Enqueue(request.at("operation").get<std::string>(), faults);
  return json::object();
}

json Reject(FakeDynamoDb& service, const json& request) {
  std::set<std::string> keys;
  for (const json& key : request.at("keys")) keys.insert(key.dump());
  service.faults().RejectItems([table = request.at("table").get<std::string>(),
                                keys = std::move(keys)](std::string_view of, std::string_view key) {
    return of == table && keys.contains(std::string(key));
  });
  return json::object();
}

json ChangeShard(FakeDynamoDb& service, const json& request, bool split) {
  const std::string table = request.at("table").get<std::string>();
  const std::string shard = request.value("shard", "");
  const bool done = split           ? service.SplitShard(table, shard)
                    : shard.empty() ? service.RollAllShards(table)
                                    : service.RollShard(table, shard);
  if (!done) throw BadRequest{"table " + table + " has no open shard " + shard};
  return json::object();
}

json DeleteByTtl(FakeDynamoDb& service, const json& request) {
  const std::string table = request.at("table").get<std::string>();
  return {{"deleted", service.DeleteByTtl(table, request.at("key").dump())}};
}

json Policies(FakeDynamoDb& service, const json& request) {
  const auto [put, in_effect] = service.Policies(request.at("table").get<std::string>());
  return {{"put", put}, {"in_effect", in_effect}};
}

json Shards(FakeDynamoDb& service, const json& request) {
  json shards = json::array();
  for (const ShardSummary& shard : service.Shards(request.at("table").get<std::string>())) {
    shards.push_back({{"id", shard.id},
                      {"parent", shard.parent_id},
                      {"open", shard.open},
                      {"records", shard.records}});
  }
  return {{"shards", std::move(shards)}};
}

json Items(FakeDynamoDb& service, const json& request) {
  json items = json::array();
  for (const auto& [key, item] : service.Items(request.at("table").get<std::string>())) {
    items.push_back(json::parse(item));
  }
  return {{"items", std::move(items)}};
}

json Stats(FakeDynamoDb& service) {
  const auto now = std::chrono::duration<double>(service.Now().time_since_epoch());
  return {{"counts", service.Counts()}, {"now", now.count()}};
}

json Carry(FakeDynamoDb& service, SignatureCheck* signatures, const std::string& name,
           const json& request) {
  FaultPlan& faults = service.faults();
  if (name == "faults") return SetFaults(service, request);
  if (name == "enqueue") return Enqueue(service, request);
  if (name == "reject") return Reject(service, request);
  if (name == "split") return ChangeShard(service, request, true);
  if (name == "roll") return ChangeShard(service, request, false);
  if (name == "ttl-delete") return DeleteByTtl(service, request);
  if (name == "policies") return Policies(service, request);
  if (name == "shards") return Shards(service, request);
  if (name == "items") return Items(service, request);
  if (name == "stats") return Stats(service);
  if (name == "clear") {
    faults.Clear();
  } else if (name == "deny") {
    faults.Deny(request.at("operation").get<std::string>());
  } else if (name == "allow") {
    faults.Allow(request.at("operation").get<std::string>());
  } else if (name == "advance") {
    service.AdvanceTime(std::chrono::seconds(request.at("seconds").get<int64_t>()));
  } else if (name == "expire-key" && signatures != nullptr) {
    signatures->Expire(request.at("key_id").get<std::string>());
  } else {
    throw BadRequest{"there is no /_fake/" + name};
  }
  return json::object();
}

}  // namespace

HttpReply Administer(FakeDynamoDb& service, SignatureCheck* signatures, const std::string& name,
                     std::string_view body) {
  HttpReply reply;
  reply.headers.emplace_back("Content-Type", "application/json");
  try {
    const json request = body.empty() ? json::object() : json::parse(body);
    reply.body = Carry(service, signatures, name, request).dump();
  } catch (const BadRequest& bad) {
    reply.status = 400;
    reply.body = json{{"error", bad.what}}.dump();
  } catch (const json::exception& error) {
    reply.status = 400;
    reply.body = json{{"error", error.what()}}.dump();
  }
  return reply;
}

}  // namespace ddbsync::fake
