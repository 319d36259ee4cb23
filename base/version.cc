#include "base/version.h"

namespace ddbsync {

std::string_view Version() {
  return DDBSYNC_VERSION;
}

}  // namespace ddbsync
