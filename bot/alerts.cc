#include "bot/alerts.h"

#include <algorithm>

#include "base/limits.h"
#include "base/log.h"
#include "client/messages/utf8.h"

namespace candour::bot {
namespace {

using client::wire_bytes;
using messages::AlertAction;
using messages::AlertState;

constexpr std::size_t kRecipientsMax = 128;
constexpr std::size_t kContextBytes = 160;  // of the excerpt, on each side of the marked words
constexpr std::size_t kMarkedBytesMax = 320;

std::size_t character_border(std::string_view text, std::size_t at) {
  while (at > 0 && at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) --at;
  return std::min(at, text.size());
}

const policy::Finding* alerting(const policy::Judgement& judgement) {
  for (const policy::Finding& finding : judgement.findings) {
    if (finding.alert) return &finding;
  }
  return nullptr;
}

void set_excerpt(messages::AlertBody& body, std::string_view text, std::size_t start,
                 std::size_t end) {
  end = character_border(text, std::min(end, start + kMarkedBytesMax));
  const std::size_t from =
      character_border(text, start > kContextBytes ? start - kContextBytes : 0);
  const std::size_t to = character_border(text, std::min(text.size(), end + kContextBytes));
  body.excerpt = SecretText::copy_of(text.substr(from, to - from));
  body.start = static_cast<std::uint32_t>(start - from);
  body.end = static_cast<std::uint32_t>(end - from);
}

messages::AlertOutcome outcome_of(const Opened& opened, const Decision& decision) {
  if (decision.answer == Answer::report) return messages::AlertOutcome::reported;
  if (decision.answer == Answer::block) return messages::AlertOutcome::blocked;
  if (decision.answer == Answer::warn) return messages::AlertOutcome::warned;
  return opened.field.type == messages::BotFieldType::override_warning
             ? messages::AlertOutcome::overridden
             : messages::AlertOutcome::released;
}

}  // namespace

std::optional<AlertState> next_state(AlertState state, AlertAction action) {
  const bool seen = state == AlertState::acknowledged || state == AlertState::assigned;
  switch (action) {
    case AlertAction::acknowledge:
      if (state == AlertState::open) return AlertState::acknowledged;
      return std::nullopt;
    case AlertAction::assign:
      if (seen) return AlertState::assigned;
      return std::nullopt;
    case AlertAction::escalate:
      if (seen) return AlertState::escalated;
      return std::nullopt;
    case AlertAction::close:
      if (seen || state == AlertState::escalated) return AlertState::closed;
      return std::nullopt;
  }
  return std::nullopt;
}

std::vector<const identity::Certificate*> Alerts::with_role(
    std::string_view role, const std::vector<std::string>& except_persons) const {
  std::vector<const identity::Certificate*> out;
  for (const identity::Certificate* certificate : context_.trust.certificates()) {
    const std::string& person = certificate->subject.person;
    if (certificate->subject.role != role || !context_.trust.device(certificate->device()) ||
        std::find(except_persons.begin(), except_persons.end(), person) != except_persons.end()) {
      continue;
    }
    out.push_back(certificate);
  }
  return out;
}

std::vector<const identity::Certificate*> Alerts::recipients(
    const Group& group, const std::vector<std::string>& except_persons) const {
  const auto supervisors = with_role("supervisor", except_persons);
  std::vector<const identity::Certificate*> of_unit;
  for (const identity::Certificate* certificate : supervisors) {
    if (certificate->subject.unit == group.info.unit) of_unit.push_back(certificate);
  }
  if (!of_unit.empty()) return of_unit;
  if (!supervisors.empty()) return supervisors;
  return with_role("investigator", except_persons);
}

Result<messages::AlertBody> Alerts::body_of(const Opened& opened, const Decision& decision,
                                            const Group& group) const {
  messages::AlertBody body;
  body.time = context_.clock.now();
  body.group = group.id();
  body.group_name = group.info.name;
  body.outcome = outcome_of(opened, decision);
  if (body.outcome == messages::AlertOutcome::reported) {
    // The person a report is about stands in it, the one who reports does not.
    body.category = "report";
    body.message_id = opened.field.reported;
    CANDOUR_TRY(const auto seen, context_.store.seen(group.id(), opened.field.reported));
    if (seen) body.device = seen->sender;
    body.justification = opened.field.reason.clone();
  } else {
    const policy::Finding& finding = *alerting(decision.judgement);
    body.category = finding.category;
    body.severity = static_cast<std::uint8_t>(static_cast<int>(finding.severity) + 1);
    body.rule = finding.rule;
    body.standard = finding.standard;
    body.message_id = opened.message_id;
    body.device = opened.sender;
    if (body.outcome == messages::AlertOutcome::overridden) {
      body.justification = opened.field.reason.clone();
    }
    const SecretText text = opened.content.checkable();
    set_excerpt(body, text.expose(), finding.start, finding.end);
  }
  if (const identity::Certificate* author = context_.trust.find(body.device)) {
    body.person = author->subject.person;
    body.name = author->subject.name;
  }
  return body;
}

Status Alerts::raise(const Opened& opened, const Decision& decision, const Group& group,
                     v1::Verdict& verdict) {
  const bool report = decision.answer == Answer::report;
  if (decision.answer == Answer::dispute) return ok();
  if (!report && alerting(decision.judgement) == nullptr) return ok();
  CANDOUR_TRY(const messages::AlertBody body, body_of(opened, decision, group));

  auto to = report ? with_role("investigator", {body.person})
                   : recipients(group, {opened.certificate->subject.person});
  if (report && to.empty()) to = with_role("supervisor", {body.person});
  if (to.size() > kRecipientsMax) to.resize(kRecipientsMax);

  const auto id = context_.random.id<messages::AlertId>();
  const auto sealed = messages::SealedAlert::seal(id, body, context_.keys.signing, context_.random);
  storage::BotAlert alert;
  alert.alert = *decltype(alert.alert)::from(id.view());
  alert.group = group.id();
  alert.author = body.device;
  alert.message_id = body.message_id;
  alert.key = SecretBytes::copy_of(sealed.key().view());
  for (const identity::Certificate* certificate : to) {
    const DeviceId device = certificate->device();
    auto mail = sealed.mail_for(certificate->subject.sealing_key, context_.random);
    if (!mail) {
      log::warning("alert_not_sealed", {{"device", device}, {"code", mail.error().code}});
      continue;
    }
    v1::Mail& out = *verdict.add_mail();
    out.set_device(wire_bytes(device.view()));
    out.set_kind(v1::ALERT);
    out.set_body(wire_bytes(mail.value()));
    out.set_about(wire_bytes(id.view()));
    alert.recipients.push_back(device);
  }
  if (alert.recipients.empty()) {
    log::error(
        "alert_without_recipient",
        {{"group", group.id()}, {"hint", log::LogSafe("enrol a supervisor or an investigator")}});
  }
  return context_.store.put_alert(alert);
}

// So that an update for every desk fits one frame, and no step can be sent a second time.
Status Alerts::check_step(const messages::AlertStep& step, const storage::BotAlert& alert) const {
  const auto size = messages::trimmed_code_points(step.argument.expose());
  // Four bytes are the longest code point; white space around the text counts too.
  if (!size || *size > limits::kJustificationCodePointsMax ||
      step.argument.expose().size() > 4 * limits::kJustificationCodePointsMax) {
    return error(ErrorCode::input_invalid, "the note of a step is longer than " +
                                               std::to_string(limits::kJustificationCodePointsMax) +
                                               " characters");
  }
  if (step.time <= alert.last_step) {
    return error(ErrorCode::input_invalid, "the step is not later than the alert's last step");
  }
  if (step.time.value > context_.clock.now().value + limits::kClockSkewMs) {
    return error(ErrorCode::input_invalid, "the step is of the future; set the device's clock");
  }
  return ok();
}

Status Alerts::step(ByteView bytes) {
  CANDOUR_TRY(const messages::AlertStep unchecked, messages::AlertStep::decode(bytes));
  CANDOUR_TRY(const identity::Certificate* by, context_.trust.device(unchecked.device));
  CANDOUR_TRY(const messages::AlertStep step,
              messages::AlertStep::verify(bytes, by->subject.signing_key));
  CANDOUR_TRY(auto alert, context_.store.alert(step.alert.view()));
  if (!alert) return error(ErrorCode::not_found, "there is no such alert");
  const auto& desks = alert->recipients;
  if (std::find(desks.begin(), desks.end(), step.device) == desks.end()) {
    return error(ErrorCode::not_permitted, "the alert was not sent to this device");
  }
  const auto next = next_state(static_cast<AlertState>(alert->state), step.action);
  if (!next) {
    return error(ErrorCode::not_permitted,
                 "the alert is " +
                     std::string(messages::name_of(static_cast<AlertState>(alert->state))) +
                     ": this step does not follow");
  }
  CANDOUR_TRY(check_step(step, *alert));
  alert->state = static_cast<std::uint8_t>(*next);
  alert->last_step = step.time;
  CANDOUR_TRY(context_.store.put_alert(*alert));
  return tell(step, *alert, *next, *by, bytes);
}

Status Alerts::tell(const messages::AlertStep& step, const storage::BotAlert& alert,
                    AlertState state, const identity::Certificate& by, ByteView bytes) {
  Group* group = groups_.find(alert.group);
  if (group == nullptr) return error(ErrorCode::state_damaged, "an alert's group is missing");
  warrant::Record record;
  record.kind = tlog::LeafKind::alert_step;
  record.message_id = alert.message_id;
  record.sender = step.device;
  record.sender_time = step.time;
  record.evidence = SecretBytes::copy_of(bytes);
  CANDOUR_TRY(Logged logged, scribe_.log(std::move(record), *group, Digest(), Digest()));

  messages::AlertUpdate update;
  update.time = context_.clock.now();
  update.state = state;
  update.device = step.device;
  update.person = by.subject.person;
  update.argument = step.argument.clone();
  CANDOUR_TRY(const crypto::AeadKey key, [&]() -> Result<crypto::AeadKey> {
    if (alert.key.size() != crypto::AeadKey::kSize) {
      return error(ErrorCode::state_damaged, "an alert's key is malformed");
    }
    return crypto::AeadKey::copy_of(alert.key.view().first<crypto::AeadKey::kSize>());
  }());
  const Bytes mail =
      messages::update_mail(step.alert, update, key, context_.keys.signing, context_.random);
  v1::AppendRecord append;
  *append.mutable_log() = std::move(logged.entry);
  for (const DeviceId& device : alert.recipients) {
    if (!context_.trust.device(device)) continue;
    v1::Mail& out = *append.add_mail();
    out.set_device(wire_bytes(device.view()));
    out.set_kind(v1::ALERT);
    out.set_body(wire_bytes(mail));
    out.set_about(wire_bytes(step.alert.view()));
  }
  return outbox_.put(append);
}

}  // namespace candour::bot
