#include "tests/support/memory_disk.h"

#include <algorithm>
#include <cstdarg>
#include <cstdlib>
#include <utility>

namespace ddbsync::fake {
namespace {

using leveldb::Slice;
using leveldb::Status;

/// LevelDB locks a name only to keep other processes away, and here is none.
class NoLock final : public leveldb::FileLock {};

class NoLogger final : public leveldb::Logger {
 public:
  void Logv(const char*, std::va_list) override {}
};

Status Missing(const std::string& name) {
  return Status::NotFound(name, "No such file or directory");
}

Status Broken(const std::string& name) {
  return Status::IOError(name, "Input/output error");
}

}  // namespace

class MemoryDisk::Reader final : public leveldb::SequentialFile, public leveldb::RandomAccessFile {
 public:
  Reader(const MemoryDisk& disk, std::shared_ptr<const File> file)
      : disk_(disk), file_(std::move(file)) {}

  Status Read(size_t count, Slice* result, char* scratch) override {
    const Status status = Read(at_, count, result, scratch);
    at_ += result->size();
    return status;
  }
  Status Skip(uint64_t count) override {
    at_ += count;
    return Status::OK();
  }
  Status Read(uint64_t offset, size_t count, Slice* result, char* scratch) const override {
    const size_t from = std::min<size_t>(offset, file_->bytes.size());
    const size_t length = std::min(count, file_->bytes.size() - from);
    file_->bytes.copy(scratch, length, from);
    *result = Slice(scratch, length);
    return disk_.Alive();
  }

 private:
  const MemoryDisk& disk_;
  const std::shared_ptr<const File> file_;
  uint64_t at_ = 0;
};

class MemoryDisk::Writer final : public leveldb::WritableFile {
 public:
  Writer(MemoryDisk& disk, std::string name, std::shared_ptr<File> file)
      : disk_(disk), name_(std::move(name)), file_(std::move(file)) {}

  Status Append(const Slice& data) override { return disk_.Append(name_, *file_, data); }
  Status Close() override { return Status::OK(); }
  Status Flush() override { return Status::OK(); }
  Status Sync() override { return disk_.Sync(name_, file_); }

 private:
  MemoryDisk& disk_;
  const std::string name_;
  const std::shared_ptr<File> file_;
};

MemoryDisk::MemoryDisk() = default;
MemoryDisk::~MemoryDisk() = default;

void MemoryDisk::Restart(Random& chance) {
  const size_t kept = chance.Below(unsynced_.size() + 1);
  if (kept < unsynced_.size()) files_ = std::move(unsynced_[kept].before);
  unsynced_.clear();
  for (auto& [name, file] : files_) {
    const size_t unsynced = file->bytes.size() - file->synced;
    file->bytes.resize(file->synced + chance.Below(unsynced + 1));
    file->synced = file->bytes.size();
  }
  background_.clear();
  powered_ = true;
}

void MemoryDisk::RunBackground() {
  while (!background_.empty()) {
    const auto [work, argument] = background_.front();
    background_.erase(background_.begin());
    work(argument);
  }
}

Status MemoryDisk::Alive() const {
  return powered_ ? Status::OK() : Status::IOError("the power is cut");
}

MemoryDisk::Fate MemoryDisk::Decide(Operation operation, const std::string& name) {
  if (!powered_) return Fate::kFails;
  const Fate fate = judge_ ? judge_(operation, name) : Fate::kDone;
  if (fate == Fate::kCutBefore || fate == Fate::kCutTorn || fate == Fate::kCutAfter) CutPower();
  // The judge may have cut it by other means.
  return powered_ || fate != Fate::kDone ? fate : Fate::kCutBefore;
}

std::shared_ptr<MemoryDisk::File> MemoryDisk::Find(const std::string& name) const {
  const auto found = files_.find(name);
  return found == files_.end() ? nullptr : found->second;
}

Status MemoryDisk::NewSequentialFile(const std::string& name, leveldb::SequentialFile** file) {
  *file = nullptr;
  auto found = Find(name);
  if (!powered_) return Alive();
  if (found == nullptr) return Missing(name);
  *file = new Reader(*this, std::move(found));
  return Status::OK();
}

Status MemoryDisk::NewRandomAccessFile(const std::string& name, leveldb::RandomAccessFile** file) {
  *file = nullptr;
  auto found = Find(name);
  if (!powered_) return Alive();
  if (found == nullptr) return Missing(name);
  *file = new Reader(*this, std::move(found));
  return Status::OK();
}

Status MemoryDisk::NewWritableFile(const std::string& name, leveldb::WritableFile** file) {
  *file = nullptr;
  const Fate fate = Decide(Operation::kCreate, name);
  if (fate == Fate::kDone || fate == Fate::kCutAfter) {
    auto made = std::make_shared<File>();
    Note(made);
    files_[name] = std::move(made);
  }
  if (fate != Fate::kDone) return Broken(name);
  *file = new Writer(*this, name, files_[name]);
  return Status::OK();
}

Status MemoryDisk::Append(const std::string& name, File& file, const Slice& data) {
  const Fate fate = Decide(Operation::kAppend, name);
  size_t written = 0;
  if (fate == Fate::kDone || fate == Fate::kCutAfter) written = data.size();
  if (fate == Fate::kTorn || fate == Fate::kCutTorn) written = data.size() / 2;
  file.bytes.append(data.data(), written);
  return fate == Fate::kDone ? Status::OK() : Broken(name);
}

Status MemoryDisk::Sync(const std::string& name, const std::shared_ptr<File>& file) {
  const Fate fate = Decide(Operation::kSync, name);
  if (fate == Fate::kDone || fate == Fate::kCutAfter) {
    SyncDirectory(name, file);
    file->synced = file->bytes.size();
  }
  return fate == Fate::kDone ? Status::OK() : Broken(name);
}

void MemoryDisk::SyncDirectory(const std::string& name, const std::shared_ptr<File>& file) {
  if (name.find("MANIFEST") != std::string::npos) unsynced_.clear();
  const auto last = std::find_if(unsynced_.rbegin(), unsynced_.rend(),
                                 [&file](const Unsynced& change) { return change.file == file; });
  unsynced_.erase(unsynced_.begin(), last.base());
}

bool MemoryDisk::FileExists(const std::string& name) {
  return Find(name) != nullptr;
}

Status MemoryDisk::GetChildren(const std::string& directory, std::vector<std::string>* names) {
  names->clear();
  const std::string prefix = directory + "/";
  for (const auto& [name, file] : files_) {
    if (name.starts_with(prefix)) names->push_back(name.substr(prefix.size()));
  }
  return Alive();
}

Status MemoryDisk::RemoveFile(const std::string& name) {
  const auto file = Find(name);
  if (file == nullptr) return powered_ ? Missing(name) : Alive();
  const Fate fate = Decide(Operation::kRemove, name);
  if (fate == Fate::kDone || fate == Fate::kCutAfter) {
    Note(file);
    files_.erase(name);
  }
  return fate == Fate::kDone ? Status::OK() : Broken(name);
}

Status MemoryDisk::GetFileSize(const std::string& name, uint64_t* size) {
  const auto file = Find(name);
  if (file == nullptr) return Missing(name);
  *size = file->bytes.size();
  return Alive();
}

Status MemoryDisk::RenameFile(const std::string& from, const std::string& to) {
  auto file = Find(from);
  if (file == nullptr) return powered_ ? Missing(from) : Alive();
  const Fate fate = Decide(Operation::kRename, to);
  if (fate == Fate::kDone || fate == Fate::kCutAfter) {
    Note(file);
    files_.erase(from);
    files_[to] = std::move(file);
  }
  return fate == Fate::kDone ? Status::OK() : Broken(to);
}

Status MemoryDisk::LockFile(const std::string&, leveldb::FileLock** lock) {
  *lock = new NoLock();
  return Alive();
}

Status MemoryDisk::UnlockFile(leveldb::FileLock* lock) {
  delete lock;
  return Status::OK();
}

void MemoryDisk::Schedule(void (*work)(void*), void* argument) {
  background_.emplace_back(work, argument);
}

void MemoryDisk::StartThread(void (*)(void*), void*) {
  std::abort();  // LevelDB's tests alone use it
}

Status MemoryDisk::GetTestDirectory(std::string* path) {
  *path = "/test";
  return Status::OK();
}

Status MemoryDisk::NewLogger(const std::string&, leveldb::Logger** logger) {
  *logger = new NoLogger();
  return Status::OK();
}

}  // namespace ddbsync::fake
