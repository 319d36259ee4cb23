// A shard reader on real threads: `applied`, Pause, Resume and Stop come from threads of their own.

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/byte_credit.h"
#include "base/mutex.h"
#include "base/thread_executor.h"
#include "streams/shard_reader.h"
#include "tests/streams/scripted_streams.h"
#include "tests/streams/test_client.h"

namespace ddbsync::streams {
namespace {

constexpr int kPages = 300;

/// Hands each page to a thread that waits for it.
class ThreadedSink final : public RecordSink {
 public:
  ThreadedSink() : applier_([this](const std::stop_token& stop) { Run(stop); }) {}

  void Apply(const std::string&, std::shared_ptr<const dynamodb::RecordPage> page,
             std::function<void()> applied) override {
    MutexLock lock(mutex_);
    overlaps += applied_ ? 1 : 0;
    page_ = std::move(page);
    applied_ = std::move(applied);
    changed_.notify_all();
  }
  void OnTip(const std::string&, WallTime) override {}
  void OnEnd(const std::string&) override {
    ended = true;
    ended.notify_all();
  }
  void OnLoss(const std::string&, const Error&) override { ++losses; }
  void OnTrouble(const std::string&, const Error&, int) override {}

  std::atomic<int> pages = 0;
  std::atomic<int> overlaps = 0;
  std::atomic<int> losses = 0;
  std::atomic<bool> ended = false;

 private:
  void Run(const std::stop_token& stop) NO_THREAD_SAFETY_ANALYSIS {
    std::unique_lock lock(mutex_);
    while (changed_.wait(lock, stop,
                         [this]() NO_THREAD_SAFETY_ANALYSIS { return applied_ != nullptr; })) {
      const std::function<void()> applied = std::exchange(applied_, nullptr);
      page_.reset();
      lock.unlock();
      ++pages;
      applied();
      lock.lock();
    }
  }

  Mutex mutex_;
  std::condition_variable_any changed_;
  std::shared_ptr<const dynamodb::RecordPage> page_ GUARDED_BY(mutex_);
  std::function<void()> applied_ GUARDED_BY(mutex_);
  std::jthread applier_;  // last: it uses the rest
};

class ShardReaderThreadsTest : public testing::Test {
 protected:
  void SetUp() override {
    script_.SetDefault("GetShardIterator", ScriptedStreams::Ok(R"({"ShardIterator":"i"})"));
    for (int i = 1; i <= kPages; ++i) {
      // A record of 1970: the reader is behind, and follows each page at once.
      script_.Put("GetRecords",
                  ScriptedStreams::Ok(R"({"Records":[{"eventName":"REMOVE","dynamodb":{)"
                                      R"("ApproximateCreationDateTime":1,"Keys":{"id":{"S":"k"}},)"
                                      R"("SequenceNumber":")" +
                                      std::to_string(i) + R"("}}],"NextShardIterator":"i"})"));
    }
    script_.SetDefault("GetRecords", ScriptedStreams::Ok(R"({"Records":[]})"));
    reader_ = std::make_shared<ShardReader>(
        ShardReader::Options{.stream_arn = "arn",
                             .shard_id = "shard",
                             .position = {},
                             .poll_interval = std::chrono::milliseconds(1)},
        schema_, client_.streams, sink_, credit_, budget_, counters_);
    reader_->SetWaker(executor_.Spawn(Lane::kTailRead, "shard", reader_));
  }

  SystemClock clock_;
  ScriptedStreams script_;
  TestClient client_{clock_, script_};
  const dynamodb::KeySchema schema_{.partition = {.name = "id"}, .sort = {}};
  ByteCredit credit_{size_t{16} << 20, size_t{4} << 20};
  aws::RetryBudget budget_;
  ReaderCounters counters_;
  ThreadedSink sink_;
  std::shared_ptr<ShardReader> reader_;
  ThreadExecutor executor_{clock_, {.max_threads_per_lane = 4}};
};

TEST_F(ShardReaderThreadsTest, PausesAndResumesLoseNoPageAndNoWake) {
  {
    const std::jthread nervous([this](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        reader_->Pause();
        std::this_thread::yield();
        reader_->Resume();
      }
    });
    sink_.ended.wait(false);
  }
  EXPECT_EQ(sink_.pages, kPages);
  EXPECT_EQ(sink_.overlaps, 0);
  EXPECT_EQ(sink_.losses, 0);
  EXPECT_EQ(counters_.polls_records, kPages);
}

TEST_F(ShardReaderThreadsTest, StopInTheMiddleLeavesNothingBehind) {
  while (sink_.pages < kPages / 10) std::this_thread::yield();
  reader_->Stop();
  const std::weak_ptr<ShardReader> gone = reader_;
  reader_.reset();
  while (!gone.expired()) std::this_thread::yield();  // the executor lets go of it
  EXPECT_EQ(counters_.polls_records, sink_.pages);
  EXPECT_EQ(credit_.used(), 0u);
  EXPECT_FALSE(sink_.ended);
}

}  // namespace
}  // namespace ddbsync::streams
