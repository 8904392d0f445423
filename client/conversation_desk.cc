// What a person does beside writing: answering warnings, acknowledging the notice, handling
// alerts; and proofs.
#include <algorithm>

#include "base/encoding.h"
#include "client/conversation.h"
#include "client/error_kinds.h"
#include "client/mentions.h"
#include "client/messages/alert_states.h"
#include "client/messages/person_names.h"
#include "crypto/hash.h"

namespace candour::client {
namespace {

constexpr std::uint64_t kShareEveryMs = 2'000;

}  // namespace

Result<bool> Client::may_be_with_bot(const Draft& draft) {
  if (draft.state != DraftState::queued) return draft.state == DraftState::submitted;
  CANDOUR_TRY(const auto bytes, store_.outbox(draft.id));
  return bytes.has_value();
}

Result<Draft> Client::withheld_draft(const MessageId& id) {
  CANDOUR_TRY(auto draft, store_.draft(id));
  if (!draft) {
    return error(ErrorCode::not_found, "there is no draft " + id.hex() + "; see `candour drafts`");
  }
  CANDOUR_TRY(const bool sent, may_be_with_bot(*draft));
  if (sent) {
    return error(ErrorCode::input_invalid,
                 "message " + id.hex() + " is with the bot, or may be; wait for its outcome");
  }
  // The same text past its warning, disputed or approved: it may be with the bot.
  CANDOUR_TRY(const auto drafts, store_.drafts());
  for (const Draft& other : drafts) {
    const bool under_way =
        other.state == DraftState::queued || other.state == DraftState::submitted;
    if (under_way && other.original == id) {
      return error(ErrorCode::input_invalid, "an answer to the warning of message " + id.hex() +
                                                 " is on its way; wait for its outcome");
    }
  }
  return std::move(*draft);
}

Result<MessageId> Client::edit(const MessageId& id, SecretText text) {
  CANDOUR_TRY(auto kept, store_.draft(id));
  if (kept) {
    CANDOUR_TRY(Draft old, withheld_draft(id));
    CANDOUR_TRY(auto content, messages::Content::decode(old.content.view()));
    CANDOUR_TRY(may_send(old.group));
    const std::vector<std::string> before =
        mentions_in(content.text.expose(), people_of(old.group));
    std::erase_if(content.mentions, [&](const std::string& person) {
      return std::find(before.begin(), before.end(), person) != before.end();
    });
    content.text = std::move(text);
    if (content.type == messages::ContentType::text) {
      CANDOUR_TRY(mention(old.group, content));
    }
    CANDOUR_TRY(Draft draft, new_draft(old.group, content.encode()));
    const MessageId edited = draft.id;
    std::vector<Draft> drafts;
    drafts.push_back(std::move(draft));
    CANDOUR_TRY(keep([&] { return store_.end_warning(id, WarningOutcome::edited); }));
    CANDOUR_TRY(enqueue(std::move(drafts), id));
    return edited;
  }
  CANDOUR_TRY(auto row, store_.history(id));
  if (!row) return error(ErrorCode::not_found, "there is no message " + id.hex());
  messages::Content content;
  content.type = messages::ContentType::edit;
  content.about = id;
  content.text = std::move(text);
  return send(row->group, content);
}

Status Client::withdraw(const MessageId& id) {
  CANDOUR_TRY(check_working());
  CANDOUR_TRY(Draft draft, withheld_draft(id));
  return keep([&]() -> Status {
    CANDOUR_TRY(store_.erase_draft(id));
    CANDOUR_TRY(store_.erase_outbox(id));
    CANDOUR_TRY(store_.end_warning(id, WarningOutcome::withdrawn));
    outcome(id);
    Event withdrawn = event(EventType::withdrawn);
    withdrawn.message_id = id;
    withdrawn.group = draft.group;
    tell(std::move(withdrawn));
    return ok();
  });
}

Result<MessageId> Client::answer_warning(const MessageId& id, messages::BotFieldType type,
                                         SecretText reason) {
  CANDOUR_TRY(Draft warned, withheld_draft(id));
  CANDOUR_TRY(may_send(warned.group));
  if (type != messages::BotFieldType::dispute || !reason.empty()) {
    CANDOUR_TRY(messages::check_justification(reason.expose()));
  }
  if (warned.signed_warning.empty()) {
    return error(ErrorCode::warning_invalid, "message " + id.hex() + " has no warning to answer");
  }
  if (warned.expires <= clock_.now()) {
    return error(ErrorCode::warning_invalid,
                 "the warning has expired; send the message again to get a new one");
  }
  CANDOUR_TRY(Draft draft, new_draft(warned.group, warned.content.clone()));
  // The same content under the same commitment: what was warned about is what is sent.
  draft.commitment_key = warned.commitment_key.clone();
  draft.original = id;
  draft.field.type = type;
  draft.field.warning = warned.signed_warning;
  draft.field.reason = std::move(reason);
  const MessageId answer = draft.id;
  std::vector<Draft> drafts;
  drafts.push_back(std::move(draft));
  CANDOUR_TRY(enqueue(std::move(drafts)));
  return answer;
}

Result<MessageId> Client::override_warning(const MessageId& id, SecretText reason) {
  CANDOUR_TRY(const Draft warned, withheld_draft(id));
  if (warned.state != DraftState::warned) {
    return error(ErrorCode::warning_invalid,
                 "message " + id.hex() + " was " + std::string(name_of(warned.state)) +
                     ", not warned; only a warned message can be sent anyway");
  }
  return answer_warning(id, messages::BotFieldType::override_warning, std::move(reason));
}

Result<MessageId> Client::dispute(const MessageId& id, SecretText reason) {
  return answer_warning(id, messages::BotFieldType::dispute, std::move(reason));
}

Result<messages::MailId> Client::send_to_bot(messages::ToBotType type, SecretBytes body) {
  CANDOUR_TRY(need_connection());
  CANDOUR_TRY(const identity::Certificate* bot, trust_->bot());
  const auto id = random_.id<messages::MailId>();
  messages::ToBot mail;
  mail.type = type;
  mail.body = std::move(body);
  CANDOUR_TRY(Bytes sealed, mail.seal(bot->subject.sealing_key, id, random_));
  v1::ClientFrame frame;
  frame.mutable_bot_mail()->set_mail_id(wire_bytes(id.view()));
  frame.mutable_bot_mail()->set_sealed(wire_bytes(sealed));
  CANDOUR_TRY(connection_->request(std::move(frame)));
  return id;
}

Status Client::check_follows(const AlertRecord& known, messages::AlertAction action) const {
  const messages::AlertState state = known.state();
  if (messages::next_state(state, action)) return ok();
  std::string who;
  // Of the step that led to the state; a later one, as sharing it, may have left it as it was.
  const AlertStepSeen* led = nullptr;
  messages::AlertState before = messages::AlertState::open;
  for (const AlertStepSeen& step : known.steps) {
    if (step.state != before) led = &step;
    before = step.state;
  }
  if (led != nullptr && !led->person.empty()) {
    who = ", by " + led->person + " at " + time_encode(led->time.value);
  }
  const char* hint = state == messages::AlertState::open ? "; acknowledge it first" : "";
  return error(ErrorCode::not_permitted, "alert " + known.id.hex() + " is " +
                                             std::string(messages::name_of(state)) + who +
                                             ": this step does not follow" + hint);
}

Result<messages::MailId> Client::alert_step(const messages::AlertId& id,
                                            messages::AlertAction action, SecretText argument,
                                            messages::Resolution resolution) {
  if ((action == messages::AlertAction::close) != (resolution != messages::Resolution::none)) {
    return error(ErrorCode::input_invalid,
                 "an alert is closed with one of: advice-given, training, referred, no-action, "
                 "false-positive");
  }
  CANDOUR_TRY(auto known, store_.alert(id));
  if (!known) {
    return error(ErrorCode::not_found,
                 "this device has no alert " + id.hex() + "; see `candour alerts`");
  }
  CANDOUR_TRY(check_follows(*known, action));
  messages::AlertStep step;
  step.alert = id;
  step.action = action;
  step.resolution = resolution;
  step.argument = std::move(argument);
  step.device = store_.keys().device;
  step.time = clock_.now();
  return send_to_bot(messages::ToBotType::alert_step, step.sign(store_.keys().signing));
}

void Client::note_wanted(AlertRecord& record, const messages::AlertUpdate& update) {
  const bool wanted = update.action == messages::AlertAction::want;
  if (update.state == messages::AlertState::closed) record.wanted.clear();
  if (wanted || update.action == messages::AlertAction::share) {
    std::erase(record.wanted, update.to);
  }
  if (wanted && update.to != store_.keys().device) record.wanted.push_back(update.to);
  if (record.wanted.empty()) {
    wanted_alerts_.erase(record.id);
  } else {
    wanted_alerts_.insert(record.id);
  }
}

Status Client::share_wanted() {
  if (wanted_alerts_.empty() || connection_ == nullptr) return ok();
  if (clock_.now() < share_at_) return ok();
  share_at_ = TimeMs(clock_.now().value + kShareEveryMs);
  const std::set<messages::AlertId> alerts = wanted_alerts_;
  for (const messages::AlertId& id : alerts) {
    CANDOUR_TRY(auto record, store_.alert(id));
    if (!record) continue;
    std::vector<DeviceId> later;
    for (const DeviceId& desk : record->wanted) {
      const Status shared = share(*record, desk);
      if (shared) continue;
      if (is_lost(shared.error())) return shared;
      const ErrorCode code = shared.error().code;
      // A certificate that is not in a witnessed checkpoint yet will be, before long.
      if (code != ErrorCode::not_permitted && code != ErrorCode::device_revoked) {
        later.push_back(desk);
      }
    }
    if (later.empty()) wanted_alerts_.erase(id);
    record->wanted = std::move(later);
    CANDOUR_TRY(keep([&] { return store_.put_alert(*record); }));
  }
  return ok();
}

// The bot asks, but it is this desk that lets somebody else read: only those whose certificate is
// proven to be in the log, who are there to handle alerts, and whom it is not about.
Status Client::share(const AlertRecord& record, const DeviceId& desk) {
  CANDOUR_TRY(trust_->prove_devices({desk}, *connection_));
  if (!trust_->proven(desk)) {
    return error(ErrorCode::not_found, "the desk's certificate is not proven to be in the log");
  }
  CANDOUR_TRY(const identity::Certificate* to, trust_->device(desk));
  CANDOUR_TRY(const auto body, messages::AlertBody::decode(record.body.view()));
  const std::string& role = to->subject.role;
  const bool past_line = messages::goes_past_line(body.outcome, body.category);
  const bool in_line = role == "supervisor" && !past_line;
  // Who was enrolled after the alert was raised may be named in it.
  const messages::NamedText excerpt(body.excerpt.expose());
  if ((!in_line && role != "investigator") || to->subject.person == body.subject.person ||
      excerpt.names(to->subject.name, to->subject.person)) {
    return error(ErrorCode::not_permitted, "an alert is not for this desk");
  }
  messages::AlertStep step;
  step.alert = record.id;
  step.action = messages::AlertAction::share;
  step.to = desk;
  step.device = store_.keys().device;
  step.time = clock_.now();
  CANDOUR_TRY(step.envelope,
              messages::wrap_alert_keys(record.id, record.keys, to->subject.sealing_key, random_));
  CANDOUR_TRY(send_to_bot(messages::ToBotType::alert_step, step.sign(store_.keys().signing)));
  return ok();
}

Status Client::acknowledge_notice() {
  CANDOUR_TRY(need_connection());
  if (trust_->notice() == nullptr) {
    return error(ErrorCode::not_found, "the organisation has no monitoring notice");
  }
  identity::NoticeAck ack;
  ack.device = store_.keys().device;
  ack.notice = trust_->notice_digest();
  ack.time = clock_.now();
  v1::ClientFrame frame;
  frame.mutable_notice_ack()->set_object(wire_bytes(ack.sign(store_.keys().signing)));
  CANDOUR_TRY(connection_->request(std::move(frame)));
  notice_acknowledged_ = true;
  return keep([&]() -> Status {
    Event acknowledged = event(EventType::notice);
    acknowledged.version = trust_->notice()->version;
    acknowledged.digest = ack.notice;
    acknowledged.acknowledged = true;
    tell(std::move(acknowledged));
    return ok();
  });
}

// Whether every member's certificate is known to be in a witnessed checkpoint; asked once for each
// epoch.
bool Client::members_proven(GroupSession& session) {
  const GroupId& group = session.record().id;
  auto known = proven_epochs_.find(group);
  if (known != proven_epochs_.end() && known->second == session.epoch()) return true;
  std::vector<DeviceId> devices;
  for (const mls::Member& member : session.mls().members()) {
    const auto device = DeviceId::from(member.identity);
    if (!device) return false;
    devices.push_back(*device);
  }
  const Status proven = trust_->prove_devices(devices, *connection_);
  if (!proven && proven.error().code == ErrorCode::log_inconsistent) {
    stop(session, proven.error(), 0);
  }
  if (!proven) {
    for (const DeviceId& device : devices) {
      if (!trust_->proven(device)) unproven_members_.try_emplace(device, 0);
    }
    return false;
  }
  proven_epochs_[group] = session.epoch();
  return true;
}

Status Client::prove_members(const GroupId& group) {
  CANDOUR_TRY(need_connection());
  GroupSession* session = this->session(group);
  if (session == nullptr) return error(ErrorCode::group_unknown, "this device is in no such group");
  return keep([&] {
    (void)members_proven(*session);
    return ok();
  });
}

Result<LeafProof> Client::prove_leaf(const Digest& leaf) {
  CANDOUR_TRY(need_connection());
  std::optional<LeafProof> proof;
  CANDOUR_TRY(keep([&]() -> Status {
    CANDOUR_TRY(proof, trust_->prove_leaf(leaf, *connection_));
    if (!proof->checkpoint.witnessed) return ok();
    return watch_.included(leaf, proof->index, proof->checkpoint.size);
  }));
  return std::move(*proof);
}

}  // namespace candour::client
