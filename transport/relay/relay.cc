#include "transport/relay/relay.h"

#include <algorithm>

#include "base/limits.h"
#include "transport/relay/log_items.h"

namespace candour::relay {

namespace {

/// At least so many writes at once, however low the rate: a login brings several.
constexpr double kWriteBurstMin = 8;

/// Frames that let the log or the queues in front of it grow.
bool adds(v1::ClientFrame::BodyCase body) {
  switch (body) {
    case v1::ClientFrame::kSubmit:
    case v1::ClientFrame::kVerdict:
    case v1::ClientFrame::kAppendRecord:
    case v1::ClientFrame::kPublish:
    case v1::ClientFrame::kNoticeAck:
    case v1::ClientFrame::kPublishOpening:
    case v1::ClientFrame::kBotMail:
      return true;
    default:
      return false;
  }
}

}  // namespace

Relay::Relay(Parts parts)
    : context_{parts.clock,  parts.monotonic, parts.random, parts.store,
               parts.outlet, parts.bounds,    model_},
      log_(context_, parts.log_key.clone(), parts.witnesses, parts.recosign_ms),
      fanout_(context_),
      directory_(context_, fanout_),
      gate_(context_, fanout_, log_),
      sequencer_(context_, gate_),
      sessions_(context_, fanout_, log_),
      openings_(context_, log_),
      records_(context_),
      log_public_key_(parts.log_key.public_key()) {
  model_.root = parts.root;
  directory_.use_log(log_);
  directory_.set_on_revoked([this](const DeviceId& device) { sessions_.revoked(device); });
  directory_.set_on_statement([this] { sessions_.statement_changed(); });
  sessions_.set_on_bot([this] { gate_.bot_attached(); });
}

Status Relay::start(const std::vector<std::string>& bootstrap) {
  CANDOUR_TRY(auto snapshot, context_.store.load());
  CANDOUR_TRY(directory_.load(snapshot));
  openings_.load(snapshot);
  CANDOUR_TRY(log_.load(snapshot));
  fanout_.load(snapshot);
  sequencer_.load(snapshot);
  gate_.load(snapshot);
  CANDOUR_TRY(gate_.load_rosters());
  CANDOUR_TRY(directory_.check_beginning(bootstrap));
  CANDOUR_TRY(take_in(bootstrap));
  if (!model_.statement) {
    return error(ErrorCode::config_invalid,
                 "no organisation statement is known; name one in organisation.bootstrap");
  }
  if (model_.statement->log.public_key != log_public_key_) {
    return error(ErrorCode::config_invalid,
                 "the log key is not the one the organisation statement "
                 "lists for " +
                     model_.statement->log.name);
  }
  return ok();
}

Status Relay::take_in(const std::vector<std::string>& bootstrap) {
  for (const auto& note : bootstrap) {
    const auto kind = kind_of_note(note);
    const Status taken =
        kind ? directory_.publish(0, 0, kind.value(), to_bytes(note)) : Status(kind.error());
    if (!taken) {
      return error(taken.error().code, "file " + std::to_string(&note - bootstrap.data() + 1) +
                                           " of organisation.bootstrap: " + taken.error().message);
    }
  }
  return ok();
}

void Relay::drain() {
  fanout_.tick();
  fanout_.flush_acknowledged();
  model_.draining = true;
}

void Relay::serve(const std::string& target, std::function<void(net::HttpResponse)> answer) {
  if (target == "/statistics") return answer(openings_.statistics());
  log_.serve(target, std::move(answer));
}

void Relay::opened(SessionId session, ByteView channel_binding) {
  sessions_.opened(session, channel_binding);
}

void Relay::closed(SessionId session) { sessions_.closed(session); }

void Relay::drained(SessionId session) { fanout_.drained(session); }

void Relay::tick(bool storage_full) {
  model_.storage_full = storage_full;
  sessions_.tick();
  fanout_.tick();
  fanout_.flush_acknowledged();
  const TimeMs now = context_.monotonic.now();
  if (now.value - log_ticked_.value < limits::kCheckpointTickMs) return;
  log_ticked_ = now;
  log_.tick();
}

void Relay::frame(SessionId id, ByteView bytes) {
  Session* session = model_.session(id);
  if (session == nullptr || model_.draining) return;
  ++model_.counters.frames_in;
  model_.counters.bytes_in += bytes.size();
  auto parsed = wire::parse_client_frame(bytes);
  if (!parsed) {
    // Nothing in it can be trusted, not even the request number.
    context_.send(id, wire::failure_frame(0, parsed.error()));
    ++model_.counters.frames_refused;
    if (parsed.error().code == ErrorCode::frame_too_large) {
      (void)context_.reached(Limit::frame_bytes, Error());
    }
    if (!session->logged_in) {
      context_.outlet.close(id, kCloseLoginFailed, std::string(code_name(parsed.error().code)));
    }
    return;
  }
  auto& frame = parsed.value();
  const auto request = frame.request();
  if (id == model_.bot_session) sessions_.heard_bot();
  if (auto result = dispatch(*session, frame); !result) {
    if (result.error().code == ErrorCode::rate_limited) {
      slow_down(id, frame.body_case(), request, result.error());
    } else {
      context_.refuse(id, request, result.error());
    }
  }
}

void Relay::slow_down(SessionId id, v1::ClientFrame::BodyCase body, std::uint64_t request,
                      const Error& error) {
  const Session& session = *model_.session(id);
  const bool submit = body == v1::ClientFrame::kSubmit;
  const Bounds& bounds = context_.bounds;
  const Allowance& of = submit ? model_.devices.at(session.device).submits : writes_of(session);
  const std::uint64_t rate = submit ? bounds.submits_per_second : bounds.writes_per_second;
  v1::ServerFrame frame = wire::failure_frame(request, error);
  frame.mutable_failure()->set_retry_after_ms(of.wait_ms(static_cast<double>(rate)));
  ++model_.counters.frames_refused;
  context_.answer(id, request, std::move(frame));
}

Allowance& Relay::writes_of(const Session& session) {
  // Kept with the subject and not with the connection: a new connection brings nothing new.
  return session.role_key.empty() ? model_.devices.at(session.device).writes
                                  : model_.role_writes[session.role_key];
}

Status Relay::dispatch(Session& session, v1::ClientFrame& frame) {
  const auto request = frame.request();
  switch (frame.body_case()) {
    case v1::ClientFrame::BODY_NOT_SET:
      return error(ErrorCode::frame_malformed, "the frame has no body this relay knows");
    case v1::ClientFrame::kPing: {
      v1::ServerFrame pong;
      pong.mutable_pong();
      context_.answer(session.id, request, std::move(pong));
      return ok();
    }
    case v1::ClientFrame::kLogin:
      return sessions_.login(session, request, frame.login());
    default:
      break;
  }
  if (!session.logged_in) return error(ErrorCode::not_logged_in, "log in first");
  if (model_.storage_failed) {
    return error(ErrorCode::storage_failed, "the relay cannot store anything; try again later");
  }
  if (!log_.contradiction().empty() && adds(frame.body_case())) {
    return error(ErrorCode::log_inconsistent,
                 "the relay takes nothing more: " + log_.contradiction());
  }
  // A submission may be one that is here already: the sequencer looks.
  const bool submit = frame.body_case() == v1::ClientFrame::kSubmit;
  if (model_.storage_full && adds(frame.body_case()) && !session.bot && !submit) {
    return context_.no_room();
  }
  CANDOUR_TRY(take_write(session, frame.body_case()));
  switch (frame.body_case()) {
    case v1::ClientFrame::kPublish:
      return directory_.publish(session.id, request, frame.publish().kind(),
                                to_bytes(frame.publish().object()));
    case v1::ClientFrame::kGetDirectory:
      return directory_.get(session.id, request, frame.get_directory());
    case v1::ClientFrame::kGetProof:
      return log_.proof(session.id, request, frame.get_proof());
    case v1::ClientFrame::kGetLog:
      return get_log(context_, session, request, frame.get_log());
    case v1::ClientFrame::kBotMail:  // from registrars too: that is how they ask for groups
      return gate_.bot_mail(session, request, frame.bot_mail());
    default:
      break;
  }
  return session.is_device() ? dispatch_device(session, frame) : dispatch_role(session, frame);
}

Status Relay::dispatch_role(Session& session, v1::ClientFrame& frame) {
  const auto request = frame.request();
  switch (frame.body_case()) {
    case v1::ClientFrame::kPublishOpening:
      return openings_.publish(session, request, frame.publish_opening());
    case v1::ClientFrame::kGetOpenings:
      return openings_.get(session, request, frame.get_openings());
    case v1::ClientFrame::kUnseal:
      return openings_.unseal(session, request, frame.unseal());
    case v1::ClientFrame::kGetRecords:
      return records_.get(session, request, frame.get_records());
    case v1::ClientFrame::kGetRosters:
      return records_.rosters(session, request, frame.get_rosters());
    case v1::ClientFrame::kGetEntries:
      return records_.entries(session, request, frame.get_entries());
    default:
      return error(ErrorCode::not_permitted, "only a device may do this, not a role key");
  }
}

Status Relay::take_write(const Session& session, v1::ClientFrame::BodyCase body) {
  switch (body) {
    case v1::ClientFrame::kPublish:
    case v1::ClientFrame::kBotMail:
    case v1::ClientFrame::kPutKeyPackages:
    case v1::ClientFrame::kNoticeAck:
    case v1::ClientFrame::kPublishOpening:
    case v1::ClientFrame::kUnseal:
      break;
    default:
      return ok();
  }
  if (session.bot) return ok();
  Allowance& writes = writes_of(session);
  const double rate = static_cast<double>(context_.bounds.writes_per_second);
  if (writes.take(context_.monotonic.now(), rate, std::max(rate, kWriteBurstMin))) return ok();
  return context_.reached(Limit::writes_per_second,
                          error(ErrorCode::rate_limited,
                                "more than " + std::to_string(context_.bounds.writes_per_second) +
                                    " objects to keep in a second; wait a moment"));
}

Status Relay::dispatch_device(Session& session, v1::ClientFrame& frame) {
  const auto request = frame.request();
  switch (frame.body_case()) {
    case v1::ClientFrame::kSubmit:
      return sequencer_.submit(session, request, std::move(*frame.mutable_submit()));
    case v1::ClientFrame::kDeliveryAck:
      return fanout_.delivery_ack(session, frame.delivery_ack());
    case v1::ClientFrame::kMailAck:
      return fanout_.mail_ack(session, frame.mail_ack());
    case v1::ClientFrame::kPutKeyPackages:
      return sequencer_.put_key_packages(session, request, frame.put_key_packages());
    case v1::ClientFrame::kNoticeAck:
      return directory_.notice_ack(session, request, frame.notice_ack());
    case v1::ClientFrame::kVerdict:
      return gate_.verdict(session, request, frame.verdict());
    case v1::ClientFrame::kAppendRecord:
      return gate_.append_record(session, request, frame.append_record());
    case v1::ClientFrame::kFetchKeyPackages:
      return sequencer_.fetch_key_packages(session, request, frame.fetch_key_packages());
    case v1::ClientFrame::kCosignature:
      if (!session.bot) return error(ErrorCode::not_permitted, "only the bot cosigns here");
      return log_.cosignature(session.id, request, frame.cosignature());
    case v1::ClientFrame::kGetRosters:
      return records_.rosters(session, request, frame.get_rosters());
    case v1::ClientFrame::kPublishOpening:
    case v1::ClientFrame::kGetOpenings:
    case v1::ClientFrame::kUnseal:
    case v1::ClientFrame::kGetRecords:
    case v1::ClientFrame::kGetEntries:
      return error(ErrorCode::not_permitted, "only a role key may do this, not a device");
    default:
      return error(ErrorCode::frame_malformed, "the frame has no body this relay knows");
  }
}

bool Relay::ready(std::vector<std::string>& reasons) const {
  if (model_.storage_failed) reasons.push_back("storage_failed");
  if (!log_.contradiction().empty()) reasons.push_back("log_inconsistent");
  if (model_.storage_full) reasons.push_back("storage_full");
  if (model_.draining) reasons.push_back("shutting_down");
  if (!model_.bot_present()) reasons.push_back("bot_absent");
  for (const auto& [id, group] : model_.groups) {
    if (group.row.stopped) {
      reasons.push_back("group_stopped");
      break;
    }
  }
  return !model_.storage_failed && !model_.draining && log_.contradiction().empty();
}

}  // namespace candour::relay
