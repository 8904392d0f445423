#include "client/channel.h"

namespace candour::client {
namespace {

class WssChannel : public Channel {
 public:
  explicit WssChannel(std::unique_ptr<net::WsClient> socket) : socket_(std::move(socket)) {}
  const Bytes& channel_binding() const override { return socket_->channel_binding(); }
  Status send(Bytes message) override { return socket_->send(std::move(message)); }
  Result<Bytes> receive(std::uint64_t timeout_ms) override { return socket_->receive(timeout_ms); }
  void close() override { socket_->close(); }
  std::uint16_t close_code() const override { return socket_->close_code(); }
  std::string close_reason() const override { return socket_->close_reason(); }

 private:
  std::unique_ptr<net::WsClient> socket_;
};

}  // namespace

Result<std::unique_ptr<Channel>> open_wss_channel(net::IoThread& io, const net::Endpoint& endpoint,
                                                  std::uint64_t timeout_ms) {
  CANDOUR_TRY(auto socket, net::WsClient::connect(io, endpoint, timeout_ms));
  return std::unique_ptr<Channel>(std::make_unique<WssChannel>(std::move(socket)));
}

}  // namespace candour::client
