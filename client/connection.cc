#include "client/connection.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "base/clock.h"
#include "base/stages.h"
#include "identity/login.h"
#include "transport/wire/frames.h"

namespace candour::client {
namespace {

constexpr std::size_t kNonceSize = 32;
// A relay that floods is cut off here rather than eating the memory of the device.
constexpr std::size_t kKeptFramesMax = 100'000;

std::uint64_t left_until(TimeMs deadline) {
  const std::uint64_t now = monotonic_clock().now().value;
  return deadline.value > now ? deadline.value - now : 0;
}

TimeMs deadline_in(std::uint64_t timeout_ms) {
  return TimeMs(monotonic_clock().now().value + timeout_ms);
}

}  // namespace

Status failure_of(const v1::ServerFrame& frame) {
  if (frame.body_case() != v1::ServerFrame::kFailure) return ok();
  Error failure = wire::to_error(frame.failure());
  switch (failure.code) {
    case ErrorCode::storage_failed:
    case ErrorCode::state_damaged:
      return error(ErrorCode::disconnected, "the relay stores nothing now: " + failure.message);
    default:
      return failure;
  }
}

std::uint64_t retry_after_in(std::string_view close_reason) {
  constexpr std::string_view kField = "; retry_after_ms=";
  const std::size_t at = close_reason.rfind(kField);
  if (at == std::string_view::npos) return 0;
  const std::string_view digits = close_reason.substr(at + kField.size());
  std::uint64_t ms = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), ms);
  if (read.ec != std::errc() || read.ptr != digits.data() + digits.size()) return 0;
  return std::min(ms, kRetryAfterMaxMs);
}

Connection::Connection(std::unique_ptr<Channel> channel) : channel_(std::move(channel)) {}

Connection::~Connection() { close(); }

void Connection::close() { channel_->close(); }

Result<std::unique_ptr<Connection>> Connection::open(net::IoThread& io,
                                                     const net::Endpoint& endpoint,
                                                     const LoginOptions& options) {
  CANDOUR_TRY(auto channel, open_wss_channel(io, endpoint, options.timeout_ms));
  return open(std::move(channel), options);
}

Result<std::unique_ptr<Connection>> Connection::open(std::unique_ptr<Channel> channel,
                                                     const LoginOptions& options) {
  std::unique_ptr<Connection> connection(new Connection(std::move(channel)));
  CANDOUR_TRY(connection->log_in(options));
  return connection;
}

Status Connection::log_in(const LoginOptions& options) {
  CANDOUR_TRY(v1::ServerFrame first, read(options.timeout_ms));
  CANDOUR_TRY(failure_of(first));
  if (first.body_case() != v1::ServerFrame::kChallenge ||
      first.challenge().nonce().size() != kNonceSize) {
    return error(ErrorCode::frame_malformed,
                 "the relay did not begin with a challenge; is this address a Candour relay?");
  }
  log_origin_ = first.challenge().log_origin();
  if (!options.may_follow && !options.log_origin.empty() && log_origin_ != options.log_origin) {
    return error(ErrorCode::login_invalid, "the relay speaks for log \"" + log_origin_ +
                                               "\", the organisation statement names \"" +
                                               options.log_origin +
                                               "\"; check the address of the relay");
  }

  identity::LoginTranscript transcript;
  transcript.log_origin = log_origin_;
  transcript.nonce = from_wire(first.challenge().nonce());
  transcript.channel_binding = channel_->channel_binding();
  transcript.client_build = options.client_build;

  v1::ClientFrame frame;
  v1::Login& login = *frame.mutable_login();
  login.set_version(1);
  login.set_client_build(options.client_build);
  const crypto::SigningKey* key = nullptr;
  if (const auto* device = std::get_if<DeviceLogin>(&options.as)) {
    login.set_device(wire_bytes(device->device.view()));
    login.set_certificate(wire_bytes(device->certificate));
    transcript.subject = to_bytes(device->device.view());
    key = device->key;
  } else {
    const auto& role = std::get<RoleLogin>(options.as);
    login.set_role_key(role.name);
    transcript.subject = to_bytes(role.name);
    key = role.key;
  }
  login.set_signature(wire_bytes(transcript.sign(*key).view()));

  CANDOUR_TRY(v1::ServerFrame answer, request(std::move(frame), options.timeout_ms));
  if (answer.body_case() != v1::ServerFrame::kLoggedIn) {
    return error(ErrorCode::frame_malformed, "the relay answered the login with another frame");
  }
  logged_in_ = std::move(*answer.mutable_logged_in());
  return ok();
}

Result<v1::ServerFrame> Connection::read(std::uint64_t timeout_ms) {
  auto message = [&] {
    const StageScope stage(Stage::waiting);
    return channel_->receive(timeout_ms);
  }();
  if (!message) {
    if (message.error().code == ErrorCode::disconnected) {
      retry_after_ms_ = retry_after_in(channel_->close_reason());
    }
    return std::move(message).error();
  }
  auto frame = wire::parse_server_frame(message.value());
  if (!frame) {
    channel_->close();
  } else if (const std::uint64_t wait = frame.value().failure().retry_after_ms(); wait > 0) {
    retry_after_ms_ = std::min(wait, kRetryAfterMaxMs);
  }
  return frame;
}

Status Connection::write(const v1::ClientFrame& frame) {
  Bytes message(frame.ByteSizeLong());
  if (message.size() > limits::kFrameSizeMax) {
    return error(ErrorCode::frame_too_large, "the frame is larger than the relay accepts (1 MiB)");
  }
  if (!frame.SerializeToArray(message.data(), static_cast<int>(message.size()))) {
    return error(ErrorCode::internal, "a frame could not be encoded");
  }
  return channel_->send(std::move(message));
}

Result<std::uint64_t> Connection::send_request(v1::ClientFrame frame) {
  const std::uint64_t id = next_request_.fetch_add(1);
  frame.set_request(id);
  CANDOUR_TRY(write(frame));
  return id;
}

Status Connection::send(v1::ClientFrame frame) {
  frame.set_request(0);
  return write(frame);
}

Result<v1::ServerFrame> Connection::request(v1::ClientFrame frame, std::uint64_t timeout_ms) {
  CANDOUR_TRY(const std::uint64_t id, send_request(std::move(frame)));
  const TimeMs deadline = deadline_in(timeout_ms);
  for (;;) {
    CANDOUR_TRY(v1::ServerFrame answer, read(left_until(deadline)));
    if (answer.reply_to() == id) {
      CANDOUR_TRY(failure_of(answer));
      return answer;
    }
    CANDOUR_TRY(put_aside(std::move(answer)));
  }
}

Status Connection::put_aside(v1::ServerFrame frame) {
  if (kept_.size() >= kKeptFramesMax) {
    channel_->close();
    return error(ErrorCode::queue_full, "the relay sent more frames than this device can keep");
  }
  kept_.push_back(std::move(frame));
  return ok();
}

Result<std::vector<v1::ServerFrame>> Connection::request_all(std::vector<v1::ClientFrame> frames,
                                                             std::uint64_t timeout_ms) {
  std::map<std::uint64_t, std::size_t> places;
  for (v1::ClientFrame& frame : frames) {
    const std::size_t place = places.size();
    CANDOUR_TRY(const std::uint64_t id, send_request(std::move(frame)));
    places[id] = place;
  }
  std::vector<v1::ServerFrame> answers(places.size());
  const TimeMs deadline = deadline_in(timeout_ms);
  while (!places.empty()) {
    CANDOUR_TRY(v1::ServerFrame answer, read(left_until(deadline)));
    if (auto place = places.extract(answer.reply_to()); !place.empty()) {
      answers[place.mapped()] = std::move(answer);
    } else {
      CANDOUR_TRY(put_aside(std::move(answer)));
    }
  }
  return answers;
}

Result<v1::ServerFrame> Connection::receive(std::uint64_t timeout_ms) {
  if (!kept_.empty()) {
    v1::ServerFrame frame = std::move(kept_.front());
    kept_.pop_front();
    return frame;
  }
  return read(timeout_ms);
}

}  // namespace candour::client
