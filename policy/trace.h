// Why the engine decided as it did, for people who write rules. Slower than judge(), and it holds
// pieces of the pack only: spans, never text.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace candour::policy {

struct TracedWord {
  std::size_t start = 0;  // bytes of the original text, end exclusive
  std::size_t end = 0;
  /// Names of the tags of the entry that begins here (its span), references and compounds included;
  /// "=word" for a word that some phrase names.
  std::vector<std::string> tags;
};

/// What became of something that a pattern or phrase of a rule matched.
enum class MatchOutcome {
  hit,
  other_context,     // the rule does not apply in this class of group or to this kind of content
  bad_check_digits,  // the validator said no; detail: its name
  not_allowed,       // a `requires` is missing from the message, or an `unless_message` is in it
  excepted,          // detail: the frame's name, or "unless"
  no_conversation,   // the condition on the conversation does not hold
};
const char* outcome_name(MatchOutcome outcome);

struct TracedMatch {
  std::string rule;
  /// The pattern (with its lists written out) or phrase.
  std::string source;
  std::size_t start = 0;
  std::size_t end = 0;
  MatchOutcome outcome = MatchOutcome::hit;
  std::string detail;
};

struct Trace {
  /// Words with tags, in order; one word may stand more than once, with entries of several words.
  std::vector<TracedWord> words;
  std::vector<TracedMatch> matches;
};

}  // namespace candour::policy
