#pragma once

#include <leveldb/env.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/random.h"

namespace ddbsync::fake {

/// A disk for LevelDB in memory, with faults on demand and power cuts that lose what was not
/// synced. kill -9 alone cannot show a missing sync: the page cache survives it.
///
/// So are files that were made, renamed or removed: the directory's changes become durable in their
/// order, as on a file system with a journal, a file's own with its sync and all of them with the
/// sync of a manifest, before which LevelDB's Env for POSIX syncs the directory.
///
/// What LevelDB wants done in the background waits for RunBackground, so that one thread and one
/// seed give the same bytes on every run. One thread owns it; outlives the databases on it.
class MemoryDisk final : public leveldb::Env {
 public:
  enum class Operation { kCreate, kAppend, kSync, kRename, kRemove };
  enum class Fate {
    kDone,
    kFails,      ///< an error, nothing was done
    kTorn,       ///< an error after half of the append
    kCutBefore,  ///< the power fails, nothing was done
    kCutTorn,    ///< the power fails in the middle of the append
    kCutAfter,   ///< it was done, and then the power fails
  };
  /// Asked before each operation that changes the disk.
  using Judge = std::function<Fate(Operation operation, const std::string& name)>;

  MemoryDisk();
  ~MemoryDisk() override;

  void SetJudge(Judge judge) { judge_ = std::move(judge); }

  /// From now on nothing reaches the disk and every call fails.
  void CutPower() { powered_ = false; }
  [[nodiscard]] bool powered() const { return powered_; }
  /// With all databases closed: of what was not synced, each file and the directory keep a
  /// beginning of a length that chance decides. The next process may begin.
  void Restart(Random& chance);

  /// Does what LevelDB left for its background thread; after each call that wrote, and before a
  /// database is closed.
  void RunBackground();

  leveldb::Status NewSequentialFile(const std::string& name,
                                    leveldb::SequentialFile** file) override;
  leveldb::Status NewRandomAccessFile(const std::string& name,
                                      leveldb::RandomAccessFile** file) override;
  leveldb::Status NewWritableFile(const std::string& name, leveldb::WritableFile** file) override;
  bool FileExists(const std::string& name) override;
  leveldb::Status GetChildren(const std::string& directory,
                              std::vector<std::string>* names) override;
  leveldb::Status RemoveFile(const std::string& name) override;
  leveldb::Status CreateDir(const std::string&) override { return Alive(); }
  leveldb::Status RemoveDir(const std::string&) override { return Alive(); }
  leveldb::Status GetFileSize(const std::string& name, uint64_t* size) override;
  leveldb::Status RenameFile(const std::string& from, const std::string& to) override;
  leveldb::Status LockFile(const std::string& name, leveldb::FileLock** lock) override;
  leveldb::Status UnlockFile(leveldb::FileLock* lock) override;
  void Schedule(void (*work)(void*), void* argument) override;
  void StartThread(void (*work)(void*), void* argument) override;
  leveldb::Status GetTestDirectory(std::string* path) override;
  leveldb::Status NewLogger(const std::string& name, leveldb::Logger** logger) override;
  uint64_t NowMicros() override { return ++micros_; }
  void SleepForMicroseconds(int) override {}

 private:
  struct File {
    std::string bytes;
    size_t synced = 0;
  };
  using Files = std::map<std::string, std::shared_ptr<File>>;
  /// A change of the directory that a power cut may undo.
  struct Unsynced {
    std::shared_ptr<File> file;
    Files before;
  };
  class Reader;
  class Writer;

  [[nodiscard]] leveldb::Status Alive() const;
  /// What the judge says, and the power with it.
  Fate Decide(Operation operation, const std::string& name);
  leveldb::Status Append(const std::string& name, File& file, const leveldb::Slice& data);
  leveldb::Status Sync(const std::string& name, const std::shared_ptr<File>& file);
  /// The directory is about to change, by what is done to `file`.
  void Note(const std::shared_ptr<File>& file) { unsynced_.push_back({file, files_}); }
  void SyncDirectory(const std::string& name, const std::shared_ptr<File>& file);
  [[nodiscard]] std::shared_ptr<File> Find(const std::string& name) const;

  bool powered_ = true;
  Judge judge_;
  Files files_;
  std::vector<Unsynced> unsynced_;  ///< in their order
  std::vector<std::pair<void (*)(void*), void*>> background_;
  uint64_t micros_ = 0;
};

}  // namespace ddbsync::fake
