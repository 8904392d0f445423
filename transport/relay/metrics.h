// The relay's figures in the Prometheus text exposition format. IoThread only.
#pragma once

#include <string>

#include "storage/relay_schema.h"
#include "transport/net/server.h"
#include "transport/relay/relay.h"

namespace candour::relay {

/// Where the figures come from.
struct MetricSources {
  const Relay& relay;
  storage::RelayStore::Counters store;
  net::ServerCounters network;
  std::uint64_t recoveries = 0;  // times the domain was built again after a failed write
  std::uint64_t reloads = 0;
  std::uint64_t certificate_seconds_left = 0;
  TimeMs now;
};

/// All names begin with candour_relay_; docs/operations.md lists them.
std::string metrics_text(const MetricSources& sources);

}  // namespace candour::relay
