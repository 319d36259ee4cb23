// The config file. An input is a whole file. What holds:
//  - it is read, or told to be no TOML in exactly one fault, from which nothing is concluded;
//  - each fault is kInvalid and begins with file and line, for a person to go there;
//  - what is read are settings and endpoints that exist, each said with its place; a setting is
//  then
//    taken or refused with a reason, and an endpoint has a table unless a fault says so;
//  - any text comes through a TOML string as it is, in [job] and in [endpoint.NAME] alike.

#include "cli/config.h"

#include <cctype>

#include "base/error.h"
#include "cli/settings.h"
#include "tests/fuzz/input.h"

namespace ddbsync::fuzz {
namespace {

using namespace ddbsync::cli;

constexpr std::string_view kPath = "ddbsync.toml";

void CheckPlace(std::string_view text) {
  DDBSYNC_CHECK(text.starts_with(kPath));
  text.remove_prefix(kPath.size());
  DDBSYNC_CHECK(text.starts_with(":"));
  const size_t digits = text.find_first_not_of("0123456789", 1);
  DDBSYNC_CHECK(digits != std::string_view::npos && digits > 1);
  DDBSYNC_CHECK(text.substr(digits).starts_with(": "));
}

void CheckGivens(const Givens& givens) {
  for (const auto& [name, given] : givens) {
    const Setting* setting = FindSetting(name);
    DDBSYNC_CHECK(setting != nullptr);
    CheckPlace(given.origin);
    Settings settings;
    const Result<void> applied = setting->apply(settings, given.text);
    if (applied) continue;
    DDBSYNC_CHECK(applied.error().code == ErrorCode::kInvalid && !applied.error().message.empty());
  }
}

void CheckRead(const Config& config) {
  CheckGivens(config.general);
  CheckGivens(config.job);
  for (const Givens& job : config.jobs) CheckGivens(job);
  DDBSYNC_CHECK(config.job.empty() || config.jobs.empty());
  for (const auto& [name, endpoint] : config.endpoints) {
    DDBSYNC_CHECK(!endpoint.table.empty() || !config.faults.empty());
  }
}

/// Any UTF-8 text as a TOML basic string.
std::string Quoted(std::string_view text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f || c == '"' || c == '\\') {
      quoted.append("\\u00").append({kHex[byte >> 4], kHex[byte & 0xF]});
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

void CheckTextsComeThrough(std::string_view text) {
  const std::string quoted = Quoted(text);
  const std::string file = "[job]\nstate = " + quoted + "\n[endpoint.a]\ntable = " + quoted +
                           "\nprofile = " + quoted + "\n[endpoint." + quoted + "]\ntable = \"u\"\n";
  const Config config = ParseConfig(file, kPath);
  if (!config.readable || text.empty() || text == "a") return;  // not UTF-8
  DDBSYNC_CHECK(config.faults.empty());
  DDBSYNC_CHECK(config.job.at("state").text == text);
  DDBSYNC_CHECK(config.endpoints.at("a").table == text);
  DDBSYNC_CHECK(config.endpoints.at("a").profile == text);
  DDBSYNC_CHECK(config.endpoints.at(std::string(text)).table == "u");
  DDBSYNC_CHECK(config.endpoints.size() == 2);
}

bool IsPlainText(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < '\x7f'; });
}

}  // namespace
}  // namespace ddbsync::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ddbsync::fuzz;
  const std::string_view text = Input(data, size).Rest();
  const Config config = ParseConfig(text, kPath);
  for (const ddbsync::Error& fault : config.faults) {
    DDBSYNC_CHECK(fault.code == ddbsync::ErrorCode::kInvalid);
    CheckPlace(fault.message);
  }
  if (!config.readable) {
    DDBSYNC_CHECK(config.faults.size() == 1 && config.job.empty() && config.jobs.empty() &&
                  config.general.empty() && config.endpoints.empty());
  }
  CheckRead(config);
  CheckTextsComeThrough(text);
  if (IsPlainText(text)) DDBSYNC_CHECK(ParseConfig("# " + std::string(text), kPath).readable);
  return 0;
}
