// Who hears of an alert.
#include <algorithm>

#include "bot/alerts.h"

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
  if (!kept.report) return desks(group, kept.excluded);
  const Certificates investigators = next_line(kept.excluded);
  return investigators.empty() ? with_role("supervisor", kept.excluded) : investigators;
}

bool Alerts::may_decide(const Opened& opened, const Group& group,
                        const identity::Certificate& by) const {
  std::vector<std::string> excluded = persons_in(opened);
  const std::string author = excluded.front();
  // As keep_new does: nobody escapes by naming all who could be asked.
  if (desks(group, excluded).empty() || next_line(excluded).empty()) excluded = {author};
  const auto has = [&](const Certificates& list) {
    return std::any_of(list.begin(), list.end(), [&](const identity::Certificate* one) {
      return one->device() == by.device();
    });
  };
  return has(desks(group, excluded)) || has(next_line(excluded));
}

std::vector<std::string> Alerts::persons_in(const Opened& opened) const {
  std::vector<std::string> persons = {opened.certificate->subject.person};
  const auto& mentions = opened.content.mentions;
  persons.insert(persons.end(), mentions.begin(), mentions.end());
  const SecretText text = opened.content.checkable();
  for (const identity::Certificate* certificate : context_.trust.certificates()) {
    const identity::Enrolment& subject = certificate->subject;
    // Only those who could be sent it matter.
    if (subject.role != "supervisor" && subject.role != "investigator") continue;
    if (text_names(text.expose(), subject.name)) persons.push_back(subject.person);
  }
  return persons;
}

}  // namespace candour::bot
