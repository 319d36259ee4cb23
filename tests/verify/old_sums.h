#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "checkpoint/batch.h"
#include "checkpoint/envelope.h"

namespace ddbsync::verify {

/// Sums of the target as they were written while digests were of their first version.
inline void PutOldSums(checkpoint::Batch& batch) {
  const std::string key = "sums/target/00000000";
  std::string payload;
  nlohmann::json::to_cbor({{"bytes", "y"}}, payload);
  batch.Put(key, checkpoint::Seal({"sums", "sums/", 1}, key, payload));
}

}  // namespace ddbsync::verify
