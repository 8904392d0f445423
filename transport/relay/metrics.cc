#include "transport/relay/metrics.h"

#include <prometheus/text_serializer.h>

namespace candour::relay {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

class Families {
 public:
  void counter(const char* name, const char* help, std::uint64_t value) {
    ClientMetric metric;
    metric.counter.value = static_cast<double>(value);
    add(name, help, MetricType::Counter).metric.push_back(metric);
  }
  void seconds(const char* name, const char* help, std::uint64_t ms) {
    ClientMetric metric;
    metric.counter.value = static_cast<double>(ms) / 1e3;
    add(name, help, MetricType::Counter).metric.push_back(metric);
  }
  void gauge(const char* name, const char* help, std::uint64_t value) {
    ClientMetric metric;
    metric.gauge.value = static_cast<double>(value);
    add(name, help, MetricType::Gauge).metric.push_back(metric);
  }
  void timing(const char* name, const char* help, const Timing& timing) {
    ClientMetric metric;
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < timing.within.size(); ++i) {
      count += timing.within[i];
      const bool last = i == Timing::kBoundsMs.size();
      const double bound = last ? std::numeric_limits<double>::infinity()
                                : static_cast<double>(Timing::kBoundsMs[i]) / 1e3;
      metric.histogram.bucket.push_back({.cumulative_count = count, .upper_bound = bound});
    }
    metric.histogram.sample_count = count;
    metric.histogram.sample_sum = static_cast<double>(timing.sum_ms) / 1e3;
    add(name, help, MetricType::Histogram).metric.push_back(metric);
  }
  MetricFamily& add(const char* name, const char* help, MetricType type) {
    families_.push_back({std::string("candour_relay_") + name, help, type, {}});
    return families_.back();
  }
  std::string text() const { return prometheus::TextSerializer().Serialize(families_); }

 private:
  std::vector<MetricFamily> families_;
};

void add_messages(Families& out, const MetricSources& from) {
  const Model& model = from.relay.model();
  const Counters& c = model.counters;
  out.counter("submissions_total", "Submissions accepted and durable.", c.submissions);
  out.counter("releases_total", "Submissions released.", c.releases);
  out.counter("withheld_total", "Submissions not released.", c.withheld);
  out.counter("deliveries_total", "Released messages sent to devices.", c.deliveries);
  out.counter("mail_total", "Replies, alerts and welcomes sent to devices.", c.mail);
  out.counter("acknowledgements_total", "Delivery acknowledgements received.", c.acknowledgements);
  out.counter("resynchronise_total", "Devices told that messages they missed are gone.",
              c.resynchronised);
  out.timing("verdict_seconds", "From a submission's acceptance to its verdict.", c.verdict);
  out.gauge("pending", "Submissions waiting for a verdict.", model.pending_count);
  out.gauge("unanswered", "Submissions the bot has and did not answer yet.", model.unanswered);
  out.gauge("groups", "Groups.", model.groups.size());
  out.gauge("bot_present", "1 while the bot is logged in and answers.", model.bot_present());
  out.seconds("bot_absent_seconds_total", "Time without a bot that answers.", c.bot_absent_ms);
}

void add_connections(Families& out, const MetricSources& from) {
  const Model& model = from.relay.model();
  const Counters& c = model.counters;
  out.gauge("sessions", "Open sessions.", model.sessions.size());
  out.gauge("sessions_unauthenticated", "Open sessions without a login.", model.unauthenticated);
  out.gauge("connections", "Open connections, with handshakes and plain HTTP.",
            from.network.connections_open);
  out.counter("connections_total", "Connections accepted.", from.network.connections);
  out.counter("tls_handshakes_failed_total", "Connections without a good TLS handshake.",
              from.network.handshakes_failed);
  out.counter("origins_refused_total", "Upgrades from a site that may not connect.",
              from.network.origins_refused);
  out.counter("logins_total", "Logins.", c.logins);
  out.counter("logins_refused_total", "Logins refused.", c.logins_refused);
  out.counter("frames_in_total", "Frames received.", c.frames_in);
  out.counter("frames_refused_total", "Frames answered with a failure.", c.frames_refused);
  out.counter("bytes_in_total", "Bytes of frames received.", c.bytes_in);
  out.counter("bytes_out_total", "Bytes of frames sent.", c.bytes_out);
  auto reached = c.limit_reached;
  reached[static_cast<std::size_t>(Limit::sessions)] += from.network.connections_refused;
  reached[static_cast<std::size_t>(Limit::queue)] += from.network.too_slow;
  reached[static_cast<std::size_t>(Limit::frame_bytes)] += from.network.frames_too_large;
  MetricFamily& limits =
      out.add("limit_reached_total", "How often each limit was reached.", MetricType::Counter);
  for (std::size_t i = 0; i < kLimitCount; ++i) {
    ClientMetric metric;
    metric.label.push_back({"limit", std::string(kLimitNames[i])});
    metric.counter.value = static_cast<double>(reached[i]);
    limits.metric.push_back(std::move(metric));
  }
}

void add_storage(Families& out, const MetricSources& from) {
  const LogService& log = from.relay.log();
  out.counter("transactions_total", "Transactions committed with fsync.", from.store.transactions);
  out.counter("operations_total", "Operations those transactions carried.", from.store.operations);
  out.gauge("operations_waiting", "Operations not committed yet.", from.store.waiting);
  out.counter("wal_checkpoints_total", "Passes of the write-ahead log into the database.",
              from.store.checkpoints);
  out.gauge("wal_bytes", "Write-ahead log.", from.store.wal_pages * storage::kRelayPageSize);
  out.gauge("database_bytes", "Database pages in use.", from.store.pages * storage::kRelayPageSize);
  out.gauge("storage_failed", "1 after a write failed.", from.store.failed);
  out.counter("recoveries_total", "Times the relay read its database again after a failed write.",
              from.recoveries);
  out.gauge("log_size", "Leaves in the log.", log.size());
  out.gauge("checkpoint_size", "Leaves covered by the newest checkpoint.", log.checkpoint_size());
  out.gauge("witnessed_size", "Leaves covered by a witnessed checkpoint.", log.witnessed_size());
  out.counter("reloads_total", "Configurations taken over on SIGHUP.", from.reloads);
  out.gauge("certificate_seconds_left", "Validity left of the TLS certificate.",
            from.certificate_seconds_left);
}

void add_openings(Families& out, const OpeningCounts& counts) {
  out.gauge("warrants", "Warrants in the log.", counts.warrants);
  out.gauge("release_requests", "Requests to custodians in the log.", counts.requests);
  out.gauge("warrant_releases", "Releases under warrant in the log.", counts.releases);
  out.gauge("warrant_revocations", "Revoked warrants.", counts.revocations);
  out.gauge("records_requested", "Records in all requests.", counts.records_requested);
  out.gauge("records_released", "Records in all releases.", counts.records_released);
  out.gauge("openings_unsealed", "Openings made public.", counts.unsealed);
  out.gauge("openings_overdue", "Openings past their time and still sealed.", counts.overdue);
}

}  // namespace

std::string metrics_text(const MetricSources& sources) {
  Families out;
  add_messages(out, sources);
  add_connections(out, sources);
  add_storage(out, sources);
  add_openings(out, sources.relay.openings().counts(sources.now));
  return out.text();
}

}  // namespace candour::relay
