// Sessions from the challenge to the end: login, one live session for each device, presence of the
// bot. IoThread only.
#pragma once

#include "transport/relay/fanout.h"
#include "transport/relay/log_service.h"

namespace candour::relay {

class Sessions {
 public:
  Sessions(Context& context, Fanout& fanout, LogService& log)
      : context_(context), fanout_(fanout), log_(log) {}

  void opened(SessionId id, ByteView channel_binding);
  void closed(SessionId id);
  /// Answers LoggedIn and starts the backlog, or fails; a failed login ends the session.
  Status login(Session& session, std::uint64_t request, const v1::Login& login);
  /// Ends the sessions of a revoked device.
  void revoked(const DeviceId& device);
  /// A new statement: ends every session whose rights it changes (bot or not, role key, build).
  void statement_changed();
  /// Ends sessions that never logged in and tells everybody when the bot stays away, or is
  /// connected and does not answer.
  void tick();
  /// A frame of the bot's session arrived.
  void heard_bot();
  /// Closes every session with a hint when to come back ("...; retry_after_ms=1234").
  void end_all(std::uint16_t code, std::string_view why);

  /// Called with the session of the bot when it has logged in, before its backlog starts.
  void set_on_bot(std::function<void()> f) { on_bot_ = std::move(f); }

 private:
  Status check_login(const Session& session, const v1::Login& login,
                     const SigningPublicKey& key) const;
  Result<SigningPublicKey> subject_key(const v1::Login& login, Session& session) const;
  Status check_device(const DeviceId& id) const;
  /// Whether the session, as it logged in, is still what the present statement says.
  bool still_right(const Session& session) const;
  void send_logged_in(const Session& session, std::uint64_t request);
  void tell_bot_presence(bool present);
  void watch_bot(TimeMs now);

  Context& context_;
  Fanout& fanout_;
  LogService& log_;
  std::function<void()> on_bot_;
  bool bot_told_present_ = false;
  TimeMs bot_gone_since_;
  TimeMs ticked_;
};

}  // namespace candour::relay
