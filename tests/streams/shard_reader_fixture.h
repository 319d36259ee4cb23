#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/byte_credit.h"
#include "streams/shard_reader.h"
#include "tests/streams/scripted_streams.h"
#include "tests/streams/shards.h"
#include "tests/streams/test_client.h"
#include "tests/support/manual_clock.h"

namespace ddbsync::streams {

inline constexpr std::string_view kShard = "shardId-00000001767225600000-0a1b";
inline constexpr Duration kPollInterval = std::chrono::milliseconds(250);

inline std::string RecordJson(int64_t sequence_number, WallTime created) {
  const auto seconds_since_1970 =
      std::chrono::duration_cast<seconds>(created.time_since_epoch()).count();
  return R"({"eventName":"INSERT","dynamodb":{"ApproximateCreationDateTime":)" +
         std::to_string(seconds_since_1970) +
         R"(,"Keys":{"id":{"S":"k"}},"NewImage":{"id":{"S":"k"}},)" + R"("SequenceNumber":")" +
         std::to_string(sequence_number) + R"("}})";
}

/// A GetRecords answer. `next` empty: the shard's end.
inline ScriptedStreams::Answer Page(const std::vector<int64_t>& records, const std::string& next,
                                    WallTime created = kSomeDay) {
  std::string body = R"({"Records":[)";
  for (size_t i = 0; i < records.size(); ++i) {
    body += (i > 0 ? "," : "") + RecordJson(records[i], created);
  }
  body += "]";
  if (!next.empty()) body += R"(,"NextShardIterator":")" + next + "\"";
  return ScriptedStreams::Ok(body + "}");
}

inline ScriptedStreams::Answer Iterator(const std::string& iterator) {
  return ScriptedStreams::Ok(R"({"ShardIterator":")" + iterator + "\"}");
}

class RecordingSink final : public RecordSink {
 public:
  void Apply(const std::string&, std::shared_ptr<const dynamodb::RecordPage> page,
             std::function<void()> done) override {
    events += "apply(";
    for (const dynamodb::RecordView& record : page->records()) {
      events += std::string(record.sequence_number) + ",";
    }
    events.back() = ')';
    events += " ";
    if (hold) {
      held_page = std::move(page);
      held_applied = std::move(done);
    } else {
      page.reset();
      done();
    }
  }
  void OnTip(const std::string&, WallTime since) override { tips.push_back(since); }
  void OnEnd(const std::string&) override { events += "end "; }
  void OnLoss(const std::string&, const Error& error) override {
    events += "loss(" + std::string(ToString(error.code)) + ") ";
  }
  void OnTrouble(const std::string&, const Error& error, int failures) override {
    troubles.push_back(error.code);
    failures_seen = failures;
  }

  /// Lets go of the page held.
  void FinishApplying() {
    held_page.reset();
    std::exchange(held_applied, nullptr)();
  }

  std::string events;  ///< but tips and troubles
  std::vector<WallTime> tips;
  std::vector<ErrorCode> troubles;
  int failures_seen = 0;
  bool hold = false;
  std::shared_ptr<const dynamodb::RecordPage> held_page;
  std::function<void()> held_applied;
};

/// A reader against a scripted server, stepped by hand in a time that the test moves.
class ShardReaderTest : public testing::Test {
 protected:
  void SetUp() override {
    script_.SetDefault("GetShardIterator", Iterator("fresh"));
    script_.SetDefault("GetRecords", Page({}, "same"));
  }

  void Start(std::string position = "", bool from_latest = false) {
    reader_ = std::make_shared<ShardReader>(
        ShardReader::Options{.stream_arn = "arn",
                             .shard_id = std::string(kShard),
                             .position = dynamodb::SequenceNumber(position),
                             .poll_interval = kPollInterval,
                             .from_latest = from_latest},
        schema_, client_.streams, sink_, credit_, budget_, counters_);
    reader_->SetWaker(Waker([this] { woken_ = true; }));
  }

  /// Steps as an executor would, for that long; zero: all that is due now.
  void Run(Duration duration = Duration::zero()) {
    const TimePoint end = clock_.Now() + duration;
    while (!done_ && (woken_ || due_ <= end)) {
      if (!std::exchange(woken_, false)) clock_.AdvanceTo(due_);
      const Next next = reader_->Step(clock_.Now());
      done_ = next.done();
      due_ = next.due();
    }
    if (!done_) clock_.AdvanceTo(end);
  }

  [[nodiscard]] const std::vector<std::string>& Seeks() {
    return script_.Requests("GetShardIterator");
  }
  [[nodiscard]] const std::vector<std::string>& Polls() { return script_.Requests("GetRecords"); }

  fake::ManualClock clock_{kSomeDay};
  ScriptedStreams script_;
  TestClient client_{clock_, script_};
  dynamodb::KeySchema schema_{.partition = {.name = "id"}, .sort = {}};
  ByteCredit credit_{size_t{16} << 20, size_t{4} << 20};  // outlives pages held by the sink
  RecordingSink sink_;
  aws::RetryBudget budget_;
  ReaderCounters counters_;
  std::shared_ptr<ShardReader> reader_;
  bool woken_ = false;
  bool done_ = false;
  TimePoint due_ = TimePoint::min();
};

}  // namespace ddbsync::streams
