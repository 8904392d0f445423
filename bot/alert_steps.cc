// What becomes of an alert: steps of its desks, and the bot's own when time passes.
#include <algorithm>

#include "base/limits.h"
#include "base/log.h"
#include "bot/alerts.h"
#include "client/messages/utf8.h"

namespace candour::bot {
namespace {

using client::wire_bytes;
using messages::AlertAction;
using messages::AlertState;

constexpr std::uint64_t kLookEveryMs = 100;
constexpr std::size_t kDueAtOnce = 64;

template <class List, class Value>
bool contains(const List& list, const Value& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

std::uint64_t remind_after(const config::AlertSettings& settings, bool serious) {
  return serious ? settings.serious_remind_after_ms : settings.remind_after_ms;
}

std::uint64_t escalate_after(const config::AlertSettings& settings, bool serious) {
  return serious ? settings.serious_escalate_after_ms : settings.escalate_after_ms;
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

struct Alerts::Case {
  storage::BotAlert alert;
  KeptAlert kept;
  messages::AlertId id;
  std::vector<KeptAlert::Envelope> leaving;  // with the step that is being settled
  messages::AlertSubject revealed;
};

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
    case AlertAction::share:
      if (state != AlertState::closed) return state;
      return std::nullopt;
    case AlertAction::raise:
    case AlertAction::remind:
    case AlertAction::overdue:
    case AlertAction::want:
    case AlertAction::sample:
      return std::nullopt;  // not a desk's to take
  }
  return std::nullopt;
}

Result<Alerts::Case> Alerts::open(storage::BotAlert alert) const {
  Case about;
  CANDOUR_TRY(about.kept, KeptAlert::decode(alert.sealed));
  about.id = *messages::AlertId::from(alert.alert.view());
  about.alert = std::move(alert);
  return about;
}

// So that an update for every desk fits one frame, and no step can be sent a second time.
Status Alerts::check_step(const messages::AlertStep& step, const storage::BotAlert& alert) const {
  CANDOUR_TRY(check_length(step));
  if (step.time <= alert.last_step) {
    return error(ErrorCode::input_invalid, "the step is not later than the alert's last step");
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
  const Group* group = groups_.find(about.alert.group);
  if (group == nullptr) return error(ErrorCode::state_damaged, "an alert's group is missing");
  CANDOUR_TRY(const identity::Certificate* to, context_.trust.device(step.to));
  if (contains(about.alert.recipients, step.to)) {
    return error(ErrorCode::already_exists, "the desk has this alert already");
  }
  if (!contains(first_line(*group, about.kept), to)) {
    return error(ErrorCode::not_permitted, "the alert is not for the desk it was shared with");
  }
  about.leaving.push_back({step.to, false, step.envelope});
  return ok();
}

Status Alerts::step(ByteView bytes) {
  CANDOUR_TRY(const messages::AlertStep unchecked, messages::AlertStep::decode(bytes));
  CANDOUR_TRY(const identity::Certificate* by, context_.trust.device(unchecked.device));
  CANDOUR_TRY(const messages::AlertStep step,
              messages::AlertStep::verify(bytes, by->subject.signing_key));
  CANDOUR_TRY(auto alert, context_.store.alert(step.alert.view()));
  if (!alert) return error(ErrorCode::not_found, "there is no such alert");
  if (!contains(alert->recipients, step.device)) {
    return error(ErrorCode::not_permitted, "the alert was not sent to this device");
  }
  const auto state = static_cast<AlertState>(alert->state);
  const auto next = next_state(state, step.action);
  if (!next) {
    return error(ErrorCode::not_permitted, "the alert is " + std::string(messages::name_of(state)) +
                                               ": this step does not follow");
  }
  if (state == AlertState::escalated && step.action == AlertAction::close &&
      by->subject.role != "investigator" && !next_line({}).empty()) {
    return error(ErrorCode::not_permitted,
                 "the alert is with professional standards now, who close it");
  }
  CANDOUR_TRY(check_step(step, *alert));
  CANDOUR_TRY(Case about, open(std::move(*alert)));
  about.alert.state = static_cast<std::uint8_t>(*next);
  about.alert.last_step = step.time;
  if (*next != AlertState::open) about.alert.due = TimeMs();
  about.alert.resolution = static_cast<std::uint8_t>(step.resolution);
  if (step.action == AlertAction::escalate) pass_on(about);
  if (step.action == AlertAction::share) {
    CANDOUR_TRY(share(step, about));
  }
  CANDOUR_TRY(settle(about, step, bytes, by->subject.person));
  const bool dismissed = about.alert.serious && messages::dismisses(step.resolution);
  if (!dismissed || about.kept.envelopes.empty()) return ok();
  if (random_below(context_.alerts.sample_one_in, context_.random) != 0) return ok();
  pass_on(about);
  // For professional standards to close, in another way if need be.
  about.alert.state = static_cast<std::uint8_t>(AlertState::escalated);
  return act(about, AlertAction::sample);
}

bool Alerts::due() const {
  const TimeMs now = context_.clock.now();
  return raised_ || now.value >= looked_.value + kLookEveryMs || now < looked_;
}

Status Alerts::tick() {
  const TimeMs now = context_.clock.now();
  looked_ = now;
  raised_ = false;
  CANDOUR_TRY(auto alerts, context_.store.alerts_due(now, kDueAtOnce));
  if (alerts.size() == kDueAtOnce) raised_ = true;  // there may be more
  for (storage::BotAlert& alert : alerts) {
    CANDOUR_TRY(Case about, open(std::move(alert)));
    CANDOUR_TRY(be_due(about));
  }
  return ok();
}

Status Alerts::be_due(Case& about) {
  storage::BotAlert& alert = about.alert;
  const TimeMs now = context_.clock.now();
  const config::AlertSettings& settings = context_.alerts;
  const auto later = [&](std::uint64_t after) {
    return TimeMs(std::max(now.value + 1, alert.raised.value + after));
  };
  auto& waiting = about.kept.envelopes;
  const auto first = std::stable_partition(waiting.begin(), waiting.end(),
                                           [](const auto& e) { return e.next_line; });
  if (first != waiting.end()) {
    std::move(first, waiting.end(), std::back_inserter(about.leaving));
    waiting.erase(first, waiting.end());
    alert.due = later(remind_after(settings, alert.serious));
    return act(about, AlertAction::raise);
  }
  if (alert.recipients.empty() && waiting.empty()) {
    alert.due = TimeMs();  // sealed to nobody
    return context_.store.put_alert(alert);
  }
  const bool nobody_there = std::none_of(
      waiting.begin(), waiting.end(),
      [&](const KeptAlert::Envelope& e) { return bool(context_.trust.device(e.device)); });
  if (nobody_there || (!alert.reminded && !alert.recipients.empty())) {
    // Where there is no next line the desks are reminded again and again.
    alert.due = alert.reminded ? TimeMs(now.value + escalate_after(settings, alert.serious))
                               : later(escalate_after(settings, alert.serious));
    alert.reminded = true;
    return act(about, AlertAction::remind);
  }
  pass_on(about);
  alert.state = static_cast<std::uint8_t>(AlertState::escalated);
  alert.due = TimeMs();
  return act(about, AlertAction::overdue);
}

Status Alerts::look_for_desks() {
  CANDOUR_TRY(auto alerts,
              context_.store.alerts_not(static_cast<std::uint8_t>(AlertState::closed)));
  for (storage::BotAlert& alert : alerts) {
    const Group* group = groups_.find(alert.group);
    if (group == nullptr || alert.recipients.empty()) continue;
    CANDOUR_TRY(Case about, open(std::move(alert)));
    for (const identity::Certificate* desk : first_line(*group, about.kept)) {
      const DeviceId device = desk->device();
      if (contains(about.alert.recipients, device) || asked_.contains({about.id, device})) continue;
      CANDOUR_TRY(act(about, AlertAction::want, device));
      asked_.insert({about.id, device});
    }
  }
  return ok();
}

Status Alerts::act(Case& about, AlertAction action, const DeviceId& to) {
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
  if (group == nullptr) return error(ErrorCode::state_damaged, "an alert's group is missing");
  warrant::Record record;
  record.kind = alert.serious && messages::dismisses(step.resolution)
                    ? tlog::LeafKind::alert_dismissal
                    : tlog::LeafKind::alert_step;
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
    if (send(envelope.device, mail) && !contains(alert.recipients, envelope.device)) {
      alert.recipients.push_back(envelope.device);
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
    if (alert.update_key.size() != crypto::AeadKey::kSize) {
      return error(ErrorCode::state_damaged, "an alert's key is malformed");
    }
    const auto key =
        crypto::AeadKey::copy_of(alert.update_key.view().first<crypto::AeadKey::kSize>());
    const Bytes mail =
        messages::update_mail(about.id, update, key, context_.keys.signing, context_.random);
    for (const DeviceId& device : alert.recipients) send(device, mail);
  }
  // What is closed goes to nobody else, but for the draw that follows at once.
  const bool over = alert.state == static_cast<std::uint8_t>(AlertState::closed);
  KeptAlert keep = about.kept;
  if (over) keep.envelopes.clear();
  alert.sealed = keep.encode();
  CANDOUR_TRY(context_.store.put_alert(alert));
  return outbox_.put(append);
}

}  // namespace candour::bot
