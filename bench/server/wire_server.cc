#include "bench/server/wire_server.h"

#include <httplib.h>
#include <libdeflate.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>
#include <utility>

namespace ddbsync::bench {
namespace {

/// Every connection that is kept alive has a thread to itself.
constexpr size_t kThreads = 1024;
constexpr size_t kRequestsPerConnection = 100'000'000;
constexpr time_t kIdleSeconds = 60;
constexpr size_t kMaxBodyBytes = size_t{32} << 20;

constexpr std::string_view kSource = "source";
constexpr std::string_view kTarget = "target";

std::string CreateTableBody(std::string_view name, bool stream) {
  nlohmann::json body = {
      {"TableName", name},
      {"AttributeDefinitions", {{{"AttributeName", "pk"}, {"AttributeType", "S"}}}},
      {"KeySchema", {{{"AttributeName", "pk"}, {"KeyType", "HASH"}}}},
      {"BillingMode", "PAY_PER_REQUEST"}};
  if (stream) {
    body["StreamSpecification"] = {{"StreamEnabled", true}, {"StreamViewType", "NEW_IMAGE"}};
  }
  return body.dump();
}

std::unique_ptr<httplib::Server> NewServer(const WireServer::Options& options) {
  if (options.certificate.empty()) return std::make_unique<httplib::Server>();
  return std::make_unique<httplib::SSLServer>(options.certificate.c_str(),
                                              options.private_key.c_str());
}

bool Names(std::string_view body, std::string_view table) {
  const size_t at = body.find(table);
  return at != std::string_view::npos && at > 0 && body[at - 1] == '"' &&
         body.substr(at + table.size(), 1) == "\"";
}

/// Every answer of AWS's says when it was given.
std::string HttpDate(WallTime now) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  constexpr size_t kBytes = 32;
  char text[kBytes];
  return {text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &utc)};
}

}  // namespace

class WireServer::Front {
 public:
  Front(Options options, Clock& clock)
      : options_(std::move(options)),
        fake_(clock, {}),
        shape_(options_.item_bytes),
        table_(kSource, options_.items, shape_),
        target_(kTarget, options_.items, shape_),
        stream_(StreamOptions(), shape_, options_.items, clock),
        stats_(clock, stream_.keys(), static_cast<uint64_t>(options_.stream.shards)),
        clock_(clock),
        server_(NewServer(options_)) {
    fake_.Handle("DynamoDB_20120810.CreateTable", CreateTableBody(kTarget, false));
    server_->new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
    server_->set_tcp_nodelay(true);
    server_->set_keep_alive_max_count(kRequestsPerConnection);
    server_->set_keep_alive_timeout(kIdleSeconds);
    server_->set_payload_max_length(kMaxBodyBytes);
    server_->Get("/_bench", [this](const httplib::Request&, httplib::Response& response) {
      response.set_content(stats_.Json(), "application/json");
    });
    server_->Post("/_bench/reset",
                  [this](const httplib::Request&, httplib::Response&) { stats_.Reset(); });
    server_->Post("/", [this](const httplib::Request& request, httplib::Response& response) {
      Serve(request, response);
    });
  }

  int Start() {
    int port = options_.port;
    if (port == 0) {
      port = server_->bind_to_any_port("127.0.0.1");
    } else if (!server_->bind_to_port("127.0.0.1", port)) {
      port = -1;
    }
    if (port <= 0) return -1;
    listener_ = std::thread([this] { server_->listen_after_bind(); });
    return port;
  }

  void Stop() {
    server_->stop();
    if (listener_.joinable()) listener_.join();
  }

 private:
  /// The fake's own source table says what its stream is called.
  WireStream::Options StreamOptions() {
    const auto reply =
        fake_.Handle("DynamoDB_20120810.CreateTable", CreateTableBody(kSource, true));
    const auto table = nlohmann::json::parse(reply.body).at("TableDescription");
    WireStream::Options options = options_.stream;
    options.arn = table.at("LatestStreamArn").get<std::string>();
    options.table = kSource;
    return options;
  }

  void Serve(const httplib::Request& request, httplib::Response& response) {
    const std::string target = request.get_header_value("X-Amz-Target");
    const auto operation = std::string_view(target).substr(target.rfind('.') + 1);
    stats_.OnRequest(operation);
    auto body = FromTheWire(operation, request.body);
    if (body) {
      response.set_header("x-amz-crc32",
                          std::to_string(libdeflate_crc32(0, body->data(), body->size())));
      // Taken over, not copied: a page is a megabyte.
      response.body = *std::move(body);
      response.set_header("Content-Type", "application/x-amz-json-1.0");
      response.set_header("Date", HttpDate(clock_.WallNow()));
    } else {
      FromTheFake(operation, target, request.body, response);
    }
    if (options_.round_trip > Duration::zero()) clock_.SleepFor(options_.round_trip);
    if (operation == "BatchWriteItem") NoteApplied(request.body);
    stats_.OnAnswered(operation);
  }

  /// Nothing when the fake is to answer.
  std::optional<std::string> FromTheWire(std::string_view operation, const std::string& body) {
    if (operation == "BatchWriteItem" && Names(body, kTarget)) return Write(body);
    const bool probe = body.find("\"Limit\"") != std::string::npos;
    if (operation == "Scan" && !probe && Names(body, kSource)) return Scan(table_, body);
    if (options_.equal_target && operation == "Scan" && !probe) return Scan(target_, body);
    if (options_.equal_target && operation == "BatchGetItem") {
      return Names(body, kSource) ? table_.BatchGet(body) : target_.BatchGet(body);
    }
    if (operation == "DescribeStream") return stream_.DescribeStream(body);
    if (operation == "GetShardIterator") return stream_.GetShardIterator(body);
    if (operation == "GetRecords") {
      stats_.OnPolled(WireStream::ShardPolled(body));
      return stream_.GetRecords(body);
    }
    return std::nullopt;
  }

  std::string Scan(const WireTable& table, const std::string& body) {
    std::string page = table.ScanPage(body);
    const size_t units = page.rfind("\"CapacityUnits\":");
    stats_.OnRead(std::stod(page.substr(page.find(':', units) + 1)));
    if (!options_.report_capacity) {
      page.erase(page.rfind(",\"ConsumedCapacity\""));
      page += '}';
    }
    return page;
  }

  std::string Write(const std::string& body) {
    std::vector<uint64_t> keys;
    ForEachKey(body, [&](uint64_t key) { keys.push_back(key); });
    const double units = static_cast<double>(keys.size()) * shape_.write_units();
    std::vector<uint64_t> sorted = keys;
    std::ranges::sort(sorted);
    const bool duplicates = std::ranges::adjacent_find(sorted) != sorted.end();
    stats_.OnWritten(keys, units, duplicates);
    std::string answer = "{\"UnprocessedItems\":{}";
    if (options_.report_capacity) {
      answer.append(R"(,"ConsumedCapacity":[{"TableName":"target","CapacityUnits":)")
          .append(std::to_string(units))
          .append("}]");
    }
    return answer + "}";
  }

  void NoteApplied(std::string_view body) {
    const TimePoint now = clock_.Now();
    ForEachKey(body, [&](uint64_t key) {
      const TimePoint visible = stream_.VisibleAt(key);
      if (visible != TimePoint::max()) stats_.OnApplied(now - visible);
    });
  }

  void FromTheFake(std::string_view operation, const std::string& target, const std::string& body,
                   httplib::Response& response) {
    auto reply = fake_.Handle(target, body);
    if (operation == "DescribeTable" && (options_.equal_target || Names(body, kSource))) {
      // The figures from which a scan is planned.
      auto described = nlohmann::json::parse(reply.body);
      described["Table"]["ItemCount"] = options_.items;
      described["Table"]["TableSizeBytes"] = options_.items * options_.item_bytes;
      reply.body = described.dump();
      std::erase_if(reply.headers,
                    [](const auto& header) { return header.first == "x-amz-crc32"; });
    }
    response.status = reply.status;
    for (const auto& [name, value] : reply.headers) response.set_header(name, value);
    response.body = std::move(reply.body);
  }

  const Options options_;
  fake::FakeDynamoDb fake_;
  const ItemShape shape_;
  const WireTable table_;
  const WireTable target_;  ///< with equal_target
  const WireStream stream_;
  WireStats stats_;
  Clock& clock_;
  const std::unique_ptr<httplib::Server> server_;
  std::thread listener_;
};

WireServer::WireServer(Options options, Clock& clock)
    : front_(std::make_unique<Front>(std::move(options), clock)) {}

WireServer::~WireServer() {
  Stop();
}

int WireServer::Start() {
  return front_->Start();
}

void WireServer::Stop() {
  front_->Stop();
}

}  // namespace ddbsync::bench
