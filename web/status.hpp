// Health and metrics. Internal to web/: the router calls these.
#pragma once

#include "web/api.hpp"

namespace assured::web {

Response get_health(const Request& request, const Api& api);
Response get_metrics(const Request& request, const Api& api);

}  // namespace assured::web
