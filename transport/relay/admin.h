// What operators ask: /livez, /readyz, /metrics. Plain HTTP on loopback. IoThread only.
#pragma once

#include "transport/relay/metrics.h"

namespace candour::relay {

/// What there is to tell; null while the relay reads its database again.
class AdminSource {
 public:
  virtual ~AdminSource() = default;
  virtual std::optional<MetricSources> figures() const = 0;
};

class Admin : public net::ServerHandler {
 public:
  explicit Admin(const AdminSource& source) : source_(source) {}

  void on_open(net::SessionId, ByteView) override {}
  void on_frame(net::SessionId, Bytes) override {}
  void on_close(net::SessionId) override {}
  net::HttpResponse on_http(const net::HttpRequest& request) override;

 private:
  const AdminSource& source_;
};

}  // namespace candour::relay
