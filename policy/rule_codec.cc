#include "policy/rule_codec.h"

#include <type_traits>
#include <utility>

#include "base/codec.h"

namespace candour::policy {
namespace {

constexpr std::size_t kTextSizeMax = 1024 * 1024;

// Writes every field it is shown.
class Put {
 public:
  void text(const std::string& value) { out.vec(value); }
  template <class Enum>
  void choice(const Enum& value, Enum) {
    out.u8(static_cast<std::uint8_t>(value));
  }
  void flag(const bool& value) { out.u8(value ? 1 : 0); }
  void number(const std::size_t& value) { out.u32(static_cast<std::uint32_t>(value)); }
  void count(const std::uint32_t& value) { out.u32(value); }
  template <class Items, class Each>
  void list(const Items& items, Each each) {
    out.u32(static_cast<std::uint32_t>(items.size()));
    for (const auto& item : items) each(*this, item);
  }
  // Maps are in the order of their keys.
  template <class Map, class Each>
  void map(const Map& items, Each each) {
    out.u32(static_cast<std::uint32_t>(items.size()));
    for (const auto& [key, value] : items) {
      out.vec(key);
      each(*this, value);
    }
  }

  Writer out;
};

// Reads every field it is shown; after the first that is bad all others stay as they are.
class Take {
 public:
  explicit Take(ByteView bytes) : in(bytes) {}

  void text(std::string& value) { value = std::string(as_text(in.vec(kTextSizeMax))); }
  template <class Enum>
  void choice(Enum& value, Enum last) {
    const std::uint8_t number = in.u8();
    if (number > static_cast<std::uint8_t>(last)) return in.fail();
    value = static_cast<Enum>(number);
  }
  void flag(bool& value) {
    const std::uint8_t number = in.u8();
    if (number > 1) return in.fail();
    value = number == 1;
  }
  void number(std::size_t& value) { value = in.u32(); }
  void count(std::uint32_t& value) { value = in.u32(); }
  template <class Items, class Each>
  void list(Items& items, Each each) {
    const std::size_t size = in.u32();
    for (std::size_t i = 0; in.ok() && i < size; ++i) {
      if (in.at_end()) return in.fail();  // each item takes a byte or more
      items.emplace_back();
      each(*this, items.back());
    }
  }
  template <class Map, class Each>
  void map(Map& items, Each each) {
    const std::size_t size = in.u32();
    for (std::size_t i = 0; in.ok() && i < size; ++i) {
      std::string key;
      text(key);
      if (!items.empty() && key <= items.rbegin()->first) return in.fail();
      each(*this, items[key]);
    }
  }

  Reader in;
};

constexpr auto kText = [](auto& archive, auto& value) { archive.text(value); };
constexpr auto kTexts = [](auto& archive, auto& values) { archive.list(values, kText); };

// What follows names the fields of each kind of value once, for both directions.

constexpr auto kWords = [](auto& a, auto& list) {
  a.text(list.tag);
  a.list(list.entries, kText);
  a.text(list.where);
};

constexpr auto kCompound = [](auto& a, auto& compound) {
  a.text(compound.tag);
  a.list(compound.phrases, kText);
  a.text(compound.where);
};

constexpr auto kReference = [](auto& a, auto& reference) {
  a.text(reference.words);
  a.list(reference.to, kText);
  a.list(reference.blocked_by, kText);
  a.number(reference.messages);
  a.text(reference.where);
};

constexpr auto kFrame = [](auto& a, auto& frame) {
  a.text(frame.name);
  a.choice(frame.scope, FrameScope::message);
  a.flag(frame.quoted);
  a.list(frame.patterns, kText);
  a.text(frame.where);
};

constexpr auto kTalk = [](auto& a, auto& talk) {
  a.choice(talk.kind, TalkCondition::Kind::probing);
  a.list(talk.to, kText);
  a.number(talk.people);
  a.number(talk.messages);
  a.number(talk.minutes);
  a.number(talk.drafts);
  a.number(talk.similarity);
};

// Severity::notice, warn, block, then "does not apply".
constexpr auto kSeverityIn = [](auto& a, auto& severity) {
  bool applies = severity.has_value();
  a.flag(applies);
  if (!applies) return;
  Severity value = severity.value_or(Severity::notice);
  a.choice(value, Severity::block);
  if constexpr (!std::is_const_v<std::remove_reference_t<decltype(severity)>>) severity = value;
};

constexpr auto kRule = [](auto& a, auto& rule) {
  a.text(rule.id);
  a.text(rule.category);
  a.choice(rule.severity, Severity::block);
  a.text(rule.standard);
  a.list(rule.secondary_standards, kText);
  a.text(rule.message);
  a.text(rule.advice);
  a.flag(rule.alert);
  a.text(rule.alert_level);
  a.choice(rule.form, Form::cased);
  a.list(rule.patterns, kText);
  a.list(rule.phrases, kText);
  a.list(rule.requires_all, kText);
  a.list(rule.unless, kText);
  a.list(rule.unless_message, kText);
  a.text(rule.validator);
  a.flag(rule.digits);
  a.list(rule.frames, kText);
  a.list(rule.group_classes, kText);
  a.map(rule.severity_in, kSeverityIn);
  a.list(rule.content, [](auto& b, auto& kind) { b.choice(kind, kContentKindLast); });
  kTalk(a, rule.talk);
  a.text(rule.where);
};

constexpr auto kPair = [](auto& a, auto& pair) {
  a.text(pair.first);
  a.text(pair.second);
};

constexpr auto kCount = [](auto& a, auto& pair) {
  a.text(pair.first);
  a.count(pair.second);
};

constexpr auto kRuleSet = [](auto& a, auto& set) {
  a.list(set.rules, kRule);
  a.list(set.frames, kFrame);
  a.list(set.words, kWords);
  a.list(set.compounds, kCompound);
  a.list(set.references, kReference);
  a.map(set.fragments, kTexts);
  a.map(set.verbs, kTexts);
  a.list(set.disguised, kText);
  a.list(set.spellings, kPair);
  a.list(set.known, kText);
  a.list(set.tag_counts, kCount);
  a.list(set.literal_counts, kCount);
};

}  // namespace

Bytes encode_rules(const RuleSet& set) {
  Put put;
  kRuleSet(put, set);
  return put.out.take();
}

Result<RuleSet> decode_rules(ByteView bytes) {
  Take take(bytes);
  RuleSet set;
  kRuleSet(take, set);
  if (!take.in.finish()) {
    return error(ErrorCode::policy_invalid,
                 "the rules of the compiled pack are damaged; compile the pack again");
  }
  return set;
}

}  // namespace candour::policy
