#pragma once

#include <string>
#include <string_view>

#include "tests/support/fake_dynamodb.h"
#include "tests/support/signature_check.h"

namespace ddbsync::fake {

/// Carries out a POST to /_fake/NAME with a JSON body. 200 with a JSON object, or 400 with
/// {"error":"..."}:
///   faults      {"control"|"read"|"write"|"stream": {FAULT: probability, ...}, "slow_ms": N,
///                "late_ms": N}; names of faults as in faults.cc
///   enqueue     {"operation": O, "fault": FAULT, "count": N, "delay_ms": N, "status": N}
///   clear       {}: no fault any more
///   deny, allow {"operation": O}
///   reject      {"table": T, "keys": [KEY, ...]}: writes of these are refused
///   split, roll {"table": T, "shard": S}; roll without shard: all
///   advance     {"seconds": N}: the service's time
///   ttl-delete  {"table": T, "key": KEY} gives {"deleted": false} too when time to live is off
///   policies    {"table": T} gives {"put": POLICY, "in_effect": POLICY}, as text, "" for none
///   expire-key  {"key_id": K}
///   stats       {} gives {"counts": {O: N}, "now": seconds}
///   shards      {"table": T} gives {"shards": [...]}
///   items       {"table": T} gives {"items": [...]}
HttpReply Administer(FakeDynamoDb& service, SignatureCheck* signatures, const std::string& name,
                     std::string_view body);

}  // namespace ddbsync::fake
