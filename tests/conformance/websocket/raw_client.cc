#include "tests/conformance/websocket/raw_client.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace candour::testing {

Bytes client_frame(std::uint8_t opcode, ByteView payload, FrameForm form) {
  Bytes out{static_cast<std::uint8_t>((form.fin ? 0x80 : 0) | form.reserved | opcode)};
  const std::uint8_t mask_bit = form.masked ? 0x80 : 0;
  const auto number = [&out](std::uint64_t value, int bytes) {
    for (int i = bytes - 1; i >= 0; --i) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
  };
  if (payload.size() > 65535 || form.length == Length::eight_bytes) {
    out.push_back(mask_bit | 127);
    number(payload.size(), 8);
  } else if (payload.size() > 125 || form.length == Length::two_bytes) {
    out.push_back(mask_bit | 126);
    number(payload.size(), 2);
  } else {
    out.push_back(static_cast<std::uint8_t>(mask_bit | payload.size()));
  }
  if (!form.masked) {
    append(out, payload);
    return out;
  }
  constexpr std::array<std::uint8_t, 4> kMask{0x37, 0xFA, 0x21, 0x3D};
  append(out, kMask);
  for (std::size_t i = 0; i < payload.size(); ++i) {
    out.push_back(static_cast<std::uint8_t>(payload[i] ^ kMask[i % 4]));
  }
  return out;
}

Bytes close_payload(unsigned code, std::string_view reason) {
  Bytes out(2 + reason.size());
  out[0] = static_cast<std::uint8_t>(code >> 8);
  out[1] = static_cast<std::uint8_t>(code);
  std::copy(reason.begin(), reason.end(), out.begin() + 2);
  return out;
}

std::string good_upgrade() {
  return "GET /v1 HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
         "Sec-WebSocket-Protocol: candour.v1\r\n\r\n";
}

RawClient::RawClient(std::uint16_t port) : descriptor_(socket(AF_INET, SOCK_STREAM, 0)) {
  const timeval patience{5, 0};
  setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  const int on = 1;
  setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  // When this fails, nothing is ever read, and every expectation fails.
  (void)::connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

RawClient::~RawClient() { close(descriptor_); }

bool RawClient::write(ByteView bytes) {
  while (!bytes.empty()) {
    const auto n = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return true;
}

bool RawClient::write_in_pieces(ByteView bytes, std::size_t size) {
  while (!bytes.empty()) {
    const std::size_t n = std::min(size, bytes.size());
    if (!write(bytes.first(n))) return false;
    bytes = bytes.subspan(n);
  }
  return true;
}

void RawClient::end_writing() { shutdown(descriptor_, SHUT_WR); }

bool RawClient::read_more() {
  std::array<std::uint8_t, 65536> part;
  const auto n = ::recv(descriptor_, part.data(), part.size(), 0);
  if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) timed_out_ = true;
  if (n <= 0) return false;
  append(in_, ByteView(part).first(static_cast<std::size_t>(n)));
  return true;
}

std::string RawClient::read_head() {
  for (;;) {
    const auto end = as_text(in_).find("\r\n\r\n");
    if (end != std::string_view::npos) {
      std::string head(as_text(in_).substr(0, end + 4));
      in_.erase(in_.begin(), in_.begin() + static_cast<std::ptrdiff_t>(end + 4));
      return head;
    }
    if (!read_more()) return {};
  }
}

std::string RawClient::upgrade(const std::string& request) {
  write(as_bytes(request));
  return read_head();
}

std::vector<RawFrame> RawClient::read_frames(std::vector<std::string>& faults) {
  while (read_more()) {
  }
  if (timed_out_) faults.push_back("the server did not end the connection");
  std::vector<RawFrame> frames;
  ByteView rest = in_;
  while (!rest.empty()) {
    const std::size_t extra = rest.size() < 2           ? 0
                              : (rest[1] & 127u) == 126 ? 2
                              : (rest[1] & 127u) == 127 ? 8
                                                        : 0;
    if (rest.size() < 2 + extra) break;
    if ((rest[0] & 0x80) == 0) faults.push_back("a fragment");
    if ((rest[0] & 0x70) != 0) faults.push_back("reserved bits");
    if ((rest[1] & 0x80) != 0) faults.push_back("a masked frame");
    std::uint64_t size = rest[1] & 127u;
    if (extra != 0) size = 0;
    for (std::size_t i = 0; i < extra; ++i) size = size << 8 | rest[2 + i];
    if ((extra == 2 && size < 126) || (extra == 8 && size < 65536)) {
      faults.push_back("a length longer than need be");
    }
    const ByteView from = rest.subspan(2 + extra);
    if (from.size() < size) break;
    frames.push_back({static_cast<std::uint8_t>(rest[0] & 15u), to_bytes(from.first(size))});
    rest = from.subspan(size);
  }
  if (!rest.empty()) faults.push_back("half a frame");
  return frames;
}

}  // namespace candour::testing
