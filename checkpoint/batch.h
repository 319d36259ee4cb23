#pragma once

#include <map>
#include <optional>
#include <string>

namespace ddbsync::checkpoint {

/// Changes to durable state that become true together. The last change of a key wins.
class Batch {
 public:
  void Put(std::string key, std::string value) { changes_[std::move(key)] = std::move(value); }
  void Delete(std::string key) { changes_[std::move(key)] = std::nullopt; }
  /// `newer`'s changes win.
  void Merge(Batch newer);
  [[nodiscard]] bool empty() const { return changes_.empty(); }
  [[nodiscard]] size_t size() const { return changes_.size(); }
  [[nodiscard]] const std::map<std::string, std::optional<std::string>>& changes() const {
    return changes_;
  }

 private:
  std::map<std::string, std::optional<std::string>> changes_;
};

}  // namespace ddbsync::checkpoint
