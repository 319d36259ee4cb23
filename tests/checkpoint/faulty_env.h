#pragma once

#include <leveldb/env.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <memory>
#include <string>

#include "base/mutex.h"

namespace ddbsync::checkpoint {

/// The operating system's files with faults on demand: syncs that fail, a disk that fills up in the
/// middle of an append, and a power cut that drops what was not synced. Any thread.
class FaultyEnv final : public leveldb::EnvWrapper {
 public:
  FaultyEnv() : EnvWrapper(leveldb::Env::Default()) {}

  void FailSyncs(bool fail) {
    MutexLock lock(mutex_);
    fail_syncs_ = fail;
  }

  /// Room for so many more bytes; the append that exceeds it is torn where the room ends.
  void LimitSpace(uint64_t bytes) {
    MutexLock lock(mutex_);
    space_ = bytes;
    limited_once_ = false;
  }
  /// As LimitSpace, but all is well again after one append was torn.
  void TearOneAppend(uint64_t bytes) {
    MutexLock lock(mutex_);
    space_ = bytes;
    limited_once_ = true;
  }
  void FreeSpace() { LimitSpace(kUnlimited); }

  /// Files cannot be opened for reading, as when a disk has gone.
  void FailReads(bool fail) {
    MutexLock lock(mutex_);
    fail_reads_ = fail;
  }

  /// Cuts every file down to what was synced and `surviving` bytes of what was not. The database
  /// must be closed.
  void PowerCut(uint64_t surviving = 0) {
    MutexLock lock(mutex_);
    for (auto& [name, file] : files_) {
      file.written = std::min(file.written, file.synced + surviving);
      file.synced = file.written;
      std::error_code gone;  // LevelDB deletes files through other doors too
      if (std::filesystem::exists(name, gone)) std::filesystem::resize_file(name, file.written);
    }
  }

  leveldb::Status NewWritableFile(const std::string& name, leveldb::WritableFile** file) override {
    return Wrap(name, target()->NewWritableFile(name, file), file);
  }
  leveldb::Status NewAppendableFile(const std::string& name, leveldb::WritableFile**) override {
    return leveldb::Status::NotSupported("appending is not simulated", name);
  }
  leveldb::Status NewSequentialFile(const std::string& name,
                                    leveldb::SequentialFile** file) override {
    {
      MutexLock lock(mutex_);
      if (fail_reads_) return leveldb::Status::IOError(name, "Input/output error");
    }
    return target()->NewSequentialFile(name, file);
  }
  leveldb::Status RenameFile(const std::string& from, const std::string& to) override {
    MutexLock lock(mutex_);
    if (auto file = files_.extract(from)) {
      file.key() = to;
      files_.erase(to);
      files_.insert(std::move(file));
    }
    return target()->RenameFile(from, to);
  }
  leveldb::Status RemoveFile(const std::string& name) override {
    MutexLock lock(mutex_);
    files_.erase(name);
    return target()->RemoveFile(name);
  }

 private:
  static constexpr uint64_t kUnlimited = std::numeric_limits<uint64_t>::max();

  struct FileState {
    uint64_t written = 0;
    uint64_t synced = 0;
  };

  class File final : public leveldb::WritableFile {
   public:
    File(FaultyEnv& env, std::string name, leveldb::WritableFile* file)
        : env_(env), name_(std::move(name)), file_(file) {}
    leveldb::Status Append(const leveldb::Slice& data) override {
      return env_.Append(name_, *file_, data);
    }
    leveldb::Status Close() override { return file_->Close(); }
    leveldb::Status Flush() override { return file_->Flush(); }
    leveldb::Status Sync() override { return env_.Sync(name_, *file_); }

   private:
    FaultyEnv& env_;
    const std::string name_;
    const std::unique_ptr<leveldb::WritableFile> file_;
  };

  leveldb::Status Wrap(const std::string& name, const leveldb::Status& status,
                       leveldb::WritableFile** file) {
    if (!status.ok()) return status;
    MutexLock lock(mutex_);
    files_[name] = FileState();
    *file = new File(*this, name, *file);
    return status;
  }

  leveldb::Status Append(const std::string& name, leveldb::WritableFile& file,
                         const leveldb::Slice& data) {
    MutexLock lock(mutex_);
    const uint64_t fits = std::min<uint64_t>(data.size(), space_);
    if (space_ != kUnlimited) space_ -= fits;
    files_[name].written += fits;
    auto status = file.Append(leveldb::Slice(data.data(), fits));
    if (!status.ok() || fits == data.size()) return status;
    if (limited_once_) space_ = kUnlimited;
    return leveldb::Status::IOError(name, "No space left on device");
  }

  leveldb::Status Sync(const std::string& name, leveldb::WritableFile& file) {
    MutexLock lock(mutex_);
    if (fail_syncs_) return leveldb::Status::IOError(name, "Input/output error");
    auto status = file.Sync();
    if (status.ok()) files_[name].synced = files_[name].written;
    return status;
  }

  Mutex mutex_;
  bool fail_syncs_ GUARDED_BY(mutex_) = false;
  bool fail_reads_ GUARDED_BY(mutex_) = false;
  uint64_t space_ GUARDED_BY(mutex_) = kUnlimited;
  bool limited_once_ GUARDED_BY(mutex_) = false;
  std::map<std::string, FileState> files_ GUARDED_BY(mutex_);
};

}  // namespace ddbsync::checkpoint
