#include "bot/alerts.h"

#include <algorithm>
#include <bit>

#include "base/assert.h"
#include "base/limits.h"
#include "base/log.h"
#include "crypto/hash.h"

namespace candour::bot {
namespace {

constexpr std::size_t kRecipientsMax = 128;
constexpr std::size_t kContextBytes = 160;  // of the excerpt, on each side of the marked words
constexpr std::size_t kMarkedBytesMax = 320;
constexpr std::uint64_t kYearMs = 365ull * 24 * 60 * 60 * 1000;

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

messages::AlertSubject Alerts::subject_of(const DeviceId& device) const {
  messages::AlertSubject subject;
  subject.device = device;
  if (const identity::Certificate* certificate = context_.trust.find(device)) {
    subject.person = certificate->subject.person;
    subject.name = certificate->subject.name;
  }
  return subject;
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
    body.serious = true;
    body.message_id = opened.field.reported;
    CANDOUR_TRY(const auto seen, context_.store.seen(group.id(), opened.field.reported));
    if (seen) body.subject = subject_of(seen->sender);
    body.justification = opened.field.reason.clone();
    CANDOUR_ASSERT(opened.report.has_value());  // the judge refuses a report without its proof
    body.proof = opened.report->encode();
    CANDOUR_TRY(const auto content, messages::Content::decode(opened.report->content.view()));
    const SecretText text = content.checkable();
    set_excerpt(body, text.expose(), 0, 0);
    return body;
  }
  const policy::Finding& finding = *alerting(decision.judgement);
  body.category = finding.category;
  body.severity = static_cast<std::uint8_t>(static_cast<int>(finding.severity) + 1);
  body.serious = finding.alert_level == "high";
  body.rule = finding.rule;
  body.standard = finding.standard;
  body.message_id = opened.message_id;
  body.subject = subject_of(opened.sender);
  if (body.outcome == messages::AlertOutcome::overridden) {
    body.justification = opened.field.reason.clone();
  }
  const SecretText text = opened.content.checkable();
  set_excerpt(body, text.expose(), finding.start, finding.end);
  if (body.category == messages::kReprisalCategory) {
    const std::string& author = body.subject.person;
    std::uint32_t none = 0;
    std::uint32_t none_either = 0;
    body.excerpt = without_names(body.excerpt.expose(), author, &body.start, &body.end);
    body.justification = without_names(body.justification.expose(), author, &none, &none_either);
  }
  return body;
}

void Alerts::add_envelopes(const messages::SealedAlert& sealed, const Certificates& to,
                           bool next_line, KeptAlert& kept) const {
  for (const identity::Certificate* certificate : to) {
    if (kept.envelopes.size() >= kRecipientsMax) return;
    const DeviceId device = certificate->device();
    const auto has = [&](const KeptAlert::Envelope& e) { return e.device == device; };
    if (std::any_of(kept.envelopes.begin(), kept.envelopes.end(), has)) continue;
    auto keys = sealed.envelope_for(certificate->subject.sealing_key, context_.random);
    if (!keys) {
      log::warning("alert_not_sealed", {{"device", device}, {"code", keys.error().code}});
      continue;
    }
    kept.envelopes.push_back({device, next_line, std::move(keys).value()});
  }
}

// Not of what a person gave reasons for: those are each to be read.
storage::BotAlert::Likeness Alerts::likeness_of(const messages::AlertBody& body,
                                                std::string_view person) const {
  if (body.outcome == messages::AlertOutcome::overridden ||
      body.outcome == messages::AlertOutcome::reported) {
    return {};
  }
  Writer parts;
  parts.vec(person);
  parts.id(body.group);
  parts.vec(body.rule);
  parts.u8(static_cast<std::uint8_t>(body.outcome));
  return *storage::BotAlert::Likeness::from(
      bot::tag_of(context_.keys.state, "candour alert likeness v1", parts.view()).view());
}

// The desks hear of the first, second, fourth, eighth ... repeat, and with whatever else they hear
// how many there were by then: a burst is one alert, and a few words more.
Result<bool> Alerts::fold(const storage::BotAlert::Likeness& likeness) {
  const std::uint64_t within = context_.alerts.fold_within_ms;
  if (within == 0 || likeness.is_zero()) return false;
  const std::uint64_t now = context_.clock.now().value;
  CANDOUR_TRY(const auto id,
              context_.store.alert_like(likeness, TimeMs(now - std::min(now, within))));
  if (!id) return false;
  if (unfoldable_.contains(*id)) return false;
  auto found = find(*id);
  if (!found) {
    // One more alert is better than none.
    if (found.error().code == ErrorCode::internal) return false;
    return std::move(found).error();
  }
  Case about = std::move(found).value();
  const std::uint32_t repeats = ++about.alert.repeats;
  if (about.alert.desks.empty() || !std::has_single_bit(repeats)) {
    CANDOUR_TRY(context_.store.put_alert(about.alert));
    return true;
  }
  Status told = act(about, messages::AlertAction::repeat);
  if (!told) {
    not_folded_ = *id;
    return std::move(told).error();
  }
  return true;
}

bool Alerts::unfold() {
  if (!not_folded_) return false;
  log::error("alert_not_folded", {{"alert", *not_folded_}});
  unfoldable_.insert(*not_folded_);
  not_folded_.reset();
  return true;
}

Status Alerts::raise(const Opened& opened, const Decision& decision, const Group& group) {
  const bool report = decision.answer == Answer::report;
  if (decision.answer == Answer::dispute) return ok();
  if (!report && alerting(decision.judgement) == nullptr) return ok();
  CANDOUR_TRY(messages::AlertBody body, body_of(opened, decision, group));
  KeptAlert kept;
  kept.excluded = report ? std::vector{body.subject.person} : persons_in(opened);
  return keep_new(opened, std::move(body), std::move(kept), group);
}

Status Alerts::raise_appeal(const Opened& opened, const messages::Appeal& appeal,
                            const policy::Finding& finding, const Group& group) {
  messages::AlertBody body;
  body.time = context_.clock.now();
  body.group = group.id();
  body.group_name = group.info.name;
  body.outcome = messages::AlertOutcome::appealed;
  body.category = finding.category;
  body.severity = static_cast<std::uint8_t>(static_cast<int>(finding.severity) + 1);
  body.rule = finding.rule;
  body.standard = finding.standard;
  body.message_id = opened.message_id;
  body.subject = subject_of(opened.sender);
  body.justification = appeal.reason.clone();
  const SecretText text = opened.content.checkable();
  set_excerpt(body, text.expose(), finding.start, finding.end);
  messages::AppealedContent whole;
  whole.content = appeal.content.clone();
  whole.commitment_key = appeal.commitment_key.clone();
  whole.warning_hash = crypto::sha256(appeal.signed_warning);
  KeptAlert kept;
  kept.excluded = persons_in(opened);
  kept.appeal = {whole.commitment(), whole.warning_hash};
  body.appeal = std::move(whole);
  return keep_new(opened, std::move(body), std::move(kept), group);
}

Status Alerts::keep_new(const Opened& opened, messages::AlertBody body, KeptAlert kept,
                        const Group& group) {
  const bool report = body.outcome == messages::AlertOutcome::reported;
  const config::AlertSettings& settings = context_.alerts;
  storage::BotAlert alert;
  const auto id = context_.random.id<messages::AlertId>();
  alert.alert = *decltype(alert.alert)::from(id.view());
  alert.group = group.id();
  alert.author = body.subject.device;
  alert.subject = bot::subject_of(context_.keys.state, body.subject.person);
  alert.message_id = body.message_id;
  // Each appeal is decided by itself.
  if (!kept.appeal) alert.likeness = likeness_of(body, body.subject.person);
  CANDOUR_TRY(const bool folded, fold(alert.likeness));
  if (folded) return ok();
  alert.serious = body.serious;
  alert.raised = body.time;
  // Ordinary alerts are many and go to supervisors; a report's must not follow its submission so
  // closely that the relay could guess who reported.
  const std::uint64_t delay_max = report ? settings.report_delay_max_ms : settings.delay_max_ms;
  alert.due = TimeMs(body.time.value + random_below(delay_max + 1, context_.random));
  CANDOUR_TRY(const auto earlier,
              context_.store.alert_counts(
                  alert.subject, TimeMs(body.time.value - std::min(body.time.value, kYearMs)),
                  static_cast<std::uint8_t>(messages::Resolution::no_action)));
  body.earlier = {earlier.all, earlier.acted_upon, earlier.dismissed};
  const bool past_line = messages::goes_past_line(body.outcome, body.category);
  kept.past_line = past_line;
  const std::string author = body.subject.person;
  // Past the line it goes to those who may know at once whom it is about.
  alert.hidden = settings.pseudonymous && !past_line;
  if (alert.hidden) {
    body.subject = {};
    body.subject.pseudonym = pseudonym_of(alert.subject);
  }
  // An appeal is their own doing and answered, so it is no entry in their record.
  if (!report && !kept.appeal) {
    const messages::OwnAlert own{body.time, body.group,    body.category, body.severity,
                                 body.rule, body.standard, body.outcome};
    auto note = own.seal(opened.certificate->subject.sealing_key, body.message_id, context_.random);
    if (note) kept.own = std::move(note).value();
  }
  const auto sealed = messages::SealedAlert::seal(id, body, context_.keys.signing, context_.random);
  kept.body = sealed.body();
  alert.update_key = SecretBytes::copy_of(sealed.update_key().view());
  // Nobody escapes by naming all who could be told: then only the author is left out.
  if (first_line(group, kept).empty() || (!past_line && next_line(kept.excluded).empty())) {
    kept.excluded = {author};
  }
  add_envelopes(sealed, first_line(group, kept), false, kept);
  if (!past_line) add_envelopes(sealed, next_line(kept.excluded), true, kept);
  if (kept.envelopes.empty()) {
    log::error(
        "alert_without_recipient",
        {{"group", group.id()}, {"hint", log::LogSafe("enrol a supervisor or an investigator")}});
  }
  // An appeal is no further thing that happened, so it counts in nobody's history.
  if (kept.appeal) alert.subject = {};
  alert.sealed = kept.encode();
  raised_ = true;
  return context_.store.put_alert(alert);
}

}  // namespace candour::bot
