#include "tests/metrics/describe.h"

#include <string_view>
#include <utility>

#include "metrics/families.h"

namespace ddbsync::metrics {
namespace {

constexpr std::pair<Subject, std::string_view> kSections[] = {
    {Subject::kJob, "Every job"},
    {Subject::kTail, "Jobs that follow the stream (`start`, `tail`)"},
    {Subject::kWatch, "The target's own stream (`--watch-target`)"},
    {Subject::kShards, "Each shard that is read (`--shard-metrics`)"},
    {Subject::kBackfill, "Jobs that copy (`start`, `backfill`)"},
    {Subject::kVerify, "Verifications (`verify`), once one was begun in the job's process"},
    {Subject::kCutover, "The cut-over of jobs that follow (`cutover`)"},
    {Subject::kCalls, "Calls to AWS, once there was one of the kind"},
    {Subject::kProcess, "The process (without `job_id`)"},
};

std::string_view TypeName(FamilyType type) {
  switch (type) {
    case FamilyType::kGauge:
      return "gauge";
    case FamilyType::kCounter:
      return "counter";
    case FamilyType::kHistogram:
      return "histogram";
  }
  return "";
}

void Append(std::string& page, const Family& family) {
  page.append("| `").append(family.name).append("` | ").append(TypeName(family.type));
  page.append(" | ").append(family.unit).append(" | ");
  std::string_view before;
  for (const Label& label : family.labels) {
    if (label.name.empty()) continue;
    page.append(before).append("`").append(label.name).append("`: ").append(label.values);
    before = "<br>";
  }
  page.append(" | ").append(family.help).append(" |\n");
}

}  // namespace

std::string DescribeFamilies() {
  std::string page =
      "# Metrics\n\n"
      "What `/metrics` of a running job shows. Made from "
      "[metrics/families.h](../metrics/families.h) by:\n\n    ";
  page.append(kDescribeCommand).append("\n\n");
  page.append(
      "Every series carries `job_id`, but for those of the process. Counters begin at 0 with each "
      "process. What is unknown is NaN, which no comparison of PromQL holds for: an alert must say "
      "what it wants of it, as those of "
      "[packaging/prometheus/ddbsync.rules.yml](../packaging/prometheus/ddbsync.rules.yml) do. "
      "[packaging/grafana/ddbsync.json](../packaging/grafana/ddbsync.json) is a dashboard.\n");
  for (const auto& [subject, title] : kSections) {
    page.append("\n## ").append(title).append("\n\n");
    page.append("| family | type | unit | labels | what it says |\n|---|---|---|---|---|\n");
    for (const Family* family : kFamilies) {
      if (family->subject == subject) Append(page, *family);
    }
  }
  return page;
}

}  // namespace ddbsync::metrics
