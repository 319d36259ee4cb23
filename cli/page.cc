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

void AddFile(metrics::HttpServer& server, const char* path, const char* type,
             std::string_view text) {
  server.OnPublic(path, [type, text] {
    return metrics::Reply{
        .content_type = type,
        .body = std::string(text),
        .headers = {{"Content-Security-Policy", kPolicy}, {"Referrer-Policy", "no-referrer"}}};
  });
}

}  // namespace

void AddPage(metrics::HttpServer& server) {
  AddFile(server, "/", "text/html; charset=utf-8", kPageHtml);
  AddFile(server, "/page.css", "text/css; charset=utf-8", kPageCss);
  AddFile(server, "/page.js", "text/javascript; charset=utf-8", kPageJs);
}

}  // namespace ddbsync::cli
