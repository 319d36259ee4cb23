#include "checkpoint/leveldb_store.h"

#include <leveldb/db.h>
#include <leveldb/env.h>
#include <leveldb/write_batch.h>

#include <filesystem>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "base/planted_bug.h"

namespace ddbsync::checkpoint {
namespace {

leveldb::Slice ToSlice(std::string_view text) {
  return {text.data(), text.size()};
}

std::string_view ToView(const leveldb::Slice& slice) {
  return {slice.data(), slice.size()};
}

/// Keeps LevelDB's lock from the first open to the store's end. LevelDB alone gives it back while
/// the store is reopened; another process could then take over the job, advance it and be
/// overwritten by what this one had staged before.
class LockKeeper final : public leveldb::EnvWrapper {
 public:
  explicit LockKeeper(leveldb::Env* env) : EnvWrapper(env) {}
  ~LockKeeper() override {
    if (lock_ != nullptr) (void)target()->UnlockFile(lock_);
  }

  // Called by one opening or closing database at a time.
  leveldb::Status LockFile(const std::string& name, leveldb::FileLock** lock) override {
    if (lock_ == nullptr) {
      leveldb::FileLock* taken = nullptr;
      if (auto status = target()->LockFile(name, &taken); !status.ok()) return status;
      lock_ = taken;
    }
    *lock = lock_;
    return leveldb::Status::OK();
  }
  leveldb::Status UnlockFile(leveldb::FileLock*) override { return leveldb::Status::OK(); }

 private:
  leveldb::FileLock* lock_ = nullptr;
};

/// LevelDB has one code for every fault of the file system; its lock's messages alone begin so.
bool IsHeldByAnother(const leveldb::Status& status) {
  return status.IsIOError() && status.ToString().starts_with("IO error: lock ");
}

std::unexpected<Error> Translate(const leveldb::Status& status, const std::string& directory) {
  if (IsHeldByAnother(status)) {
    return Fail(ErrorCode::kConflict,
                "Another ddbsync runs this job: it holds the checkpoint in " + directory +
                    ". Look at it with `ddbsync status`, or choose "
                    "another job with --job.",
                status.ToString());
  }
  if (status.IsCorruption()) {
    return Fail(ErrorCode::kCorrupt,
                "The checkpoint in " + directory +
                    " is damaged. Check the disk, then put back a copy of the directory made while "
                    "the job was stopped, or move it away and copy anew into an empty target.",
                status.ToString());
  }
  return Fail(ErrorCode::kIo,
              "The checkpoint in " + directory +
                  " cannot be read or written: " + status.ToString() +
                  ". See that the disk has room and that the directory belongs to the user who "
                  "runs ddbsync; what was durable stays so.");
}

/// LevelDB takes a directory whose CURRENT file is lost for a new one and deletes what it holds.
/// A first open that was cut short left nothing but its first manifest.
bool LostItsCurrentFile(const std::string& directory, leveldb::Env& env) {
  if (env.FileExists(directory + "/CURRENT")) return false;
  std::vector<std::string> names;
  if (!env.GetChildren(directory, &names).ok()) return false;
  for (const std::string& name : names) {
    const bool table_or_log =
        name.ends_with(".ldb") || name.ends_with(".sst") || name.ends_with(".log");
    const bool later_manifest = name.starts_with("MANIFEST-") && name != "MANIFEST-000001";
    if (table_or_log || later_manifest) return true;
  }
  return false;
}

Result<void> MakeDirectory(const std::string& directory) {
  std::error_code error;
  if (std::filesystem::create_directories(directory, error)) {
    // Cursors are keys of the user's items.
    std::filesystem::permissions(directory, std::filesystem::perms::owner_all, error);
  }
  if (!error) return {};
  return Fail(ErrorCode::kIo, "The checkpoint's directory " + directory +
                                  " cannot be made: " + error.message() +
                                  ". Make it yourself or name another with --state.");
}

Result<std::unique_ptr<leveldb::DB>> OpenDatabase(const std::string& directory, bool create,
                                                  leveldb::Env& env) {
  if (LostItsCurrentFile(directory, env)) {
    return Translate(leveldb::Status::Corruption("its CURRENT file is missing"), directory);
  }
  // LevelDB would leave a directory and a lock behind.
  if (!create && !env.FileExists(directory + "/CURRENT")) {
    return Fail(ErrorCode::kNotFound, "There is no checkpoint in " + directory +
                                          ". Name the job with --job or --state, or begin one "
                                          "with `ddbsync start`.");
  }
  leveldb::Options options;
  options.create_if_missing = create;
  options.paranoid_checks = true;  // a skipped record could be the one that a later one rests upon
  options.env = &env;
  leveldb::DB* database = nullptr;
  const leveldb::Status status = leveldb::DB::Open(options, directory, &database);
  if (!status.ok()) return Translate(status, directory);
  return std::unique_ptr<leveldb::DB>(database);
}

/// Commits take turns, so that none is acknowledged behind a torn one. The mutex guards only whose
/// turn it is; it is never held while the disk works.
class LevelDbStore final : public Store {
 public:
  LevelDbStore(std::string directory, std::unique_ptr<LockKeeper> env,
               std::unique_ptr<leveldb::DB> database)
      : directory_(std::move(directory)), env_(std::move(env)), database_(std::move(database)) {}

  Result<void> Commit(const Batch& batch) override {
    leveldb::WriteBatch write;
    for (const auto& [key, value] : batch.changes()) {
      value ? write.Put(key, *value) : write.Delete(key);
    }
    leveldb::WriteOptions options;
    options.sync = true;

    if (auto begun = BeginWrite(); !begun) return begun;
    const leveldb::Status status = database_->Write(options, &write);
    EndWrite(status);
    if (!status.ok()) return Translate(status, directory_);
    return {};
  }

  Result<std::optional<std::string>> Get(std::string_view key) override {
    if (auto begun = BeginRead(); !begun) return std::unexpected(begun.error());
    std::string value;
    const leveldb::Status status = database_->Get(ReadOptions(), ToSlice(key), &value);
    EndRead();
    if (status.ok()) return value;
    if (status.IsNotFound()) return std::nullopt;
    return Translate(status, directory_);
  }

  Result<void> Scan(std::string_view prefix, const Visit& visit) override {
    if (auto begun = BeginRead(); !begun) return begun;
    auto scanned = ScanUnlocked(prefix, visit);
    EndRead();
    return scanned;
  }

  Result<void> Reopen() override {
    BeginReopen();
    database_.reset();
    auto database = OpenDatabase(directory_, /*create=*/false, *env_);
    if (database) database_ = std::move(*database);
    EndReopen(database ? std::nullopt : std::optional(database.error().message));
    if (!database) return std::unexpected(database.error());
    return {};
  }

 private:
  static leveldb::ReadOptions ReadOptions() {
    leveldb::ReadOptions options;
    options.verify_checksums = true;
    return options;
  }

  Result<void> ScanUnlocked(std::string_view prefix, const Visit& visit) {
    const std::unique_ptr<leveldb::Iterator> at(database_->NewIterator(ReadOptions()));
    for (at->Seek(ToSlice(prefix)); at->Valid(); at->Next()) {
      if (!at->key().starts_with(ToSlice(prefix))) return {};
      if (auto visited = visit(ToView(at->key()), ToView(at->value())); !visited) return visited;
    }
    // An iterator that met a fault looks like one that is at the end.
    if (!at->status().ok()) return Translate(at->status(), directory_);
    return {};
  }

  Result<void> RefuseIfPoisoned() REQUIRES(mutex_) {
    if (!poison_ || Planted(PlantedBug::kPoisonedStoreUsed)) return {};
    return Fail(ErrorCode::kPoisoned,
                "The checkpoint is not used since a write failed; it must be reopened first.",
                *poison_);
  }

  Result<void> BeginWrite() {
    MutexLock lock(mutex_);
    while (writing_ || reopening_) changed_.wait(mutex_);
    if (auto fit = RefuseIfPoisoned(); !fit) return fit;
    writing_ = true;
    return {};
  }

  void EndWrite(const leveldb::Status& status) {
    MutexLock lock(mutex_);
    writing_ = false;
    if (!status.ok()) poison_ = status.ToString();
    changed_.notify_all();
  }

  Result<void> BeginRead() {
    MutexLock lock(mutex_);
    while (reopening_) changed_.wait(mutex_);
    if (auto fit = RefuseIfPoisoned(); !fit) return fit;
    ++readers_;
    return {};
  }

  void EndRead() {
    MutexLock lock(mutex_);
    --readers_;
    changed_.notify_all();
  }

  void BeginReopen() {
    MutexLock lock(mutex_);
    while (reopening_) changed_.wait(mutex_);
    reopening_ = true;
    while (writing_ || readers_ > 0) changed_.wait(mutex_);
  }

  void EndReopen(std::optional<std::string> poison) {
    MutexLock lock(mutex_);
    reopening_ = false;
    poison_ = std::move(poison);
    changed_.notify_all();
  }

  const std::string directory_;
  const std::unique_ptr<LockKeeper> env_;  // outlives the database
  // Used by those who have begun something; replaced by a reopen, which has it alone.
  std::unique_ptr<leveldb::DB> database_;

  Mutex mutex_;
  ConditionVariable changed_;
  bool writing_ GUARDED_BY(mutex_) = false;
  bool reopening_ GUARDED_BY(mutex_) = false;
  int readers_ GUARDED_BY(mutex_) = 0;
  std::optional<std::string> poison_ GUARDED_BY(mutex_);  // what failed
};

}  // namespace

Result<std::unique_ptr<Store>> OpenLevelDbStore(const std::string& directory, bool create,
                                                leveldb::Env* env) {
  if (create && env == nullptr) {
    if (auto made = MakeDirectory(directory); !made) return std::unexpected(made.error());
  }
  auto keeper = std::make_unique<LockKeeper>(env != nullptr ? env : leveldb::Env::Default());
  auto database = OpenDatabase(directory, create, *keeper);
  if (!database) return std::unexpected(database.error());
  return std::make_unique<LevelDbStore>(directory, std::move(keeper), std::move(*database));
}

}  // namespace ddbsync::checkpoint
