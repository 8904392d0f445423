#include "transport/relay/admin.h"

#include "base/json_text.h"

namespace candour::relay {

namespace {

net::HttpResponse ready(const MetricSources& from) {
  std::vector<std::string> reasons;
  const bool serving = from.relay.ready(reasons);
  if (from.certificate_seconds_left == 0) reasons.push_back("certificate_expired");
  const LogService& log = from.relay.log();
  if (log.witnessed_size() < log.checkpoint_size()) reasons.push_back("checkpoint_not_witnessed");
  std::string alarms;
  for (const auto& reason : reasons) alarms += (alarms.empty() ? "" : ",") + json_quote(reason);
  const std::string body =
      std::string("{\"ready\":") + (serving ? "true" : "false") + ",\"alarms\":[" + alarms +
      "],\"bot_present\":" + (from.relay.model().bot_present() ? "true" : "false") +
      ",\"log_size\":" + std::to_string(log.size()) +
      ",\"checkpoint_size\":" + std::to_string(log.checkpoint_size()) +
      ",\"witnessed_size\":" + std::to_string(log.witnessed_size()) +
      ",\"certificate_seconds_left\":" + std::to_string(from.certificate_seconds_left) + "}\n";
  return {.status = serving ? 200u : 503u,
          .content_type = "application/json",
          .body = to_bytes(body),
          .cache_control = "no-store"};
}

}  // namespace

net::HttpResponse Admin::on_http(const net::HttpRequest& request) {
  if (request.method != "GET" && request.method != "HEAD") return {.status = 405};
  if (request.target == "/livez") return {.body = to_bytes("ok\n")};
  if (request.target != "/readyz" && request.target != "/metrics") {
    return {.status = 404, .body = to_bytes("not found\n")};
  }
  const auto figures = source_.figures();
  if (!figures) {
    return {.status = 503,
            .content_type = "application/json",
            .body = to_bytes("{\"ready\":false,\"alarms\":[\"storage_failed\"]}\n"),
            .cache_control = "no-store"};
  }
  if (request.target == "/readyz") return ready(*figures);
  return {.content_type = "text/plain; version=0.0.4; charset=utf-8",
          .body = to_bytes(metrics_text(*figures)),
          .cache_control = "no-store"};
}

}  // namespace candour::relay
