#include "tests/net/raw_tls.h"

#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <csignal>

namespace candour::testing {

struct RawTls::Impl {
  int descriptor = -1;
  SSL_CTX* context = nullptr;
  SSL* ssl = nullptr;
  ~Impl() {
    SSL_free(ssl);
    SSL_CTX_free(context);
    if (descriptor >= 0) close(descriptor);
  }
};

RawTls::RawTls(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RawTls::~RawTls() = default;

std::unique_ptr<RawTls> RawTls::connect(std::uint16_t port, int version_max) {
  return open(port, version_max, nullptr);
}

std::unique_ptr<RawTls> RawTls::resume(std::uint16_t port, const RawTls& before) {
  return open(port, TLS1_3_VERSION, before.impl_.get());
}

bool RawTls::resumed() const { return SSL_session_reused(impl_->ssl) == 1; }

std::size_t RawTls::early_data_max() const {
  return SSL_SESSION_get_max_early_data(SSL_get0_session(impl_->ssl));
}

Bytes RawTls::channel_binding() const {
  constexpr std::string_view kLabel = "EXPORTER-candour-login-v1";
  Bytes out(32);
  SSL_export_keying_material(impl_->ssl, out.data(), out.size(), kLabel.data(), kLabel.size(),
                             nullptr, 0, 0);
  return out;
}

std::unique_ptr<RawTls> RawTls::open(std::uint16_t port, int version_max, const Impl* before) {
  std::signal(SIGPIPE, SIG_IGN);
  auto impl = std::make_unique<Impl>();
  impl->descriptor = socket(AF_INET, SOCK_STREAM, 0);
  const timeval patience{5, 0};
  setsockopt(impl->descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  const timeval short_patience{1, 0};
  setsockopt(impl->descriptor, SOL_SOCKET, SO_SNDTIMEO, &short_patience, sizeof short_patience);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(impl->descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) !=
      0) {
    return nullptr;
  }
  impl->context = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_max_proto_version(impl->context, version_max);
  impl->ssl = SSL_new(impl->context);
  SSL_set_fd(impl->ssl, impl->descriptor);
  if (before != nullptr) SSL_set_session(impl->ssl, SSL_get0_session(before->ssl));
  if (SSL_connect(impl->ssl) != 1) return nullptr;
  return std::unique_ptr<RawTls>(new RawTls(std::move(impl)));
}

bool RawTls::write(ByteView bytes) {
  std::size_t n = 0;
  return SSL_write_ex(impl_->ssl, bytes.data(), bytes.size(), &n) == 1;
}

Bytes RawTls::read() {
  Bytes out(16 * 1024);
  std::size_t n = 0;
  if (SSL_read_ex(impl_->ssl, out.data(), out.size(), &n) != 1) n = 0;
  out.resize(n);
  return out;
}

Bytes RawTls::read_all() {
  Bytes all;
  for (Bytes part = read(); !part.empty(); part = read()) append(all, part);
  return all;
}

bool RawTls::upgrade(const std::string& extra_fields) {
  write(
      as_bytes("GET /v1 HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
               "Connection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
               "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: candour.v1\r\n" +
               extra_fields + "\r\n"));
  return as_text(read()).starts_with("HTTP/1.1 101");
}

bool RawTls::write_frame(std::uint8_t opcode, ByteView payload, bool fin) {
  Bytes frame{static_cast<std::uint8_t>((fin ? 0x80 : 0) | opcode)};
  if (payload.size() < 126) {
    frame.push_back(static_cast<std::uint8_t>(0x80 | payload.size()));
  } else {
    frame.push_back(0x80 | 127);
    for (int i = 7; i >= 0; --i) {
      frame.push_back(static_cast<std::uint8_t>(std::uint64_t{payload.size()} >> (8 * i)));
    }
  }
  frame.insert(frame.end(), 4, 0);  // a mask of zeros leaves the payload as it is
  append(frame, payload);
  return write(frame);
}

}  // namespace candour::testing
