#include "tests/replicator/engine_fixture.h"

#include <cstdlib>
#include <filesystem>
#include <utility>

namespace ddbsync::replicator {

using nlohmann::json;

EngineFixture::EngineFixture(fake::Options options)
    : service_(clock_, std::move(options)), transport_(service_, clock_), server_clock_(clock_) {
  directory_ = (std::filesystem::temp_directory_path() / "ddbsync-engine-XXXXXX").string();
  if (mkdtemp(directory_.data()) == nullptr) std::abort();
  aws_ = std::make_unique<aws::Client>(
      aws::Client::Options{.url = "http://127.0.0.1:1/", .region = "us-east-1"}, keys_, transport_,
      server_clock_, clock_, observer_);
  tables_ = std::make_unique<dynamodb::Client>(*aws_);
  streams_ = std::make_unique<dynamodb::StreamsClient>(*aws_);
}

EngineFixture::~EngineFixture() {
  Crash();
  std::filesystem::remove_all(directory_);
}

void EngineFixture::CreateTable(const std::string& name, const std::string& view) {
  json request = {{"TableName", name},
                  {"AttributeDefinitions", {{{"AttributeName", "id"}, {"AttributeType", "S"}}}},
                  {"KeySchema", {{{"AttributeName", "id"}, {"KeyType", "HASH"}}}},
                  {"BillingMode", "PAY_PER_REQUEST"}};
  if (!view.empty()) {
    request["StreamSpecification"] = {{"StreamEnabled", true}, {"StreamViewType", view}};
  }
  Call("CreateTable", request);
}

void EngineFixture::Put(const std::string& table, const std::string& id, int version) {
  Call("PutItem", {{"TableName", table},
                   {"Item", {{"id", {{"S", id}}}, {"v", {{"N", std::to_string(version)}}}}}});
}

void EngineFixture::Delete(const std::string& table, const std::string& id) {
  Call("DeleteItem", {{"TableName", table}, {"Key", {{"id", {{"S", id}}}}}});
}

json EngineFixture::Call(const std::string& operation, const json& request) {
  const auto reply = service_.Handle("DynamoDB_20120810." + operation, request.dump());
  EXPECT_EQ(reply.status, 200) << operation << " " << reply.body;
  return json::parse(reply.body);
}

Side EngineFixture::MakeSide(const std::string& label, const std::string& table) {
  return {.label = label, .table = table, .tables = tables_.get(), .streams = streams_.get()};
}

void EngineFixture::Connect() {
  if (store_ == nullptr) {
    auto store = checkpoint::OpenLevelDbStore(directory_ + "/state", true, nullptr);
    ASSERT_TRUE(store) << ToString(store.error());
    store_ = *std::move(store);
  }
  if (executor_ != nullptr) return;
  executor_ = std::make_unique<ThreadExecutor>(clock_, ThreadExecutor::Options{16});
}

void EngineFixture::Start(JobOptions options) {
  Connect();
  options.job_id = "src-dst";
  auto job = Job::Open(std::move(options), MakeSide("source src", "src"),
                       MakeSide("target dst", "dst"), *store_, *executor_, clock_);
  ASSERT_TRUE(job) << ToString(job.error().front());
  job_ = *std::move(job);
  ASSERT_TRUE(job_->Start());
}

std::vector<Error> EngineFixture::OpenFaults(JobOptions options) {
  Connect();
  options.job_id = "src-dst";
  auto job = Job::Open(std::move(options), MakeSide("source src", "src"),
                       MakeSide("target dst", "dst"), *store_, *executor_, clock_);
  return job ? std::vector<Error>{} : job.error();
}

void EngineFixture::Crash() {
  if (executor_ != nullptr) executor_->Stop();
  job_.reset();
  executor_.reset();
  store_.reset();
}

Outcome EngineFixture::StopAndWait() {
  job_->Stop();
  EXPECT_TRUE(Eventually([&] { return job_->Ended().has_value(); }));
  const Outcome outcome = job_->Ended().value_or(Outcome::kFailed);
  Crash();
  return outcome;
}

bool EngineFixture::Eventually(const std::function<bool()>& condition, Duration patience) {
  const TimePoint deadline = clock_.Now() + patience;
  while (!condition()) {
    if (clock_.Now() > deadline) return false;
    clock_.SleepFor(std::chrono::milliseconds(5));
  }
  return true;
}

bool EngineFixture::Equal() {
  return service_.Items("src") == service_.Items("dst");
}

}  // namespace ddbsync::replicator
