#pragma once

#include <string>

#include "metrics/http_server.h"

namespace ddbsync::cli {

/// The page of a job at `prefix`/ with its style and script, to anybody who may ask at all: it
/// holds nothing of the job, and asks the API below `prefix` for that with the token it is given.
/// Before the server's Start.
void AddPage(metrics::HttpServer& server, const std::string& prefix);

/// With several jobs: the page at / that lists them, likewise.
void AddOverview(metrics::HttpServer& server);

}  // namespace ddbsync::cli
