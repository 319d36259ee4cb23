#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/log.h"
#include "cli/cutover_request.h"
#include "cli/limits.h"
#include "cli/verify_request.h"
#include "dynamodb/client.h"
#include "replicator/job.h"

namespace ddbsync::cli {

enum class Command {
  kStart,
  kBackfill,
  kTail,
  kStatus,
  kPause,
  kResume,
  kStop,
  kThrottle,
  kCheckpointShow,
  kVerify,
  kVerifyShow,
  kVerifyStop,
  kCutoverPlan,
  kCutoverRun,
  kCutoverStatus,
  kCutoverFrozen,
  kCutoverCommit,
  kCutoverAbort,
  kReverse,
  kVersion
};

/// Everything that flags, DDBSYNC_* variables and the config can set, after reading.
struct Settings {
  replicator::JobOptions job;  ///< job_id stays empty; see cli/job_home.h
  std::string src;             ///< as typed
  std::string dst;
  std::optional<std::string> src_prefix;  ///< may be empty: every table
  std::optional<std::string> dst_prefix;  ///< may be empty: the names lose their prefix
  std::optional<dynamodb::Tag> src_tag;
  std::string job_name;  ///< --job; empty: made from src and dst
  std::string state;     ///< --state; empty: the default place
  std::string listen{limits::kDefaultListen};
  std::string token_file;  ///< empty: only this machine is served
  std::string tls_cert;    ///< empty: plain HTTP
  std::string tls_key;
  std::optional<double> account_read_capacity;
  std::optional<double> account_write_capacity;
  int io_threads = 0;  ///< of each lane; 0: the default for so many jobs
  LogFormat log_format = LogFormat::kText;
  LogLevel log_level = LogLevel::kInfo;
  bool json = false;
  bool quiet = false;
  bool no_color = false;
  bool watch = false;
  bool all = false;      ///< --all: of `pause` following too, of `stop` every job
  VerifyRequest verify;  ///< but for what other commands have too: RequestOf
  Duration min_age{0};
  CutoverRequest cutover;
  std::string cutover_hook;           ///< a command that stops the writers; empty: none
  std::string reason;                 ///< --reason of `cutover abort`
  std::optional<bool> shard_metrics;  ///< none: while there are not many shards
};

/// What the flags of `verify` ask for.
[[nodiscard]] VerifyRequest RequestOf(const Settings& settings);

/// Whose a setting is, where one process runs several jobs.
enum class Scope {
  kJob,      ///< each job's: may differ from job to job
  kProcess,  ///< the whole process's
};

/// One of them. Its name is a flag (--poll-interval), a variable (DDBSYNC_POLL_INTERVAL) and a key
/// of the config (poll_interval), read by the same function.
struct Setting {
  std::string_view name;
  std::string_view value;  ///< placeholder in --help; empty: a switch
  std::string_view group;  ///< heading in --help
  unsigned commands;       ///< bits of those that know the flag
  std::string_view help;
  Result<void> (*apply)(Settings& settings, std::string_view text);
  Scope scope = Scope::kJob;
  bool repeats = false;  ///< may be given several times; the text is all of them, blanks between

  [[nodiscard]] bool IsFor(Command command) const {
    return (commands & (1U << static_cast<unsigned>(command))) != 0;
  }
};

/// All of them, in the order of --help; where commands take different values, one for each value.
[[nodiscard]] std::span<const Setting> AllSettings();
[[nodiscard]] const Setting* FindSetting(std::string_view name);

/// "poll-interval" as "poll_interval" and "DDBSYNC_POLL_INTERVAL".
[[nodiscard]] std::string ConfigKey(std::string_view name);
[[nodiscard]] std::string VariableName(std::string_view name);

}  // namespace ddbsync::cli
