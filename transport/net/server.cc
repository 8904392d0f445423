#include "transport/net/server.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <condition_variable>
#include <list>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "base/assert.h"
#include "transport/net/io_impl.h"
#include "transport/net/pace.h"
#include "transport/net/server_session.h"
#include "transport/net/server_upgrade.h"
#include "transport/net/tls_context.h"

namespace candour::net {

namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using asio::ip::tcp;

namespace {

using Body = http::span_body<const std::uint8_t>;
using Response = http::response<Body>;
using Acceptor = asio::basic_socket_acceptor<tcp, Executor>;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::uint32_t kHeaderSizeMax = 16 * 1024;
constexpr std::uint64_t kEndTimeoutMs = 1'000;
constexpr std::size_t kUnreadBytesMax = 8 * 1024 * 1024;

}  // namespace

struct Server::Impl : std::enable_shared_from_this<Server::Impl> {
  Impl(IoThread& io, ServerOptions o, ServerHandler& h)
      : context(io.impl().context),
        turns(io.impl().turns),
        options(std::move(o)),
        handler(h),
        acceptor(context),
        accepts(std::make_shared<Pace>(context, turns, options.accepts_per_turn)),
        handshakes(std::make_shared<Pace>(context, turns, options.handshakes_per_turn)) {}

  Status listen();
  Status load_certificate();
  asio::awaitable<void> accept_loop();
  asio::awaitable<void> serve(Socket socket);
  /// TLS, where it is on.
  asio::awaitable<bool> shake_hands(Stream stream);
  /// Answers requests until one asks for WebSocket, which is returned, or the connection ends.
  asio::awaitable<std::unique_ptr<Request>> serve_http(Stream stream);
  asio::awaitable<bool> answer(Stream& stream, const Request& request);
  asio::awaitable<bool> respond(Stream& stream, const Request& request, HttpResponse answer);
  asio::awaitable<std::shared_ptr<Session>> open_session(Stream stream,
                                                         std::unique_ptr<Request> request);
  asio::awaitable<void> run_session(std::shared_ptr<Session> session);
  void take_message(Session& session, Bytes message);
  asio::awaitable<void> end_gently(std::shared_ptr<StreamCore> core);
  void bound_unopened();
  void begin_shutdown();
  void connection_ended();
  void send(SessionId id, std::span<const SharedFrame> frames, FrameQueue::Opcode opcode);

  asio::io_context& context;
  TurnQueue& turns;
  ServerOptions options;
  ServerHandler& handler;
  Acceptor acceptor;
  std::shared_ptr<Pace> accepts;
  std::shared_ptr<Pace> handshakes;
  SslContextPtr tls;
  std::uint16_t port = 0;
  bool stopping = false;
  bool accepting = true;
  ServerCounters counters;
  SessionId last_id = 0;
  std::unordered_map<SessionId, std::shared_ptr<Session>> sessions;
  /// Every connection, and its place among those that are no sessions, oldest first.
  using Unopened = std::list<std::shared_ptr<StreamCore>>;
  std::unordered_map<std::shared_ptr<StreamCore>, Unopened::iterator> connections;
  Unopened unopened;

  std::mutex mutex;
  std::condition_variable ended;
  std::size_t running = 0;  // coroutines that may still call the handler
};

Status Server::Impl::load_certificate() {
  if (options.certificate_file.empty()) return ok();
  CANDOUR_TRY(auto loaded, server_context(options.certificate_file, options.private_key_file));
  tls = std::move(loaded);
  return ok();
}

Status Server::Impl::listen() {
  ErrorState failed;
  const auto address = asio::ip::make_address(options.address, failed);
  if (failed) {
    return error(ErrorCode::config_invalid,
                 "the listening address \"" + options.address + "\" is no IP address");
  }
  if (options.certificate_file.empty() && !address.is_loopback()) {
    return error(ErrorCode::config_invalid, "without TLS only a loopback address may be listened " +
                                                ("on, not " + options.address));
  }
  CANDOUR_TRY(load_certificate());
  const tcp::endpoint endpoint(address, options.port);
  acceptor.open(endpoint.protocol(), failed);
  if (!failed) acceptor.set_option(asio::socket_base::reuse_address(true), failed);
  if (!failed) acceptor.bind(endpoint, failed);
  if (!failed) acceptor.listen(asio::socket_base::max_listen_connections, failed);
  if (failed) {
    return error(ErrorCode::config_invalid, "cannot listen on " + options.address + " port " +
                                                std::to_string(options.port) + ": " +
                                                failed.message());
  }
  port = acceptor.local_endpoint(failed).port();
  return ok();
}

asio::awaitable<void> Server::Impl::accept_loop() {
  auto self = shared_from_this();
  while (accepting) {
    co_await accepts->step();
    if (!accepting) break;
    auto [failed, socket] = co_await acceptor.async_accept(context.get_executor(), kAwait);
    if (!accepting) break;
    if (failed) {
      // Out of descriptors, most likely: wait instead of spinning.
      Timer pause(context.get_executor(), std::chrono::milliseconds(50));
      co_await pause.async_wait(kAwait);
      continue;
    }
    if (connections.size() >= options.sessions_max) {
      ++counters.connections_refused;
      continue;  // the socket closes here
    }
    ++counters.connections;
    ErrorState ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    socket.non_blocking(true, ignored);
    {
      std::lock_guard lock(mutex);
      ++running;
    }
    asio::co_spawn(context, serve(std::move(socket)),
                   [self](std::exception_ptr) { self->connection_ended(); });
  }
}

void Server::Impl::connection_ended() {
  std::lock_guard lock(mutex);
  --running;
  ended.notify_all();
}

void Server::Impl::bound_unopened() {
  if (unopened.size() <= options.unopened_max) return;
  ++counters.connections_cut;
  auto oldest = unopened.front();
  connections[oldest] = unopened.end();
  unopened.pop_front();
  oldest->fail(asio::error::timed_out);
}

asio::awaitable<void> Server::Impl::serve(Socket socket) {
  auto core = std::make_shared<StreamCore>(std::move(socket), turns);
  connections.emplace(core, unopened.insert(unopened.end(), core));
  bound_unopened();
  // Whatever ends this coroutine, the connection leaves the table and its socket is closed.
  struct Leave {
    Server::Impl& impl;
    std::shared_ptr<StreamCore> core;
    void no_more_unopened() const {
      auto& place = impl.connections.at(core);
      if (place != impl.unopened.end()) impl.unopened.erase(place);
      place = impl.unopened.end();
    }
    ~Leave() {
      core->set_source({});
      core->clear_deadline();
      core->fail(asio::error::operation_aborted);
      no_more_unopened();
      impl.connections.erase(core);
    }
  } leave{*this, core};
  core->set_deadline(options.handshake_timeout_ms);
  const bool shaken = co_await shake_hands(Stream(core));
  if (!shaken) co_return;
  auto request = co_await serve_http(Stream(core));
  if (!request) co_return;
  auto session = co_await open_session(Stream(core), std::move(request));
  if (!session) {
    co_await end_gently(core);  // the answer says why
    co_return;
  }
  leave.no_more_unopened();
  co_await run_session(std::move(session));
}

asio::awaitable<bool> Server::Impl::shake_hands(Stream stream) {
  if (!tls) co_return true;
  StreamCore& core = stream.core();
  // A connection that says nothing waits without costing anything.
  auto [gone] = co_await core.socket().async_wait(Socket::wait_read, kAwait);
  if (gone) co_return false;
  co_await handshakes->step();
  if (core.failure()) co_return false;
  auto ssl = new_ssl(tls.get(), core.socket().native_handle());
  if (!ssl) co_return false;
  core.use_tls(std::move(ssl));
  auto [failed] = co_await stream.async_handshake(true, kAwait);
  if (failed) {
    ++counters.handshakes_failed;
    co_return false;
  }
  if (SSL_session_reused(core.ssl()) != 0) ++counters.handshakes_resumed;
  co_return true;
}

asio::awaitable<std::unique_ptr<Request>> Server::Impl::serve_http(Stream stream) {
  beast::flat_buffer buffer(kHeaderSizeMax + options.http_body_size_max);
  for (;;) {
    stream.core().set_deadline(options.handshake_timeout_ms);
    http::request_parser<http::vector_body<std::uint8_t>> parser;
    parser.header_limit(kHeaderSizeMax);
    parser.body_limit(options.http_body_size_max);
    auto [failed, size] = co_await http::async_read(stream, buffer, parser, kAwait);
    if (failed) {
      if (stopping || failed.category() != make_error_code(http::error::body_limit).category()) {
        co_return nullptr;
      }
      if (failed == http::error::end_of_stream || failed == http::error::partial_message) {
        co_return nullptr;
      }
      HttpResponse refusal{.status = failed == http::error::body_limit ? 413u : 400u};
      Request none;
      none.keep_alive(false);
      co_await respond(stream, none, std::move(refusal));
      co_return nullptr;
    }
    auto request = std::make_unique<Request>(parser.release());
    if (wants_upgrade(*request)) {
      auto refusal = refuse_upgrade(*request, options);
      if (!refusal) co_return request;
      if (refusal->status == 403) ++counters.origins_refused;
      co_await respond(stream, *request, std::move(*refusal));
      co_return nullptr;
    }
    const bool more = co_await answer(stream, *request);
    if (!more) co_return nullptr;
  }
}

asio::awaitable<bool> Server::Impl::answer(Stream& stream, const Request& request) {
  HttpRequest asked{.method = std::string(request.method_string()),
                    .target = std::string(request.target()),
                    .body = request.body(),
                    .if_none_match = std::string(request[Field::if_none_match]),
                    .accepts_gzip = lists(request[Field::accept_encoding], "gzip")};
  auto made = std::make_shared<std::optional<HttpResponse>>();
  auto arrived = std::make_shared<Timer>(context.get_executor(), Timer::time_point::max());
  const bool later = handler.on_http_later(asked, [made, arrived](HttpResponse response) {
    made->emplace(std::move(response));
    arrived->cancel();
  });
  if (!later) made->emplace(handler.on_http(asked));
  while (!made->has_value() && !stream.core().failure()) {
    arrived->expires_after(std::chrono::milliseconds(100));
    co_await arrived->async_wait(kAwait);
  }
  if (!made->has_value()) co_return false;
  co_return co_await respond(stream, request, std::move(**made));
}

asio::awaitable<bool> Server::Impl::respond(Stream& stream, const Request& request,
                                            HttpResponse answer) {
  Response response(static_cast<http::status>(answer.status), 11);
  response.set(http::field::content_type, answer.content_type);
  response.set("X-Content-Type-Options", "nosniff");
  if (tls) response.set(http::field::strict_transport_security, "max-age=31536000");
  if (!answer.cache_control.empty()) response.set(http::field::cache_control, answer.cache_control);
  for (const auto& [name, value] : answer.fields) response.set(name, value);
  const bool keep = request.keep_alive() && !stopping;
  response.keep_alive(keep);
  // Both live until this coroutine ends, as the bytes must until they are written.
  const Bytes& body = answer.shared_body ? *answer.shared_body : answer.body;
  // Without a body, and without a length of one that is not sent (RFC 9110 section 15.4.5).
  const bool not_modified = answer.status == 304;
  if (request.method() != http::verb::head && !not_modified) {
    response.body() = Body::value_type(body.data(), body.size());
  }
  if (!not_modified) response.content_length(body.size());
  http::response_serializer<Body> serializer(response);
  ErrorState failed;
  if (request.method() == http::verb::head) {
    serializer.split(true);
    auto [refused, written] = co_await http::async_write_header(stream, serializer, kAwait);
    failed = refused;
  } else {
    auto [refused, written] = co_await http::async_write(stream, serializer, kAwait);
    failed = refused;
  }
  if (failed) co_return false;
  if (keep) {
    auto [undrained] = co_await stream.async_drain(kAwait);
    co_return !undrained;
  }
  stream.core().set_deadline(kEndTimeoutMs);
  co_await end_gently(stream.core_ptr());
  co_return false;
}

asio::awaitable<std::shared_ptr<Session>> Server::Impl::open_session(
    Stream stream, std::unique_ptr<Request> request) {
  auto session = std::make_shared<Session>(++last_id, std::move(stream), handler);
  session->close_timeout_ms = options.handshake_timeout_ms;
  auto& ws = session->ws;
  websocket::stream_base::timeout timeouts;
  timeouts.handshake_timeout = std::chrono::milliseconds(options.handshake_timeout_ms);
  timeouts.idle_timeout = std::chrono::milliseconds(options.idle_timeout_ms);
  timeouts.keep_alive_pings = true;
  ws.set_option(timeouts);
  ws.set_option(websocket::stream_base::decorator([](websocket::response_type& response) {
    response.set(http::field::sec_websocket_protocol,
                 beast::string_view(kSubprotocol.data(), kSubprotocol.size()));
  }));
  ws.read_message_max(options.frame_size_max);
  ws.auto_fragment(false);
  Bytes binding;
  if (tls) {
    auto exported = export_channel_binding(session->core->ssl());
    if (!exported) co_return nullptr;
    binding = std::move(exported.value());
  }
  auto [refused] = co_await ws.async_accept(*request, kAwait);
  if (refused || stopping) co_return nullptr;
  session->core->clear_deadline();
  session->core->set_source(session);
  sessions.emplace(session->id, session);
  handler.on_open(session->id, binding);
  co_return session;
}

asio::awaitable<void> Server::Impl::run_session(std::shared_ptr<Session> session) {
  beast::flat_buffer buffer;
  for (;;) {
    auto [failed, size] = co_await session->ws.async_read(buffer, kAwait);
    if (failed == websocket::error::message_too_big) ++counters.frames_too_large;
    if (failed) break;
    const auto* begin = static_cast<const std::uint8_t*>(buffer.data().data());
    if (!session->closing) take_message(*session, Bytes(begin, begin + buffer.size()));
    buffer.consume(buffer.size());
    buffer.shrink_to_fit();
  }
  session->closing = true;
  sessions.erase(session->id);
  handler.on_close(session->id);
  // A closing handshake of ours may still be under way; its last bytes go out, within the deadline.
  session->core->set_deadline(kEndTimeoutMs);
  co_await end_gently(session->core);
}

void Server::Impl::take_message(Session& session, Bytes message) {
  if (session.ws.got_binary()) return handler.on_frame(session.id, std::move(message));
  if (!handler.on_text(session.id, std::move(message))) {
    session.close(1003, "binary messages only");
  }
}

asio::awaitable<void> Server::Impl::end_gently(std::shared_ptr<StreamCore> core) {
  Stream rest(core);
  auto [undrained] = co_await rest.async_drain(kAwait);
  if (undrained) co_return;
  core->shut_down();
  // A socket closed with unread bytes resets the connection, and the peer would never see why it
  // was closed. The deadline and this bound end the reading.
  Bytes unread(16 * 1024);
  for (std::size_t total = 0; total < kUnreadBytesMax;) {
    auto [done, size] = co_await rest.async_read_some(asio::buffer(unread), kAwait);
    if (done) break;
    total += size;
  }
}

void Server::Impl::begin_shutdown() {
  stopping = true;
  accepting = false;
  ErrorState ignored;
  acceptor.close(ignored);
  for (auto& [core, place] : connections) core->set_deadline(sessions.empty() ? 100 : 2'000);
  for (auto& [id, session] : sessions) {
    session->close_timeout_ms = 2'000;
    session->close(1001, "the server is stopping");
  }
}

Server::Server(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<Server>> Server::start(IoThread& io, const ServerOptions& options,
                                              ServerHandler& handler) {
  auto impl = std::make_shared<Impl>(io, options, handler);
  CANDOUR_TRY(impl->listen());
  {
    std::lock_guard lock(impl->mutex);
    ++impl->running;
  }
  asio::co_spawn(impl->context, impl->accept_loop(),
                 [impl](std::exception_ptr) { impl->connection_ended(); });
  return std::unique_ptr<Server>(new Server(impl));
}

Server::~Server() {
  asio::post(impl_->context, [impl = impl_] { impl->begin_shutdown(); });
  std::unique_lock lock(impl_->mutex);
  impl_->ended.wait(lock, [this] { return impl_->running == 0; });
}

std::uint16_t Server::port() const { return impl_->port; }

Status Server::reload_certificate() { return impl_->load_certificate(); }

void Server::Impl::send(SessionId id, std::span<const SharedFrame> frames,
                        FrameQueue::Opcode opcode) {
  const auto it = sessions.find(id);
  if (it != sessions.end() && !it->second->send(frames, opcode, options)) ++counters.too_slow;
}

void Server::send(SessionId session, const SharedFrame& frame) {
  impl_->send(session, {&frame, 1}, FrameQueue::Opcode::binary);
}

void Server::send_together(SessionId session, std::span<const SharedFrame> frames) {
  impl_->send(session, frames, FrameQueue::Opcode::binary);
}

void Server::send_text(SessionId session, const SharedFrame& text) {
  impl_->send(session, {&text, 1}, FrameQueue::Opcode::text);
}

void Server::stop_accepting() {
  impl_->accepting = false;
  ErrorState ignored;
  impl_->acceptor.close(ignored);
}

void Server::set_limits(ServerLimits limits) {
  ServerOptions& options = impl_->options;
  options.queue_frames_max = limits.queue_frames_max;
  options.queue_bytes_max = limits.queue_bytes_max;
  options.sessions_max = limits.sessions_max;
  options.origins = std::move(limits.origins);
}

ServerCounters Server::counters() const {
  ServerCounters out = impl_->counters;
  out.connections_open = impl_->connections.size();
  out.unopened = impl_->unopened.size();
  return out;
}

std::size_t Server::queued(SessionId session) const {
  auto it = impl_->sessions.find(session);
  return it == impl_->sessions.end() ? 0 : it->second->queue.size();
}

void Server::close(SessionId session, std::uint16_t code, const std::string& reason) {
  auto it = impl_->sessions.find(session);
  if (it != impl_->sessions.end()) it->second->close(code, reason);
}

}  // namespace candour::net
