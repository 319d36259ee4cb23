#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ddbsync::cli::limits {

/// --listen. Loopback: what a job shows is for the machine's own people and scrapers.
inline constexpr std::string_view kDefaultListen = "127.0.0.1:9853";

/// --token-file. Sixteen characters of hex are 64 bits: nobody guesses them over a network.
inline constexpr size_t kShortestToken = 16;
inline constexpr size_t kLongestToken = 1024;

/// --memory. A page takes 4 MiB of credit before it is asked for (base/limits.h); fewer than 16 at
/// once would leave segments and shards waiting for one another.
inline constexpr size_t kLeastMemoryBytes = size_t{64} << 20;

/// Of --memory, where several jobs share it: a page of the copy, one of the tail, and one of each
/// under way. Where nothing is said, so many jobs get more than the default.
inline constexpr size_t kLeastMemoryOfAJob = size_t{16} << 20;

/// --io-threads, of each lane, which starts them as it needs them. 10,000 idle shards that are
/// polled every two seconds, 50 ms away, keep 250 calls in flight.
inline constexpr int kDefaultIoThreads = 384;
inline constexpr int kMostIoThreads = 1024;
/// For each job beyond the first: a target that hangs holds a thread for each of its 64 writers,
/// and is not to take them from the other jobs.
inline constexpr int kIoThreadsOfAJob = 64;

/// Jobs whose tables are looked at side by side at the start. A look is a dozen calls, one after
/// the other; AWS lets an account describe tables a few hundred times a second.
inline constexpr size_t kJobsOpenedAtOnce = 16;

/// Files and sockets. A job that follows at rest has 25; at work each of its 64 writers, and as
/// many scans, has a connection.
inline constexpr uint64_t kOpenFilesOfAProcess = 256;
inline constexpr uint64_t kOpenFilesOfAJob = 160;

/// --src-tag. AWS answers ListTagsOfResource ten times a second and account (API reference).
inline constexpr std::chrono::milliseconds kTagsInterval{110};

/// --shard-metrics. Without it a scrape has the shards' own series (two each, 300 bytes together)
/// while no more are read than these, 150 kB.
inline constexpr int kMostShardsShown = 500;

/// Distinct codes of ddbsync_aws_requests_total: AWS has about thirty; a server that makes them up
/// must not fill our memory.
inline constexpr size_t kMostCodes = 50;

/// --segments. The API's own bound on TotalSegments.
inline constexpr int64_t kMostSegments = 1'000'000;

/// --poll-interval. GetRecords allows about five calls a second and shard for all readers together
/// and each is billed; a minute without a look makes lag meaningless.
inline constexpr std::chrono::milliseconds kLeastPollInterval{20};
inline constexpr std::chrono::seconds kMostPollInterval{20};

/// --settle. Below a tenth of a second even a local server's answer may be late; beyond ten minutes
/// every start after a crash would stand still longer than any network holds a segment.
inline constexpr std::chrono::milliseconds kLeastSettle{100};
inline constexpr std::chrono::minutes kMostSettle{10};

/// --read-capacity and --write-capacity, units per second: above every quota AWS grants.
inline constexpr double kMostCapacity = 1e9;

/// --sample: a run's record counts millionths.
inline constexpr double kLeastSample = 1e-6;

/// --min-age: beyond, nobody waits.
inline constexpr std::chrono::hours kMostMinAge{24 * 365};

/// Differences of a verification that the API lists, 300 bytes each; `verify` shows the first ones
/// to people. Of a run in its own process --json lists all that are kept (verify/limits.h).
inline constexpr size_t kMostDifferencesListed = 1000;
inline constexpr size_t kMostDifferencesShown = 20;

/// --memory, of a job: the part that a verification may have on top. Its copy, which takes most of
/// the rest, is complete by then.
inline constexpr size_t kVerifyPartOfMemory = 4;

/// Between looks of `verify` at one that a job's process makes.
inline constexpr std::chrono::milliseconds kVerifyLookInterval{500};

/// At a job's end a verification makes durable what it found; beyond this it is repeated.
inline constexpr std::chrono::seconds kVerifyEndPatience{20};
inline constexpr std::chrono::milliseconds kVerifyEndLook{50};

/// --timeout of a cut-over: below a second no call to a distant region ends; a day is what the
/// source's stream keeps.
inline constexpr std::chrono::seconds kLeastCutoverTimeout{1};
inline constexpr std::chrono::hours kMostCutoverTimeout{24};

/// --exempt: a resource policy has at most 20 KB (quotas of DynamoDB), a role's ARN is seldom above
/// a few hundred bytes and never above 2,048 (IAM API reference).
inline constexpr size_t kMostExempt = 20;
inline constexpr size_t kLongestArn = 2048;

/// --reason: it is kept in the checkpoint and shown in a line.
inline constexpr size_t kLongestReason = 500;

/// Of a value that is refused a message quotes so many columns.
inline constexpr int kShownOfAValue = 100;

/// A job that has failed lets a cut-over be taken back before its process ends; what is left then,
/// the next start does.
inline constexpr std::chrono::minutes kTakeBackPatience{1};

/// What a hook wrote last, kept to say why it refused.
inline constexpr size_t kHookOutputKept = 500;

/// Between looks at the gates that /metrics shows: a dozen calls each.
inline constexpr std::chrono::minutes kGateWatchInterval{1};
/// The same until the job follows and they are judged for the first time; asks nothing meanwhile.
inline constexpr std::chrono::seconds kFirstGatesLook{2};

/// Between looks of `cutover` at one that a job's process makes: its steps take seconds.
inline constexpr std::chrono::milliseconds kCutoverLookInterval{250};
/// A process that restarts, or closes its checkpoint, is back or done within this; after that
/// `cutover run` says what becomes of the cut-over and ends.
inline constexpr std::chrono::seconds kCutoverPatience{15};
/// Who only looks at a checkpoint that no process holds has closed it again within this.
inline constexpr std::chrono::seconds kCheckpointPatience{5};
inline constexpr std::chrono::milliseconds kCheckpointLook{20};
/// What a commit has left takes moments, but for a time to live that DynamoDB lets nobody change
/// yet. A start that finds it so long is not to keep the way back waiting, whose stream loses
/// changes.
inline constexpr std::chrono::minutes kFinishPatience{1};
/// A job's process that goes on with the way back closes one job and opens the other within this;
/// after that `cutover run` says where to look and ends.
inline constexpr std::chrono::seconds kWayBackPatience{30};
/// Judging the gates asks both tables a dozen things. Beyond this the server gives up, too
/// (metrics/limits.h).
inline constexpr std::chrono::seconds kGatesTimeout{12};

/// --job: it is a directory's name (255 bytes on Linux) and a metric label. SRC-DST of two tables
/// has room.
inline constexpr size_t kLongestJobName = 255;

/// Calls in hand when a job has ended are over by then: the longest may take half a minute.
inline constexpr std::chrono::minutes kReleasePatience{2};

/// The live line's pace: smooth to the eye, nothing to the machine.
inline constexpr std::chrono::milliseconds kRedrawInterval{250};
/// Without a live line: changes of state are told within a second. A look at 10,000 shards takes
/// milliseconds, in which they wait.
inline constexpr std::chrono::seconds kCalmLookInterval{1};
/// Without a terminal.
inline constexpr std::chrono::seconds kStatusLineInterval{10};

/// The one line about a service that its manager keeps: for people, who do not read faster. Two
/// hundred columns are what `systemctl status` shows of it on a wide terminal.
inline constexpr std::chrono::seconds kServiceStatusInterval{1};
inline constexpr int kLongestServiceStatus = 200;

/// `status` and `checkpoint show` ask a process on this machine; one that does not answer in this
/// time hangs or is stopped.
inline constexpr std::chrono::seconds kApiTimeout{5};

/// What the page's charts show: an hour, at a pace that shows a throttled minute and costs nothing.
inline constexpr std::chrono::seconds kHistoryInterval{5};
inline constexpr size_t kHistorySamples = 720;

/// /api/v1/lineage: as many as an eye can take in; a table may have ten thousand.
inline constexpr size_t kMostShardsDrawn = 400;

/// `checkpoint show` for people lists at most this many of each kind; --json lists all.
inline constexpr size_t kMostLinesShown = 20;

}  // namespace ddbsync::cli::limits
