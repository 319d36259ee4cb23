// floor: the least that a copier in this process model has to do. It receives the pages that a scan
// or a shard gives and posts batches of the same size, hashed and signed, over libcurl with the
// options that ddbsync uses; it never looks at what it received. What ddbsync costs above this is
// its own (docs/performance.md).

#include <curl/curl.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/error.h"
#include "bench/server/item_shape.h"

namespace ddbsync::bench {
namespace {

constexpr size_t kBatch = 25;  // API reference of BatchWriteItem
constexpr long kReceiveBufferBytes = 512L << 10;
constexpr size_t kSha256Bytes = 32;
constexpr size_t kPageRoom = size_t{4} << 20;

const EVP_MD* Sha256() {
  static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return algorithm;
}

using Hex = std::array<char, 2 * kSha256Bytes + 1>;

Hex ToHex(const unsigned char* digest) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  Hex hex{};
  for (size_t i = 0; i < kSha256Bytes; ++i) {
    hex[2 * i] = kDigits[digest[i] >> 4];
    hex[2 * i + 1] = kDigits[digest[i] & 0xf];
  }
  return hex;
}

Hex HexOf(std::string_view bytes) {
  unsigned char digest[kSha256Bytes];
  DDBSYNC_CHECK(EVP_Digest(bytes.data(), bytes.size(), digest, nullptr, Sha256(), nullptr) == 1);
  return ToHex(digest);
}

/// One connection.
class Caller {
 public:
  Caller(std::string url, const std::string& authority) : url_(std::move(url)) {
    host_ = url_.substr(url_.find("//") + 2);
    if (!host_.empty() && host_.back() == '/') host_.pop_back();
    body_.reserve(kPageRoom);
    curl_easy_setopt(curl_, CURLOPT_URL, url_.c_str());
    curl_easy_setopt(curl_, CURLOPT_POST, 1L);
    curl_easy_setopt(curl_, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl_, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    curl_easy_setopt(curl_, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(curl_, CURLOPT_BUFFERSIZE, kReceiveBufferBytes);
    curl_easy_setopt(curl_, CURLOPT_WRITEFUNCTION, &Caller::OnBody);
    curl_easy_setopt(curl_, CURLOPT_WRITEDATA, this);
    if (!authority.empty()) curl_easy_setopt(curl_, CURLOPT_CAINFO, authority.c_str());
  }
  Caller(const Caller&) = delete;
  Caller& operator=(const Caller&) = delete;
  ~Caller() { curl_easy_cleanup(curl_); }

  /// The answer's body; valid until the next call.
  std::string_view Call(const char* target, std::string_view request) {
    Sign(target, request);
    std::array<curl_slist, 7> nodes;
    for (size_t i = 0; i < lines_.size(); ++i) {
      nodes[i] = {lines_[i].data(), i + 1 < lines_.size() ? &nodes[i + 1] : nullptr};
    }
    curl_easy_setopt(curl_, CURLOPT_HTTPHEADER, nodes.data());
    curl_easy_setopt(curl_, CURLOPT_POSTFIELDS, request.data());
    curl_easy_setopt(curl_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.size()));
    body_.clear();
    const CURLcode code = curl_easy_perform(curl_);
    long status = 0;
    curl_easy_getinfo(curl_, CURLINFO_RESPONSE_CODE, &status);
    if (code != CURLE_OK || status != 200) {
      std::fprintf(stderr, "floor: %s: %s, HTTP %ld\n", target, curl_easy_strerror(code), status);
      std::exit(1);
    }
    return body_;
  }

 private:
  static constexpr size_t kLineBytes = 512;

  static size_t OnBody(char* data, size_t size, size_t count, void* self) {
    static_cast<Caller*>(self)->body_.append(data, size * count);
    return size * count;
  }

  /// Signature Version 4 with a key of no use: the server does not look at it.
  void Sign(const char* target, std::string_view request) {
    const Hex payload = HexOf(request);
    const std::time_t now = std::time(nullptr);
    std::tm utc{};
    gmtime_r(&now, &utc);
    char date[20];
    std::strftime(date, sizeof date, "%Y%m%dT%H%M%SZ", &utc);
    constexpr const char* kNames = "content-type;host;x-amz-date;x-amz-target";
    char canonical[kLineBytes];
    const int canonical_bytes =
        std::snprintf(canonical, sizeof canonical,
                      "POST\n/\n\ncontent-type:application/x-amz-json-1.0\nhost:%s\nx-amz-date:%s\n"
                      "x-amz-target:%s\n\n%s\n%s",
                      host_.c_str(), date, target, kNames, payload.data());
    const Hex request_hash = HexOf({canonical, static_cast<size_t>(canonical_bytes)});
    char to_sign[kLineBytes];
    const int bytes = std::snprintf(
        to_sign, sizeof to_sign, "AWS4-HMAC-SHA256\n%s\n%.8s/us-east-1/dynamodb/aws4_request\n%s",
        date, date, request_hash.data());
    unsigned char signature[kSha256Bytes];
    unsigned int length = sizeof signature;
    HMAC(Sha256(), "a derived key of 32 bytes.......", kSha256Bytes,
         reinterpret_cast<const unsigned char*>(to_sign), static_cast<size_t>(bytes), signature,
         &length);
    Line(0, "Host: %s", host_.c_str());
    Line(1, "%s", "Content-Type: application/x-amz-json-1.0");
    Line(2, "X-Amz-Date: %s", date);
    Line(3, "X-Amz-Target: %s", target);
    Line(4, "%s", "Accept-Encoding: identity");
    Line(5,
         "Authorization: AWS4-HMAC-SHA256 Credential=test/%.8s/us-east-1/dynamodb/aws4_request, "
         "SignedHeaders=%s, Signature=%s",
         date, kNames, ToHex(signature).data());
    Line(6, "%s", "Expect:");
  }

  template <class... Values>
  void Line(size_t index, const char* format, Values... values) {
    std::snprintf(lines_[index].data(), kLineBytes, format, values...);
  }

  CURL* const curl_ = curl_easy_init();
  const std::string url_;
  std::string host_;
  std::string body_;
  std::array<std::array<char, kLineBytes>, 7> lines_{};
};

struct Settings {
  std::string url;
  std::string authority;
  size_t item_bytes = 1024;
  int threads = 8;
  bool stream = false;
  uint64_t records = 0;
  int distinct_percent = 100;
};

std::string BatchBody(const ItemShape& shape, size_t count) {
  std::string body = "{\"RequestItems\":{\"target\":[";
  for (size_t i = 0; i < count; ++i) {
    body += i > 0 ? R"(,{"PutRequest":{"Item":)" : R"({"PutRequest":{"Item":)";
    shape.AppendItem(i, body);
    body += "}}";
  }
  return body + R"(]},"ReturnConsumedCapacity":"TOTAL"})";
}

void Post(Caller& caller, const ItemShape& shape, const std::string& full, uint64_t count) {
  constexpr const char* kTarget = "DynamoDB_20120810.BatchWriteItem";
  for (; count >= kBatch; count -= kBatch) caller.Call(kTarget, full);
  if (count > 0) caller.Call(kTarget, BatchBody(shape, count));
}

uint64_t CountOf(std::string_view page) {
  const size_t at = page.rfind("\"Count\":");
  return at == std::string_view::npos ? 0 : std::strtoull(page.data() + at + 8, nullptr, 10);
}

/// One segment, page by page. The last kilobyte of a page says whether there is another.
uint64_t CopySegment(Caller& caller, const Settings& settings, int segment, const ItemShape& shape,
                     const std::string& full) {
  constexpr size_t kTail = 400;
  const std::string start = R"({"TableName":"source","ConsistentRead":true,"Segment":)" +
                            std::to_string(segment) +
                            ",\"TotalSegments\":" + std::to_string(settings.threads);
  std::string request = start + "}";
  uint64_t copied = 0;
  while (true) {
    const std::string_view page = caller.Call("DynamoDB_20120810.Scan", request);
    const std::string_view tail = page.substr(page.size() - std::min(kTail, page.size()));
    const size_t last = tail.find("\"LastEvaluatedKey\":");
    const uint64_t count = CountOf(tail);
    request.clear();
    if (last != std::string_view::npos) {
      const size_t key = last + std::string_view("\"LastEvaluatedKey\":").size();
      request = start + ",\"ExclusiveStartKey\":" +
                std::string(tail.substr(key, tail.find("}}", key) + 2 - key)) + "}";
    }
    Post(caller, shape, full, count);
    copied += count;
    if (request.empty()) return copied;
  }
}

/// The one shard with records: pages received, and batches of what its records reduce to.
uint64_t FollowShard(Caller& caller, const Settings& settings, const ItemShape& shape,
                     const std::string& full) {
  const uint64_t most = std::min<uint64_t>(1000, (size_t{1} << 20) / settings.item_bytes);
  uint64_t followed = 0;
  while (followed < settings.records) {
    const uint64_t count = std::min(most, settings.records - followed);
    caller.Call("DynamoDBStreams_20120810.GetRecords",
                R"({"ShardIterator":"0|)" + std::to_string(followed) + "\"}");
    Post(caller, shape, full,
         std::max<uint64_t>(1, count * static_cast<uint64_t>(settings.distinct_percent) / 100));
    followed += count;
  }
  return followed;
}

int Run(const Settings& settings) {
  const ItemShape shape(settings.item_bytes);
  const std::string full = BatchBody(shape, kBatch);
  const auto began = std::chrono::steady_clock::now();
  std::atomic<uint64_t> done{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < (settings.stream ? 1 : settings.threads); ++i) {
    threads.emplace_back([&, i] {
      Caller caller(settings.url, settings.authority);
      done += settings.stream ? FollowShard(caller, settings, shape, full)
                              : CopySegment(caller, settings, i, shape, full);
    });
  }
  for (std::thread& thread : threads) thread.join();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  std::printf("{\"items\": %llu, \"seconds\": %.3f}\n",
              static_cast<unsigned long long>(done.load()), took.count());
  return 0;
}

}  // namespace
}  // namespace ddbsync::bench

int main(int argc, char** argv) {
  ddbsync::bench::Settings settings;
  CLI::App app("Receives pages and posts batches, and does nothing else");
  app.add_option("--url", settings.url)->required();
  app.add_option("--authority", settings.authority, "PEM file to trust");
  app.add_option("--item-bytes", settings.item_bytes);
  app.add_option("--threads", settings.threads);
  app.add_flag("--stream", settings.stream, "follow the first shard instead of a scan");
  app.add_option("--records", settings.records, "of that shard");
  app.add_option("--distinct-percent", settings.distinct_percent);
  CLI11_PARSE(app, argc, argv);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  return ddbsync::bench::Run(settings);
}
