#include "cli/throttle.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "cli/json_fields_internal.h"
#include "cli/limits.h"
#include "cli/settings.h"
#include "cli/spelling.h"
#include "cli/values.h"
#include "replicator/limits.h"

namespace ddbsync::cli {
namespace {

using replicator::Throttle;

constexpr std::string_view kNone = "none";

/// A thing that can be throttled. Both forms of its value end as one number; none: no bound.
struct Key {
  std::string_view word;   ///< as typed
  std::string_view field;  ///< in JSON
  std::string_view what;   ///< that it takes
  double least;
  double most;
  bool whole;
  bool unbounded;  ///< may be none
  Result<double> (*parse)(std::string_view text);
  void (*set)(Throttle& throttle, std::optional<double> value);
  /// Nothing: not set. Null: no bound.
  std::optional<Json> (*get)(const Throttle& throttle);
};

Result<double> ParseSeconds(std::string_view text) {
  const Result<Duration> parsed = ParseDuration(text);
  if (!parsed) return std::unexpected(parsed.error());
  return std::chrono::duration<double>(*parsed).count();
}

template <class T>
std::optional<Json> BoundToJson(const std::optional<Throttle::Bound<T>>& bound) {
  if (!bound) return std::nullopt;
  return *bound ? Json(**bound) : Json(nullptr);
}

constexpr double Seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

constexpr std::string_view kCapacity = "a number of units per second above 0, or none";
constexpr double kLeastCapacity = 1e-3;

const std::array kKeys = {
    Key{"read-capacity", "read_capacity", kCapacity, kLeastCapacity, limits::kMostCapacity, false,
        true, ParseNumber, [](Throttle& t, std::optional<double> v) { t.read_capacity = v; },
        [](const Throttle& t) { return BoundToJson(t.read_capacity); }},
    Key{"write-capacity", "write_capacity", kCapacity, kLeastCapacity, limits::kMostCapacity, false,
        true, ParseNumber, [](Throttle& t, std::optional<double> v) { t.write_capacity = v; },
        [](const Throttle& t) { return BoundToJson(t.write_capacity); }},
    Key{"account-read-capacity", "account_read_capacity", kCapacity, kLeastCapacity,
        limits::kMostCapacity, false, true, ParseNumber,
        [](Throttle& t, std::optional<double> v) { t.account_read_capacity = v; },
        [](const Throttle& t) { return BoundToJson(t.account_read_capacity); }},
    Key{"account-write-capacity", "account_write_capacity", kCapacity, kLeastCapacity,
        limits::kMostCapacity, false, true, ParseNumber,
        [](Throttle& t, std::optional<double> v) { t.account_write_capacity = v; },
        [](const Throttle& t) { return BoundToJson(t.account_write_capacity); }},
    Key{"in-flight", "in_flight", "a number of calls from 1 to 64, or none", 1,
        replicator::limits::kMaxWriterSlots, true, true, ParseNumber,
        [](Throttle& t, std::optional<double> v) {
          t.in_flight = v ? Throttle::Bound<int>(static_cast<int>(*v)) : std::nullopt;
        },
        [](const Throttle& t) { return BoundToJson(t.in_flight); }},
    Key{"poll-interval", "poll_interval_seconds", "a time from 20ms to 20s (0.02 to 20 in JSON)",
        Seconds(limits::kLeastPollInterval), Seconds(limits::kMostPollInterval), false, false,
        ParseSeconds,
        [](Throttle& t, std::optional<double> v) {
          t.poll_interval =
              std::chrono::duration_cast<Duration>(std::chrono::duration<double>(v.value_or(0)));
        },
        [](const Throttle& t) -> std::optional<Json> {
          if (!t.poll_interval) return std::nullopt;
          return Json(Seconds(*t.poll_interval));
        }},
};
static_assert(replicator::limits::kMaxWriterSlots == 64, "said in the text above");

const Key* Find(std::string_view name, std::string_view Key::* by) {
  const auto found = std::ranges::find(kKeys, name, by);
  return found == kKeys.end() ? nullptr : &*found;
}

std::string KnownKeys(std::string_view name, std::string_view Key::* by) {
  std::vector<std::string_view> known;
  for (const Key& key : kKeys) known.push_back(key.*by);
  return fmt::format("`{}` is nothing that can be throttled{}; there is: {}", name,
                     DidYouMean(name, known), fmt::join(known, ", "));
}

bool Fits(const Key& key, double value) {
  return std::isfinite(value) && value >= key.least && value <= key.most &&
         (!key.whole || value == std::floor(value));
}

/// All faults at once, or what was asked for.
Result<Throttle> Finish(const Throttle& throttle, const std::vector<std::string>& faults,
                        std::string_view nothing) {
  if (!faults.empty()) {
    return Fail(ErrorCode::kInvalid, fmt::format("{}", fmt::join(faults, "; ")));
  }
  const bool any =
      std::ranges::any_of(kKeys, [&](const Key& key) { return key.get(throttle).has_value(); });
  if (!any) return Fail(ErrorCode::kInvalid, std::string(nothing));
  return throttle;
}

}  // namespace

std::vector<std::string_view> ThrottleWords() {
  std::vector<std::string_view> words;
  for (const Key& key : kKeys) words.push_back(key.word);
  return words;
}

Result<Throttle> ThrottleFromWords(std::span<const std::string> words) {
  Throttle throttle;
  std::vector<std::string> faults;
  for (const std::string_view word : words) {
    const size_t equals = word.find('=');
    if (equals == std::string_view::npos) {
      faults.push_back(fmt::format("`{}` is not of the form KEY=VALUE", word));
      continue;
    }
    const std::string_view name = word.substr(0, equals), text = word.substr(equals + 1);
    const Key* key = Find(name, &Key::word);
    if (key == nullptr) {
      faults.push_back(KnownKeys(name, &Key::word));
    } else if (key->get(throttle)) {
      faults.push_back(fmt::format("{} is given twice", name));
    } else if (text == kNone && key->unbounded) {
      key->set(throttle, std::nullopt);
    } else if (const Result<double> value = key->parse(text); value && Fits(*key, *value)) {
      key->set(throttle, *value);
    } else {
      faults.push_back(fmt::format("{}: `{}` is not {}", name, text, key->what));
    }
  }
  return Finish(throttle, faults,
                "nothing is said to throttle: give read-capacity=UNITS, write-capacity=UNITS, "
                "account-read-capacity=UNITS, account-write-capacity=UNITS, in-flight=CALLS or "
                "poll-interval=DURATION");
}

Result<Throttle> ThrottleFromJson(std::string_view text) {
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return Fail(ErrorCode::kInvalid, "the body is not a JSON object");
  Throttle throttle;
  std::vector<std::string> faults;
  for (const auto& [name, value] : json.items()) {
    const Key* key = Find(name, &Key::field);
    if (key == nullptr) {
      faults.push_back(KnownKeys(name, &Key::field));
    } else if (value.is_null() && key->unbounded) {
      key->set(throttle, std::nullopt);
    } else if (value.is_number() && Fits(*key, value.get<double>())) {
      key->set(throttle, value.get<double>());
    } else {
      faults.push_back(fmt::format("{}: {} is not {}", name, Text(value, false), key->what));
    }
  }
  return Finish(throttle, faults, "the body names nothing to throttle");
}

std::string ThrottleToJson(const Throttle& throttle) {
  Json json = Json::object();
  for (const Key& key : kKeys) {
    if (auto value = key.get(throttle)) json[std::string(key.field)] = *std::move(value);
  }
  return Text(json, false);
}

}  // namespace ddbsync::cli
