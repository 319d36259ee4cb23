#include "cutover/journal.h"

#include <gtest/gtest.h>

#include <chrono>

namespace ddbsync::cutover {
namespace {

using std::chrono::milliseconds;

Report SomeReport() {
  return {
      .events = {{.time = WallTime(milliseconds(1'700'000'000'123)),
                  .step = "sealing",
                  .text = "the freeze is effective"}},
      .gates =
          {{.name = "lag", .ok = true, .observed = "lag 2.1 s", .limit = "at most 30 s", .fix = ""},
           {.name = "identity",
            .ok = false,
            .observed = "unknown",
            .limit = "the same tables",
            .fix = "start anew"}},
      .digests = {.source = "00ff", .target = "00fe"}};
}

TEST(Journal, AReportComesBackAsItWent) {
  const std::string text = ReportToText(SomeReport());
  const auto back = ReportFromText(text);
  ASSERT_TRUE(back);
  EXPECT_EQ(ReportToText(*back), text);
  ASSERT_EQ(back->events.size(), 1U);
  EXPECT_EQ(back->events[0].time, SomeReport().events[0].time);
  ASSERT_EQ(back->gates.size(), 2U);
  EXPECT_EQ(back->gates[1].observed, "unknown");
  EXPECT_FALSE(back->gates[1].ok);
  EXPECT_EQ(back->digests.source, "00ff");
  EXPECT_EQ(back->digests.target, "00fe");
}

TEST(Journal, BytesThatAreNoTextOfAServerDoNotLoseTheReport) {
  Report report = SomeReport();
  report.gates[0].observed = "the service said \xff";
  report.events[0].text = "\xc3";
  const auto back = ReportFromText(ReportToText(report));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->gates[0].observed, "the service said \xef\xbf\xbd");
}

TEST(Journal, ADamagedReportIsNamedAsSuch) {
  const std::string whole = ReportToText(SomeReport());
  for (const std::string& damaged :
       {whole.substr(0, whole.size() / 2), std::string("[]"), std::string("{\"events\":[]}"),
        std::string("{\"events\":[{}],\"gates\":[],\"digests\":{}}")}) {
    const auto report = ReportFromText(damaged);
    ASSERT_FALSE(report) << damaged;
    EXPECT_EQ(report.error().code, ErrorCode::kCorrupt);
  }
  EXPECT_TRUE(ReportFromText("")) << "of a cut-over that noted nothing yet";
}

TEST(Journal, ARecordKeepsTheReportOfItsCutover) {
  Options options;
  options.full = true;
  checkpoint::CutoverRecord record{.number = 2, .step = "ready"};
  record.options = OptionsToText(options);
  record.report = ReportToText(SomeReport());
  const auto status = StatusOf(record);
  ASSERT_TRUE(status);
  EXPECT_EQ(status->report.gates.size(), 2U);
  EXPECT_EQ(status->report.digests.target, "00fe");
  EXPECT_TRUE(status->options.full);
}

}  // namespace
}  // namespace ddbsync::cutover
