// The echo server of the WebSocket tests: transport/net's server with a handler that sends
// everything back.
#pragma once

#include <future>

#include "transport/net/server.h"

namespace candour::testing {

inline net::ServerOptions echo_options() {
  net::ServerOptions options;
  options.plain_websocket = true;
  options.frame_size_max = 32 * 1024 * 1024;
  options.queue_frames_max = 4096;
  options.queue_bytes_max = 64 * 1024 * 1024;
  options.sessions_max = 256;
  return options;
}

class EchoTarget final : public net::ServerHandler {
 public:
  ~EchoTarget() override { server_.reset(); }
  EchoTarget() = default;
  EchoTarget(const EchoTarget&) = delete;
  EchoTarget& operator=(const EchoTarget&) = delete;

  /// `io` outlives it.
  Status start(net::IoThread& io, const net::ServerOptions& options) {
    // On the thread itself, so that the server is there before the first session is.
    std::promise<Status> done;
    io.post([&] {
      auto started = net::Server::start(io, options, *this);
      if (started) server_ = std::move(started.value());
      done.set_value(started ? Status(ok()) : Status(started.as_failure()));
    });
    return done.get_future().get();
  }
  std::uint16_t port() const { return server_->port(); }
  net::Server& server() { return *server_; }

  void on_open(net::SessionId, ByteView) override {}
  void on_frame(net::SessionId session, Bytes frame) override {
    server_->send(session, std::make_shared<const Bytes>(std::move(frame)));
  }
  bool on_text(net::SessionId session, Bytes text) override {
    server_->send_text(session, std::make_shared<const Bytes>(std::move(text)));
    return true;
  }
  void on_close(net::SessionId) override {}
  net::HttpResponse on_http(const net::HttpRequest&) override { return {.status = 404}; }

 private:
  std::unique_ptr<net::Server> server_;
};

}  // namespace candour::testing
