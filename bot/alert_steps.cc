// What becomes of an alert: steps of its desks, and how every step is put on record and told.
#include <algorithm>

#include "base/assert.h"
#include "base/encoding.h"
#include "base/limits.h"
#include "bot/alerts.h"
#include "client/messages/alert_states.h"
#include "client/messages/utf8.h"

namespace candour::bot {
namespace {

using client::wire_bytes;
using messages::AlertAction;
using messages::AlertState;

template <class List, class Value>
bool contains(const List& list, const Value& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

/// Of two desks at the same time, the slower one is told who was faster.
std::string done_by(const KeptAlert& kept) {
  if (kept.by.empty()) return "";
  return ", by " + kept.by + " at " + time_encode(kept.at.value);
}

Status check_length(const messages::AlertStep& step) {
  const auto size = messages::trimmed_code_points(step.argument.expose());
  // Four bytes are the longest code point; white space around the text counts too.
  if (!size || *size > limits::kJustificationCodePointsMax ||
      step.argument.expose().size() > 4 * limits::kJustificationCodePointsMax) {
    return error(ErrorCode::input_invalid, "the note of a step is longer than " +
                                               std::to_string(limits::kJustificationCodePointsMax) +
                                               " characters");
  }
  return ok();
}

}  // namespace

storage::BotDesk* Alerts::Case::desk(const DeviceId& device) {
  const auto found = std::find_if(alert.desks.begin(), alert.desks.end(),
                                  [&](const storage::BotDesk& d) { return d.device == device; });
  return found == alert.desks.end() ? nullptr : &*found;
}

// A row that is damaged is this alert's misfortune, not the bot's.
Result<Alerts::Case> Alerts::find(const AlertId& id) const {
  const auto only_this = [](const Error& e) {
    return e.code == ErrorCode::state_damaged ? error(ErrorCode::internal, e.message) : e;
  };
  auto alert = context_.store.alert(id.view());
  if (!alert) return only_this(alert.error());
  if (!alert.value()) return error(ErrorCode::not_found, "there is no such alert");
  Case about;
  about.alert = std::move(*alert.value());
  about.id = *messages::AlertId::from(id.view());
  auto kept = KeptAlert::decode(about.alert.sealed);
  if (!kept) return only_this(kept.error());
  about.kept = std::move(kept).value();
  if (about.alert.update_key.size() != crypto::AeadKey::kSize) {
    return error(ErrorCode::internal, "an alert's key is malformed");
  }
  if (groups_.find(about.alert.group) == nullptr) {
    return error(ErrorCode::internal, "an alert's group is missing");
  }
  return about;
}

// So that an update for every desk fits one frame, and no step can be sent a second time. Each
// device's steps are compared with its own only: two desks' clocks need not agree.
Status Alerts::check_step(const messages::AlertStep& step, const storage::BotDesk& desk) const {
  CANDOUR_TRY(check_length(step));
  if (step.time <= desk.last_step) {
    return error(ErrorCode::input_invalid,
                 "the step is not later than this device's last step on the alert");
  }
  if (step.time.value > context_.clock.now().value + limits::kClockSkewMs) {
    return error(ErrorCode::input_invalid, "the step is of the future; set the device's clock");
  }
  return ok();
}

void Alerts::pass_on(Case& about) const {
  for (KeptAlert::Envelope& envelope : about.kept.envelopes) {
    about.leaving.push_back(std::move(envelope));
  }
  about.kept.envelopes.clear();
  if (about.alert.hidden) {
    about.revealed = subject_of(about.alert.author);
    about.alert.hidden = false;
  }
}

Status Alerts::share(const messages::AlertStep& step, Case& about) const {
  CANDOUR_TRY(const identity::Certificate* to, context_.trust.device(step.to));
  if (about.desk(step.to) != nullptr) {
    return error(ErrorCode::already_exists, "the desk has this alert already");
  }
  if (!contains(should_have(about), to)) {
    return error(ErrorCode::not_permitted, "the alert is not for the desk it was shared with");
  }
  about.leaving.push_back({step.to, false, step.envelope});
  return ok();
}

Status Alerts::check_decision(const messages::AlertStep& step, const Case& about,
                              const identity::Certificate& by) const {
  if (!about.kept.appeal) {
    return error(ErrorCode::not_permitted, "the alert is no appeal: there is nothing to approve");
  }
  if (step.action == AlertAction::close) {
    return error(ErrorCode::not_permitted, "an appeal is approved or refused, not closed");
  }
  if (subject_of(about.alert.author).person == by.subject.person) {
    return error(ErrorCode::not_permitted, "nobody decides about a message of their own");
  }
  if (step.action == AlertAction::refuse) {
    return messages::check_justification(step.argument.expose());
  }
  CANDOUR_TRY(const auto approval,
              messages::Approval::verify(step.envelope, by.subject.signing_key));
  const std::uint64_t now = context_.clock.now().value;
  const bool fits = approval.group == about.alert.group &&
                    approval.content_commitment == about.kept.appeal->commitment &&
                    approval.warning_hash == about.kept.appeal->warning_hash &&
                    approval.issued.value <= now + limits::kClockSkewMs &&
                    approval.expires.value > now &&
                    approval.expires.value <= approval.issued.value + limits::kApprovalLifetimeMs;
  if (fits) return ok();
  return error(ErrorCode::approval_invalid,
               "the approval is not about the appealed message, or its times are not good");
}

Status Alerts::tell_sender(const messages::AlertStep& step, const Case& about) {
  messages::Answer answer;
  answer.type = messages::AnswerType::appeal_decided;
  answer.about = *messages::Answer::About::from(about.alert.message_id.view());
  answer.message = step.argument.clone();
  answer.body = step.envelope;  // the approval, or nothing
  return answers_.send(about.alert.author, std::move(answer));
}

Status Alerts::step(ByteView bytes) {
  CANDOUR_TRY(const messages::AlertStep unchecked, messages::AlertStep::decode(bytes));
  CANDOUR_TRY(const identity::Certificate* by, context_.trust.device(unchecked.device));
  CANDOUR_TRY(const messages::AlertStep step,
              messages::AlertStep::verify(bytes, by->subject.signing_key));
  CANDOUR_TRY(Case about, find(*AlertId::from(step.alert.view())));
  storage::BotDesk* desk = about.desk(step.device);
  if (desk == nullptr) {
    return error(ErrorCode::not_permitted, "the alert was not sent to this device");
  }
  const AlertState state = about.state();
  const auto next = next_state(state, step.action);
  if (!next) {
    return error(ErrorCode::not_permitted, "the alert is " + std::string(messages::name_of(state)) +
                                               done_by(about.kept) + ": this step does not follow");
  }
  const bool decides = messages::resolution_of(step.action) != messages::Resolution::none;
  if (state == AlertState::escalated && (decides || step.action == AlertAction::close) &&
      by->subject.role != "investigator" && !next_line({}).empty()) {
    return error(
        ErrorCode::not_permitted,
        "the alert is with professional standards now, who close it" + done_by(about.kept));
  }
  CANDOUR_TRY(check_step(step, *desk));
  if (decides || (about.kept.appeal && step.action == AlertAction::close)) {
    CANDOUR_TRY(check_decision(step, about, *by));
  }
  desk->last_step = step.time;
  if (*next != state || step.action == AlertAction::assign) {
    about.kept.by = by->subject.name + " (" + by->subject.person + ")";
    about.kept.at = context_.clock.now();
  }
  apply(step, *next, about);
  if (step.action == AlertAction::share) {
    CANDOUR_TRY(share(step, about));
  }
  CANDOUR_TRY(settle(about, step, bytes, by->subject.person));
  if (decides) return tell_sender(step, about);
  if (step.action != AlertAction::close) return ok();
  CANDOUR_TRY(sample(about));
  return about.state() == AlertState::closed ? note_closed(about) : ok();
}

void Alerts::apply(const messages::AlertStep& step, AlertState next, Case& about) const {
  storage::BotAlert& alert = about.alert;
  about.become(next);
  alert.resolution = static_cast<std::uint8_t>(step.resolution);
  switch (step.action) {
    case AlertAction::acknowledge:
      // Assigning it to and fro does not put this off.
      alert.due = in(return_after(alert));
      alert.reminders = 0;
      break;
    case AlertAction::escalate:
      pass_on(about);
      alert.due = in(return_after(alert));
      alert.reminders = 0;
      break;
    case AlertAction::close:
    case AlertAction::approve:
    case AlertAction::refuse:
      alert.closed = context_.clock.now();
      alert.due = in(context_.alerts.keep_closed_ms);
      break;
    default:
      break;
  }
}

Status Alerts::sample(Case& about) {
  storage::BotAlert& alert = about.alert;
  const bool dismissed =
      alert.serious && messages::dismisses(static_cast<messages::Resolution>(alert.resolution));
  if (!dismissed || about.kept.envelopes.empty()) return ok();
  if (random_below(context_.alerts.sample_one_in, context_.random) != 0) return ok();
  pass_on(about);
  // For professional standards to close, in another way if need be.
  about.become(AlertState::escalated);
  alert.closed = TimeMs();
  alert.due = in(return_after(alert));
  alert.reminders = 0;
  return act(about, AlertAction::sample);
}

Status Alerts::act(Case& about, AlertAction action, const DeviceId& to) {
  if (action == AlertAction::returned || action == AlertAction::overdue ||
      action == AlertAction::sample) {
    about.kept.by.clear();  // the bot's own doing
  }
  messages::AlertStep step;
  step.alert = about.id;
  step.action = action;
  step.to = to;
  step.device = context_.keys.device;
  step.time = context_.clock.now();
  const SecretBytes bytes = step.sign(context_.keys.signing);
  return settle(about, step, bytes.view(), "");
}

Status Alerts::settle(Case& about, const messages::AlertStep& step, ByteView bytes,
                      std::string_view person) {
  storage::BotAlert& alert = about.alert;
  Group* group = groups_.find(alert.group);
  CANDOUR_ASSERT(group != nullptr);  // find() made sure
  warrant::Record record;
  // The auditor's counts: dismissals, and which of them were drawn for a second look.
  const bool counted =
      (alert.serious && messages::dismisses(step.resolution)) || step.action == AlertAction::sample;
  record.kind = counted ? tlog::LeafKind::alert_dismissal : tlog::LeafKind::alert_step;
  record.message_id = alert.message_id;
  record.sender = step.device;
  record.sender_time = step.time;
  record.evidence = SecretBytes::copy_of(bytes);
  CANDOUR_TRY(Logged logged, scribe_.log(std::move(record), *group, Digest(), Digest()));
  v1::AppendRecord append;
  *append.mutable_log() = std::move(logged.entry);
  const auto send = [&](const DeviceId& device, const Bytes& body) {
    if (!context_.trust.device(device)) return false;
    v1::Mail& out = *append.add_mail();
    out.set_device(wire_bytes(device.view()));
    out.set_kind(v1::ALERT);
    out.set_body(wire_bytes(body));
    out.set_about(wire_bytes(about.id.view()));
    return true;
  };
  for (const KeptAlert::Envelope& envelope : about.leaving) {
    const Bytes mail = messages::alert_mail(about.id, envelope.keys, about.kept.body);
    if (send(envelope.device, mail) && about.desk(envelope.device) == nullptr) {
      alert.desks.push_back({envelope.device, TimeMs()});
    }
  }
  about.leaving.clear();

  if (step.action != AlertAction::raise) {
    messages::AlertUpdate update;
    update.action = step.action;
    update.time = context_.clock.now();
    update.state = static_cast<AlertState>(alert.state);
    update.resolution = static_cast<messages::Resolution>(alert.resolution);
    update.device = step.device;
    update.person = person;
    update.argument = step.argument.clone();
    update.to = step.to;
    update.subject = std::move(about.revealed);
    about.revealed = {};
    update.repeats = alert.repeats;
    const auto key =
        crypto::AeadKey::copy_of(alert.update_key.view().first<crypto::AeadKey::kSize>());
    const Bytes mail =
        messages::update_mail(about.id, update, key, context_.keys.signing, context_.random);
    for (const storage::BotDesk& desk : alert.desks) send(desk.device, mail);
  }
  // What is closed goes to nobody else, but for the draw that follows at once.
  const bool over = about.state() == AlertState::closed;
  KeptAlert keep = about.kept;
  if (over) keep.envelopes.clear();
  alert.sealed = keep.encode();
  CANDOUR_TRY(context_.store.put_alert(alert));
  return outbox_.put(append);
}

}  // namespace candour::bot
