#include "tests/bench/relay_load_socket.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

namespace candour::bench {

namespace {

constexpr std::size_t kReadSize = 64 * 1024;
constexpr std::string_view kExporterLabel = "EXPORTER-candour-login-v1";

bool would_block(const SSL* ssl, int result) {
  const int error = SSL_get_error(ssl, result);
  return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
}

}  // namespace

LoadSocket::~LoadSocket() {
  SSL_free(ssl_);
  if (descriptor_ >= 0) close(descriptor_);
}

bool LoadSocket::start(int epoll, SSL_CTX* tls, std::uint16_t port, std::string path,
                       std::string subprotocol) {
  epoll_ = epoll;
  tls_ = tls;
  path_ = std::move(path);
  subprotocol_ = std::move(subprotocol);
  descriptor_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor_ < 0) return false;
  const int on = 1;
  setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  state_ = State::connecting;
  if (connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
      errno != EINPROGRESS) {
    return false;
  }
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT;
  event.data.u32 = index_;
  wants_write_ = true;
  return epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor_, &event) == 0;
}

void LoadSocket::end(const std::string& why) {
  if (state_ == State::closed) return;
  state_ = State::closed;
  SSL_free(ssl_);
  ssl_ = nullptr;
  close(descriptor_);
  descriptor_ = -1;
  Bytes().swap(in_);
  Bytes().swap(out_);
  sent_ = 0;
  owner_.on_closed(*this, why);
}

void LoadSocket::want_write(bool wanted) {
  if (wants_write_ == wanted) return;
  wants_write_ = wanted;
  epoll_event event{};
  event.events = EPOLLIN | (wanted ? EPOLLOUT : 0u);
  event.data.u32 = index_;
  epoll_ctl(epoll_, EPOLL_CTL_MOD, descriptor_, &event);
}

void LoadSocket::step_tls() {
  ERR_clear_error();
  const int result = SSL_connect(ssl_);
  if (result == 1) {
    want_write(false);
    return ask_upgrade();
  }
  if (!would_block(ssl_, result)) return end("the TLS handshake failed");
  want_write(SSL_want_write(ssl_) != 0);
}

void LoadSocket::ask_upgrade() {
  state_ = State::upgrading;
  std::string ask = "GET " + path_ +
                    " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  if (!subprotocol_.empty()) ask += "Sec-WebSocket-Protocol: " + subprotocol_ + "\r\n";
  append(out_, as_bytes(ask + "\r\n"));
  flush();
}

void LoadSocket::on_event(std::uint32_t events) {
  if (state_ == State::closed) return;
  if (state_ == State::connecting) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(descriptor_, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return end(std::strerror(error));
    ssl_ = SSL_new(tls_);
    SSL_set_fd(ssl_, descriptor_);
    state_ = State::tls;
  }
  if (state_ == State::tls) return step_tls();
  if ((events & EPOLLOUT) != 0) flush();
  if ((events & ~std::uint32_t{EPOLLOUT}) == 0) return;
  do {
    if (state_ == State::closed) return;
    read_once();
  } while (state_ != State::closed && SSL_pending(ssl_) > 0);
  if (state_ != State::closed) flush();
}

void LoadSocket::read_once() {
  static std::array<std::uint8_t, 2 * kReadSize + (1 << 20)> buffer;
  const std::size_t had = in_.size();
  if (had > 1 << 20) return end("a frame is too large");
  std::copy(in_.begin(), in_.end(), buffer.begin());
  ERR_clear_error();
  const int result = SSL_read(ssl_, buffer.data() + had, kReadSize);
  if (result <= 0) {
    if (would_block(ssl_, result)) return;
    return end("the server closed the connection");
  }
  const ByteView all(buffer.data(), had + static_cast<std::size_t>(result));
  const std::size_t used = take(all);
  if (state_ == State::closed) return;
  if (used == all.size()) {
    if (had != 0) Bytes().swap(in_);
  } else {
    in_ = to_bytes(all.subspan(used));
  }
}

std::size_t LoadSocket::take(ByteView bytes) {
  std::size_t used = 0;
  if (state_ == State::upgrading) {
    used = take_answer(bytes);
    if (state_ != State::open) return used;
  }
  return used + take_frames(bytes.subspan(used));
}

std::size_t LoadSocket::take_answer(ByteView bytes) {
  const std::string_view text = as_text(bytes);
  const std::size_t head = text.find("\r\n\r\n");
  if (head == std::string_view::npos) return 0;
  if (!text.starts_with("HTTP/1.1 101")) {
    end("the upgrade was refused: " + std::string(text.substr(0, text.find('\r'))));
    return 0;
  }
  state_ = State::open;
  owner_.on_open(*this);
  return head + 4;
}

std::size_t LoadSocket::take_frames(ByteView bytes) {
  std::size_t used = 0;
  while (bytes.size() - used >= 2 && state_ == State::open) {
    const ByteView rest = bytes.subspan(used);
    std::size_t size = rest[1] & 127u;
    std::size_t head = 2;
    const std::size_t extra = size == 126 ? 2 : size == 127 ? 8 : 0;
    if (rest.size() < head + extra) break;
    if (extra != 0) {
      size = 0;
      for (std::size_t i = 0; i < extra; ++i) size = size << 8 | rest[2 + i];
      head += extra;
    }
    if (rest.size() < head + size) break;
    const ByteView payload = rest.subspan(head, size);
    used += head + size;
    switch (rest[0] & 15u) {
      case 2:
        owner_.on_message(*this, payload);
        break;
      case 8:
        end("closed with " + std::to_string(payload.size() < 2 ? 0 : payload[0] << 8 | payload[1]) +
            " " + std::string(as_text(payload.size() < 2 ? payload : payload.subspan(2))));
        break;
      case 9:
        put_frame(10, payload);
        break;
      default:
        break;
    }
  }
  return used;
}

void LoadSocket::put_frame(std::uint8_t opcode, ByteView payload) {
  if (state_ == State::closed) return;
  mask_ = mask_ * 1664525 + 1013904223;
  std::uint8_t key[4];
  std::memcpy(key, &mask_, 4);
  out_.push_back(static_cast<std::uint8_t>(0x80 | opcode));
  if (payload.size() < 126) {
    out_.push_back(static_cast<std::uint8_t>(0x80 | payload.size()));
  } else {
    const bool small = payload.size() < 65536;
    out_.push_back(static_cast<std::uint8_t>(0x80 | (small ? 126 : 127)));
    for (int i = small ? 1 : 7; i >= 0; --i) {
      out_.push_back(static_cast<std::uint8_t>(std::uint64_t{payload.size()} >> (8 * i)));
    }
  }
  out_.insert(out_.end(), key, key + 4);
  const std::size_t at = out_.size();
  append(out_, payload);
  for (std::size_t i = 0; i < payload.size(); ++i) out_[at + i] ^= key[i & 3];
}

void LoadSocket::flush() {
  if (state_ != State::upgrading && state_ != State::open) return;
  while (sent_ < out_.size()) {
    ERR_clear_error();
    const int result = SSL_write(ssl_, out_.data() + sent_, static_cast<int>(out_.size() - sent_));
    if (result > 0) {
      sent_ += static_cast<std::size_t>(result);
      continue;
    }
    if (would_block(ssl_, result)) return want_write(true);
    return end("writing failed");
  }
  out_.clear();
  sent_ = 0;
  want_write(false);
}

Bytes LoadSocket::channel_binding() const {
  Bytes binding(32);
  SSL_export_keying_material(ssl_, binding.data(), binding.size(), kExporterLabel.data(),
                             kExporterLabel.size(), nullptr, 0, 0);
  return binding;
}

}  // namespace candour::bench
