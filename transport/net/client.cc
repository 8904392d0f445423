#include "transport/net/client.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>

#include "base/limits.h"
#include "transport/net/io_impl.h"
#include "transport/net/stream.h"

namespace candour::net {

namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using asio::ip::tcp;

namespace {

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kSendQueueBytesMax = 4 * 1024 * 1024;
constexpr std::size_t kInboxBytesMax = 16 * 1024 * 1024;
constexpr std::uint64_t kCloseTimeoutMs = 2'000;

std::string where(const Endpoint& endpoint) {
  return endpoint.host + " port " + std::to_string(endpoint.port);
}

Error cannot_connect(const Endpoint& endpoint, const std::string& why) {
  return error(ErrorCode::cannot_connect, "cannot connect to " + where(endpoint) + ": " + why);
}

/// TCP and, with a ca_file, TLS. The stream's deadline is set and stays so.
asio::awaitable<Result<std::shared_ptr<StreamCore>>> open_stream(IoThread::Impl& io,
                                                                 const Endpoint& endpoint,
                                                                 std::uint64_t timeout_ms) {
  asio::io_context& context = io.context;
  SslContextPtr tls;
  if (!endpoint.ca_file.empty()) {
    auto made = client_context(endpoint.ca_file);
    if (!made) co_return made.as_failure();
    tls = std::move(made.value());
  }
  asio::ip::basic_resolver<tcp, Executor> resolver(context.get_executor());
  auto [unresolved, found] =
      co_await resolver.async_resolve(endpoint.host, std::to_string(endpoint.port), kAwait);
  if (unresolved) co_return cannot_connect(endpoint, "the name is not known");
  ErrorState failed = asio::error::host_not_found;
  std::shared_ptr<StreamCore> core;
  for (const auto& entry : found) {
    core = std::make_shared<StreamCore>(Socket(context.get_executor()), io.turns);
    core->set_deadline(timeout_ms);
    auto [refused] = co_await core->socket().async_connect(entry.endpoint(), kAwait);
    failed = refused;
    if (!failed) break;
    const bool late = core->deadline_passed();
    core->fail(failed);
    if (late) co_return cannot_connect(endpoint, "no answer in time");
  }
  if (failed) co_return cannot_connect(endpoint, failed.message());
  core->socket().set_option(tcp::no_delay(true), failed);
  core->socket().non_blocking(true, failed);
  if (!tls) co_return core;

  auto ssl = new_ssl(tls.get(), core->socket().native_handle());
  if (!ssl) co_return cannot_connect(endpoint, "OpenSSL cannot start: " + take_ssl_error());
  expect_name(ssl.get(), endpoint.tls_name);
  core->use_tls(std::move(ssl));
  Stream stream(core);
  auto [untrusted] = co_await stream.async_handshake(false, kAwait);
  if (untrusted) {
    std::string why = verify_failure(core->ssl());
    if (core->deadline_passed()) {
      why = "no answer in time";
    } else if (why.empty()) {
      why = "the TLS handshake failed";
    } else {
      why = "its certificate is not accepted for \"" + endpoint.tls_name + "\": " + why;
    }
    core->fail(untrusted);
    co_return cannot_connect(endpoint, why);
  }
  co_return core;
}

/// Hands one result from the IoThread to a waiting caller.
template <class T>
class Handover {
 public:
  void set(Result<T> value) {
    std::lock_guard lock(mutex_);
    value_.emplace(std::move(value));
    changed_.notify_all();
  }
  Result<T> wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return value_.has_value(); });
    return std::move(*value_);
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Result<T>> value_;
};

}  // namespace

struct WsClient::Impl final : ByteSource, std::enable_shared_from_this<WsClient::Impl> {
  Impl(asio::io_context& c, std::shared_ptr<StreamCore> k)
      : context(c), core(k), ws(Stream(k)), room(c.get_executor()) {
    room.expires_at(Timer::time_point::max());
  }

  asio::io_context& context;
  std::shared_ptr<StreamCore> core;
  websocket::stream<Stream> ws;
  Bytes binding;
  Timer room;  // cancelled when the inbox has room again
  bool closing = false;
  bool close_sent = false;

  mutable std::mutex mutex;
  std::condition_variable changed;
  std::deque<Bytes> inbox;
  std::size_t inbox_bytes = 0;
  std::deque<Bytes> outbox;
  std::size_t outbox_bytes = 0;
  bool gone = false;
  std::uint16_t close_code = 0;
  std::string close_reason;

  asio::awaitable<Status> upgrade(const Endpoint& endpoint);
  asio::awaitable<void> read_loop();
  /// Messages are masked by Beast, which collects them in the stream itself.
  std::size_t next(MutableByteView room) override;
  void close();
};

asio::awaitable<Status> WsClient::Impl::upgrade(const Endpoint& endpoint) {
  auto exported = export_channel_binding(core->ssl());
  if (!exported) co_return exported.as_failure();
  binding = std::move(exported.value());
  websocket::stream_base::timeout timeouts;
  timeouts.handshake_timeout = std::chrono::milliseconds(kCloseTimeoutMs * 5);
  timeouts.idle_timeout = std::chrono::milliseconds(limits::kIdleTimeoutMs);
  timeouts.keep_alive_pings = true;
  ws.set_option(timeouts);
  ws.set_option(websocket::stream_base::decorator([](websocket::request_type& request) {
    request.set(http::field::sec_websocket_protocol, "candour.v1");
  }));
  ws.read_message_max(limits::kFrameSizeMax);
  ws.binary(true);
  ws.auto_fragment(false);
  websocket::response_type response;
  auto [refused] = co_await ws.async_handshake(
      response, endpoint.tls_name + ":" + std::to_string(endpoint.port), "/v1", kAwait);
  if (core->deadline_passed()) co_return cannot_connect(endpoint, "no answer in time");
  if (refused) {
    co_return cannot_connect(endpoint,
                             refused == websocket::error::upgrade_declined
                                 ? "it refused the WebSocket upgrade with status " +
                                       std::to_string(response.result_int())
                                 : "the WebSocket handshake failed: " + refused.message());
  }
  if (response[http::field::sec_websocket_protocol] != "candour.v1") {
    co_return cannot_connect(endpoint, "it does not speak candour.v1");
  }
  core->clear_deadline();
  core->set_source(weak_from_this());
  co_return ok();
}

asio::awaitable<void> WsClient::Impl::read_loop() {
  auto self = shared_from_this();
  beast::flat_buffer buffer;
  for (;;) {
    auto [failed, size] = co_await ws.async_read(buffer, kAwait);
    if (failed) break;
    const auto* begin = static_cast<const std::uint8_t*>(buffer.data().data());
    bool full = false;
    {
      std::lock_guard lock(mutex);
      inbox.emplace_back(begin, begin + buffer.size());
      inbox_bytes += buffer.size();
      full = inbox_bytes > kInboxBytesMax;
      changed.notify_all();
    }
    buffer.consume(buffer.size());
    while (full) {
      co_await room.async_wait(kAwait);
      if (core->failure()) break;
      room.expires_at(Timer::time_point::max());
      std::lock_guard lock(mutex);
      full = inbox_bytes > kInboxBytesMax && !closing;
    }
  }
  {
    std::lock_guard lock(mutex);
    gone = true;
    close_code = static_cast<std::uint16_t>(ws.reason().code);
    close_reason.assign(ws.reason().reason.data(), ws.reason().reason.size());
    changed.notify_all();
  }
  core->set_deadline(1'000);
  Stream rest(core);
  co_await rest.async_drain(kAwait);
  core->set_source({});
  core->clear_deadline();
  core->fail(asio::error::operation_aborted);
}

std::size_t WsClient::Impl::next(MutableByteView) {
  for (;;) {
    Bytes message;
    {
      std::lock_guard lock(mutex);
      if (outbox.empty() || core->unsent() >= StreamCore::kUnsentGoal) break;
      message = std::move(outbox.front());
      outbox.pop_front();
      outbox_bytes -= message.size();
      changed.notify_all();
    }
    ErrorState ignored;  // the reading side notices
    ws.write(asio::buffer(message), ignored);
  }
  std::unique_lock lock(mutex);
  const bool empty = outbox.empty();
  lock.unlock();
  if (closing && empty && !close_sent) {
    close_sent = true;
    ws.async_close(websocket::close_code::normal,
                   [self = shared_from_this()](const ErrorState&) {});
  }
  return 0;
}

void WsClient::Impl::close() {
  if (closing) return;
  closing = true;
  room.cancel();
  core->set_deadline(kCloseTimeoutMs);
  core->schedule_flush();
}

WsClient::WsClient(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<WsClient>> WsClient::connect(IoThread& io, const Endpoint& endpoint,
                                                    std::uint64_t timeout_ms) {
  if (endpoint.ca_file.empty()) {
    return error(ErrorCode::config_invalid,
                 "no ca_file is configured: the relay's certificate cannot be checked");
  }
  auto handover = std::make_shared<Handover<std::shared_ptr<Impl>>>();
  const auto work =
      [](IoThread::Impl& on, Endpoint to, std::uint64_t timeout,
         std::shared_ptr<Handover<std::shared_ptr<Impl>>> result) -> asio::awaitable<void> {
    auto core = co_await open_stream(on, to, timeout);
    if (!core) {
      result->set(core.as_failure());
      co_return;
    }
    auto impl = std::make_shared<Impl>(on.context, core.value());
    auto upgraded = co_await impl->upgrade(to);
    if (!upgraded) {
      core.value()->clear_deadline();
      core.value()->fail(asio::error::connection_refused);
      result->set(upgraded.as_failure());
      co_return;
    }
    asio::co_spawn(on.context, impl->read_loop(), asio::detached);
    result->set(impl);
  };
  asio::co_spawn(io.impl().context, work(io.impl(), endpoint, timeout_ms, handover),
                 asio::detached);
  CANDOUR_TRY(auto impl, handover->wait());
  return std::unique_ptr<WsClient>(new WsClient(std::move(impl)));
}

WsClient::~WsClient() {
  close();
  std::unique_lock lock(impl_->mutex);
  impl_->changed.wait(lock, [this] { return impl_->gone; });
}

const Bytes& WsClient::channel_binding() const { return impl_->binding; }

Status WsClient::send(Bytes message) {
  std::unique_lock lock(impl_->mutex);
  impl_->changed.wait(lock,
                      [this] { return impl_->gone || impl_->outbox_bytes < kSendQueueBytesMax; });
  if (impl_->gone) return error(ErrorCode::disconnected, "the connection to the relay is gone");
  impl_->outbox_bytes += message.size();
  impl_->outbox.push_back(std::move(message));
  lock.unlock();
  asio::post(impl_->context, [core = impl_->core] { core->schedule_flush(); });
  return ok();
}

Result<Bytes> WsClient::receive(std::uint64_t timeout_ms) {
  std::unique_lock lock(impl_->mutex);
  const bool came = impl_->changed.wait_for(lock, std::chrono::milliseconds(timeout_ms), [this] {
    return !impl_->inbox.empty() || impl_->gone;
  });
  if (!came) return error(ErrorCode::timed_out, "nothing came from the relay in time");
  if (impl_->inbox.empty()) {
    std::string why = "the connection to the relay was cut";
    if (impl_->close_code != 0) {
      why = "the relay closed the connection: " + std::to_string(impl_->close_code) + " " +
            impl_->close_reason;
    }
    return error(ErrorCode::disconnected, why);
  }
  Bytes message = std::move(impl_->inbox.front());
  impl_->inbox.pop_front();
  const bool was_full = impl_->inbox_bytes > kInboxBytesMax;
  impl_->inbox_bytes -= message.size();
  if (was_full && impl_->inbox_bytes <= kInboxBytesMax) {
    asio::post(impl_->context, [impl = impl_] { impl->room.cancel(); });
  }
  return message;
}

std::uint16_t WsClient::close_code() const {
  std::lock_guard lock(impl_->mutex);
  return impl_->close_code;
}

std::string WsClient::close_reason() const {
  std::lock_guard lock(impl_->mutex);
  return impl_->close_reason;
}

void WsClient::close() {
  asio::post(impl_->context, [impl = impl_] { impl->close(); });
}

namespace {

asio::awaitable<Result<HttpReply>> exchange(IoThread::Impl& io, Endpoint endpoint,
                                            http::request<http::vector_body<std::uint8_t>> request,
                                            std::uint64_t timeout_ms, std::size_t size_max) {
  auto core = co_await open_stream(io, endpoint, timeout_ms);
  if (!core) co_return core.as_failure();
  Stream stream(core.value());
  auto [unsent, sent] = co_await http::async_write(stream, request, kAwait);
  beast::flat_buffer buffer;
  http::response_parser<http::vector_body<std::uint8_t>> parser;
  parser.body_limit(size_max);
  ErrorState failed = unsent;
  if (!failed) {
    auto [unread, size] = co_await http::async_read(stream, buffer, parser, kAwait);
    failed = unread;
  }
  const bool late = core.value()->deadline_passed();
  core.value()->clear_deadline();
  core.value()->shut_down();
  core.value()->fail(asio::error::operation_aborted);
  if (late) {
    co_return error(ErrorCode::timed_out, "no HTTP answer from " + where(endpoint) + " in time");
  }
  if (failed == http::error::body_limit) {
    co_return error(ErrorCode::frame_too_large, "the HTTP answer of " + where(endpoint) +
                                                    " is larger than " + std::to_string(size_max) +
                                                    " bytes");
  }
  if (failed) {
    co_return error(ErrorCode::disconnected,
                    "the HTTP request to " + where(endpoint) + " failed: " + failed.message());
  }
  auto& response = parser.get();
  HttpReply reply;
  reply.status = response.result_int();
  reply.content_type = std::string(response[http::field::content_type]);
  reply.body = std::move(response.body());
  co_return reply;
}

}  // namespace

Result<HttpReply> http_request(IoThread& io, const Endpoint& endpoint, const std::string& method,
                               const std::string& target, ByteView body, std::uint64_t timeout_ms,
                               std::size_t size_max) {
  http::request<http::vector_body<std::uint8_t>> request;
  request.version(11);
  request.method_string(method);
  request.target(target);
  request.set(http::field::host, endpoint.tls_name + ":" + std::to_string(endpoint.port));
  request.body() = to_bytes(body);
  request.keep_alive(false);
  request.prepare_payload();
  auto handover = std::make_shared<Handover<HttpReply>>();
  const auto work = [](IoThread::Impl& on, Endpoint to,
                       http::request<http::vector_body<std::uint8_t>> ask, std::uint64_t timeout,
                       std::size_t max,
                       std::shared_ptr<Handover<HttpReply>> result) -> asio::awaitable<void> {
    result->set(co_await exchange(on, to, std::move(ask), timeout, max));
  };
  asio::co_spawn(io.impl().context,
                 work(io.impl(), endpoint, std::move(request), timeout_ms, size_max, handover),
                 asio::detached);
  return handover->wait();
}

}  // namespace candour::net
