#include "cli/api_file.h"

#include <signal.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>

#include "cli/json_fields_internal.h"

namespace ddbsync::cli {

Result<void> WriteApiFile(const std::string& path, const ApiAddress& address) {
  Json json;
  json["job_id"] = address.job_id;
  json["address"] = address.address;
  json["pid"] = address.pid;
  if (!address.token_file.empty()) json["token_file"] = address.token_file;
  if (!address.certificate.empty()) json["certificate"] = address.certificate;
  if (!address.path.empty()) json["path"] = address.path;
  if (address.jobs != 1) json["jobs"] = address.jobs;
  const std::string fresh = path + ".new";
  std::ofstream file(fresh, std::ios::trunc);
  file << Text(json, false) << '\n';
  file.close();
  if (!file || std::rename(fresh.c_str(), path.c_str()) != 0) {
    return Fail(ErrorCode::kIo, "cannot write " + path, std::strerror(errno));
  }
  return {};
}

std::optional<ApiAddress> ReadApiFile(const std::string& path) {
  std::ifstream file(path);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return std::nullopt;
  try {
    return ApiAddress{json.at("job_id").get<std::string>(),
                      json.at("address").get<std::string>(),
                      json.at("pid").get<int>(),
                      json.value("token_file", ""),
                      json.value("certificate", ""),
                      json.value("path", ""),
                      json.value("jobs", 1)};
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

void RemoveApiFile(const std::string& path) {
  std::remove(path.c_str());
}

bool IsThere(int pid) {
  return kill(pid, 0) == 0 || errno == EPERM;
}

Card::~Card() {
  if (!path_.empty()) RemoveApiFile(path_);
}

Result<void> Card::Leave(const std::string& path, const ApiAddress& address) {
  Result<void> written = WriteApiFile(path, address);
  if (written) path_ = path;
  return written;
}

}  // namespace ddbsync::cli
