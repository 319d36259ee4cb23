#pragma once

// For the .cc files that read what the body of a POST asks for.

#include <fmt/format.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "cli/json_fields_internal.h"
#include "cli/limits.h"
#include "cli/text.h"

namespace ddbsync::cli {

/// What may be said in a body, and how it is taken; false: it is not of that kind.
template <class Request>
struct RequestField {
  std::string_view name;
  std::string_view what;
  bool (*take)(Request& request, const Json& value);
};

inline constexpr std::string_view kSwitch = "true or false";

template <auto member, class Request>
bool TakeSwitch(Request& request, const Json& value) {
  if (!value.is_boolean()) return false;
  request.*member = value.get<bool>();
  return true;
}

template <class Request>
std::vector<std::string_view> NamesOf(std::span<const RequestField<Request>> fields) {
  std::vector<std::string_view> names;
  for (const RequestField<Request>& field : fields) names.push_back(field.name);
  return names;
}

/// What is missing keeps its default, also in an empty body. `unknown` says what is wrong with a
/// name that is no field's, ConflictsOf what cannot be asked for together. Errors: kInvalid, all
/// faults in one message.
template <class Request>
Result<Request> ReadRequest(std::string_view text, std::span<const RequestField<Request>> fields,
                            std::string (*unknown)(std::string_view name)) {
  Request request;
  if (text.empty()) return request;
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return Fail(ErrorCode::kInvalid, "the body is not a JSON object");
  std::vector<std::string> faults;
  for (const auto& [name, value] : json.items()) {
    const RequestField<Request>* meant = nullptr;
    for (const RequestField<Request>& field : fields) {
      if (field.name == name) meant = &field;
    }
    if (meant == nullptr) {
      faults.push_back(unknown(name));
    } else if (!meant->take(request, value)) {
      faults.push_back(fmt::format("{}: {} is not {}", name,
                                   Clip(Text(value, false), limits::kShownOfAValue), meant->what));
    }
  }
  for (const auto& conflict : ConflictsOf(request)) {
    faults.push_back(fmt::format("{}: {}", conflict.field, conflict.why));
  }
  if (!faults.empty()) {
    return Fail(ErrorCode::kInvalid, fmt::format("{}", fmt::join(faults, "; ")));
  }
  return request;
}

}  // namespace ddbsync::cli
