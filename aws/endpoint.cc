#include "aws/endpoint.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace ddbsync::aws {
namespace {

struct Partition {
  std::string_view region_prefix;
  std::string_view suffix;
};

/// AWS's published partitions other than "aws", whose regions have many prefixes.
constexpr std::array<Partition, 7> kPartitions = {{{"cn-", "amazonaws.com.cn"},
                                                   {"eusc-", "amazonaws.eu"},
                                                   {"us-iso-", "c2s.ic.gov"},
                                                   {"us-isob-", "sc2s.sgov.gov"},
                                                   {"eu-isoe-", "cloud.adc-e.uk"},
                                                   {"us-isof-", "csp.hci.ic.gov"},
                                                   {"eu-isof-", "csp.hci.ic.gov"}}};
constexpr std::string_view kDefaultSuffix = "amazonaws.com";

/// A DNS label has at most 63 bytes.
constexpr size_t kMaxRegionLength = 63;

bool IsRegionName(std::string_view region) {
  if (region.empty() || region.size() > kMaxRegionLength) return false;
  if (region.front() == '-' || region.back() == '-') return false;
  return std::ranges::all_of(
      region, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

bool IsPort(std::string_view text) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc{} && end == text.data() + text.size() && port > 0 && port <= 65535;
}

bool IsAuthority(std::string_view authority) {
  const size_t bracket = authority.rfind(']');  // the end of an IPv6 address
  const size_t colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  const std::string_view host = authority.substr(0, colon);
  if (host.empty() || host == "[]") return false;
  return colon == std::string_view::npos || IsPort(authority.substr(colon + 1));
}

}  // namespace

Result<std::string> DefaultUrl(Service service, std::string_view region) {
  if (!IsRegionName(region)) {
    return Fail(ErrorCode::kInvalid, "\"" + std::string(region) +
                                         "\" is not an AWS region; a region looks like us-east-1");
  }
  std::string_view suffix = kDefaultSuffix;
  for (const Partition& partition : kPartitions) {
    if (region.starts_with(partition.region_prefix)) suffix = partition.suffix;
  }
  std::string url =
      service == Service::kStreams ? "https://streams.dynamodb." : "https://dynamodb.";
  return url.append(region).append(".").append(suffix).append("/");
}

Result<EndpointUrl> SplitUrl(std::string_view url) {
  const auto invalid = [url](std::string_view reason) {
    return Fail(ErrorCode::kInvalid, "endpoint URL \"" + std::string(url) +
                                         "\": " + std::string(reason) +
                                         "; it looks like http://127.0.0.1:8000");
  };
  const size_t scheme_end = url.find("://");
  if (scheme_end == std::string_view::npos) return invalid("it has no http:// or https://");
  EndpointUrl parts;
  parts.scheme = url.substr(0, scheme_end);
  if (parts.scheme != "http" && parts.scheme != "https") {
    return invalid("only http and https are spoken");
  }
  if (url.find_first_of("?# \t\r\n") != std::string_view::npos) {
    return invalid("it must not have a query, a fragment or white space");
  }
  const std::string_view rest = url.substr(scheme_end + 3);
  const size_t slash = rest.find('/');
  parts.authority = rest.substr(0, slash);
  parts.path = slash == std::string_view::npos ? "/" : rest.substr(slash);
  if (parts.authority.find('@') != std::string_view::npos) {
    return invalid("it must not have a user name or password");
  }
  if (!IsAuthority(parts.authority)) return invalid("it has no host, or a wrong port");
  return parts;
}

}  // namespace ddbsync::aws
