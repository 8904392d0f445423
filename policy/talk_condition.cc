#include "policy/talk_condition.h"

#include <algorithm>
#include <set>

#include "policy/shingles.h"

namespace candour::policy {
namespace {

constexpr std::uint64_t kMinuteMs = 60'000;
// What does not say what it answers answers the last message, when it is as young as this.
constexpr std::uint64_t kUnsaidAnswerMs = 5 * kMinuteMs;

bool is_younger(const PastMessage& message, TimeMs now, std::uint64_t age_ms) {
  return message.time.value + age_ms >= now.value;
}

bool has(const std::vector<NameHash>& names, NameHash name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_withheld_draft(const PastMessage& message, std::uint64_t sender) {
  return message.sender == sender && !message.delivered &&
         message.features.verdict != Verdict::release;
}

}  // namespace

CompiledCondition::CompiledCondition(const TalkCondition& source, std::string_view rule_id)
    : condition(source), rule(name_hash(rule_id)) {
  for (const std::string& category : source.to) to.push_back(name_hash(category));
}

bool CompiledCondition::is_flagged(const PastMessage& message) const {
  return message.delivered && std::any_of(to.begin(), to.end(), [&](NameHash category) {
           return has(message.features.flagged, category);
         });
}

bool CompiledCondition::holds(const Conversation& talk,
                              const std::vector<std::uint32_t>& shingles) const {
  if (talk.past == nullptr) return false;
  switch (condition.kind) {
    case TalkCondition::Kind::none:
      return true;
    case TalkCondition::Kind::answer:
      return answers_flagged(talk);
    case TalkCondition::Kind::pile_on:
      return piles_on(talk);
    case TalkCondition::Kind::probing:
      return probes(talk, shingles);
  }
  return false;
}

bool CompiledCondition::answers_flagged(const Conversation& talk) const {
  const auto& past = talk.past->messages();
  if (talk.answers) return *talk.answers < past.size() && is_flagged(past[*talk.answers]);
  const auto last = std::find_if(past.rbegin(), past.rend(),
                                 [](const PastMessage& message) { return message.delivered; });
  return last != past.rend() && last->sender != talk.sender && is_flagged(*last) &&
         is_younger(*last, talk.now, kUnsaidAnswerMs);
}

bool CompiledCondition::piles_on(const Conversation& talk) const {
  const auto& past = talk.past->messages();
  const std::size_t reach = std::min(past.size(), condition.messages);
  for (std::size_t i = past.size() - reach; i < past.size(); ++i) {
    const PastMessage& flagged = past[i];
    if (flagged.sender == talk.sender || !is_flagged(flagged) ||
        !is_younger(flagged, talk.now, condition.minutes * kMinuteMs)) {
      continue;
    }
    std::set<std::uint64_t> people = {talk.sender};
    for (std::size_t j = i + 1; j < past.size(); ++j) {
      const bool answers = past[j].delivered && past[j].sender != flagged.sender &&
                           has(past[j].features.in_kind, rule);
      if (answers) people.insert(past[j].sender);
    }
    if (people.size() >= condition.people) return true;
  }
  return false;
}

bool CompiledCondition::probes(const Conversation& talk,
                               const std::vector<std::uint32_t>& shingles) const {
  std::size_t drafts = 1;
  for (const PastMessage& message : talk.past->messages()) {
    const bool alike = is_withheld_draft(message, talk.sender) &&
                       is_younger(message, talk.now, condition.minutes * kMinuteMs) &&
                       similarity(message.features.shingles, shingles) >= condition.similarity;
    drafts += alike ? 1 : 0;
  }
  return drafts >= condition.drafts && drafts > 1;
}

bool has_withheld_drafts(const Conversation& talk) {
  if (talk.past == nullptr) return false;
  const auto& past = talk.past->messages();
  return std::any_of(past.begin(), past.end(), [&](const PastMessage& message) {
    return is_withheld_draft(message, talk.sender) && !message.features.shingles.empty();
  });
}

}  // namespace candour::policy
