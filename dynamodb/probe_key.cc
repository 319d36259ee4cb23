#include "dynamodb/probe_key.h"

#include <nlohmann/json.hpp>

namespace ddbsync::dynamodb {
namespace {

using nlohmann::json;

json Value(KeyType type) {
  switch (type) {
    case KeyType::kString:
      return {{"S", "ddbsync.probe.5b0e6fd1-93c8-4a7f-8d0e-1f6f3a2c7b94"}};
    case KeyType::kNumber:
      return {{"N", "-7.1390462587319046258713904625871390462E-50"}};
    case KeyType::kBinary:
      return {{"B", "ZGRic3luYyBwcm9iZSBbDm/Rk8hKfw=="}};
  }
  return {};
}

}  // namespace

std::string ProbeKey(const KeySchema& schema) {
  json key = {{schema.partition.name, Value(schema.partition.type)}};
  if (schema.sort) key[schema.sort->name] = Value(schema.sort->type);
  return key.dump();
}

}  // namespace ddbsync::dynamodb
