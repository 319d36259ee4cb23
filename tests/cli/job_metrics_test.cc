#include "cli/job_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/call_metrics.h"
#include "metrics/exposition.h"

namespace ddbsync::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const metrics::Labels kLabels = {{"job_id", "a-b"}};

std::string Scrape(const replicator::JobStatus& status) {
  metrics::Exposition exposition;
  exposition.Register(
      [&](metrics::Samples& samples) { WriteJobMetrics(status, samples, kLabels); });
  return exposition.Text();
}

TEST(JobMetrics, UnknownLagIsNaNAndNeverZero) {
  replicator::JobStatus status;
  status.tail.wanted = true;
  EXPECT_THAT(Scrape(status), HasSubstr("ddbsync_replication_lag_seconds{job_id=\"a-b\"} NaN\n"));
  status.tail.lag_seconds = 1.5;
  EXPECT_THAT(Scrape(status), HasSubstr("ddbsync_replication_lag_seconds{job_id=\"a-b\"} 1.5\n"));
}

TEST(JobMetrics, ExactlyOneStateIsOne) {
  replicator::JobStatus status;
  status.state = replicator::JobState::kGap;
  const std::string text = Scrape(status);
  EXPECT_THAT(text, HasSubstr("ddbsync_state{job_id=\"a-b\",state=\"gap\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("ddbsync_state{job_id=\"a-b\",state=\"following\"} 0\n"));
}

TEST(JobMetrics, PhaseThatIsNotWantedHasNoSeries) {
  replicator::JobStatus status;
  status.backfill.wanted = true;
  status.backfill.segments = 8;
  status.backfill.segments_open = 2;
  status.backfill.segments_finished = 5;
  const std::string text = Scrape(status);
  EXPECT_THAT(text, Not(HasSubstr("ddbsync_replication_lag_seconds")));
  EXPECT_THAT(text, HasSubstr("ddbsync_backfill_segments{job_id=\"a-b\",status=\"waiting\"} 1\n"));
}

TEST(CallMetrics, CountsByOutcomeAndTimesByOperation) {
  CallMetrics calls;
  calls.OnCall("dynamodb", "Scan", "ok", std::chrono::milliseconds(3));
  calls.OnCall("dynamodb", "Scan", "ok", std::chrono::milliseconds(3));
  calls.OnCall("dynamodb", "Scan", "transport", std::chrono::seconds(20));
  metrics::Exposition exposition;
  exposition.Register([&](metrics::Samples& samples) { calls.WriteTo(samples, kLabels); });
  const std::string text = exposition.Text();
  EXPECT_THAT(text, HasSubstr("operation=\"Scan\",code=\"ok\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("operation=\"Scan\",code=\"transport\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("operation=\"Scan\",le=\"0.005\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("operation=\"Scan\",le=\"30\"} 3\n"));
}

}  // namespace
}  // namespace ddbsync::cli
