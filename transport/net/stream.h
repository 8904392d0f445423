// A byte stream over TCP, with TLS 1.3 by OpenSSL directly on the descriptor or plain. It stands
// below Beast in place of asio::ssl::stream, whose four 17 KB buffers per connection and one
// write per frame cost four times the memory and CPU (measured; docs/architecture.md).
//
// Writing never waits: bytes are collected, or taken from a ByteSource, and go out together at the
// end of the event loop's turn, so frames for one peer share TLS records and system calls. Only
// what the socket does not take is kept. Used on the IoThread only. For transport/net only.
#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/role.hpp>
#include <functional>
#include <memory>
#include <vector>

#include "base/bytes.h"
#include "transport/net/tls_context.h"
#include "transport/net/turn_queue.h"

namespace candour::net {

namespace asio = boost::asio;
using ErrorState = boost::system::error_code;
using Executor = asio::io_context::executor_type;
using Socket = asio::basic_stream_socket<asio::ip::tcp, Executor>;
using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>, Executor>;

/// Where bytes come from when the socket has room, a TLS record at a time.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  /// Copies into `room` what goes out next; how many bytes.
  virtual std::size_t next(MutableByteView room) = 0;
  /// What is written to the stream itself meanwhile (Beast's control frames): true when the source
  /// takes it, to send it behind what it has now; otherwise it goes out before the source is asked.
  virtual bool collect(ByteView) { return false; }
  /// How much of that is still here.
  virtual std::size_t collected() const { return 0; }
};

/// The part that needs no templates; shared by the stream and the operations under way.
class StreamCore final : public EndOfTurn, public std::enable_shared_from_this<StreamCore> {
 public:
  using Callback = std::function<void(ErrorState)>;
  enum class Need { nothing, read, write };

  /// Above this many collected bytes asynchronous writers wait.
  static constexpr std::size_t kUnsentGoal = 64 * 1024;

  StreamCore(Socket socket, TurnQueue& turns)
      : socket_(std::move(socket)), executor_(socket_.get_executor()), turns_(turns) {}

  /// Turns TLS on; before any byte is read or written.
  void use_tls(SslPtr ssl) { ssl_ = std::move(ssl); }
  SSL* ssl() { return ssl_.get(); }
  Socket& socket() { return socket_; }
  const Executor& executor() const { return executor_; }

  /// One step of the handshake: nothing = done (or failed, see `error`).
  Need handshake(bool server, ErrorState& error);
  /// Up to `out.size()` bytes; 0 with a Need when it would block, 0 with an error at the end.
  std::size_t read(MutableByteView out, Need& need, ErrorState& error);
  /// Collects bytes and makes sure that they go out soon.
  void collect(const void* data, std::size_t size);
  /// Collected or refused by the socket; what the source has of its own does not count.
  std::size_t unsent() const;
  /// Asked for more whenever there is room.
  void set_source(std::weak_ptr<ByteSource> source) { source_ = std::move(source); }
  /// Sends what there is at the end of the turn, or now.
  void schedule_flush();
  void flush();
  void end_of_turn() override;
  /// Calls back once fewer than `level` bytes are unsent, or with the error that ended the stream.
  void when_unsent_below(std::size_t level, Callback callback);
  /// Calls `handler` with an ErrorState when the descriptor is ready or the stream has ended.
  template <class Handler>
  void wait(Need need, Handler handler) {
    if (ended()) {
      asio::post(executor_,
                 [handler = std::move(handler), error = failure_]() mutable { handler(error); });
      return;
    }
    socket_.async_wait(need == Need::write ? Socket::wait_write : Socket::wait_read,
                       std::move(handler));
  }
  /// Closes the socket unless `clear_deadline` comes within `delay_ms`.
  void set_deadline(std::uint64_t delay_ms);
  void clear_deadline();
  bool deadline_passed() const { return deadline_passed_; }
  /// Ends the stream; everything under way completes with an error.
  void fail(ErrorState error);
  const ErrorState& failure() const { return failure_; }
  /// Tells the peer that nothing follows (TLS close_notify and TCP FIN).
  void shut_down();

 private:
  /// Beast closes the socket by itself when a session times out. OpenSSL would go on with a
  /// descriptor that may by then belong to another connection, so every use asks here first.
  bool ended();
  /// Fills a record with what goes out next; how many bytes.
  std::size_t gather(MutableByteView record);
  std::size_t take_collected(MutableByteView room);
  std::size_t write(ByteView bytes, ErrorState& error, Need& need);
  void notify();

  Socket socket_;
  Executor executor_;
  TurnQueue& turns_;
  SslPtr ssl_;
  Bytes out_;      // collected
  Bytes refused_;  // of a record the socket did not take; OpenSSL wants to see these again
  std::size_t sent_ = 0;
  bool flush_scheduled_ = false;
  bool write_armed_ = false;
  bool flushing_ = false;
  bool deadline_passed_ = false;
  bool nothing_to_read_ = false;
  ErrorState failure_;
  std::weak_ptr<ByteSource> source_;
  std::vector<std::pair<std::size_t, Callback>> waiters_;
  std::unique_ptr<Timer> deadline_;
};

/// What Beast calls AsyncStream and SyncWriteStream.
class Stream {
 public:
  using executor_type = Executor;
  using next_layer_type = Socket;

  explicit Stream(std::shared_ptr<StreamCore> core) : core_(std::move(core)) {}

  executor_type get_executor() noexcept { return core_->executor(); }
  Socket& next_layer() { return core_->socket(); }
  const Socket& next_layer() const { return core_->socket(); }
  StreamCore& core() { return *core_; }
  const std::shared_ptr<StreamCore>& core_ptr() { return core_; }

  /// Takes everything at once.
  template <class Buffers>
  std::size_t write_some(const Buffers& buffers, ErrorState& error) {
    error = core_->failure();
    if (error) return 0;
    std::size_t size = 0;
    for (auto it = asio::buffer_sequence_begin(buffers); it != asio::buffer_sequence_end(buffers);
         ++it) {
      const asio::const_buffer part(*it);
      core_->collect(part.data(), part.size());
      size += part.size();
    }
    return size;
  }

  /// Not for use: reading is always asynchronous here; Beast wants the names.
  template <class Buffers>
  std::size_t read_some(const Buffers&, ErrorState& error) {
    error = asio::error::operation_not_supported;
    return 0;
  }
  template <class Buffers>
  std::size_t read_some(const Buffers&) {
    return 0;
  }
  template <class Buffers>
  std::size_t write_some(const Buffers& buffers) {
    ErrorState error;
    return write_some(buffers, error);
  }

  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    ErrorState error;
    const std::size_t size = write_some(buffers, error);
    return asio::async_compose<Token, void(ErrorState, std::size_t)>(
        [core = core_, error, size, started = false](auto& self, ErrorState later = {}) mutable {
          if (started) return self.complete(error ? error : later, error ? 0 : size);
          started = true;
          // The operation is moved away below and takes its captures with it.
          auto keep = core;
          if (error || keep->unsent() < StreamCore::kUnsentGoal) {
            return asio::post(keep->executor(), std::move(self));
          }
          auto shared = std::make_shared<std::decay_t<decltype(self)>>(std::move(self));
          keep->when_unsent_below(StreamCore::kUnsentGoal,
                                  [shared](ErrorState e) { (*shared)(e); });
        },
        token, core_->executor());
  }

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    asio::mutable_buffer into;
    for (auto it = asio::buffer_sequence_begin(buffers); it != asio::buffer_sequence_end(buffers);
         ++it) {
      into = asio::mutable_buffer(*it);
      if (into.size() != 0) break;
    }
    return asio::async_compose<Token, void(ErrorState, std::size_t)>(
        [core = core_, into, size = std::size_t{0}, failed = ErrorState(), posted = false](
            auto& self, ErrorState error = {}) mutable {
          if (posted || error) return self.complete(posted ? failed : error, size);
          StreamCore::Need need = StreamCore::Need::nothing;
          auto keep = core;
          size = keep->read({static_cast<std::uint8_t*>(into.data()), into.size()}, need, failed);
          posted = need == StreamCore::Need::nothing;
          if (posted) return asio::post(keep->executor(), std::move(self));
          keep->wait(need, std::move(self));
        },
        token, core_->executor());
  }

  template <class Token>
  auto async_handshake(bool server, Token&& token) {
    return asio::async_compose<Token, void(ErrorState)>(
        [core = core_, server, failed = ErrorState(), posted = false](
            auto& self, ErrorState error = {}) mutable {
          if (posted || error) return self.complete(posted ? failed : error);
          auto keep = core;
          const auto need = keep->handshake(server, failed);
          posted = need == StreamCore::Need::nothing;
          if (posted) return asio::post(keep->executor(), std::move(self));
          keep->wait(need, std::move(self));
        },
        token, core_->executor());
  }

  /// Completes when everything collected has gone out.
  template <class Token>
  auto async_drain(Token&& token) {
    return asio::async_compose<Token, void(ErrorState)>(
        [core = core_, started = false](auto& self, ErrorState error = {}) mutable {
          if (started) return self.complete(error);
          started = true;
          auto keep = core;
          auto shared = std::make_shared<std::decay_t<decltype(self)>>(std::move(self));
          keep->when_unsent_below(1, [shared](ErrorState e) { (*shared)(e); });
        },
        token, core_->executor());
  }

 private:
  std::shared_ptr<StreamCore> core_;
};

// Found by Beast when it ends a WebSocket session.
inline void teardown(boost::beast::role_type, Stream& stream, ErrorState& error) {
  stream.core().shut_down();
  error = {};
}

template <class Handler>
void async_teardown(boost::beast::role_type, Stream& stream, Handler&& handler) {
  auto core = stream.core_ptr();
  stream.async_drain([core, handler = std::forward<Handler>(handler)](ErrorState error) mutable {
    core->shut_down();
    handler(error);
  });
}

}  // namespace candour::net
