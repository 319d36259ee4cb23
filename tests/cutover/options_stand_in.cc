// For a build without the engine's own options.cc (CMakeLists.txt).
#include "cutover/options.h"

namespace ddbsync::cutover {

bool ComparesAll(const Options& options) {
  return options.full || options.drain == DrainBy::kQuiesce;
}

}  // namespace ddbsync::cutover
