#include "checkpoint/envelope.h"

#include <xxhash.h>

#include <algorithm>
#include <cctype>
#include <cstdio>

namespace ddbsync::checkpoint {
namespace {

constexpr size_t kChecksumBytes = 8;
constexpr size_t kHeaderBytes = kChecksumBytes + 1;

std::string Checksum(std::string_view key, std::string_view sealed) {
  const uint64_t seed = XXH3_64bits(key.data(), key.size());
  uint64_t sum = XXH3_64bits_withSeed(sealed.data(), sealed.size(), seed);
  std::string bytes;
  for (size_t i = 0; i < kChecksumBytes; ++i, sum >>= 8) bytes += static_cast<char>(sum & 0xff);
  return bytes;
}

}  // namespace

std::string Seal(const RecordKind& kind, std::string_view key, std::string_view payload) {
  std::string body;
  body.reserve(1 + payload.size());
  body += static_cast<char>(kind.version);
  body += payload;
  return Checksum(key, body) + body;
}

Result<std::string_view> Unseal(const RecordKind& kind, std::string_view key,
                                std::string_view value) {
  if (value.size() < kHeaderBytes) return Damaged(kind, key, "it is too short");
  if (value.substr(0, kChecksumBytes) != Checksum(key, value.substr(kChecksumBytes))) {
    return Damaged(kind, key, "its checksum is wrong");
  }
  const uint8_t version = VersionOf(value);
  if (version > kind.version) {
    return Fail(ErrorCode::kInvalid,
                "The checkpoint was made by a newer ddbsync: run that version again, or a later "
                "one.",
                NameOf(kind, key) + " has version " + std::to_string(version) +
                    ", known is up to " + std::to_string(kind.version));
  }
  return value.substr(kHeaderBytes);
}

uint8_t VersionOf(std::string_view value) {
  return static_cast<uint8_t>(value[kChecksumBytes]);
}

std::string NameOf(const RecordKind& kind, std::string_view key) {
  std::string name(kind.name);
  const std::string_view id = key.substr(std::min(key.size(), kind.prefix.size()));
  if (id.empty()) return name;
  const bool plain =
      std::ranges::all_of(id, [](unsigned char c) { return std::isalnum(c) || c == '-'; });
  if (plain) return name.append(" ").append(id);
  char digest[17];
  std::snprintf(digest, sizeof digest, "%016llx",
                static_cast<unsigned long long>(XXH3_64bits(id.data(), id.size())));
  return name.append(" with key digest ").append(digest);
}

std::unexpected<Error> Damaged(const RecordKind& kind, std::string_view key,
                               std::string_view what) {
  return Fail(ErrorCode::kCorrupt,
              "The checkpoint is damaged: the record \"" + NameOf(kind, key) +
                  "\" cannot be trusted, " + std::string(what) +
                  ". Check the disk, then put back a copy of the state directory made while the "
                  "job was stopped, or move it away and copy anew into an empty target.");
}

}  // namespace ddbsync::checkpoint
