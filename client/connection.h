// A logged-in connection to the relay: what clients, the bot and candourctl have in common.
//
// `open` receives the relay's Challenge, checks that it speaks for the expected log, and logs in
// with a device key or with a role key of the organisation statement. What is signed is the
// transcript of identity/login.h, never bytes that the relay chose.
//
// Two ways to use it, which may be mixed:
//   - `request` sends one frame and waits for its answer; a Failure becomes an Error with the
//     relay's code. Frames that arrive meanwhile are kept, in order, for `receive`.
//   - `send_request` returns at once with the request's id, any number may be in flight; `receive`
//     delivers their answers (reply_to = id, Failures included: see `failure_of`) among the frames
//     that nobody asked for (reply_to = 0).
//
// Threads: `send` and `send_request` from any thread; `request` and `receive` from one thread at a
// time. After disconnected every call fails; open a new connection.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/limits.h"
#include "base/result.h"
#include "client/channel.h"
#include "crypto/sign.h"
#include "transport/wire/candour.pb.h"

namespace candour::client {

/// A device, known by its certificate. `key` must outlive the call it is passed to.
struct DeviceLogin {
  DeviceId device;
  const crypto::SigningKey* key = nullptr;
  Bytes certificate;  // the signed note
};

/// A key the statement gives a role to (registrar, policy author, ...), by its name there.
struct RoleLogin {
  std::string name;
  const crypto::SigningKey* key = nullptr;
};

struct LoginOptions {
  std::variant<DeviceLogin, RoleLogin> as;
  /// Must be on the statement's list, for example "candour/0.1.0".
  std::string client_build;
  /// The log of the statement; login is refused (login_invalid) when the relay names another.
  /// Empty only where no statement is known yet.
  std::string log_origin;
  std::uint64_t timeout_ms = limits::kLoginTimeoutMs;
  /// A relay of another log is logged in to all the same. The caller then believes nothing of it
  /// before Trust::refresh found that its log follows the known one.
  bool may_follow = false;
};

inline constexpr std::uint64_t kRequestTimeoutMs = 30'000;
/// Longer waits are not believed.
inline constexpr std::uint64_t kRetryAfterMaxMs = 60'000;

class Connection {
 public:
  /// cannot_connect, or why the relay refused the login (unknown_device, device_revoked, ...).
  [[nodiscard]] static Result<std::unique_ptr<Connection>> open(net::IoThread& io,
                                                                const net::Endpoint& endpoint,
                                                                const LoginOptions& options);
  /// The same over a channel that is already open.
  [[nodiscard]] static Result<std::unique_ptr<Connection>> open(std::unique_ptr<Channel> channel,
                                                                const LoginOptions& options);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// What the relay said at login.
  const v1::LoggedIn& logged_in() const { return logged_in_; }
  const std::string& log_origin() const { return log_origin_; }

  /// Sends `frame` (its request id is set here) and waits for the answer. timed_out when there is
  /// none in time; a late answer is then delivered by `receive`.
  [[nodiscard]] Result<v1::ServerFrame> request(v1::ClientFrame frame,
                                                std::uint64_t timeout_ms = kRequestTimeoutMs);
  /// Sends all at once and waits for all answers, which come back in the order of `frames`;
  /// Failures among them are answers (see `failure_of`). timed_out when one is missing.
  [[nodiscard]] Result<std::vector<v1::ServerFrame>> request_all(
      std::vector<v1::ClientFrame> frames, std::uint64_t timeout_ms = kRequestTimeoutMs);
  /// Sends without waiting; returns the request id its answer will carry.
  [[nodiscard]] Result<std::uint64_t> send_request(v1::ClientFrame frame);
  /// Sends a frame that wants no answer.
  [[nodiscard]] Status send(v1::ClientFrame frame);
  /// The next frame that no `request` is waiting for. timed_out when none came in time.
  [[nodiscard]] Result<v1::ServerFrame> receive(std::uint64_t timeout_ms);
  /// How long the relay last asked to wait: in a refusal (rate_limited), or when it closed the
  /// connection, which then is a time drawn for this one. At most kRetryAfterMaxMs; 0 = not said.
  std::uint64_t retry_after_ms() const { return retry_after_ms_; }
  /// Ends the connection politely; safe to call twice.
  void close();

 private:
  explicit Connection(std::unique_ptr<Channel> channel);
  Status log_in(const LoginOptions& options);
  Result<v1::ServerFrame> read(std::uint64_t timeout_ms);
  Status write(const v1::ClientFrame& frame);
  Status put_aside(v1::ServerFrame frame);

  std::unique_ptr<Channel> channel_;
  std::atomic<std::uint64_t> next_request_{1};
  std::deque<v1::ServerFrame> kept_;
  v1::LoggedIn logged_in_;
  std::string log_origin_;
  std::uint64_t retry_after_ms_ = 0;
};

/// The N of "...; retry_after_ms=N", with which a relay that stops closes its sessions; 0 when
/// there is none.
std::uint64_t retry_after_in(std::string_view close_reason);

/// The Error a Failure frame stands for; ok for every other frame. storage_failed and
/// state_damaged are about this process's own disk, so of the relay's they become `disconnected`:
/// what was asked may be done or not, and is asked again on the next connection.
Status failure_of(const v1::ServerFrame& frame);

/// Bytes fields of the wire are std::string; these two convert without saying so at each place.
inline std::string wire_bytes(ByteView bytes) { return std::string(as_text(bytes)); }
inline Bytes from_wire(const std::string& field) { return to_bytes(field); }

}  // namespace candour::client
