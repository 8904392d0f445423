// What operators ask: /livez, /readyz, /metrics. Plain HTTP on loopback. IoThread only.
#pragma once

#include "transport/relay/relay.h"

namespace candour::relay {

class Admin : public net::ServerHandler {
 public:
  /// `certificate_expiry` is when the TLS certificate ceases to be valid.
  Admin(Relay& relay, storage::RelayStore& store, const Clock& clock, TimeMs certificate_expiry)
      : relay_(relay), store_(store), clock_(clock), certificate_expiry_(certificate_expiry) {}

  void on_open(net::SessionId, ByteView) override {}
  void on_frame(net::SessionId, Bytes) override {}
  void on_close(net::SessionId) override {}
  net::HttpResponse on_http(const net::HttpRequest& request) override;

 private:
  net::HttpResponse ready() const;
  std::string metrics() const;
  std::uint64_t certificate_seconds_left() const;

  Relay& relay_;
  storage::RelayStore& store_;
  const Clock& clock_;
  const TimeMs certificate_expiry_;
};

}  // namespace candour::relay
