#include "transport/relay/admin.h"

#include "base/json_text.h"

namespace candour::relay {

namespace {

/// One sample in the Prometheus text exposition format.
void sample(std::string& out, std::string_view name, std::string_view type, std::string_view help,
            std::uint64_t value) {
  const std::string full = "candour_relay_" + std::string(name);
  out += "# HELP " + full + " " + std::string(help) + "\n";
  out += "# TYPE " + full + " " + std::string(type) + "\n";
  out += full + " " + std::to_string(value) + "\n";
}

}  // namespace

net::HttpResponse Admin::on_http(const net::HttpRequest& request) {
  if (request.method != "GET" && request.method != "HEAD") return {.status = 405};
  if (request.target == "/livez") return {.body = to_bytes("ok\n")};
  if (request.target == "/readyz") return ready();
  if (request.target == "/metrics") {
    return {.content_type = "text/plain; version=0.0.4; charset=utf-8",
            .body = to_bytes(metrics())};
  }
  return {.status = 404, .body = to_bytes("not found\n")};
}

std::uint64_t Admin::certificate_seconds_left() const {
  const auto now = clock_.now().value;
  return certificate_expiry_.value > now ? (certificate_expiry_.value - now) / 1000 : 0;
}

net::HttpResponse Admin::ready() const {
  std::vector<std::string> reasons;
  const bool serving = relay_.ready(reasons);
  if (certificate_seconds_left() == 0) reasons.push_back("certificate_expired");
  const LogService& log = static_cast<const Relay&>(relay_).log();
  if (log.witnessed_size() < log.checkpoint_size()) reasons.push_back("checkpoint_not_witnessed");
  std::string alarms;
  for (const auto& reason : reasons) alarms += (alarms.empty() ? "" : ",") + json_quote(reason);
  const std::string body =
      std::string("{\"ready\":") + (serving ? "true" : "false") + ",\"alarms\":[" + alarms +
      "],\"bot_present\":" + (relay_.model().bot_session != 0 ? "true" : "false") +
      ",\"log_size\":" + std::to_string(log.size()) +
      ",\"checkpoint_size\":" + std::to_string(log.checkpoint_size()) +
      ",\"witnessed_size\":" + std::to_string(log.witnessed_size()) +
      ",\"certificate_seconds_left\":" + std::to_string(certificate_seconds_left()) + "}\n";
  return {.status = serving ? 200u : 503u,
          .content_type = "application/json",
          .body = to_bytes(body),
          .cache_control = "no-store"};
}

std::string Admin::metrics() const {
  const Model& model = relay_.model();
  const Counters& c = model.counters;
  const auto stored = store_.counters();
  const LogService& log = static_cast<const Relay&>(relay_).log();
  std::string out;
  sample(out, "submissions_total", "counter", "Submissions accepted and durable.", c.submissions);
  sample(out, "releases_total", "counter", "Submissions released.", c.releases);
  sample(out, "withheld_total", "counter", "Submissions not released.", c.withheld);
  sample(out, "deliveries_total", "counter", "Released messages sent to devices.", c.deliveries);
  sample(out, "frames_in_total", "counter", "Frames received.", c.frames_in);
  sample(out, "frames_refused_total", "counter", "Frames answered with a failure.",
         c.frames_refused);
  sample(out, "bytes_in_total", "counter", "Bytes of frames received.", c.bytes_in);
  sample(out, "bytes_out_total", "counter", "Bytes of frames sent.", c.bytes_out);
  sample(out, "transactions_total", "counter", "Transactions committed with fsync.",
         stored.transactions);
  sample(out, "operations_total", "counter", "Operations those transactions carried.",
         stored.operations);
  sample(out, "pending", "gauge", "Submissions waiting for a verdict.", model.pending_count);
  sample(out, "unanswered", "gauge", "Submissions the bot has and did not answer yet.",
         relay_.gate().unanswered());
  sample(out, "sessions", "gauge", "Open sessions.", model.sessions.size());
  sample(out, "groups", "gauge", "Groups.", model.groups.size());
  sample(out, "bot_present", "gauge", "1 while the bot is logged in.",
         model.bot_session != 0 ? 1 : 0);
  sample(out, "storage_failed", "gauge", "1 after a write failed.", stored.failed ? 1 : 0);
  sample(out, "log_size", "gauge", "Leaves in the log.", log.size());
  sample(out, "checkpoint_size", "gauge", "Leaves covered by the newest checkpoint.",
         log.checkpoint_size());
  sample(out, "witnessed_size", "gauge", "Leaves covered by a witnessed checkpoint.",
         log.witnessed_size());
  const OpeningCounts counts = relay_.openings().counts(clock_.now());
  sample(out, "warrants", "gauge", "Warrants in the log.", counts.warrants);
  sample(out, "release_requests", "gauge", "Requests to custodians in the log.", counts.requests);
  sample(out, "warrant_releases", "gauge", "Releases under warrant in the log.", counts.releases);
  sample(out, "warrant_revocations", "gauge", "Revoked warrants.", counts.revocations);
  sample(out, "records_requested", "gauge", "Records in all requests.", counts.records_requested);
  sample(out, "records_released", "gauge", "Records in all releases.", counts.records_released);
  sample(out, "openings_unsealed", "gauge", "Openings made public.", counts.unsealed);
  sample(out, "openings_overdue", "gauge", "Openings past their time and still sealed.",
         counts.overdue);
  sample(out, "certificate_seconds_left", "gauge", "Validity left of the TLS certificate.",
         certificate_seconds_left());
  return out;
}

}  // namespace candour::relay
