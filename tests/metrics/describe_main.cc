// ddbsync_metrics_doc: prints docs/metrics.md.
#include <cstdio>

#include "tests/metrics/describe.h"

int main() {
  std::fputs(ddbsync::metrics::DescribeFamilies().c_str(), stdout);
  return 0;
}
