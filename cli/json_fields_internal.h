#pragma once

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "base/clock.h"
#include "cli/text.h"
#include "cli/values.h"
#include "cutover/step.h"
#include "replicator/status.h"
#include "verify/difference.h"
#include "verify/status.h"

// Structs to JSON and back. A struct is described once, by a walk over its fields that takes either
// a JsonWriter or a JsonReader: the two directions cannot differ. Heavy: for .cc files alone.

namespace ddbsync::cli {

using Json = nlohmann::ordered_json;

/// Messages may quote a server's bytes that are not UTF-8: those become replacement characters.
inline std::string Text(const Json& json, bool indented) {
  return json.dump(indented ? 2 : -1, ' ', false, Json::error_handler_t::replace);
}

/// Writes fields into a JSON object.
class JsonWriter {
 public:
  explicit JsonWriter(Json& object) : object_(object) { object_ = Json::object(); }

  template <class T>
  void Field(const char* name, const T& value) {
    if constexpr (std::is_same_v<T, WallTime>) {
      object_[name] = TimeText(value);
    } else if constexpr (std::is_same_v<T, Duration>) {
      object_[name] = std::chrono::duration<double>(value).count();
    } else if constexpr (std::is_enum_v<T>) {
      object_[name] = std::string(ToString(value));
    } else if constexpr (std::is_floating_point_v<T>) {
      object_[name] = std::isfinite(value) ? Json(value) : Json(nullptr);
    } else {
      object_[name] = value;
    }
  }
  template <class T>
  void Field(const char* name, const std::optional<T>& value) {
    value ? Field(name, *value) : void(object_[name] = nullptr);
  }
  template <class Part, class Walk>
  void Nested(const char* name, const Part& part, Walk walk) {
    JsonWriter writer(object_[name]);
    walk(writer, part);
  }
  template <class Part, class Walk>
  void List(const char* name, const std::vector<Part>& parts, Walk walk) {
    Json& list = object_[name] = Json::array();
    for (const Part& part : parts) {
      JsonWriter writer(list.emplace_back());
      walk(writer, part);
    }
  }

 private:
  Json& object_;
};

/// Reads the same fields from one.
class JsonReader {
 public:
  explicit JsonReader(const Json& object) : object_(object) {}

  template <class T>
  void Field(const char* name, T& value) {
    const auto found = object_.find(name);
    if (found != object_.end() && !found->is_null()) Take(*found, value);
  }
  template <class T>
  void Field(const char* name, std::optional<T>& value) {
    const auto found = object_.find(name);
    if (found == object_.end() || found->is_null()) return;
    Take(*found, value.emplace());
  }
  template <class Part, class Walk>
  void Nested(const char* name, Part& part, Walk walk) {
    const auto found = object_.find(name);
    if (found == object_.end()) return;
    JsonReader reader(*found);
    walk(reader, part);
  }
  template <class Part, class Walk>
  void List(const char* name, std::vector<Part>& parts, Walk walk) {
    const auto found = object_.find(name);
    if (found == object_.end()) return;
    for (const Json& entry : *found) {
      JsonReader reader(entry);
      walk(reader, parts.emplace_back());
    }
  }

 private:
  template <class T>
  static void TakeWord(const Json& json, T last, T& value) {
    const auto text = json.get<std::string>();
    for (int i = 0; i <= static_cast<int>(last); ++i) {
      if (ToString(static_cast<T>(i)) == text) value = static_cast<T>(i);
    }
  }
  template <class T>
  static void Take(const Json& json, T& value) {
    if constexpr (std::is_same_v<T, WallTime>) {
      value = ParseTime(json.get<std::string>()).value_or(WallTime());
    } else if constexpr (std::is_same_v<T, Duration>) {
      // Beyond, the conversion to an integer is not defined.
      constexpr double kLongest = 1e9;
      const double seconds = std::clamp(json.get<double>(), -kLongest, kLongest);
      value = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
    } else if constexpr (std::is_same_v<T, replicator::JobState>) {
      TakeWord(json, replicator::JobState::kFailed, value);
    } else if constexpr (std::is_same_v<T, replicator::Bottleneck>) {
      TakeWord(json, replicator::Bottleneck::kProcessor, value);
    } else if constexpr (std::is_same_v<T, verify::Form>) {
      TakeWord(json, verify::Form::kQuiet, value);
    } else if constexpr (std::is_same_v<T, verify::Phase>) {
      TakeWord(json, verify::Phase::kEnded, value);
    } else if constexpr (std::is_same_v<T, verify::Outcome>) {
      TakeWord(json, verify::Outcome::kFailed, value);
    } else if constexpr (std::is_same_v<T, verify::DifferenceKind>) {
      TakeWord(json, verify::DifferenceKind::kDifferent, value);
    } else if constexpr (std::is_same_v<T, cutover::Step>) {
      TakeWord(json, cutover::Step::kRolledBack, value);
    } else {
      value = json.get<T>();
    }
  }

  const Json& object_;
};

}  // namespace ddbsync::cli
