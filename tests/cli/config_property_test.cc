// Config files of any content, beside the chosen ones of config_test.cc.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "cli/config.h"
#include "cli/settings.h"

namespace ddbsync::cli {
namespace {

/// A value as it stands in the file, and as it would be typed.
struct Written {
  std::string toml;
  std::string typed;
};

Written AnyString() {
  static const std::vector<Written> kCharacters = {{"a", "a"},
                                                   {"0", "0"},
                                                   {" ", " "},
                                                   {"'", "'"},
                                                   {"#", "#"},
                                                   {"=", "="},
                                                   {"[", "["},
                                                   {"\\\"", "\""},
                                                   {"\\\\", "\\"},
                                                   {"\\n", "\n"},
                                                   {"\\t", "\t"},
                                                   {"é", "é"},
                                                   {"\\u00e9", "é"},
                                                   {"\\U0001F600", "\xF0\x9F\x98\x80"},
                                                   {"\\u0000", std::string(1, '\0')}};
  Written text{.toml = "\"", .typed = {}};
  for (int length = *rc::gen::inRange(1, 12); length > 0; --length) {
    const Written& character = kCharacters[*rc::gen::inRange<size_t>(0, kCharacters.size())];
    text.toml += character.toml;
    text.typed += character.typed;
  }
  text.toml += '"';
  return text;
}

Written AnyValue() {
  switch (*rc::gen::inRange(0, 3)) {
    case 0: {
      const std::string number = std::to_string(*rc::gen::arbitrary<int64_t>());
      return {number, number};
    }
    case 1: {
      const std::string flag = *rc::gen::arbitrary<bool>() ? "true" : "false";
      return {flag, flag};
    }
    default:
      return AnyString();
  }
}

/// A file line by line, and what should be found in it.
struct File {
  std::vector<std::string> lines;
  std::map<std::string, Given> job;
  std::map<std::string, EndpointSettings> endpoints;

  [[nodiscard]] std::string Text() const {
    const std::string end = *rc::gen::element<std::string>("\n", "\r\n");
    std::string text;
    for (const std::string& line : lines) text += line + end;
    return text;
  }
};

void AddJob(File& file) {
  file.lines.emplace_back("[job]");
  for (const Setting& setting : AllSettings()) {
    // One that has different values for different commands is still one key.
    if (file.job.contains(std::string(setting.name)) || *rc::gen::arbitrary<bool>()) continue;
    const Written value = AnyValue();
    const std::string key = ConfigKey(setting.name);
    file.lines.push_back(key + " = " + value.toml + "  # a comment");
    file.job[std::string(setting.name)] = {
        value.typed, "f.toml:" + std::to_string(file.lines.size()) + ": " + key};
  }
}

void AddEndpoint(File& file) {
  const Written name = AnyString();
  if (file.endpoints.contains(name.typed)) return;
  EndpointSettings& endpoint = file.endpoints[name.typed];
  file.lines.push_back("[endpoint." + name.toml + "]");
  const Written table = AnyString();
  file.lines.push_back("table = " + table.toml);
  endpoint.table = table.typed;
  for (const EndpointField& field : EndpointFields()) {
    if (*rc::gen::arbitrary<bool>()) continue;
    const Written value = AnyString();
    file.lines.push_back(ConfigKey(field.name) + " = " + value.toml);
    endpoint.*field.member = value.typed;
  }
}

File AnyFile() {
  File file;
  AddJob(file);
  for (int i = *rc::gen::inRange(0, 4); i > 0; --i) AddEndpoint(file);
  return file;
}

RC_GTEST_PROP(ConfigProperty, EveryValueIsReadAsItWouldBeTypedWithItsLine, ()) {
  const File file = AnyFile();
  const Config config = ParseConfig(file.Text(), "f.toml");
  RC_ASSERT(config.readable && config.faults.empty());
  RC_ASSERT(config.job.size() == file.job.size());
  for (const auto& [name, expected] : file.job) {
    RC_ASSERT(config.job.at(name).text == expected.text);
    RC_ASSERT(config.job.at(name).origin == expected.origin);
  }
  RC_ASSERT(config.endpoints.size() == file.endpoints.size());
  for (const auto& [name, expected] : file.endpoints) {
    RC_ASSERT(config.endpoints.at(name) == expected);
  }
}

RC_GTEST_PROP(ConfigProperty, AWrongLineIsTheOneThatIsTold, ()) {
  File file = AnyFile();
  const auto at = *rc::gen::inRange<size_t>(1, file.lines.size() + 1);
  static const std::vector<std::pair<std::string, bool>> kWrong = {
      {"no_such_key = 1", true}, {"= 1", false}, {"settle == 1", false}, {"[job", false}};
  const auto& [line, readable] = kWrong[*rc::gen::inRange<size_t>(0, kWrong.size())];
  file.lines.insert(file.lines.begin() + static_cast<std::ptrdiff_t>(at), line);
  const Config config = ParseConfig(file.Text(), "f.toml");
  RC_ASSERT(config.readable == readable);
  RC_ASSERT(config.faults.size() == 1u);
  RC_ASSERT(config.faults[0].message.starts_with("f.toml:" + std::to_string(at + 1) + ": "));
}

}  // namespace
}  // namespace ddbsync::cli
