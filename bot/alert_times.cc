// What becomes of an alert when time passes and nobody does anything.
#include <algorithm>

#include "base/log.h"
#include "bot/alerts.h"

namespace candour::bot {
namespace {

using messages::AlertAction;
using messages::AlertState;

constexpr std::uint64_t kLookEveryMs = 100;
constexpr std::size_t kDueAtOnce = 64;
constexpr std::uint64_t kSetAsideMs = 60ull * 60 * 1000;
constexpr std::uint64_t kYearMs = 365ull * 24 * 60 * 60 * 1000;
constexpr std::string_view kFailedCount = "alerts_failed";
// Intervals double no more often than this.
constexpr unsigned kDoublingsMax = 10;
// An alert that nobody answers is never given up: that often it is looked after at the least.
constexpr std::uint64_t kLookAfterMs = 24ull * 60 * 60 * 1000;

std::uint64_t remind_after(const config::AlertSettings& settings, bool serious) {
  return serious ? settings.serious_remind_after_ms : settings.remind_after_ms;
}

std::uint64_t escalate_after(const config::AlertSettings& settings, bool serious) {
  return serious ? settings.serious_escalate_after_ms : settings.escalate_after_ms;
}

}  // namespace

std::uint64_t Alerts::return_after(const storage::BotAlert& alert) const {
  return alert.serious ? context_.alerts.serious_return_after_ms : context_.alerts.return_after_ms;
}

TimeMs Alerts::in(std::uint64_t ms) const { return TimeMs(context_.clock.now().value + ms); }

bool Alerts::due() const {
  const TimeMs now = context_.clock.now();
  return raised_ || now.value >= looked_.value + kLookEveryMs || now < looked_;
}

Result<std::vector<Alerts::AlertId>> Alerts::due_now() {
  looked_ = context_.clock.now();
  CANDOUR_TRY(auto alerts, context_.store.alerts_due(looked_, kDueAtOnce));
  raised_ = alerts.size() == kDueAtOnce;  // there may be more
  return alerts;
}

Status Alerts::tick(const AlertId& id) {
  CANDOUR_TRY(Case about, find(id));
  storage::BotAlert& alert = about.alert;
  const auto& waiting = about.kept.envelopes;
  const bool leaves = std::any_of(waiting.begin(), waiting.end(),
                                  [](const auto& envelope) { return !envelope.next_line; });
  switch (about.state()) {
    case AlertState::closed: {
      CANDOUR_TRY(context_.store.dispose_alert(alert));
      const std::uint64_t now = context_.clock.now().value;
      return context_.store.drop_tallies(TimeMs(now - std::min(now, kYearMs)));
    }
    case AlertState::acknowledged:
    case AlertState::assigned:
      return come_back(about);
    case AlertState::escalated:
      return remind(about, AlertAction::remind, return_after(alert));
    case AlertState::open:
      break;
  }
  if (leaves) return leave(about);
  if (alert.desks.empty() && waiting.empty()) {
    return context_.store.postpone_alert(id, TimeMs());  // sealed to nobody
  }
  return press(about);
}

Status Alerts::set_aside(const AlertId& id, const Error& why) {
  CANDOUR_TRY(const std::uint64_t before, context_.store.number(kFailedCount));
  CANDOUR_TRY(context_.store.put_number(kFailedCount, before + 1));
  log::error("alert_failed", {{"alert", id},
                              {"code", why.code},
                              {"why", log::LogSafe(why.message)},
                              {"failed_so_far", before + 1}});
  return context_.store.postpone_alert(id, in(kSetAsideMs));
}

Status Alerts::leave(Case& about) {
  auto& waiting = about.kept.envelopes;
  const auto first = std::stable_partition(waiting.begin(), waiting.end(),
                                           [](const auto& envelope) { return envelope.next_line; });
  std::move(first, waiting.end(), std::back_inserter(about.leaving));
  waiting.erase(first, waiting.end());
  const TimeMs reminder(about.alert.raised.value +
                        remind_after(context_.alerts, about.alert.serious));
  about.alert.due = std::max(in(1), reminder);
  CANDOUR_TRY(act(about, AlertAction::raise));
  return about.alert.repeats == 0 ? ok() : act(about, AlertAction::repeat);
}

// Nobody has acknowledged it.
Status Alerts::press(Case& about) {
  storage::BotAlert& alert = about.alert;
  const auto& waiting = about.kept.envelopes;
  const std::uint64_t escalate = escalate_after(context_.alerts, alert.serious);
  const bool nobody_there = std::none_of(
      waiting.begin(), waiting.end(),
      [&](const KeptAlert::Envelope& e) { return bool(context_.trust.device(e.device)); });
  if (nobody_there) {
    CANDOUR_TRY(ask_for_desks(about));
    return remind(about, AlertAction::remind, escalate);
  }
  if (alert.reminders > 0 || alert.desks.empty()) return hand_over(about);
  alert.reminders = 1;
  alert.due = std::max(in(1), TimeMs(alert.raised.value + escalate));
  return act(about, AlertAction::remind);
}

// Acknowledged, and nobody closed it: once more the desks', then professional standards'.
Status Alerts::come_back(Case& about) {
  storage::BotAlert& alert = about.alert;
  const std::uint64_t escalate = escalate_after(context_.alerts, alert.serious);
  if (alert.returned > 0 && !about.kept.envelopes.empty()) return hand_over(about);
  if (alert.returned >= context_.alerts.reminders_max) {
    alert.reminders = alert.returned;
    return remind(about, AlertAction::remind, escalate);
  }
  ++alert.returned;
  about.become(AlertState::open);
  alert.reminders = 1;
  alert.due = in(escalate);
  return act(about, AlertAction::returned);
}

Status Alerts::hand_over(Case& about) {
  pass_on(about);
  about.become(AlertState::escalated);
  about.alert.reminders = 0;
  about.alert.due = in(return_after(about.alert));
  return act(about, AlertAction::overdue);
}

// Reminds at ever longer intervals, and then no more: what people learn to overlook helps nobody.
// But it stays in the operator's log, and is passed on as soon as there is somebody to pass it to.
Status Alerts::remind(Case& about, AlertAction action, std::uint64_t again_after) {
  storage::BotAlert& alert = about.alert;
  if (alert.reminders >= context_.alerts.reminders_max) {
    log::error("alert_unanswered",
               {{"alert", about.alert.alert},
                {"hint", log::LogSafe("its desks were reminded as often as configured; enrol "
                                      "somebody who handles it")}});
    return context_.store.postpone_alert(alert.alert, in(kLookAfterMs));
  }
  alert.due = in(again_after << std::min<unsigned>(alert.reminders, kDoublingsMax));
  ++alert.reminders;
  return act(about, action);
}

// The devices an alert was sealed to for the next line may all be gone; then another desk lets
// those read it who came after them.
bool Alerts::wants_next_line(const Case& about) const {
  if (about.kept.past_line) return false;
  const auto& waiting = about.kept.envelopes;
  const auto there = [&](const DeviceId& device) {
    const auto certificate = context_.trust.device(device);
    return certificate && certificate.value()->subject.role == "investigator";
  };
  if (std::any_of(waiting.begin(), waiting.end(),
                  [&](const auto& envelope) { return there(envelope.device); })) {
    return false;
  }
  if (about.state() == AlertState::escalated) {
    return std::none_of(about.alert.desks.begin(), about.alert.desks.end(),
                        [&](const storage::BotDesk& desk) { return there(desk.device); });
  }
  return about.state() == AlertState::open && about.alert.reminders > 0;
}

Alerts::Certificates Alerts::should_have(const Case& about) const {
  Certificates out = first_line(*groups_.find(about.alert.group), about.kept);
  if (!wants_next_line(about)) return out;
  for (const identity::Certificate* one : next_line(about.kept.excluded)) {
    if (std::find(out.begin(), out.end(), one) == out.end()) out.push_back(one);
  }
  return out;
}

Status Alerts::ask_for_desks(Case& about) {
  if (about.alert.desks.empty()) return ok();  // there is nobody to ask
  const AlertId id = about.alert.alert;
  for (const identity::Certificate* desk : should_have(about)) {
    const DeviceId device = desk->device();
    if (about.desk(device) != nullptr || asked_.contains({id, device})) continue;
    CANDOUR_TRY(act(about, AlertAction::want, device));
    asked_.insert({id, device});
  }
  return ok();
}

Status Alerts::look_for_desks(const AlertId& id) {
  CANDOUR_TRY(Case about, find(id));
  return ask_for_desks(about);
}

}  // namespace candour::bot
