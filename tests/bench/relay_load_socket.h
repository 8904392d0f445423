// One wss client connection of the load generator: non-blocking OpenSSL on the descriptor,
// WebSocket frames by hand, all of them driven by one epoll loop. Own code, so that the client
// costs little and is no code of the server's.
#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <string>

#include "base/bytes.h"

namespace candour::bench {

class LoadSocket;

class SocketOwner {
 public:
  virtual ~SocketOwner() = default;
  virtual void on_open(LoadSocket& socket) = 0;
  /// One whole message; the view dies with the call.
  virtual void on_message(LoadSocket& socket, ByteView message) = 0;
  virtual void on_closed(LoadSocket& socket, const std::string& why) = 0;
};

class LoadSocket {
 public:
  LoadSocket(SocketOwner& owner, std::uint32_t index) : owner_(owner), index_(index) {}
  ~LoadSocket();
  LoadSocket(const LoadSocket&) = delete;
  LoadSocket& operator=(const LoadSocket&) = delete;

  std::uint32_t index() const { return index_; }
  bool open() const { return state_ == State::open; }
  bool ended() const { return state_ == State::closed; }

  /// Begins to connect to 127.0.0.1; false when there is no descriptor left.
  bool start(int epoll, SSL_CTX* tls, std::uint16_t port, std::string path,
             std::string subprotocol);
  void on_event(std::uint32_t events);
  /// Queues one binary message, masked.
  void put(ByteView message) { put_frame(2, message); }
  void flush();
  /// Closes without a farewell.
  void cut() { end("cut"); }
  /// 32 bytes of "EXPORTER-candour-login-v1".
  Bytes channel_binding() const;

 private:
  enum class State { none, connecting, tls, upgrading, open, closed };
  void put_frame(std::uint8_t opcode, ByteView payload);
  void end(const std::string& why);
  void want_write(bool wanted);
  void step_tls();
  void ask_upgrade();
  void read_once();
  /// How many of the bytes were used.
  std::size_t take(ByteView bytes);
  std::size_t take_frames(ByteView bytes);
  std::size_t take_answer(ByteView bytes);

  SocketOwner& owner_;
  std::uint32_t index_;
  State state_ = State::none;
  int epoll_ = -1;
  int descriptor_ = -1;
  SSL* ssl_ = nullptr;
  SSL_CTX* tls_ = nullptr;
  bool wants_write_ = false;
  std::string path_;
  std::string subprotocol_;
  Bytes in_;
  Bytes out_;
  std::size_t sent_ = 0;
  std::uint32_t mask_ = 0x9E3779B9;
};

}  // namespace candour::bench
