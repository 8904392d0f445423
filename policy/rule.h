// The data an engine is built from: rules, the frames that except text from them, and what they
// cite. A pack (policy/pack.h) fills it from TOML files; tests may fill it by hand.
//
// Patterns are RE2 syntax and are matched against the folded text (policy/fold.h), that is lower
// case, without accents, zero-width characters and look-alike letters, so they are written in lower
// case. A capture group named `span`, where there is one, is what the finding marks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/inflection.h"
#include "policy/pattern_lists.h"

namespace candour::policy {

/// Words of one kind, each as policy/inflection.h reads it.
struct WordList {
  std::string tag;
  std::vector<std::string> entries;
  std::string where;
};

/// Phrases (policy/phrase.h) whose matches carry a tag.
struct Compound {
  std::string tag;
  std::vector<std::string> phrases;
  std::string where;
};

/// Words ("they") that stand for what was named last before them, and what ends that.
struct Reference {
  std::string words;                    // a tag
  std::vector<std::string> to;          // tags they may take over
  std::vector<std::string> blocked_by;  // tags of words that they might mean instead
  std::string where;
  std::size_t messages = 0;  // how many messages back what is named may stand; 0: in this one only
};

/// What a rule does to a message when it alone is hit. notice: delivered, the sender is told;
/// warn: held until the sender decides; block: not delivered without an approval.
enum class Severity { notice, warn, block };
/// The outcome for the message as a whole.
enum class Verdict { release, warn, block };

std::string_view severity_name(Severity severity);
std::string_view verdict_name(Verdict verdict);
/// False when `name` is none of the names; `severity` is then unchanged.
bool severity_from_name(std::string_view name, Severity& severity);

/// What is being sent. All of it is text to the engine; rules may be narrowed to kinds.
/// reaction: the emoji; poll: question and options, one a line; file_name: '_' separates words.
enum class ContentKind { text, reply, edit, reaction, poll, file_name };
inline constexpr ContentKind kContentKindLast = ContentKind::file_name;
std::string_view content_kind_name(ContentKind kind);
/// False when `name` is none of the names; `kind` is then unchanged.
bool content_kind_from_name(std::string_view name, ContentKind& kind);

/// What the conversation (policy/conversation.h) must show for a rule's hits to count.
///   answer:  the message replies or reacts to one flagged for a category of `to`; without saying
///   so
///            it answers the last message delivered
///   pile_on: with this one, `people` members have answered in kind (had hits of this rule) one
///            delivered message that was flagged for a category of `to`, the flagged one's sender
///            not counted, within `messages` messages and `minutes`
///   probing: with this one, the sender made `drafts` drafts within `minutes`, those before it
///   withheld
///            and at least `similarity` per cent alike to this one; needs no patterns, marks the
///            whole
struct TalkCondition {
  enum class Kind { none, answer, pile_on, probing };
  Kind kind = Kind::none;
  /// Categories, or what stands before their dots.
  std::vector<std::string> to;
  std::size_t people = 3;
  std::size_t messages = 20;
  std::size_t minutes = 60;
  std::size_t drafts = 3;
  std::size_t similarity = 70;
};

/// Which text a rule's patterns see. `cased` keeps capital letters: for names of people.
enum class Form { folded, cased };

/// What part of the text around a match a frame looks at. A sentence ends at . ! ? or a line end.
enum class FrameScope { sentence, before, after, inside, message };

/// A way of speaking that takes the offence out of words: reporting, training, negation. Every
/// frame applies to every rule unless the rule says otherwise.
struct Frame {
  std::string name;
  FrameScope scope = FrameScope::sentence;
  /// Holds only when the match stands between quotation marks.
  bool quoted = false;
  /// Any one is enough. Empty with `quoted`: the quotation marks alone are enough.
  std::vector<std::string> patterns;
  std::string where;  // "file.toml:12", for error messages
};

struct Rule {
  std::string id;
  std::string category;
  Severity severity = Severity::warn;
  /// For example "3 Equality and Diversity".
  std::string standard;
  std::vector<std::string> secondary_standards;
  std::string message;  // the rule in plain words, for the sender
  std::string advice;   // one sentence: what to do instead
  bool alert = false;
  std::string alert_level;  // "", "normal" or "high"

  Form form = Form::folded;
  /// Any one is a hit, pattern or phrase (policy/phrase.h).
  std::vector<std::string> patterns;
  std::vector<std::string> phrases;
  /// All must be found anywhere in the message for a hit to count.
  std::vector<std::string> requires_all;
  /// None may be found in the sentence of the hit.
  std::vector<std::string> unless;
  /// None may be found anywhere in the message.
  std::vector<std::string> unless_message;
  /// Names a check on the matched characters (policy/identifier.h); empty: none.
  std::string validator;
  /// No pattern of the rule can match without a digit: a text that has none is not searched.
  bool digits = false;
  /// Names of the frames that except from this rule.
  std::vector<std::string> frames;
  /// Classes of groups the rule applies in; empty: all.
  std::vector<std::string> group_classes;
  /// Severity in a class of group where it is another; nothing: the rule does not apply there.
  std::map<std::string, std::optional<Severity>, std::less<>> severity_in;
  /// Kinds of content the rule applies to; empty: all.
  std::vector<ContentKind> content;
  TalkCondition talk;

  std::vector<std::string> matches;       // examples that must give a finding of this rule
  std::vector<std::string> passes;        // examples that must not
  std::vector<std::string> talk_matches;  // the same of conversations (policy/talk.h): of their end
  std::vector<std::string> talk_passes;
  std::string where;  // "file.toml:12"
};

struct RuleSet {
  std::vector<Rule> rules;
  std::vector<Frame> frames;
  std::vector<WordList> words;
  std::vector<Compound> compounds;
  std::vector<Reference> references;
  PatternLists fragments;  // lists that phrases stand on
  IrregularVerbs verbs;
  /// Tags whose words are looked for under disguise (policy/disguise.h).
  std::vector<std::string> disguised;
  /// Spellings that are read as another word: "fuk", "fuck".
  std::vector<std::pair<std::string, std::string>> spellings;
  /// Words that are never taken for another word in disguise.
  std::vector<std::string> known;
  /// How often words of a tag, and literals of patterns (policy/pattern_set.h), stand in the
  /// examples: says what is rare. Counted from the examples when empty; speed alone hangs on it.
  std::vector<std::pair<std::string, std::uint32_t>> tag_counts;
  std::vector<std::pair<std::string, std::uint32_t>> literal_counts;
};

}  // namespace candour::policy
