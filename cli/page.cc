#include "cli/page.h"

#include <string>
#include <string_view>

#include "cli/page_files.h"

namespace ddbsync::cli {
namespace {

/// Nothing but this server's own files runs, is loaded or is asked, and no other page frames this
/// one: names and messages that it shows may come from elsewhere.
constexpr const char* kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

constexpr const char* kHtml = "text/html; charset=utf-8";
constexpr const char* kCss = "text/css; charset=utf-8";
constexpr const char* kScript = "text/javascript; charset=utf-8";

void AddFile(metrics::HttpServer& server, const std::string& path, const char* type,
             std::string_view text) {
  server.OnPublic(path, [type, text] {
    return metrics::Reply{
        .content_type = type,
        .body = std::string(text),
        .headers = {{"Content-Security-Policy", kPolicy}, {"Referrer-Policy", "no-referrer"}}};
  });
}

}  // namespace

void AddPage(metrics::HttpServer& server, const std::string& prefix) {
  AddFile(server, prefix + "/", kHtml, kPageHtml);
  AddFile(server, prefix + "/page.css", kCss, kPageCss);
  AddFile(server, prefix + "/page.js", kScript, kPageJs);
  AddFile(server, prefix + "/verify.js", kScript, kVerifyJs);
  AddFile(server, prefix + "/cutover.js", kScript, kCutoverJs);
}

void AddOverview(metrics::HttpServer& server) {
  AddFile(server, "/", kHtml, kOverviewHtml);
  AddFile(server, "/page.css", kCss, kPageCss);
  AddFile(server, "/overview.js", kScript, kOverviewJs);
}

}  // namespace ddbsync::cli
