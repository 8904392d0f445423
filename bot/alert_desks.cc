// Who hears of an alert.
#include <algorithm>
#include <set>

#include "bot/alerts.h"
#include "client/messages/person_names.h"

namespace candour::bot {

Alerts::Certificates Alerts::with_role(std::string_view role,
                                       const std::vector<std::string>& excluded) const {
  Certificates out;
  for (const identity::Certificate* certificate : context_.trust.certificates()) {
    const std::string& person = certificate->subject.person;
    if (certificate->subject.role != role || !context_.trust.device(certificate->device()) ||
        std::find(excluded.begin(), excluded.end(), person) != excluded.end()) {
      continue;
    }
    out.push_back(certificate);
  }
  return out;
}

Alerts::Certificates Alerts::desks(const Group& group,
                                   const std::vector<std::string>& excluded) const {
  const Certificates supervisors = with_role("supervisor", excluded);
  Certificates of_unit;
  for (const identity::Certificate* certificate : supervisors) {
    if (certificate->subject.unit == group.info.unit) of_unit.push_back(certificate);
  }
  if (!of_unit.empty()) return of_unit;
  if (!supervisors.empty()) return supervisors;
  return next_line(excluded);
}

Alerts::Certificates Alerts::next_line(const std::vector<std::string>& excluded) const {
  return with_role("investigator", excluded);
}

Alerts::Certificates Alerts::first_line(const Group& group, const KeptAlert& kept) const {
  if (!kept.past_line) return desks(group, kept.excluded);
  const Certificates investigators = next_line(kept.excluded);
  return investigators.empty() ? with_role("supervisor", kept.excluded) : investigators;
}

bool Alerts::may_decide(const Opened& opened, const Group& group,
                        const identity::Certificate& by) const {
  std::vector<std::string> excluded = persons_in(opened);
  const std::string& author = opened.certificate->subject.person;
  // As keep_new does: nobody escapes by naming all who could be asked.
  if (desks(group, excluded).empty() || next_line(excluded).empty()) excluded = {author};
  const auto has = [&](const Certificates& list) {
    return std::any_of(list.begin(), list.end(), [&](const identity::Certificate* one) {
      return one->device() == by.device();
    });
  };
  return has(desks(group, excluded)) || has(next_line(excluded));
}

// Everybody who is enrolled, whatever their role today: an officer who is named may be a supervisor
// by the time the alert is shared with another desk.
std::vector<std::string> Alerts::persons_in(const Opened& opened) const {
  const auto& mentions = opened.content.mentions;
  std::set<std::string> persons(mentions.begin(), mentions.end());
  persons.insert(opened.certificate->subject.person);
  const SecretText text = opened.content.checkable();
  const messages::NamedText named(text.expose());
  const SecretText reason = opened.field.reason.clone();
  const messages::NamedText named_in_reason(reason.expose());
  for (const identity::Certificate* certificate : context_.trust.certificates()) {
    const identity::Enrolment& subject = certificate->subject;
    if (subject.role == "bot" || persons.contains(subject.person)) continue;
    if (named.names(subject.name, subject.person) ||
        named_in_reason.names(subject.name, subject.person)) {
      persons.insert(subject.person);
    }
  }
  return {persons.begin(), persons.end()};
}

SecretText Alerts::without_names(std::string_view text, std::string_view author,
                                 std::uint32_t* start, std::uint32_t* end) const {
  static constexpr std::string_view kMask = "[name]";
  const messages::NamedText named(text);
  std::vector<messages::NameSpan> spans;
  for (const identity::Certificate* certificate : context_.trust.certificates()) {
    const identity::Enrolment& subject = certificate->subject;
    if (subject.role == "bot" || subject.person == author) continue;
    const auto found = named.find(subject.name, subject.person);
    spans.insert(spans.end(), found.begin(), found.end());
  }
  std::sort(spans.begin(), spans.end(),
            [](const auto& a, const auto& b) { return a.start < b.start; });
  SecretBytes::Buffer out;
  std::size_t at = 0;
  const std::uint32_t marked_from = *start;
  const std::uint32_t marked_to = *end;
  const auto copy = [&](std::size_t to) {
    // Marks move with the text they are on; one that begins or ends in a name, to its border.
    if (marked_from >= at && marked_from <= to) {
      *start = static_cast<std::uint32_t>(out.size() + (marked_from - at));
    }
    if (marked_to >= at && marked_to <= to) {
      *end = static_cast<std::uint32_t>(out.size() + (marked_to - at));
    }
    out.insert(out.end(), text.begin() + static_cast<std::ptrdiff_t>(at),
               text.begin() + static_cast<std::ptrdiff_t>(to));
  };
  for (const messages::NameSpan& span : spans) {
    if (span.end <= at) continue;
    copy(std::max(span.start, at));
    if (marked_from > span.start && marked_from < span.end) {
      *start = static_cast<std::uint32_t>(out.size());
    }
    out.insert(out.end(), kMask.begin(), kMask.end());
    if (marked_to > span.start && marked_to < span.end) {
      *end = static_cast<std::uint32_t>(out.size());
    }
    at = span.end;
  }
  copy(text.size());
  return SecretText(SecretBytes(std::move(out)));
}

}  // namespace candour::bot
