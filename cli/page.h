#pragma once

#include "metrics/http_server.h"

namespace ddbsync::cli {

/// The page at / with its style and script, to anybody who may ask at all: it holds nothing of the
/// job, and asks the API for that with the token it is given. Before the server's Start.
void AddPage(metrics::HttpServer& server);

}  // namespace ddbsync::cli
