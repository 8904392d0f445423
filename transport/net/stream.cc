#include "transport/net/stream.h"

#include <openssl/err.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>

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
  if (nothing_to_read_) {
    // The last call emptied OpenSSL's buffer: waiting costs less than a read that finds nothing.
    nothing_to_read_ = false;
    need = Need::read;
    return 0;
  }
  turns_.note_activity();
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
  if (SSL_read_ex(ssl_.get(), out.data(), out.size(), &size) == 1) {
    nothing_to_read_ = SSL_has_pending(ssl_.get()) == 0;
    return size;
  }
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
  const auto* begin = static_cast<const std::uint8_t*>(data);
  const auto source = source_.lock();
  if (!source || !source->collect({begin, size})) out_.insert(out_.end(), begin, begin + size);
  if (!flushing_) schedule_flush();
}

std::size_t StreamCore::unsent() const {
  const auto source = source_.lock();
  return refused_.size() + out_.size() - sent_ + (source ? source->collected() : 0);
}

void StreamCore::schedule_flush() {
  if (flush_scheduled_ || write_armed_ || ended()) return;
  flush_scheduled_ = true;
  turns_.add(shared_from_this());
}

void StreamCore::end_of_turn() {
  flush_scheduled_ = false;
  flush();
}

std::size_t StreamCore::take_collected(MutableByteView room) {
  const std::size_t size = std::min(room.size(), out_.size() - sent_);
  std::copy_n(out_.begin() + static_cast<std::ptrdiff_t>(sent_), size, room.begin());
  sent_ += size;
  if (sent_ == out_.size()) {
    Bytes().swap(out_);  // an idle connection keeps no buffer
    sent_ = 0;
  }
  return size;
}

std::size_t StreamCore::gather(MutableByteView record) {
  std::size_t size = 0;
  const auto source = source_.lock();
  while (size < record.size()) {
    std::size_t more = take_collected(record.subspan(size));
    if (more == 0 && source) more = source->next(record.subspan(size));
    // The source may have collected something instead.
    if (more == 0 && out_.empty()) break;
    size += more;
  }
  return size;
}

std::size_t StreamCore::write(ByteView bytes, ErrorState& error, Need& need) {
  if (!ssl_) {
    const auto n = ::send(socket_.native_handle(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) {
      need = Need::write;
    } else {
      error = last_system_error();
    }
    return 0;
  }
  ERR_clear_error();
  std::size_t n = 0;
  if (SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &n) == 1) return n;
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
  return 0;
}

void StreamCore::flush() {
  if (ended() || flushing_ || write_armed_) return notify();
  flushing_ = true;
  auto keep = shared_from_this();
  thread_local std::array<std::uint8_t, kTlsRecordSize> scratch;
  while (!ended()) {
    const bool again = !refused_.empty();
    const ByteView record = again ? ByteView(refused_) : ByteView(scratch.data(), gather(scratch));
    if (record.empty()) break;
    ErrorState error;
    Need need = Need::nothing;
    const std::size_t size = write(record, error, need);
    if (error) {
      flushing_ = false;
      return fail(error);
    }
    refused_ = to_bytes(record.subspan(size));
    if (need == Need::nothing) continue;
    write_armed_ = true;
    wait(need, [keep](ErrorState waited) {
      keep->write_armed_ = false;
      if (waited) return keep->fail(waited);
      keep->flush();
    });
    break;
  }
  flushing_ = false;
  notify();
}

void StreamCore::notify() {
  if (waiters_.empty()) return;
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
