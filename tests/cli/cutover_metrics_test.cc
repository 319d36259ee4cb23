#include "cli/cutover_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/cutover_look.h"

namespace ddbsync::cli {
namespace {

using cutover::Step;
using ::testing::HasSubstr;
using ::testing::Not;

std::string Scrape(const CutoverLook& look, const GatesLook& gates) {
  metrics::Exposition exposition;
  exposition.Register([&](metrics::Samples& samples) {
    WriteCutoverMetrics(look, gates, samples, {{"job_id", "a-b"}});
  });
  return exposition.Text();
}

TEST(CutoverMetrics, TellTheStepAndForHowLongWritesAreStopped) {
  const std::string text = Scrape(SomeCutover(), SomeGates());
  EXPECT_THAT(text, HasSubstr("ddbsync_cutover_step{job_id=\"a-b\",step=\"draining\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("ddbsync_cutover_step{job_id=\"a-b\",step=\"done\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("ddbsync_cutover_frozen_seconds{job_id=\"a-b\"} 8\n"));
}

TEST(CutoverMetrics, TellEachGate) {
  const std::string text = Scrape({}, SomeGates());
  EXPECT_THAT(text, HasSubstr("ddbsync_cutover_ready{job_id=\"a-b\"} 0\n"));
  EXPECT_THAT(text,
              HasSubstr("ddbsync_cutover_gate_ok{job_id=\"a-b\",gate=\"backfill_complete\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("ddbsync_cutover_gate_ok{job_id=\"a-b\",gate=\"lag\"} 0\n"));
  EXPECT_THAT(Scrape({}, SomeGates(/*ready=*/true)),
              HasSubstr("ddbsync_cutover_ready{job_id=\"a-b\"} 1\n"));
}

TEST(CutoverMetrics, WithoutACutoverNoStepIsOneAndNothingIsStopped) {
  const std::string text = Scrape({}, {});
  EXPECT_THAT(text, HasSubstr("step=\"rolled_back\"} 0\n"));
  EXPECT_THAT(text, Not(HasSubstr("} 1\n")));
  EXPECT_THAT(text, Not(HasSubstr("ddbsync_cutover_gate_ok{")));
}

TEST(CutoverMetrics, OnceWritesGoOnTheyAreNotStopped) {
  CutoverLook look = SomeCutover(Step::kCommitted);
  look.status.committed_at = look.now;
  EXPECT_THAT(Scrape(look, {}), HasSubstr("ddbsync_cutover_frozen_seconds{job_id=\"a-b\"} 0\n"));
}

}  // namespace
}  // namespace ddbsync::cli
