#include "metrics/families.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "tests/metrics/describe.h"

namespace ddbsync::metrics {
namespace {

TEST(Families, AreNamedOnceAndExplained) {
  std::set<std::string_view> names;
  for (const Family* family : kFamilies) {
    EXPECT_TRUE(names.insert(family->name).second) << family->name;
    EXPECT_TRUE(family->help.ends_with('.')) << family->name;
    EXPECT_FALSE(family->unit.empty()) << family->name;
    EXPECT_EQ(family->name.ends_with("_total"), family->type == FamilyType::kCounter)
        << family->name;
  }
}

TEST(Families, SayTheValuesOfEveryLabelOnce) {
  for (const Family* family : kFamilies) {
    std::set<std::string_view> names = {"job_id", "le", ""};
    for (const Label& label : family->labels) {
      EXPECT_EQ(label.name.empty(), label.values.empty()) << family->name;
      EXPECT_TRUE(label.name.empty() || names.insert(label.name).second) << family->name;
    }
  }
}

TEST(Families, TheUnitIsTheNames) {
  for (const Family* family : kFamilies) {
    const std::string name(family->name.substr(0, family->name.find("_total")));
    if (name.ends_with("_timestamp_seconds") || name == "process_start_time_seconds") {
      EXPECT_EQ(family->unit, "Unix time") << name;
    } else if (name.ends_with("_seconds") || family->unit == "seconds") {
      EXPECT_TRUE(name.ends_with("_seconds")) << name;
      EXPECT_EQ(family->unit, "seconds") << name;
    } else if (name.ends_with("_bytes") || family->unit == "bytes") {
      EXPECT_TRUE(name.ends_with("_bytes")) << name;
      EXPECT_EQ(family->unit, "bytes") << name;
    }
  }
}

TEST(Families, ThePageIsMadeFromThem) {
  std::ifstream file("docs/metrics.md");
  const std::string page((std::istreambuf_iterator<char>(file)), {});
  EXPECT_TRUE(page == DescribeFamilies())
      << "docs/metrics.md is not what metrics/families.h gives; make it anew:\n  "
      << kDescribeCommand;
}

}  // namespace
}  // namespace ddbsync::metrics
