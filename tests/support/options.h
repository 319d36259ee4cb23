#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "base/clock.h"

namespace ddbsync::fake {

/// How streams behave. Defaults are AWS's figures where they are known.
struct StreamOptions {
  int initial_shards = 4;
  Duration shard_life = std::chrono::hours(4);  ///< +-25 %; zero: shards never roll by themselves
  double split_rate = 0;                        ///< share of rolls that split in two
  int max_open_shards = 32;                     ///< no split beyond
  Duration retention = std::chrono::hours(24);
  Duration iterator_life = std::chrono::minutes(15);
  /// Longest time until DescribeStream shows a new shard, and until it shows a shard's end; each
  /// drawn by itself, so children appear one by one and beside a parent that still looks open.
  Duration listing_delay{0};
  /// Share of listings that leave out a closed shard though they show its children, never twice in
  /// a row: pages of a listing may come from different replicas.
  double listing_miss_rate = 0;
  int describe_page = 100;
  int records_page = 1000;
  size_t records_page_bytes = size_t{1} << 20;
  /// Longest time until GetRecords shows a record; drawn for each, and none before those ahead of
  /// it in its shard. The end of a shard shows after its last record.
  Duration record_delay{0};
  double empty_page_rate = 0;  ///< share of GetRecords that find nothing though records follow
  int max_empty_pages = 8;     ///< that many in a row after a seek, one at the tip
  Duration enable_delay{0};    ///< ENABLING lasts that long
  Duration disable_delay{0};   ///< DISABLING, and its table's UPDATING; no record comes any more
  bool ignore_shard_filter = false;  ///< as older servers
};

struct Options {
  uint64_t seed = 1;
  std::string region = "us-east-1";
  std::string account = "000000000000";
  size_t page_bytes = size_t{1} << 20;  ///< of Scan
  Duration table_delay{0};              ///< CREATING lasts that long
  /// A resource's policy, and its deletion, take effect so much later. Requests are judged when
  /// they are submitted: who was let in before may still write after.
  Duration policy_delay{0};
  /// A policy is not changed again within so long (ThrottlingException). AWS: 15 s.
  Duration policy_pause = std::chrono::seconds(15);
  Duration ttl_delay{0};  ///< ENABLING and DISABLING of the time to live last that long
  /// It is not changed again within so long. AWS documents an hour; half of one was seen.
  Duration ttl_pause = std::chrono::hours(1);
  /// Eventually consistent reads show what was true up to so long ago; zero: never stale.
  Duration staleness{0};
  /// Write units per second of each of `partitions` equal ranges of the hash space; zero: no limit.
  double partition_write_units = 0;
  int partitions = 1;
  std::map<int, double> partition_exceptions = {};  ///< partitions with another rate, by number
  /// What a limited partition does not use it keeps for so long. AWS: up to 300 s, but not always.
  Duration partition_burst = std::chrono::seconds(1);
  bool send_crc = true;
  bool report_capacity = true;   ///< false: ConsumedCapacity is left out, as by some servers
  bool refuse_capacity = false;  ///< true: ReturnConsumedCapacity is a ValidationException
  StreamOptions streams = {};
};

}  // namespace ddbsync::fake
