#include "cli/settings.h"

#include <fmt/format.h>

#include <array>
#include <cctype>
#include <iterator>
#include <sstream>

#include "cli/set_value_internal.h"
#include "cli/values.h"
#include "metrics/listen_address.h"

namespace ddbsync::cli {
namespace {

constexpr unsigned Bit(Command command) {
  return 1U << static_cast<unsigned>(command);
}
constexpr unsigned kCopies = Bit(Command::kStart) | Bit(Command::kBackfill);
constexpr unsigned kTails = Bit(Command::kStart) | Bit(Command::kTail);
constexpr unsigned kFollows = kTails | Bit(Command::kReverse);
constexpr unsigned kChooses = kCopies | kTails;
constexpr unsigned kRuns = kCopies | kFollows;
constexpr unsigned kControls =
    Bit(Command::kPause) | Bit(Command::kResume) | Bit(Command::kStop) | Bit(Command::kThrottle);
constexpr unsigned kVerifies = Bit(Command::kVerify);
constexpr unsigned kVerifyLooks = Bit(Command::kVerifyShow) | Bit(Command::kVerifyStop);
/// They do themselves what a commit has left, where no process runs the job.
constexpr unsigned kSwitches = Bit(Command::kCutoverRun) | Bit(Command::kCutoverCommit);
constexpr unsigned kCutovers = Bit(Command::kCutoverPlan) | Bit(Command::kCutoverRun);
constexpr unsigned kCutoverLooks = Bit(Command::kCutoverPlan) | Bit(Command::kCutoverStatus) |
                                   Bit(Command::kCutoverFrozen) | Bit(Command::kCutoverAbort);
constexpr unsigned kLooks = Bit(Command::kStatus) | Bit(Command::kCheckpointShow) | kControls |
                            kVerifyLooks | kCutoverLooks;
/// All that are about a job.
constexpr unsigned kOfAJob = kRuns | kLooks | kVerifies | kSwitches;
constexpr unsigned kAll = kOfAJob | Bit(Command::kVersion);

constexpr Scope kProcess = Scope::kProcess;

constexpr std::string_view kWhat = "What to copy";
constexpr std::string_view kHow = "How";
constexpr std::string_view kLimits = "Limits";
constexpr std::string_view kPlace = "Job";
constexpr std::string_view kOutput = "Output";

Result<void> SetSince(Settings& s, std::string_view text) {
  const Result<WallTime> time = ParseTime(text);
  if (!time) return std::unexpected(time.error());
  s.job.since = *time;
  return {};
}

Result<void> SetListen(Settings& s, std::string_view text) {
  s.listen = text;
  return metrics::CheckListenAddress(text, metrics::Reach::kAnywhere);
}

Result<void> SetOnGap(Settings& s, std::string_view text) {
  using replicator::OnGap;
  return SetChoice(
      s.job.on_gap, text,
      std::array<std::pair<std::string_view, OnGap>, 3>{
          {{"hold", OnGap::kHold}, {"stop", OnGap::kStop}, {"resync", OnGap::kResync}}});
}

Result<void> SetMostExtra(Settings& s, std::string_view text) {
  const Result<replicator::MostExtra> most = ParseMostExtra(text);
  if (!most) return std::unexpected(most.error());
  s.job.most_extra = *most;
  return {};
}

Result<void> SetTtlDeletes(Settings& s, std::string_view text) {
  using replicator::TtlDeletes;
  return SetChoice(s.job.ttl_deletes, text,
                   std::array<std::pair<std::string_view, TtlDeletes>, 2>{
                       {{"replicate", TtlDeletes::kReplicate}, {"skip", TtlDeletes::kSkip}}});
}

Result<void> SetForm(Settings& s, std::string_view text) {
  using verify::Form;
  return SetChoice(s.verify.form, text,
                   std::array<std::pair<std::string_view, Form>, 2>{
                       {{"live", Form::kLive}, {"quiet", Form::kQuiet}}});
}

Result<void> SetSample(Settings& s, std::string_view text) {
  const Result<double> share = ParseSample(text);
  if (!share) return std::unexpected(share.error());
  s.verify.sample = *share;
  return {};
}

Result<void> SetFreeze(Settings& s, std::string_view text) {
  using cutover::FreezeBy;
  return SetChoice(s.cutover.freeze, text,
                   std::array<std::pair<std::string_view, std::optional<FreezeBy>>, 3>{
                       {{"hook", FreezeBy::kHook},
                        {"policy", FreezeBy::kPolicy},
                        {"manual", FreezeBy::kManual}}});
}

Result<void> SetDrain(Settings& s, std::string_view text) {
  using cutover::DrainBy;
  return SetChoice(s.cutover.drain, text,
                   std::array<std::pair<std::string_view, DrainBy>, 2>{
                       {{"seal", DrainBy::kSeal}, {"quiesce", DrainBy::kQuiesce}}});
}

Result<void> SetStopBefore(Settings& s, std::string_view text) {
  return SetChoice(s.cutover.stop_before_commit, text,
                   std::array<std::pair<std::string_view, bool>, 1>{{{"commit", true}}});
}

/// "ARN ARN ..."; what is none is told with the other conflicts.
Result<void> SetExempt(Settings& s, std::string_view text) {
  std::istringstream words{std::string(text)};
  s.cutover.exempt.assign(std::istream_iterator<std::string>(words), {});
  return {};
}

Result<void> SetReason(Settings& s, std::string_view text) {
  s.reason = text;
  std::string why = WhyNoReason(text);
  if (!why.empty()) return Fail(ErrorCode::kInvalid, std::move(why));
  return {};
}

Result<void> SetShardMetrics(Settings& s, std::string_view text) {
  return SetChoice(s.shard_metrics, text,
                   std::array<std::pair<std::string_view, std::optional<bool>>, 2>{
                       {{"on", true}, {"off", false}}});
}

Result<void> SetLogFormat(Settings& s, std::string_view text) {
  return SetChoice(s.log_format, text,
                   std::array<std::pair<std::string_view, LogFormat>, 2>{
                       {{"text", LogFormat::kText}, {"json", LogFormat::kJson}}});
}

Result<void> SetLogLevel(Settings& s, std::string_view text) {
  return SetChoice(
      s.log_level, text,
      std::array<std::pair<std::string_view, LogLevel>, 4>{{{"debug", LogLevel::kDebug},
                                                            {"info", LogLevel::kInfo},
                                                            {"warning", LogLevel::kWarning},
                                                            {"error", LogLevel::kError}}});
}

using Text = std::string_view;

constexpr std::array kSettings = {
    Setting{"src", "ENDPOINT", kWhat, kOfAJob,
            "source: an endpoint of the config, a table's ARN, or a table's name",
            [](Settings& s, Text t) { return SetText(s.src, t); }},
    Setting{"dst", "ENDPOINT", kWhat, kOfAJob, "target, likewise",
            [](Settings& s, Text t) { return SetText(s.dst, t); }},
    Setting{"src-prefix", "TEXT", kWhat, kChooses,
            "copy every table of the source whose name begins so; --src and --dst are then "
            "endpoints without a table, or left out",
            [](Settings& s, Text t) { return SetPrefix(s.src_prefix, t); }, kProcess},
    Setting{"dst-prefix", "TEXT", kWhat, kChooses,
            "what their names begin with at the target, instead; default: names stay",
            [](Settings& s, Text t) { return SetPrefix(s.dst_prefix, t); }, kProcess},
    Setting{"src-tag", "KEY=VALUE", kWhat, kChooses,
            "copy every table of the source that has this tag; with --src-prefix: of those",
            [](Settings& s, Text t) { return SetTag(s.src_tag, t); }, kProcess},
    Setting{"since", "TIME", kWhat, Bit(Command::kTail),
            "follow from this moment (RFC 3339) because an external load began then; default: from "
            "now on",
            SetSince},

    Setting{"all", "", kHow, Bit(Command::kPause) | Bit(Command::kStop),
            "pause: following rests too, until less than 6 h are left before changes leave the "
            "stream; stop: every job that runs here",
            [](Settings& s, Text t) { return SetSwitch(s.all, t); }, kProcess},
    Setting{"create-target", "", kHow, kCopies,
            "make the target table with the source's keys, indexes and capacity if it is missing",
            [](Settings& s, Text t) { return SetSwitch(s.job.create_target, t); }},
    Setting{"enable-stream", "", kHow, kTails, "turn the source's stream on if it is off",
            [](Settings& s, Text t) { return SetSwitch(s.job.enable_stream, t); }},
    Setting{
        "eventually-consistent", "", kHow, kCopies,
        "scan with eventually consistent reads, for half the price: not in a start's first minute, "
        "nor while very much changes",
        [](Settings& s, Text t) { return SetSwitch(s.job.eventually_consistent, t); }},
    Setting{
        "mirror", "", kHow, Bit(Command::kStart),
        "begin with a target that is not empty: all of the source is written over it, then rows "
        "that only the target has are removed, at most so many as --most-extra says",
        [](Settings& s, Text t) { return SetSwitch(s.job.mirror, t); }},
    Setting{"on-gap", "hold|stop|resync", kHow, Bit(Command::kStart),
            "when changes were lost before they were read: hold writes and serve status (default), "
            "or exit at once, with exit code 4 either way; or copy all again into the same target "
            "and remove rows that only it has, at most so many as --most-extra says",
            SetOnGap},
    // Who copies nothing cannot copy again; what is asked for all the same is refused by name.
    Setting{"on-gap", "hold|stop", kHow, kFollows & ~Bit(Command::kStart),
            "when changes were lost before they were read: hold writes and serve status (default), "
            "or exit at once, with exit code 4 either way",
            SetOnGap},
    Setting{"most-extra", "ROWS|PERCENT", kHow, Bit(Command::kStart),
            "with --mirror or --on-gap resync: when more rows than this are only on the target, "
            "none is removed until you raise it: 5%, 2000; default: 1% of the target's rows, or 10 "
            "where that is less",
            SetMostExtra},
    Setting{"ttl-deletes", "replicate|skip", kHow, kFollows,
            "deletes made by the source's TTL: apply them (default), or leave them to the target's "
            "own TTL",
            SetTtlDeletes},
    Setting{"watch-target", "", kHow, kFollows,
            "read the target's own stream, which must be on, and tell of writes to the target that "
            "this job did not make",
            [](Settings& s, Text t) { return SetSwitch(s.job.watch_target, t); }},

    Setting{
        "form", "live|quiet", kHow, kVerifies,
        "live: each key is looked up on the other side; quiet: both tables are scanned once and "
        "only what differs is looked up; default: by how much changes meanwhile",
        SetForm},
    Setting{"sample", "PERCENT", kHow, kVerifies,
            "compare a part of each table, chosen at random: 1%", SetSample},
    Setting{"repair", "", kHow, kVerifies,
            "give the target what the source has, where they differ; nothing is deleted",
            [](Settings& s, Text t) { return SetSwitch(s.verify.repair, t); }},
    Setting{"delete-extra", "", kHow, kVerifies,
            "with --repair: also delete what only the target has",
            [](Settings& s, Text t) { return SetSwitch(s.verify.delete_extra, t); }},
    Setting{"anew", "", kHow, kVerifies,
            "forget what an earlier verification that was not finished has done",
            [](Settings& s, Text t) { return SetSwitch(s.verify.anew, t); }},
    Setting{"min-age", "DURATION", kHow, kVerifies | Bit(Command::kVerifyShow),
            "list only differences that were seen first so long ago; default: all",
            [](Settings& s, Text t) {
              return SetDuration(s.min_age, t, Duration(0), limits::kMostMinAge);
            }},
    Setting{"show-values", "", kHow, kVerifies | Bit(Command::kVerifyShow),
            "list both items of a difference, not only its key and the names of what differs",
            [](Settings& s, Text t) { return SetSwitch(s.verify.show_values, t); }},

    Setting{"freeze", "hook|policy|manual", kHow, kCutovers,
            "how writes to the source are stopped: by the command of --cutover-hook (default where "
            "there is one), by a resource policy that denies them (default elsewhere), or by you, "
            "who is asked to",
            SetFreeze},
    Setting{"drain", "seal|quiesce", kHow, kCutovers,
            "how it is known that the target has every change: seal (default) ends the source's "
            "stream and reads it to its end, which with --freeze policy proves it; quiesce waits "
            "until nothing more comes, which proves nothing; where there is no proof everything is "
            "compared",
            SetDrain},
    Setting{"timeout", "DURATION", kHow, kCutovers,
            "from stopping the writers to the commit; beyond it all is taken back; default: 60s",
            [](Settings& s, Text t) {
              return SetDuration(s.cutover.timeout, t, limits::kLeastCutoverTimeout,
                                 limits::kMostCutoverTimeout);
            }},
    Setting{"stop-before", "commit", kHow, kCutovers,
            "end when all is ready and let the job wait, within the time-out, for `ddbsync cutover "
            "commit`",
            SetStopBefore},
    Setting{"full", "", kHow, kCutovers,
            "compare everything while writes are stopped, also where policy and seal prove it",
            [](Settings& s, Text t) { return SetSwitch(s.cutover.full, t); }},
    Setting{"seal-foreign", "", kHow, kCutovers,
            "end the source's stream even if ddbsync did not turn it on: whoever else reads it "
            "has to turn to the new one",
            [](Settings& s, Text t) { return SetSwitch(s.cutover.seal_foreign, t); }},
    Setting{"reverse", "", kHow, kCutovers,
            "prepare the way back (the target's stream is on, and where it counts from is kept, "
            "before anybody writes to the target), and follow it after the switch: the job's "
            "process goes on as JOB-reverse",
            [](Settings& s, Text t) { return SetSwitch(s.cutover.reverse, t); }},
    Setting{"exempt", "ARN", kHow, kCutovers,
            "with --freeze policy: a principal that may write on; may be given several times",
            SetExempt, Scope::kJob, /*repeats=*/true},
    Setting{"cutover-hook", "COMMAND", kHow, kFollows | kSwitches,
            "a command that stops the applications' writes and lets them go on, as its DDBSYNC_* "
            "variables say; never taken over the API: while a process runs the job, what its start "
            "said counts",
            [](Settings& s, Text t) { return SetText(s.cutover_hook, t); }},
    Setting{"reason", "TEXT", kHow, Bit(Command::kCutoverAbort), "kept in the report", SetReason},

    Setting{"read-capacity", "UNITS", kLimits, kRuns | kVerifies,
            "most read units per second (verify: of each table, but of a running job's source what "
            "the job may take); default: half of a provisioned source's, no limit on demand",
            [](Settings& s, Text t) { return SetCapacity(s.job.read_capacity, t); }},
    Setting{"write-capacity", "UNITS", kLimits, kRuns,
            "most write units per second; default: as fast as the target takes them",
            [](Settings& s, Text t) { return SetCapacity(s.job.write_capacity, t); }},
    Setting{"account-read-capacity", "UNITS", kLimits, kRuns,
            "most read units per second of all jobs of this process together, on one account and "
            "region; default: no limit",
            [](Settings& s, Text t) { return SetCapacity(s.account_read_capacity, t); }, kProcess},
    Setting{"account-write-capacity", "UNITS", kLimits, kRuns, "the same of write units",
            [](Settings& s, Text t) { return SetCapacity(s.account_write_capacity, t); }, kProcess},
    Setting{"memory", "SIZE", kLimits, kRuns,
            "bytes of pages alive at once, of all jobs together; default: 512MiB, and no less than "
            "16MiB for each job",
            [](Settings& s, Text t) { return SetMemory(s.job.memory_bytes, t); }, kProcess},
    Setting{"segments", "N", kLimits, kCopies,
            "segments of the scan; default: chosen from the table's size; kept when resuming",
            [](Settings& s, Text t) {
              return SetInteger(s.job.segments, t, 1, limits::kMostSegments);
            }},
    Setting{"poll-interval", "DURATION", kLimits, kFollows,
            "longest pause between looks at a shard that was active lately; default: 250ms",
            [](Settings& s, Text t) {
              return SetDuration(s.job.poll_interval, t, limits::kLeastPollInterval,
                                 limits::kMostPollInterval);
            }},
    Setting{"settle", "DURATION", kLimits, kRuns,
            "how long a write of unknown outcome may still land; waited out after an unclean stop; "
            "default: 5s",
            [](Settings& s, Text t) {
              return SetDuration(s.job.settle, t, limits::kLeastSettle, limits::kMostSettle);
            }},
    Setting{
        "io-threads", "N", kLimits, kRuns,
        "most I/O threads for each kind of work; default: 384, and 64 more for each further job to "
        "at "
        "most 1,024",
        [](Settings& s, Text t) { return SetInteger(s.io_threads, t, 1, limits::kMostIoThreads); },
        kProcess},

    Setting{"job", "NAME", kPlace, kOfAJob,
            "the job's name; default: SRC-DST; of several [[job]] sections in the config: the one "
            "that is meant",
            [](Settings& s, Text t) { return SetText(s.job_name, t); }},
    Setting{"state", "DIR", kPlace, kOfAJob,
            "where the job keeps its checkpoint; default: ~/.local/state/ddbsync/JOB; of several "
            "jobs: DIR/JOB",
            [](Settings& s, Text t) { return SetText(s.state, t); }, kProcess},
    Setting{"listen", "ADDRESS", kPlace, kRuns,
            "where /metrics, /healthz, /readyz and /api are served; default: 127.0.0.1:9853; "
            "port 0 takes a free one; an address that others reach needs --token-file",
            SetListen, kProcess},
    Setting{"shard-metrics", "on|off", kPlace, kFollows,
            "each shard's own series in /metrics; default: while no more than 500 are read",
            SetShardMetrics},
    Setting{"token-file", "FILE", kPlace, kRuns,
            "whoever asks must send the token in this file (Authorization: Bearer); only you may "
            "be able to read it, or, when it is root's, its group too",
            [](Settings& s, Text t) { return SetText(s.token_file, t); }, kProcess},
    Setting{"tls-cert", "FILE", kPlace, kRuns,
            "serve over HTTPS with this certificate (PEM, with its chain)",
            [](Settings& s, Text t) { return SetText(s.tls_cert, t); }, kProcess},
    Setting{"tls-key", "FILE", kPlace, kRuns, "the certificate's key (PEM)",
            [](Settings& s, Text t) { return SetText(s.tls_key, t); }, kProcess},

    Setting{"watch", "", kOutput, Bit(Command::kStatus) | kVerifies,
            "until Ctrl-C: status is shown once a second; verify goes on with what changes "
            "meanwhile, and looks at differences again and again",
            [](Settings& s, Text t) { return SetSwitch(s.watch, t); }, kProcess},
    Setting{"json", "", kOutput, kAll, "print JSON",
            [](Settings& s, Text t) { return SetSwitch(s.json, t); }, kProcess},
    Setting{"quiet", "", kOutput, kRuns | kVerifies,
            "no progress on standard output; warnings remain",
            [](Settings& s, Text t) { return SetSwitch(s.quiet, t); }, kProcess},
    Setting{"no-color", "", kOutput, kRuns | Bit(Command::kStatus),
            "no colours (NO_COLOR does the same)",
            [](Settings& s, Text t) { return SetSwitch(s.no_color, t); }, kProcess},
    Setting{"log-format", "text|json", kOutput, kRuns | kVerifies,
            "form of the log on standard error", SetLogFormat, kProcess},
    Setting{"log-level", "LEVEL", kOutput, kRuns | kVerifies,
            "least level logged: debug, info (default), warning, error", SetLogLevel, kProcess},
};

}  // namespace

VerifyRequest RequestOf(const Settings& settings) {
  VerifyRequest request = settings.verify;
  request.watch = settings.watch;
  request.read_capacity = settings.job.read_capacity;
  return request;
}

std::span<const Setting> AllSettings() {
  return kSettings;
}

const Setting* FindSetting(std::string_view name) {
  for (const Setting& setting : kSettings) {
    if (setting.name == name) return &setting;
  }
  return nullptr;
}

std::string ConfigKey(std::string_view name) {
  std::string key(name);
  for (char& c : key) c = c == '-' ? '_' : c;
  return key;
}

std::string VariableName(std::string_view name) {
  std::string variable = "DDBSYNC_";
  for (const char c : ConfigKey(name)) {
    variable += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return variable;
}

}  // namespace ddbsync::cli
