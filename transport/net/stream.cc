#include "transport/net/stream.h"

#include <openssl/err.h>
#include <sys/socket.h>

#include <algorithm>

namespace candour::net {

namespace {

constexpr std::size_t kTlsRecordSize = 16 * 1024;

ErrorState last_system_error() { return {errno, boost::system::system_category()}; }

}  // namespace

bool StreamCore::ended() {
  if (!failure_ && !socket_.is_open()) failure_ = asio::error::operation_aborted;
  return static_cast<bool>(failure_);
}

StreamCore::Need StreamCore::handshake(bool server, ErrorState& error) {
  if (!ssl_) return Need::nothing;
  if (ended()) {
    error = failure_;
    return Need::nothing;
  }
  ERR_clear_error();
  const int result = server ? SSL_accept(ssl_.get()) : SSL_connect(ssl_.get());
  if (result == 1) return Need::nothing;
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return Need::read;
    case SSL_ERROR_WANT_WRITE:
      return Need::write;
    default:
      error = asio::error::connection_refused;
      return Need::nothing;
  }
}

std::size_t StreamCore::read(MutableByteView out, Need& need, ErrorState& error) {
  need = Need::nothing;
  if (ended()) {
    error = failure_;
    return 0;
  }
  if (out.empty()) return 0;
  if (!ssl_) {
    const auto n = ::recv(socket_.native_handle(), out.data(), out.size(), 0);
    if (n > 0) return static_cast<std::size_t>(n);
    if (n == 0) {
      error = asio::error::eof;
    } else if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) {
      need = Need::read;
    } else {
      error = last_system_error();
    }
    return 0;
  }
  ERR_clear_error();
  std::size_t size = 0;
  if (SSL_read_ex(ssl_.get(), out.data(), out.size(), &size) == 1) return size;
  switch (SSL_get_error(ssl_.get(), 0)) {
    case SSL_ERROR_WANT_READ:
      need = Need::read;
      break;
    case SSL_ERROR_WANT_WRITE:
      need = Need::write;
      break;
    case SSL_ERROR_ZERO_RETURN:
      error = asio::error::eof;
      break;
    default:
      error = asio::error::connection_reset;
      break;
  }
  return 0;
}

void StreamCore::collect(const void* data, std::size_t size) {
  if (ended()) return;
  if (sent_ == out_.size()) {
    out_.clear();
    sent_ = 0;
  }
  const auto* begin = static_cast<const std::uint8_t*>(data);
  out_.insert(out_.end(), begin, begin + size);
  if (!flushing_) schedule_flush();
}

void StreamCore::schedule_flush() {
  if (flush_scheduled_ || write_armed_ || ended()) return;
  flush_scheduled_ = true;
  asio::post(executor_, [self = shared_from_this()] {
    self->flush_scheduled_ = false;
    self->flush();
  });
}

bool StreamCore::write_once(ErrorState& error, Need& need) {
  const std::size_t size = std::min(unsent(), kTlsRecordSize);
  const std::uint8_t* data = out_.data() + sent_;
  if (!ssl_) {
    const auto n = ::send(socket_.native_handle(), data, size, MSG_NOSIGNAL);
    if (n >= 0) {
      sent_ += static_cast<std::size_t>(n);
      return true;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) {
      need = Need::write;
    } else {
      error = last_system_error();
    }
    return false;
  }
  ERR_clear_error();
  std::size_t n = 0;
  if (SSL_write_ex(ssl_.get(), data, size, &n) == 1) {
    sent_ += n;
    return true;
  }
  switch (SSL_get_error(ssl_.get(), 0)) {
    case SSL_ERROR_WANT_READ:
      need = Need::read;
      break;
    case SSL_ERROR_WANT_WRITE:
      need = Need::write;
      break;
    default:
      error = asio::error::broken_pipe;
      break;
  }
  return false;
}

void StreamCore::flush() {
  if (ended() || flushing_ || write_armed_) return notify();
  flushing_ = true;
  auto keep = shared_from_this();
  for (;;) {
    if (fill_ && unsent() < kUnsentGoal) fill_();
    if (unsent() == 0 || ended()) break;
    ErrorState error;
    Need need = Need::nothing;
    if (write_once(error, need)) continue;
    if (error) {
      flushing_ = false;
      return fail(error);
    }
    write_armed_ = true;
    wait(need, [keep](ErrorState waited) {
      keep->write_armed_ = false;
      if (waited) return keep->fail(waited);
      keep->flush();
    });
    break;
  }
  flushing_ = false;
  if (sent_ == out_.size()) {
    // An idle connection keeps no buffer.
    Bytes().swap(out_);
    sent_ = 0;
  } else if (sent_ > kUnsentGoal) {
    out_.erase(out_.begin(), out_.begin() + static_cast<std::ptrdiff_t>(sent_));
    sent_ = 0;
  }
  notify();
}

void StreamCore::notify() {
  std::vector<Callback> ready;
  for (auto it = waiters_.begin(); it != waiters_.end();) {
    if (failure_ || unsent() < it->first) {
      ready.push_back(std::move(it->second));
      it = waiters_.erase(it);
    } else {
      ++it;
    }
  }
  for (auto& callback : ready) {
    asio::post(executor_, [callback = std::move(callback), error = failure_] { callback(error); });
  }
}

void StreamCore::when_unsent_below(std::size_t level, Callback callback) {
  waiters_.emplace_back(level, std::move(callback));
  if (ended() || unsent() < level) {
    notify();
  } else {
    schedule_flush();
  }
}

void StreamCore::wait(Need need, Callback callback) {
  if (ended()) {
    asio::post(executor_, [callback = std::move(callback), error = failure_] { callback(error); });
    return;
  }
  const auto type = need == Need::write ? Socket::wait_write : Socket::wait_read;
  socket_.async_wait(type, [self = shared_from_this(), callback = std::move(callback)](
                               const ErrorState& error) { callback(error); });
}

void StreamCore::set_deadline(std::uint64_t delay_ms) {
  deadline_ = std::make_unique<Timer>(executor_);
  deadline_->expires_after(std::chrono::milliseconds(delay_ms));
  deadline_->async_wait([weak = weak_from_this()](const ErrorState& error) {
    if (error) return;
    if (auto self = weak.lock()) {
      self->deadline_passed_ = true;
      self->fail(asio::error::timed_out);
    }
  });
}

void StreamCore::clear_deadline() { deadline_.reset(); }

void StreamCore::fail(ErrorState error) {
  if (!failure_) failure_ = error;
  ErrorState ignored;
  socket_.close(ignored);
  notify();
}

void StreamCore::shut_down() {
  if (ended()) return;
  ERR_clear_error();
  // Once only: a second call would wait for the peer's and take its data for a protocol error.
  if (ssl_ && SSL_is_init_finished(ssl_.get()) &&
      (SSL_get_shutdown(ssl_.get()) & SSL_SENT_SHUTDOWN) == 0) {
    SSL_shutdown(ssl_.get());
  }
  ErrorState ignored;
  socket_.shutdown(asio::socket_base::shutdown_send, ignored);
}

}  // namespace candour::net
