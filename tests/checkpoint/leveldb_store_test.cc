#include "checkpoint/leveldb_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include "tests/checkpoint/faulty_env.h"

namespace ddbsync::checkpoint {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Records = std::map<std::string, std::string>;

Batch One(const std::string& key, const std::string& value) {
  Batch batch;
  batch.Put(key, value);
  return batch;
}

Records Everything(Store& store) {
  Records records;
  auto scanned = store.Scan("", [&](std::string_view key, std::string_view value) -> Result<void> {
    records.emplace(key, value);
    return {};
  });
  EXPECT_TRUE(scanned) << ToString(scanned.error());
  return records;
}

class LevelDbStoreTest : public testing::Test {
 protected:
  LevelDbStoreTest() {
    std::string name = std::filesystem::temp_directory_path() / "ddbsync_store_XXXXXX";
    root_ = mkdtemp(name.data());
    directory_ = root_ / "state";
    std::filesystem::create_directory(directory_);
  }
  ~LevelDbStoreTest() override { std::filesystem::remove_all(root_); }

  std::unique_ptr<Store> MustOpen() {
    auto opened = OpenLevelDbStore(directory_, /*create=*/true, &env_);
    EXPECT_TRUE(opened) << ToString(opened.error());
    return opened ? std::move(*opened) : nullptr;
  }
  Error OpenError(bool create = true) {
    auto opened = OpenLevelDbStore(directory_, create, &env_);
    EXPECT_FALSE(opened);
    return opened ? Error{} : opened.error();
  }
  std::filesystem::path TheOne(const std::string& extension) {
    for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
      if (entry.path().extension() == extension) return entry.path();
    }
    ADD_FAILURE() << "no file " << extension;
    return {};
  }

  std::filesystem::path root_;
  std::filesystem::path directory_;
  FaultyEnv env_;
};

TEST_F(LevelDbStoreTest, WhatWasCommittedIsThereWhenTheProcessStartsAnew) {
  const std::string binary("\0\xff/\n", 4);
  {
    auto store = MustOpen();
    Batch batch = One("a", "1");
    batch.Put(binary, binary);
    batch.Put("b", "2");
    ASSERT_TRUE(store->Commit(batch));
    Batch second;
    second.Delete("b");
    ASSERT_TRUE(store->Commit(second));
  }
  auto store = MustOpen();
  EXPECT_EQ(Everything(*store), (Records{{"a", "1"}, {binary, binary}}));
  EXPECT_EQ(store->Get("a").value(), "1");
  EXPECT_EQ(store->Get("b").value(), std::nullopt);
}

TEST_F(LevelDbStoreTest, ScanGivesAPrefixInOrderAndStopsAtTheVisitorsError) {
  auto store = MustOpen();
  Batch batch;
  for (const char* key : {"a/2", "a/1", "b/1", "a0", "a"}) batch.Put(key, "");
  ASSERT_TRUE(store->Commit(batch));
  std::vector<std::string> keys;
  auto scanned = store->Scan("a/", [&](std::string_view key, std::string_view) -> Result<void> {
    keys.emplace_back(key);
    return {};
  });
  EXPECT_TRUE(scanned);
  EXPECT_EQ(keys, (std::vector<std::string>{"a/1", "a/2"}));
  scanned = store->Scan("", [](std::string_view, std::string_view) -> Result<void> {
    return Fail(ErrorCode::kInvalid, "enough");
  });
  EXPECT_EQ(scanned.error().message, "enough");
}

TEST_F(LevelDbStoreTest, ASecondOpenIsAConflictThatSaysHowToSeeTheFirst) {
  auto store = MustOpen();
  const Error error = OpenError();
  EXPECT_EQ(error.code, ErrorCode::kConflict);
  EXPECT_THAT(error.message, HasSubstr("Another ddbsync runs this job"));
  EXPECT_THAT(error.message, HasSubstr("ddbsync status"));
  EXPECT_THAT(error.message, HasSubstr(directory_.string()));
}

TEST_F(LevelDbStoreTest, AnotherProcessIsAConflictUntilItEnds) {
  int opened[2];
  int end[2];
  ASSERT_EQ(pipe(opened), 0);
  ASSERT_EQ(pipe(end), 0);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    auto store = OpenLevelDbStore(directory_, true, nullptr);
    char byte = store ? 'y' : 'n';
    if (write(opened[1], &byte, 1) != 1 || read(end[0], &byte, 1) != 1) _exit(1);
    _exit(0);  // like a kill: nothing is closed
  }
  char byte = 0;
  ASSERT_EQ(read(opened[0], &byte, 1), 1);
  ASSERT_EQ(byte, 'y');
  EXPECT_EQ(OpenError().code, ErrorCode::kConflict);
  ASSERT_EQ(write(end[1], &byte, 1), 1);
  ASSERT_EQ(waitpid(child, nullptr, 0), child);
  EXPECT_NE(MustOpen(), nullptr);
  for (int fd : {opened[0], opened[1], end[0], end[1]}) close(fd);
}

TEST_F(LevelDbStoreTest, TheLockIsKeptWhileAReopenFails) {
  auto store = MustOpen();
  env_.FailReads(true);
  EXPECT_EQ(store->Reopen().error().code, ErrorCode::kIo);
  env_.FailReads(false);
  EXPECT_EQ(OpenError().code, ErrorCode::kConflict);
  EXPECT_EQ(store->Commit(One("a", "1")).error().code, ErrorCode::kPoisoned);
  ASSERT_TRUE(store->Reopen());
  EXPECT_TRUE(store->Commit(One("a", "1")));
  store.reset();
  EXPECT_NE(MustOpen(), nullptr);
}

TEST_F(LevelDbStoreTest, AMissingStoreIsNotFoundAndNothingIsLeftBehind) {
  const Error error = OpenError(/*create=*/false);
  EXPECT_EQ(error.code, ErrorCode::kNotFound);
  EXPECT_TRUE(std::filesystem::is_empty(directory_));
}

TEST_F(LevelDbStoreTest, AMissingDirectoryIsMadeForItsUserAlone) {
  directory_ = root_ / "some" / "where";
  ASSERT_TRUE(OpenLevelDbStore(directory_, true, nullptr));
  EXPECT_EQ(std::filesystem::status(directory_).permissions(), std::filesystem::perms::owner_all);
}

TEST_F(LevelDbStoreTest, ADirectoryThatCannotBeMadeIsAnIoErrorThatNamesIt) {
  std::ofstream(root_ / "file") << "not a directory";
  auto opened = OpenLevelDbStore(root_ / "file" / "state", true, nullptr);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kIo);
  EXPECT_THAT(opened.error().message, HasSubstr("file/state"));
  EXPECT_THAT(opened.error().message, HasSubstr("--state"));
}

TEST_F(LevelDbStoreTest, AFullDiskAtTheFirstOpenIsAnIoErrorAndAFreedOneIsUsable) {
  for (uint64_t room : {0, 10, 60}) {
    env_.LimitSpace(room);
    const Error error = OpenError();
    EXPECT_EQ(error.code, ErrorCode::kIo) << ToString(error);
    EXPECT_THAT(error.message, HasSubstr("No space left on device"));
  }
  env_.FreeSpace();
  EXPECT_NE(MustOpen(), nullptr);
}

TEST_F(LevelDbStoreTest, ADamagedLogIsCorruptAndSaysWhatToDo) {
  {
    auto store = MustOpen();
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(store->Commit(One(std::to_string(i), "value")));
  }
  {
    std::fstream log(TheOne(".log"), std::ios::in | std::ios::out | std::ios::binary);
    log.seekp(12);  // in the first record; two whole ones follow
    log.put('X');
  }
  const Error error = OpenError();
  EXPECT_EQ(error.code, ErrorCode::kCorrupt) << ToString(error);
  EXPECT_THAT(error.message, HasSubstr("move it away"));
}

TEST_F(LevelDbStoreTest, ALostCurrentFileIsCorruptAndNothingIsDeleted) {
  {
    auto store = MustOpen();
    ASSERT_TRUE(store->Commit(One("a", "1")));
  }
  std::filesystem::rename(directory_ / "CURRENT", root_ / "CURRENT");
  EXPECT_EQ(OpenError().code, ErrorCode::kCorrupt);
  EXPECT_EQ(OpenError(/*create=*/false).code, ErrorCode::kCorrupt);
  std::filesystem::rename(root_ / "CURRENT", directory_ / "CURRENT");
  EXPECT_EQ(Everything(*MustOpen()), (Records{{"a", "1"}}));
}

TEST_F(LevelDbStoreTest, AFullDiskPoisonsTheStoreUntilItIsReopened) {
  auto store = MustOpen();
  ASSERT_TRUE(store->Commit(One("a", "1")));
  env_.LimitSpace(20);
  const auto failed = store->Commit(One("b", "2"));
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ErrorCode::kIo);
  EXPECT_THAT(failed.error().message, HasSubstr("No space left on device"));
  env_.FreeSpace();
  EXPECT_EQ(store->Commit(One("c", "3")).error().code, ErrorCode::kPoisoned);
  EXPECT_EQ(store->Get("a").error().code, ErrorCode::kPoisoned);
  ASSERT_TRUE(store->Reopen());
  EXPECT_EQ(Everything(*store), (Records{{"a", "1"}}));
  ASSERT_TRUE(store->Commit(One("c", "3")));
  store.reset();
  env_.PowerCut();
  EXPECT_EQ(Everything(*MustOpen()), (Records{{"a", "1"}, {"c", "3"}}));
}

TEST_F(LevelDbStoreTest, AReopenOnAFullDiskFailsAndCanBeTriedAgain) {
  auto store = MustOpen();
  ASSERT_TRUE(store->Commit(One("a", "1")));
  env_.LimitSpace(0);
  ASSERT_FALSE(store->Commit(One("b", "2")));
  EXPECT_EQ(store->Reopen().error().code, ErrorCode::kIo);
  EXPECT_EQ(store->Commit(One("b", "2")).error().code, ErrorCode::kPoisoned);
  env_.FreeSpace();
  ASSERT_TRUE(store->Reopen());
  EXPECT_EQ(Everything(*store), (Records{{"a", "1"}}));
}

TEST_F(LevelDbStoreTest, AFailedSyncPoisonsTheStore) {
  auto store = MustOpen();
  env_.FailSyncs(true);
  EXPECT_EQ(store->Commit(One("a", "1")).error().code, ErrorCode::kIo);
  env_.FailSyncs(false);
  EXPECT_EQ(store->Commit(One("a", "1")).error().code, ErrorCode::kPoisoned);
  ASSERT_TRUE(store->Reopen());
  EXPECT_TRUE(store->Commit(One("a", "1")));
}

TEST_F(LevelDbStoreTest, APowerCutKeepsExactlyWhatWasSynced) {
  Records expected;
  for (int i = 0; i < 20; ++i) {
    auto store = MustOpen();
    EXPECT_EQ(Everything(*store), expected);
    const std::string key = std::to_string(i);
    ASSERT_TRUE(store->Commit(One(key, std::string(1000, 'x'))));
    expected[key] = std::string(1000, 'x');
    env_.FailSyncs(true);
    ASSERT_FALSE(store->Commit(One("not synced " + key, "x")));
    store.reset();
    env_.FailSyncs(false);
    env_.PowerCut();
  }
}

TEST_F(LevelDbStoreTest, AnUnsyncedBatchSurvivesAPowerCutWholeOrNotAtAll) {
  int whole = 0;
  constexpr uint64_t kLongerThanTheBatch = 80;
  for (uint64_t surviving = 0; surviving < kLongerThanTheBatch; ++surviving) {
    std::filesystem::remove_all(directory_);
    auto store = MustOpen();
    ASSERT_TRUE(store->Commit(One("safe", "1")));
    Batch batch = One("x", "1");
    batch.Put("y", "2");
    env_.FailSyncs(true);
    ASSERT_FALSE(store->Commit(batch));
    store.reset();
    env_.FailSyncs(false);
    env_.PowerCut(surviving);
    Records records = Everything(*MustOpen());
    EXPECT_EQ(records.erase("safe"), 1U);
    EXPECT_TRUE(records.empty() || records.size() == 2) << surviving;
    whole += !records.empty();
  }
  EXPECT_GT(whole, 0);
  EXPECT_LT(whole, static_cast<int>(kLongerThanTheBatch));
}

TEST_F(LevelDbStoreTest, NothingIsAcknowledgedBehindATornAppend) {
  for (uint64_t torn_after = 0; torn_after < 3000; torn_after += 211) {
    std::filesystem::remove_all(directory_);
    auto store = MustOpen();
    env_.TearOneAppend(torn_after);
    Mutex mutex;
    Records acknowledged;
    {
      std::vector<std::jthread> threads;
      for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&, t] {
          for (int i = 0; i < 10; ++i) {
            const std::string key = std::to_string(t) + "/" + std::to_string(i);
            if (!store->Commit(One(key, std::string(10 * i, 'x')))) continue;
            MutexLock lock(mutex);
            acknowledged[key] = std::string(10 * i, 'x');
          }
        });
      }
    }
    store.reset();
    env_.FreeSpace();
    env_.PowerCut();
    const Records records = Everything(*MustOpen());
    for (const auto& [key, value] : acknowledged) {
      EXPECT_TRUE(records.contains(key)) << key << " behind one torn after " << torn_after;
    }
  }
}

TEST_F(LevelDbStoreTest, ReadersCommittersAndReopensMayRunAtOnce) {
  auto store = MustOpen();
  std::atomic<bool> done = false;
  std::jthread reader([&] {
    while (!done) EXPECT_LE(Everything(*store).size(), 50U);
  });
  std::jthread reopener([&] {
    while (!done) EXPECT_TRUE(store->Reopen());
  });
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(store->Commit(One(std::to_string(i), "x")));
  done = true;
  reader.join();
  reopener.join();
  EXPECT_EQ(Everything(*store).size(), 50U);
}

}  // namespace
}  // namespace ddbsync::checkpoint
