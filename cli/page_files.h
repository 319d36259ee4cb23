#pragma once

#include <string_view>

namespace ddbsync::cli {

// The files of cli/page, as they were when the program was built (page_files.cc.in).
extern const std::string_view kPageHtml;
extern const std::string_view kCutoverJs;
extern const std::string_view kOverviewHtml;
extern const std::string_view kOverviewJs;
extern const std::string_view kPageCss;
extern const std::string_view kPageJs;
extern const std::string_view kVerifyJs;

}  // namespace ddbsync::cli
