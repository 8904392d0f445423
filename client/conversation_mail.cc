// Sealed mail from the bot: replies to own submissions, welcomes, alerts.
#include <algorithm>

#include "client/conversation.h"
#include "client/error_kinds.h"
#include "crypto/hash.h"
#include "mls/key_package_bundle.h"
#include "tlog/leaf.h"

namespace candour::client {
namespace {

constexpr std::size_t kDeferredMailMax = 10'000;

}  // namespace

void Client::refuse(const Error& reason, const v1::MailItem& mail) {
  Event refused = event(EventType::refused);
  refused.code = code_name(reason.code);
  refused.message = reason.message;
  refused.message_id = MessageId::from(as_bytes(mail.about()));
  tell(std::move(refused));
}

// In order: behind mail that has to wait, the rest waits too.
Status Client::handle_mail(const v1::MailItem& mail) {
  if (deferred_mail_.empty() && !(mail.number() > mail_cursor_ && comes_too_early(mail))) {
    return take_mail(mail);
  }
  if (deferred_mail_.size() >= kDeferredMailMax) {
    return error(ErrorCode::queue_full, "the relay sends mail and not the messages before it");
  }
  deferred_mail_.push_back(mail);
  return ok();
}

Status Client::take_mail(const v1::MailItem& mail) {
  if (mail.number() > mail_cursor_) {
    Status handled = ok();
    switch (mail.kind()) {
      case v1::REPLY:
        handled = handle_reply(mail);
        break;
      case v1::WELCOME:
        handled = handle_welcome(mail);
        break;
      case v1::ALERT:
        handled = handle_alert(mail);
        break;
      case v1::ANSWER:
        handled = handle_bots_answer(mail);
        break;
      default:
        break;
    }
    if (!handled) {
      if (is_final(handled.error())) return handled;
      if (lost_) return ok();  // it comes again on the next connection
      refuse(handled.error(), mail);
    }
    CANDOUR_TRY(store_.put_mail_cursor(mail.number()));
    mail_cursor_ = mail.number();
  }
  mail_ack_ = mail_cursor_;
  ++mails_owed_;
  return ok();
}

Status Client::handle_reply(const v1::MailItem& mail) {
  const auto id = MessageId::from(as_bytes(mail.about()));
  if (!id) return error(ErrorCode::frame_malformed, "a reply names no message");
  CANDOUR_TRY(auto draft, store_.draft(*id));
  GroupId group;
  if (draft) {
    group = draft->group;
  } else {
    CANDOUR_TRY(auto row, store_.history(*id));
    if (!row) return ok();  // of a message that this device no longer remembers
    group = row->group;
  }
  GroupSession* known = session(group);
  if (known == nullptr) {
    return error(ErrorCode::group_unknown, "a reply is about a group this device is not in");
  }
  CANDOUR_TRY(const SigningPublicKey bot, known->bot_key());
  CANDOUR_TRY(auto reply,
              messages::open_reply(as_bytes(mail.body()), store_.keys().sealing, group, *id, bot));
  if (const auto* receipt = std::get_if<messages::Receipt>(&reply)) {
    return handle_receipt(*id, group, *receipt, std::move(draft));
  }
  if (!draft) return ok();
  CANDOUR_TRY(const bool sent, may_be_with_bot(*draft));
  if (!sent) return ok();
  if (const auto* warning = std::get_if<messages::WarningReply>(&reply)) {
    return handle_warning(std::move(*draft), *warning, bot);
  }
  const auto& rejected = std::get<messages::Rejected>(reply);
  return reject(std::move(*draft), error(code_from_name(rejected.code), rejected.message));
}

// The leaf that the receipt opens is the one the token cites, and it holds this very content: the
// log has what was sent (I5).
Status Client::check_receipt(const KeptReceipt& receipt,
                             const identity::ReleaseToken& token) const {
  const auto wrong = [](const char* what) {
    return error(ErrorCode::log_inconsistent,
                 std::string("the bot's receipt does not fit the delivered message: ") + what);
  };
  CANDOUR_TRY(auto opening, tlog::LeafOpening::decode(receipt.opening));
  if (opening.kind != tlog::LeafKind::message) return wrong("its leaf is of another kind");
  if (opening.content_commitment != token.content_commitment) return wrong("another content");
  if (opening.ciphertext_hash != token.ciphertext_hash) return wrong("another ciphertext");
  const Digest leaf = tlog::leaf_hash(opening.entry(tlog::LeafClass::ordinary));
  if (leaf != token.leaf_hash || leaf != receipt.leaf_hash) return wrong("another log leaf");
  if (receipt.seq != token.seq) return wrong("another place in the group");
  return ok();
}

Status Client::handle_receipt(const MessageId& id, const GroupId& group,
                              const messages::Receipt& receipt, std::optional<Draft> draft) {
  KeptReceipt kept;
  kept.seq = receipt.seq;
  kept.submission = receipt.submission;
  kept.leaf_hash = receipt.leaf_hash;
  kept.opening = receipt.opening;
  kept.overridden = receipt.overridden;
  if (receipt.mention_duty) tell(event(EventType::duty));
  for (const messages::ClosedAlert& closed : receipt.closed) {
    CANDOUR_TRY(auto note,
                messages::OwnAlert::open(closed.note, store_.keys().sealing, closed.message_id));
    CANDOUR_TRY(store_.put_closed_alert(
        {closed.message_id, closed.resolution, closed.closed, std::move(note)}));
  }
  if (draft && draft->field.type == messages::BotFieldType::report) {
    CANDOUR_TRY(take_report_receipt(*draft, kept));
    CANDOUR_TRY(store_.erase_outbox(id));
    CANDOUR_TRY(store_.erase_draft(id));
    Event reported = event(EventType::reported);
    reported.message_id = id;
    reported.group = group;
    reported.submission = receipt.submission.value;
    reported.original = draft->field.reported;
    tell(std::move(reported));
    outcome(id);
    return ok();
  }
  if (draft) {
    // The message itself is still to come; it is checked against the receipt then.
    draft->receipt = kept.encode();
    return store_.put_draft(*draft);
  }
  CANDOUR_TRY(auto row, store_.history(group, id));
  if (!row) return error(ErrorCode::not_found, "a receipt is for a message that is not known");
  CANDOUR_TRY(auto token, identity::ReleaseToken::decode(row->token));
  if (Status checked = check_receipt(kept, token); !checked) {
    CANDOUR_TRY(alarm_receipt(group, id, checked.error()));
    stop(*session(group), checked.error(), row->seq.value);
    return ok();
  }
  row->receipt = kept.encode();
  CANDOUR_TRY(watch_.receipt_came(token.leaf_hash));
  return store_.put_history(*row);
}

// A report is delivered to nobody, so there is no token: the opening alone says that what was sent
// is what is on record.
Status Client::take_report_receipt(const Draft& draft, const KeptReceipt& receipt) {
  CANDOUR_TRY(auto sent, store_.outbox(draft.id));
  const auto opening = tlog::LeafOpening::decode(receipt.opening);
  const bool fits =
      opening && sent && opening.value().content_commitment == draft.commitment() &&
      opening.value().ciphertext_hash == sent->ciphertext_hash &&
      tlog::leaf_hash(opening.value().entry(tlog::LeafClass::ordinary)) == receipt.leaf_hash;
  if (!fits) {
    return alarm_receipt(
        draft.group, draft.id,
        error(ErrorCode::log_inconsistent, "the bot's receipt for a report is of something else"));
  }
  identity::ReleaseToken token;
  token.message_id = draft.id;
  token.leaf_hash = receipt.leaf_hash;
  return watch_message(WatchKind::report, draft.group, token, true);
}

Status Client::handle_warning(Draft draft, const messages::WarningReply& reply,
                              const SigningPublicKey& bot) {
  CANDOUR_TRY(auto warning, messages::Warning::verify(reply.signed_warning, bot));
  // A dispute whose findings stand is answered with the very warning that was disputed, which
  // names the message first warned about.
  const bool dispute = draft.field.type == messages::BotFieldType::dispute;
  const bool upheld = dispute && reply.signed_warning == draft.field.warning;
  const bool fits =
      warning.group == draft.group && (upheld || warning.message_id == draft.id) &&
      warning.device == store_.keys().device && warning.content_commitment == draft.commitment() &&
      warning.findings_hash == crypto::sha256(reply.findings) && warning.block == reply.block;
  if (!fits) {
    return error(ErrorCode::warning_invalid,
                 "a warning of the bot is not about message " + draft.id.hex());
  }
  Event told = event(reply.block ? EventType::blocked : EventType::warned);
  CANDOUR_TRY(told.findings, messages::decode_findings(reply.findings));
  draft.state = reply.block ? DraftState::blocked : DraftState::warned;
  draft.signed_warning = reply.signed_warning;
  draft.findings = reply.findings;
  draft.expires = warning.expires;
  // A disputed or overridden draft is replaced by this one: the same content, a newer warning.
  const std::optional<MessageId> original = draft.original;
  draft.original.reset();
  if (upheld && original) {
    // The same block: what was asked and decided about it still stands.
    CANDOUR_TRY(auto before, store_.draft(*original));
    if (before) {
      draft.appeal = before->appeal;
      draft.appealed = before->appealed;
      draft.approval = std::move(before->approval);
      draft.approval_expires = before->approval_expires;
      draft.decision = std::move(before->decision);
    }
  }
  // That it was disputed, and why, stays with it.
  draft.field.warning.clear();
  if (!dispute) draft.field = {};
  if (auto number = submissions_.find(draft.id); number != submissions_.end()) {
    draft.submission = number->second;
  }
  CANDOUR_TRY(store_.put_draft(draft));
  CANDOUR_TRY(store_.erase_outbox(draft.id));
  CANDOUR_TRY(keep_warning(draft, reply, dispute, original));
  if (original) {
    CANDOUR_TRY(store_.erase_draft(*original));
  }
  outcome(draft.id);
  told.message_id = draft.id;
  told.group = draft.group;
  told.submission = draft.submission;
  told.original = original;
  told.expires = warning.expires;
  CANDOUR_TRY(told.content, messages::Content::decode(draft.content.view()));
  tell(std::move(told));
  return ok();
}

// For the officer's own record. The answer to a dispute takes the place of what was disputed.
Status Client::keep_warning(const Draft& draft, const messages::WarningReply& reply, bool dispute,
                            const std::optional<MessageId>& original) {
  OwnWarning warning;
  warning.id = draft.id;
  warning.group = draft.group;
  warning.time = clock_.now();
  warning.block = reply.block;
  warning.disputed = dispute;
  warning.findings = reply.findings;
  warning.signed_warning = reply.signed_warning;
  if (original) {
    CANDOUR_TRY(const auto before, store_.warning(*original));
    if (before) warning.time = before->time;
    CANDOUR_TRY(store_.erase_warning(*original));
  }
  return store_.put_warning(warning);
}

Status Client::handle_welcome(const v1::MailItem& mail) {
  v1::WelcomeMail welcome;
  if (!welcome.ParseFromString(mail.body())) {
    return error(ErrorCode::frame_malformed, "a welcome does not parse");
  }
  CANDOUR_TRY(auto references, mls::welcome_references(as_bytes(welcome.welcome())));
  std::optional<KeyPackageRecord> mine;
  std::optional<Digest> reference;
  for (const Digest& candidate : references) {
    CANDOUR_TRY(mine, store_.key_package(candidate));
    reference = candidate;
    if (mine) break;
  }
  if (!mine) {
    const Error missing = error(
        ErrorCode::not_found,
        "a welcome is for a key package that this device does not have; ask to be added again");
    // No other welcome comes by itself, so nothing may go on waiting for it.
    if (GroupSession* before_it = formed_again(welcome)) stop(*before_it, missing, 0);
    return missing;
  }
  GroupProgress before;
  if (const auto group = GroupId::from(as_bytes(welcome.group()))) {
    CANDOUR_TRY(before, store_.progress(*group));
  }
  const auto join = [&] {
    return GroupSession::join(welcome, *mine, store_.keys(), *trust_, before, clock_.now());
  };
  auto joined = join();
  // A member or the bot may be newer than what this device has of the directory.
  if (!joined && !is_final(joined.error()) && connection_ != nullptr) {
    CANDOUR_TRY(const bool answered, ask_directory(true));
    if (!answered) return *lost_;
    joined = join();
  }
  // Used or refused, a key package never serves twice, unless it is there for want of another.
  if (!mine->last_resort) {
    CANDOUR_TRY(store_.erase_key_package(*reference));
    if (key_packages_held_ > 0) --key_packages_held_;
  }
  GroupSession* before_it = formed_again(welcome);
  Status accepted = joined ? Status(ok()) : Status(joined.error());
  if (accepted && before_it != nullptr) {
    accepted = check_formed_again(*before_it, joined.value());
  }
  if (!accepted) {
    if (before_it != nullptr && !is_final(accepted.error())) stop(*before_it, accepted.error(), 0);
    return accepted;
  }
  return enter(welcome, std::move(joined).value());
}

Status Client::enter(const v1::WelcomeMail& mail, GroupSession entered) {
  const GroupId id = entered.record().id;
  const bool again = formed_again(mail) != nullptr;
  std::optional<GroupProgress> before;
  if (const GroupSession* known = session(id)) {
    before = known->progress();
    entered.keep_renames(known->record());
  }
  groups_.erase(id);
  GroupSession& session = groups_.emplace(id, std::move(entered)).first->second;
  owe(id, session.progress().seq);
  behind_.erase(id);
  Event joined = event(EventType::membership);
  joined.group = id;
  joined.name = session.record().name;
  const bool anew = !again && before && !before->removed;
  joined.action = again ? "formed again" : anew ? "added again" : "joined";
  // In a new log nothing goes on from the old one.
  const bool follows = anew || (again && before->log_origin == session.progress().log_origin);
  if (follows) joined.missed = session.progress().seq.value - before->seq.value - 1;
  if (anew && renewing_.erase(id) > 0 && joined.missed == 0) joined.action = "renewed";
  joined.seq = session.progress().seq.value;
  joined.epoch = session.epoch().value;
  joined.members = session.mls().members().size();
  if (auto token = identity::ReleaseToken::decode(as_bytes(mail.token()))) {
    joined.message_id = token.value().message_id;
  }
  const MessageId commit = joined.message_id.value_or(MessageId());
  tell(std::move(joined));
  if (follows) {
    CANDOUR_TRY(settle_gap(session, *before, commit));
  }
  if (again || anew) {
    CANDOUR_TRY(encrypt_anew(id));
  }
  // Keep the new state before anything more is read with it.
  CANDOUR_TRY(flush());
  auto waiting = early_.extract(id);
  if (waiting.empty()) return ok();
  early_count_ -= waiting.mapped().size();
  for (const v1::Deliver& delivered : waiting.mapped()) {
    CANDOUR_TRY(handle_deliver(delivered));
  }
  return ok();
}

Status Client::handle_alert(const v1::MailItem& mail) {
  CANDOUR_TRY(auto header, messages::inspect_alert_mail(as_bytes(mail.body())));
  CANDOUR_TRY(auto kept, store_.alert(header.id));
  auto record = std::make_shared<AlertRecord>();
  if (header.update) {
    if (!kept) return ok();  // of an alert that was never for this device
    *record = std::move(*kept);
    const identity::Certificate* bot = trust_->find(record->bot);
    if (bot == nullptr) return error(ErrorCode::unknown_device, "an alert's bot is not certified");
    CANDOUR_TRY(auto update, messages::open_alert_update(as_bytes(mail.body()), record->keys.update,
                                                         bot->subject.signing_key));
    const bool repeat = update.action == messages::AlertAction::repeat;
    // The relay may hand over again what it handed over before; a state that was left behind must
    // not come back with it.
    const Digest said = crypto::sha256(update.encode().view());
    if (!repeat) {
      const auto& seen = record->updates;
      if (std::find(seen.begin(), seen.end(), said) != seen.end()) return ok();
      record->updates.push_back(said);
    }
    AlertStepSeen step;
    step.time = update.time;
    step.action = update.action;
    step.state = update.state;
    step.resolution = update.resolution;
    step.person = update.person;
    if (update.subject.known()) record->revealed = update.subject;
    note_wanted(*record, update);
    record->repeats = std::max(record->repeats, update.repeats);
    step.argument = std::move(update.argument);
    if (!repeat) record->steps.push_back(std::move(step));
  } else {
    if (kept) return ok();  // wrapped again for this device
    CANDOUR_TRY(const identity::Certificate* bot, trust_->bot());
    CANDOUR_TRY(auto opened, messages::open_alert(as_bytes(mail.body()), store_.keys().sealing,
                                                  bot->subject.signing_key));
    record->id = opened.id;
    record->keys = std::move(opened.keys);
    record->bot = bot->device();
    record->body = opened.body.encode();
    if (!opened.body.proof.empty()) {
      // What does not decode proves nothing, and is an alert nonetheless.
      record->checks.emplace();
      if (const auto proof = messages::ReportProof::decode(opened.body.proof.view())) {
        record->checks =
            messages::check_report(proof.value(), opened.body.group, opened.body.message_id,
                                   opened.body.subject.device, trust_->bot_keys());
      }
    }
  }
  CANDOUR_TRY(store_.put_alert(*record));
  Event told = event(EventType::alert);
  told.alert = std::move(record);
  tell(std::move(told));
  return ok();
}

}  // namespace candour::client
