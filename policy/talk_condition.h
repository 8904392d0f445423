// Whether the conversation shows what a rule's condition (TalkCondition) asks for.
#pragma once

#include <cstdint>
#include <vector>

#include "policy/conversation.h"
#include "policy/rule.h"

namespace candour::policy {

/// A condition with its names as features write them.
struct CompiledCondition {
  TalkCondition condition;
  std::vector<NameHash> to;
  NameHash rule = 0;

  CompiledCondition(const TalkCondition& source, std::string_view rule_id);
  bool is_set() const { return condition.kind != TalkCondition::Kind::none; }
  /// Whether it asks for the words of the message too.
  bool needs_hits() const { return condition.kind != TalkCondition::Kind::probing; }
  /// `shingles` are those of the message that is judged.
  bool holds(const Conversation& talk, const std::vector<std::uint32_t>& shingles) const;

 private:
  bool is_flagged(const PastMessage& message) const;
  bool answers_flagged(const Conversation& talk) const;
  bool piles_on(const Conversation& talk) const;
  bool probes(const Conversation& talk, const std::vector<std::uint32_t>& shingles) const;
};

/// Whether the sender has withheld drafts that this message may be compared with.
bool has_withheld_drafts(const Conversation& talk);

}  // namespace candour::policy
