#include "transport/relay/sessions.h"

#include <algorithm>

#include "base/limits.h"
#include "base/log.h"
#include "identity/login.h"

namespace candour::relay {

namespace {

constexpr std::size_t kNonceSize = 32;
constexpr std::size_t kCertificateSizeMax = 16 * 1024;
constexpr std::uint64_t kReconnectMsMin = 1'000;
/// Half of the time within which everybody must have heard; the tick adds its own period.
constexpr std::uint64_t kBotAbsentGraceMs = limits::kBotAbsentNoticeMs / 2;
static_assert(limits::kBotSilentMs < 4'000, "senders are told within five seconds");

}  // namespace

void Sessions::opened(SessionId id, ByteView channel_binding) {
  if (context_.model.draining) {
    return context_.outlet.close(id, kCloseStopping, "the relay is stopping");
  }
  if (context_.model.unauthenticated >= context_.bounds.unauthenticated) {
    const Error refused =
        context_.reached(Limit::unauthenticated, error(ErrorCode::too_many_connections, ""));
    return context_.outlet.close(id, kCloseTooMany, std::string(code_name(refused.code)));
  }
  ++context_.model.unauthenticated;
  Session session{.id = id,
                  .nonce = Bytes(kNonceSize),
                  .channel_binding = to_bytes(channel_binding),
                  .opened = context_.monotonic.now()};
  context_.random.fill(session.nonce);
  v1::ServerFrame frame;
  auto& challenge = *frame.mutable_challenge();
  challenge.set_version(1);
  challenge.set_nonce(wire::to_field(session.nonce));
  challenge.set_log_origin(context_.model.statement->log.name);
  challenge.set_server("candour-relay/" CANDOUR_VERSION);
  context_.model.sessions.emplace(id, std::move(session));
  context_.send(id, frame);
}

void Sessions::closed(SessionId id) {
  Session* session = context_.model.session(id);
  if (session == nullptr) return;
  if (Device* device = context_.model.device(session->device); device && device->session == id) {
    device->session = 0;
  }
  if (context_.model.bot_session == id) {
    context_.model.bot_session = 0;
    context_.model.bot_silent = false;
    bot_gone_since_ = context_.monotonic.now();
    log::warning("bot_absent", {{"why", log::LogSafe("disconnected")}});
  }
  if (!session->logged_in) --context_.model.unauthenticated;
  context_.model.sessions.erase(id);
  ++context_.model.audience_version;
}

Result<SigningPublicKey> Sessions::subject_key(const v1::Login& login, Session& session) const {
  const Model& model = context_.model;
  if (!login.role_key().empty()) {
    const auto* role = model.statement->role_key(login.role_key());
    if (role == nullptr) {
      return error(ErrorCode::unknown_device,
                   "the organisation statement lists no key of this name");
    }
    session.role_key = login.role_key();
    return role->key.public_key;
  }
  CANDOUR_TRY(auto id, wire::id_of<DeviceId>(login.device(), "device"));
  if (!login.certificate().empty()) {
    if (login.certificate().size() > kCertificateSizeMax) {
      return error(ErrorCode::frame_too_large, "the certificate is larger than 16 KiB");
    }
    CANDOUR_TRY(auto certificate,
                identity::Certificate::verify(login.certificate(), *model.statement));
    if (certificate.device() != id) {
      return error(ErrorCode::certificate_invalid, "the certificate is for another device");
    }
  }
  auto device = model.devices.find(id);
  if (device == model.devices.end()) {
    return error(ErrorCode::unknown_device,
                 "the device is not in the directory; its certificate has to be published first");
  }
  session.device = id;
  return device->second.certificate.subject.signing_key;
}

Status Sessions::check_login(const Session& session, const v1::Login& login,
                             const SigningPublicKey& key) const {
  identity::LoginTranscript transcript{.log_origin = context_.model.statement->log.name,
                                             .nonce = session.nonce,
                                             .channel_binding = session.channel_binding,
                                             .subject = session.role_key.empty()
                                                            ? to_bytes(session.device.view())
                                                            : to_bytes(session.role_key),
                                             .client_build = login.client_build()};
  auto signature = Signature::from(as_bytes(login.signature()));
  if (!identity::is_web_build(login.client_build())) {
    if (signature && transcript.verify(key, *signature)) return ok();
    return error(ErrorCode::login_invalid,
                 "the signature is not this subject's over this connection's challenge");
  }
  for (const std::string& host : context_.model.web_hosts) {
    transcript.channel_binding = identity::web_channel_binding(host);
    if (signature && transcript.verify(key, *signature)) return ok();
  }
  return error(ErrorCode::login_invalid,
               "the signature is not this subject's over this connection's challenge and a host "
               "under which browsers reach this relay (listen.web_hosts)");
}

Status Sessions::check_device(const DeviceId& id) const {
  const Device& device = context_.model.devices.at(id);
  if (device.revoked) {
    return error(ErrorCode::device_revoked, "device " + id.hex() + " was revoked");
  }
  return device.certificate.valid_at(context_.clock.now());
}

Status Sessions::login(Session& session, std::uint64_t request, const v1::Login& login) {
  if (session.nonce_used) {
    return error(ErrorCode::login_replayed, "this connection's challenge has been used; reconnect");
  }
  session.nonce_used = true;
  const auto attempt = [&]() -> Status {
    if (login.version() != 1) {
      return error(ErrorCode::frame_malformed, "the login has an unknown version");
    }
    if (!context_.model.statement->lists_build(login.client_build())) {
      return error(ErrorCode::client_build_unlisted,
                   "this client build is not on the organisation's list; update the client");
    }
    CANDOUR_TRY(auto key, subject_key(login, session));
    CANDOUR_TRY(check_login(session, login, key));
    session.key = key;
    return session.role_key.empty() ? check_device(session.device) : ok();
  };
  if (auto result = attempt(); !result) {
    ++context_.model.counters.logins_refused;
    context_.refuse(session.id, request, result.error());
    context_.outlet.close(session.id, kCloseLoginFailed,
                          std::string(code_name(result.error().code)));
    return ok();
  }
  session.logged_in = true;
  ++context_.model.counters.logins;
  --context_.model.unauthenticated;
  session.client_build = login.client_build();
  Model& model = context_.model;
  if (session.is_device()) {
    Device& device = model.devices.at(session.device);
    if (device.session != 0) {
      const SessionId old = device.session;
      (void)context_.reached(Limit::logins_per_device, Error());
      context_.outlet.close(old, kCloseReplaced, "replaced");
      closed(old);
    }
    device.session = session.id;
    session.bot = model.statement->lists_bot(session.device);
  }
  if (session.bot) {
    model.bot_session = session.id;
    model.bot_device = session.device;
    model.bot_silent = false;
    model.bot_heard = context_.monotonic.now();
    model.cosign_unanswered = false;
  }
  send_logged_in(session, request);
  if (session.bot) {
    log::info("bot_attached", {{"device", session.device}});
    if (!bot_told_present_) tell_bot_presence(true);
    if (on_bot_) on_bot_();
    log_.bot_attached();
  }
  fanout_.start(session);
  return ok();
}

void Sessions::send_logged_in(const Session& session, std::uint64_t request) {
  const Model& model = context_.model;
  v1::ServerFrame frame;
  frame.set_reply_to(request);
  auto& out = *frame.mutable_logged_in();
  out.set_notice(model.notice.is_zero() ? std::string() : wire::to_field(model.notice));
  out.set_directory(model.directory_durable);
  out.set_bot_present(model.bot_present());
  out.set_checkpoint(log_.best_note());
  out.set_server_time_ms(context_.clock.now().value);
  if (session.is_device()) {
    const Device& device = model.devices.at(session.device);
    out.set_key_packages(static_cast<std::uint32_t>(device.key_packages));
    out.set_notice_acknowledged(device.notice_acknowledged);
    out.set_last_resort_due(device.last_resort_due);
    for (const auto& id : device.groups) {
      // The bot is in every group, too many for one frame, and asks for its rosters.
      if (session.bot) break;
      const Group& group = model.groups.at(id);
      auto& state = *out.add_groups();
      state.set_group(wire::to_field(id));
      state.set_epoch(group.row.epoch.value);
      state.set_seq(group.released.value);
      state.set_cursor(group.cursors.at(session.device).value);
      state.set_stopped(group.row.stopped);
      state.set_oldest(group.passed.value + 1);
    }
  }
  context_.send(session.id, frame);
}

void Sessions::revoked(const DeviceId& id) {
  const Device& device = context_.model.devices.at(id);
  if (device.session == 0) return;
  const SessionId session = device.session;
  context_.outlet.close(session, kCloseRevoked, "device_revoked");
  closed(session);
}

bool Sessions::still_right(const Session& session) const {
  const identity::Statement& statement = *context_.model.statement;
  if (!statement.lists_build(session.client_build)) return false;
  if (session.is_device()) return session.bot == statement.lists_bot(session.device);
  const auto* role = statement.role_key(session.role_key);
  return role != nullptr && role->key.public_key == session.key;
}

void Sessions::statement_changed() {
  std::vector<SessionId> ended;
  for (const auto& [id, session] : context_.model.sessions) {
    if (session.logged_in && !still_right(session)) ended.push_back(id);
  }
  for (const SessionId id : ended) {
    context_.outlet.close(id, kCloseRightsChanged, "the organisation statement changed");
    closed(id);
  }
}

void Sessions::tell_bot_presence(bool present) {
  bot_told_present_ = present;
  v1::ServerFrame frame;
  frame.mutable_bot_presence()->set_present(present);
  context_.broadcast(frame);
}

void Sessions::heard_bot() {
  Model& model = context_.model;
  model.bot_heard = context_.monotonic.now();
  if (!model.bot_silent) return;
  model.bot_silent = false;
  log::info("bot_back");
  if (!bot_told_present_) tell_bot_presence(true);
}

void Sessions::watch_bot(TimeMs now) {
  Model& model = context_.model;
  const TimeMs since = ticked_.value == 0 ? now : ticked_;
  if (!model.bot_present()) model.counters.bot_absent_ms += now.value - since.value;
  if (model.bot_session == 0) {
    const bool waited = now.value - bot_gone_since_.value >= kBotAbsentGraceMs;
    if (bot_told_present_ && waited) tell_bot_presence(false);
    return;
  }
  const bool owes = model.unanswered > 0 || model.cosign_unanswered;
  const TimeMs quiet = std::max(model.bot_heard, model.bot_asked);
  if (model.bot_silent || !owes || now.value - quiet.value < limits::kBotSilentMs) return;
  // Connected, and for senders as good as gone: stopped, or busy with something that never ends.
  model.bot_silent = true;
  log::warning("bot_absent", {{"why", log::LogSafe("it does not answer")},
                              {"unanswered", std::uint64_t{model.unanswered}}});
  if (bot_told_present_) tell_bot_presence(false);
}

void Sessions::tick() {
  const TimeMs now = context_.monotonic.now();
  std::vector<SessionId> late;
  if (context_.model.unauthenticated > 0) {
    for (const auto& [id, session] : context_.model.sessions) {
      const bool waited = now.value - session.opened.value > limits::kLoginTimeoutMs;
      if (!session.logged_in && waited) late.push_back(id);
    }
  }
  for (const SessionId id : late) {
    context_.outlet.close(id, kCloseLoginFailed, "no login in time");
    closed(id);
  }
  watch_bot(now);
  ticked_ = now;
}

void Sessions::end_all(std::uint16_t code, std::string_view why) {
  // Spread over as long as the handshakes of all of them take, or they would all return at once.
  const std::uint64_t window = kReconnectMsMin + context_.model.sessions.size();
  std::vector<SessionId> all;
  for (const auto& [id, session] : context_.model.sessions) all.push_back(id);
  for (const SessionId id : all) {
    Bytes die(4);
    context_.random.fill(die);
    const std::uint64_t drawn = die[0] | die[1] << 8 | die[2] << 16;
    const std::uint64_t after = kReconnectMsMin / 2 + drawn % window;
    context_.outlet.close(id, code, std::string(why) + "; retry_after_ms=" + std::to_string(after));
    closed(id);
  }
}

}  // namespace candour::relay
