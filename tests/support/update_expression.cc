#include "tests/support/update_expression.h"

#include <cctype>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/refusal.h"
#include "tests/support/state.h"

namespace ddbsync::fake {
namespace {

using nlohmann::json;

constexpr const char* kInvalid = "Invalid UpdateExpression: ";

/// Words, and "=" and "," by themselves.
std::vector<std::string> Tokens(std::string_view text) {
  std::vector<std::string> tokens;
  bool in_word = false;
  for (const char c : text) {
    const bool space = std::isspace(static_cast<unsigned char>(c)) != 0;
    const bool sign = c == '=' || c == ',';
    if (sign) tokens.emplace_back(1, c);
    if (!space && !sign) {
      if (!in_word) tokens.emplace_back();
      tokens.back() += c;
    }
    in_word = !space && !sign;
  }
  return tokens;
}

class Updater {
 public:
  Updater(const json& request, const TableSchema& schema, json& item)
      : names_(request.value("ExpressionAttributeNames", json::object())),
        values_(request.value("ExpressionAttributeValues", json::object())),
        tokens_(Tokens(request.value("UpdateExpression", ""))),
        schema_(schema),
        item_(item) {}

  void Run() {
    while (next_ < tokens_.size()) {
      const std::string clause = Take();
      do {
        if (clause == "SET" || clause == "set") {
          Set();
        } else if (clause == "REMOVE" || clause == "remove") {
          item_.erase(Name());
        } else {
          RefuseInvalid(kInvalid + ("The fake service does not know the clause " + clause));
        }
      } while (TakeIf(","));
    }
  }

 private:
  std::string Take() {
    if (next_ < tokens_.size()) return tokens_[next_++];
    RefuseInvalid(std::string(kInvalid) + "Syntax error; token: \"<EOF>\"");
  }

  bool TakeIf(std::string_view token) {
    if (next_ == tokens_.size() || tokens_[next_] != token) return false;
    ++next_;
    return true;
  }

  std::string Name() {
    std::string name = Take();
    if (name.starts_with('#')) {
      const auto found = names_.find(name);
      if (found == names_.end()) {
        RefuseInvalid(kInvalid +
                      ("An expression attribute name used in the document path is not defined; "
                       "attribute name: " +
                       name));
      }
      name = found->get<std::string>();
    } else if (name.find_first_of(".[") != std::string::npos) {
      RefuseInvalid(kInvalid + ("The fake service does not know paths: " + name));
    }
    if (name == schema_.partition.name || (schema_.sort && name == schema_.sort->name)) {
      RefuseInvalid("One or more parameter values were invalid: Cannot update attribute " + name +
                    ". This attribute is part of the key");
    }
    return name;
  }

  void Set() {
    const std::string name = Name();
    if (!TakeIf("=")) RefuseInvalid(std::string(kInvalid) + "Syntax error; = expected");
    const std::string value = Take();
    const auto found = values_.find(value);
    if (found == values_.end()) {
      RefuseInvalid(kInvalid +
                    ("An expression attribute value used in expression is not defined; attribute "
                     "value: " +
                     value));
    }
    item_[name] = *found;
  }

  const json names_;
  const json values_;
  const std::vector<std::string> tokens_;
  const TableSchema& schema_;
  json& item_;
  size_t next_ = 0;
};

}  // namespace

void ApplyUpdate(const json& request, const TableSchema& schema, json& item) {
  Updater(request, schema, item).Run();
}

}  // namespace ddbsync::fake
