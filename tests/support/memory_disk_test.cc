#include "tests/support/memory_disk.h"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

namespace ddbsync::fake {
namespace {

class MemoryDiskTest : public ::testing::Test {
 protected:
  void Make(const std::string& name, bool sync) {
    leveldb::WritableFile* file = nullptr;
    ASSERT_TRUE(disk_->NewWritableFile(name, &file).ok());
    const std::unique_ptr<leveldb::WritableFile> owned(file);
    if (sync) {
      ASSERT_TRUE(file->Sync().ok());
    }
  }

  /// What is there after a power cut, in one text.
  std::string AfterACut(uint64_t seed) {
    disk_->CutPower();
    Random chance(seed);
    disk_->Restart(chance);
    std::vector<std::string> names;
    EXPECT_TRUE(disk_->GetChildren("/d", &names).ok());
    std::string all;
    for (const std::string& name : names) all += name + " ";
    return all;
  }

  std::unique_ptr<MemoryDisk> disk_ = std::make_unique<MemoryDisk>();
};

TEST_F(MemoryDiskTest, APowerCutLosesTheLatestChangesOfTheDirectory) {
  std::set<std::string> seen;
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    disk_ = std::make_unique<MemoryDisk>();
    Make("/d/old", true);
    Make("/d/new", true);
    ASSERT_TRUE(disk_->RenameFile("/d/new", "/d/current").ok());
    ASSERT_TRUE(disk_->RemoveFile("/d/old").ok());
    seen.insert(AfterACut(seed));
  }
  // Never the removal without the renaming before it.
  EXPECT_TRUE(seen.contains("new old "));
  EXPECT_TRUE(seen.contains("current old "));
  EXPECT_TRUE(seen.contains("current "));
  EXPECT_EQ(seen.size(), 3U);
}

TEST_F(MemoryDiskTest, ASyncKeepsTheFileAndWhatCameBeforeIt) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    Make("/d/a", false);
    Make("/d/b", true);
    EXPECT_EQ(AfterACut(seed), "a b ");
  }
}

TEST_F(MemoryDiskTest, TheSyncOfAManifestKeepsAll) {
  leveldb::WritableFile* file = nullptr;
  ASSERT_TRUE(disk_->NewWritableFile("/d/MANIFEST-1", &file).ok());
  const std::unique_ptr<leveldb::WritableFile> manifest(file);
  Make("/d/log", false);
  ASSERT_TRUE(manifest->Sync().ok());
  EXPECT_EQ(AfterACut(1), "MANIFEST-1 log ");
}

}  // namespace
}  // namespace ddbsync::fake
