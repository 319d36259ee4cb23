#include "metrics/exposition.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>
#include <thread>

namespace ddbsync::metrics {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

std::string TextOf(Exposition::Collect collect) {
  Exposition exposition;
  exposition.Register(std::move(collect));
  return exposition.Text();
}

/// The value of a series as text; empty when it is not there.
std::string ValueOf(const std::string& text, const std::string& series) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(series + " ")) return line.substr(series.size() + 1);
  }
  return "";
}

/// What `promtool check metrics` says; "ok" when it is content.
std::string PromtoolVerdict(const std::string& text) {
  std::string path = std::filesystem::temp_directory_path() / "ddbsync_metrics_XXXXXX";
  close(mkstemp(path.data()));
  std::ofstream(path) << text;
  FILE* run = popen(
      ("PATH=build/tools/prometheus/usr/bin:$PATH promtool check metrics 2>&1 < " + path).c_str(),
      "r");
  std::string output;
  for (int c = fgetc(run); c != EOF; c = fgetc(run)) output += static_cast<char>(c);
  const int status = pclose(run);
  std::filesystem::remove(path);
  return status == 0 ? "ok" : "status " + std::to_string(status) + ": " + output;
}

TEST(Exposition, AFamilyIsWrittenOnceWithItsHelpAndAllItsSeries) {
  const std::string text = TextOf([](Samples& samples) {
    samples.Add(kStreamPollsTotal, 1, {{"job_id", "a-b"}, {"result", "empty"}});
    samples.Add(kStreamGaps, 0, {{"job_id", "a-b"}});
    samples.Add(kStreamPollsTotal, 2, {{"job_id", "a-b"}, {"result", "failed"}});
  });
  EXPECT_THAT(text, StartsWith("# HELP ddbsync_stream_polls_total GetRecords calls.\n"
                               "# TYPE ddbsync_stream_polls_total counter\n"
                               "ddbsync_stream_polls_total{job_id=\"a-b\",result=\"empty\"} 1\n"
                               "ddbsync_stream_polls_total{job_id=\"a-b\",result=\"failed\"} 2\n"
                               "# HELP ddbsync_stream_gaps "));
}

TEST(Exposition, UnknownIsNaNAndNeverZero) {
  const std::string text = TextOf([](Samples& samples) {
    samples.Add(kReplicationLagSeconds, kUnknown);
    samples.Add(kWatermarkTimestampSeconds, kUnknown, {{"job_id", " Nan"}});
  });
  EXPECT_EQ(ValueOf(text, "ddbsync_replication_lag_seconds"), "NaN");
  EXPECT_EQ(ValueOf(text, "ddbsync_watermark_timestamp_seconds{job_id=\" Nan\"}"), "NaN");
}

TEST(Exposition, LargeValuesKeepTheirDigits) {
  const std::string text = TextOf([](Samples& samples) {
    samples.Add(kBackfillItemsReadTotal, 123'456'789'012.0);
    samples.Add(kWatermarkTimestampSeconds, 1'790'000'000.125);
  });
  EXPECT_DOUBLE_EQ(std::stod(ValueOf(text, "ddbsync_backfill_items_read_total")),
                   123'456'789'012.0);
  EXPECT_DOUBLE_EQ(std::stod(ValueOf(text, "ddbsync_watermark_timestamp_seconds")),
                   1'790'000'000.125);
}

TEST(Exposition, AHistogramCountsEachObservationInItsBucketAndAllAbove) {
  Histogram histogram({0.1, 1});
  for (int milliseconds : {50, 100, 101, 5000}) {
    histogram.Observe(std::chrono::milliseconds(milliseconds));
  }
  const std::string text = TextOf([&](Samples& samples) {
    histogram.WriteTo(samples, kRecordApplyDelaySeconds, {{"job_id", "j"}});
  });
  const std::string name = "ddbsync_record_apply_delay_seconds";
  EXPECT_EQ(ValueOf(text, name + "_bucket{job_id=\"j\",le=\"0.1\"}"), "2");
  EXPECT_EQ(ValueOf(text, name + "_bucket{job_id=\"j\",le=\"1\"}"), "3");
  EXPECT_EQ(ValueOf(text, name + "_bucket{job_id=\"j\",le=\"+Inf\"}"), "4");
  EXPECT_EQ(ValueOf(text, name + "_count{job_id=\"j\"}"), "4");
  EXPECT_DOUBLE_EQ(std::stod(ValueOf(text, name + "_sum{job_id=\"j\"}")), 5.251);
}

TEST(Exposition, EveryScrapeTellsOfTheProcess) {
  const std::string text = Exposition().Text();
  EXPECT_GT(std::stod(ValueOf(text, "process_cpu_seconds_total")), 0);
  EXPECT_GT(std::stod(ValueOf(text, "process_resident_memory_bytes")), 1 << 20);
  EXPECT_GE(std::stod(ValueOf(text, "process_virtual_memory_bytes")),
            std::stod(ValueOf(text, "process_resident_memory_bytes")));
  EXPECT_GT(std::stod(ValueOf(text, "process_max_fds")), 3);
  const double now =
      std::chrono::duration<double>(SystemClock().WallNow().time_since_epoch()).count();
  const double started = std::stod(ValueOf(text, "process_start_time_seconds"));
  EXPECT_LT(started, now + 2);  // the boot time is known to the second
  EXPECT_GT(started, now - 600);
}

TEST(Exposition, OpenDescriptorsAreCounted) {
  int open = 0;
  for (int fd = 0; fd < 1024; ++fd) open += fcntl(fd, F_GETFD) >= 0;
  EXPECT_EQ(ValueOf(Exposition().Text(), "process_open_fds"), std::to_string(open));
}

TEST(Exposition, PromtoolAcceptsEveryFamily) {
  Histogram histogram(kRequestBuckets);
  histogram.Observe(std::chrono::milliseconds(3));
  Exposition exposition;
  exposition.Register([&](Samples& samples) {
    const Labels labels = {{"job_id", "quote\" backslash\\ newline\n \xc3\xbc"}};
    for (const Family* family : kFamilies) {
      if (family->name.starts_with("process_")) continue;
      if (family->type == FamilyType::kHistogram) {
        histogram.WriteTo(samples, *family, labels);
      } else {
        samples.Add(*family, family->type == FamilyType::kGauge ? kUnknown : 1e300, labels);
      }
    }
  });
  const std::string text = exposition.Text();
  EXPECT_EQ(PromtoolVerdict(text), "ok") << text;
  for (const Family* family : kFamilies) {
    EXPECT_THAT(text, HasSubstr("# TYPE " + std::string(family->name) + " "));
  }
}

TEST(Exposition, PromtoolRefusesWhatIsWrong) {
  EXPECT_THAT(PromtoolVerdict("ddbsync_lag{ 1\n"), Not("ok"));
}

TEST(Exposition, ObservationsRegistrationsAndScrapesMayHappenAtOnce) {
  Histogram histogram(kDelayBuckets);
  Exposition exposition;
  constexpr int kObservations = 2000;
  {
    std::jthread observer([&] {
      for (int i = 0; i < kObservations; ++i) histogram.Observe(std::chrono::seconds(i));
    });
    std::jthread scraper([&] {
      for (int i = 0; i < 20; ++i) EXPECT_FALSE(exposition.Text().empty());
    });
    exposition.Register(
        [&](Samples& samples) { histogram.WriteTo(samples, kRecordApplyDelaySeconds, {}); });
  }
  EXPECT_EQ(ValueOf(exposition.Text(), "ddbsync_record_apply_delay_seconds_count"),
            std::to_string(kObservations));
}

}  // namespace
}  // namespace ddbsync::metrics
