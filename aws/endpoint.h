#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace ddbsync::aws {

enum class Service { kDynamoDb, kStreams };

/// AWS's own address of a service in a region, by the region's partition. kInvalid when `region`
/// cannot be the name of one.
[[nodiscard]] Result<std::string> DefaultUrl(Service service, std::string_view region);

/// An endpoint's URL in parts; all are views into the text that was split.
struct EndpointUrl {
  std::string_view scheme;     ///< "http" or "https"
  std::string_view authority;  ///< host, with the port if the URL has one
  std::string_view path;       ///< "/" when the URL has none
};

/// kInvalid, saying what is wrong, for anything but http(s)://host[:port][/path].
[[nodiscard]] Result<EndpointUrl> SplitUrl(std::string_view url);

}  // namespace ddbsync::aws
