#include "policy/pack_toml.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "policy/conversation.h"
#include "policy/pack_table.h"
#include "policy/pack_words.h"
#include "policy/pattern_source.h"

namespace candour::policy {
namespace {

constexpr std::size_t kRulesMax = 1000;
constexpr std::size_t kExpandedSizeMax = 64 * 1024;

using SeverityIn = std::map<std::string, std::optional<Severity>, std::less<>>;

struct Category {
  std::string id;
  Severity severity = Severity::warn;
  std::int64_t standard = 0;
  std::vector<std::int64_t> also;
  bool alert = false;
  std::string alert_level;
  std::string advice;
  SeverityIn severity_in;
};

class PackReader {
 public:
  Status parse(const PackFiles& files);
  Result<RuleSet> build();

 private:
  struct File {
    std::string path;
    toml::table root;
  };

  /// Calls `read` for every table of the arrays of tables named `key`, in the order of the files.
  template <class Read>
  Status each(std::string_view key, Read read);
  Status read_lists(const File& file);
  Status read_standards(const File& file);
  Status read_category(TableReader& reader);
  Status read_frame(TableReader& reader);
  Status read_rule(TableReader& reader);
  Status read_rule_matching(TableReader& reader, Rule& rule);
  Status read_rule_examples(const TableReader& reader, Rule& rule);
  Result<std::string> standard_text(const TableReader& reader, std::int64_t number) const;
  Status expand_all(const TableReader& reader, bool whole_words,
                    std::vector<std::string>& patterns);

  std::vector<File> files_;
  PatternLists lists_;
  std::map<std::int64_t, std::string> standards_;
  std::map<std::string, Category> categories_;
  TableRows rows_;
  RuleSet set_;
};

Status PackReader::parse(const PackFiles& files) {
  for (const auto& [path, text] : files) {
    try {
      files_.push_back({path, toml::parse(text, path)});
    } catch (const toml::parse_error& e) {
      return error(ErrorCode::policy_invalid, path + ":" + std::to_string(e.source().begin.line) +
                                                  ": " + std::string(e.description()));
    }
    const TableReader root(path, files_.back().root, "file");
    CANDOUR_TRY(root.only({"lists", "standards", "category", "frame", "rule", "words", "verbs",
                           "fragments", "compound", "reference", "disguise", "each"}));
  }
  return ok();
}

template <class Read>
Status PackReader::each(std::string_view key, Read read) {
  for (const File& file : files_) {
    const toml::node* node = file.root.get(key);
    if (node == nullptr) continue;
    const TableReader root(file.path, file.root, std::string(key));
    if (!node->is_array_of_tables()) {
      return root.invalid(*node, "write each as a table of its own: [[" + std::string(key) + "]]");
    }
    for (const toml::node& item : *node->as_array()) {
      TableReader reader(file.path, *item.as_table(), std::string(key));
      CANDOUR_TRY(read(reader));
    }
  }
  return ok();
}

Result<RuleSet> PackReader::build() {
  for (const File& file : files_) {
    CANDOUR_TRY(read_lists(file));
    CANDOUR_TRY(read_standards(file));
  }
  for (const File& file : files_) {
    CANDOUR_TRY(read_words(file.path, file.root, set_));
    CANDOUR_TRY(read_rows(file.path, file.root, rows_));
  }
  CANDOUR_TRY(each("compound", [&](TableReader& reader) {
    return for_rows(reader, rows_, [&] { return read_compound(reader, set_); });
  }));
  CANDOUR_TRY(each("reference", [&](TableReader& r) { return read_reference(r, set_); }));
  CANDOUR_TRY(each("category", [&](TableReader& reader) { return read_category(reader); }));
  CANDOUR_TRY(each("frame", [&](TableReader& reader) { return read_frame(reader); }));
  CANDOUR_TRY(each("rule", [&](TableReader& reader) {
    return for_rows(reader, rows_, [&] { return read_rule(reader); });
  }));
  if (set_.rules.empty()) return error(ErrorCode::policy_invalid, "the pack has no rules");
  return std::move(set_);
}

Status PackReader::read_lists(const File& file) {
  const toml::node* node = file.root.get("lists");
  if (node == nullptr) return ok();
  const TableReader root(file.path, file.root, "lists");
  if (!node->is_table()) return root.invalid(*node, "'lists' must be a table");
  const TableReader reader(file.path, *node->as_table(), "lists");
  for (const auto& [key, value] : *node->as_table()) {
    const std::string name(key.str());
    if (!is_list_name(name)) {
      return reader.invalid(value, "the name '" + name + "' is not of a-z, 0-9 and _");
    }
    std::vector<std::string> items;
    CANDOUR_TRY(reader.texts(name, items));
    if (items.empty()) return reader.invalid(value, "the list '" + name + "' is empty");
    if (!lists_.emplace(name, std::move(items)).second) {
      return reader.invalid(value, "there is already a list named '" + name + "'");
    }
  }
  return ok();
}

Status PackReader::read_standards(const File& file) {
  const toml::node* node = file.root.get("standards");
  if (node == nullptr) return ok();
  const TableReader root(file.path, file.root, "standards");
  if (!node->is_table()) return root.invalid(*node, "'standards' must be a table");
  const TableReader reader(file.path, *node->as_table(), "standards");
  for (const auto& [key, value] : *node->as_table()) {
    const std::string number(key.str());
    if (number.empty() || number.size() > 2 ||
        number.find_first_not_of("0123456789") != std::string::npos) {
      return reader.invalid(value, "'" + number + "' is not the number of a standard");
    }
    std::string name;
    CANDOUR_TRY(reader.text(number, name));
    standards_[std::stoi(number)] = number + " " + name;
  }
  return ok();
}

Result<std::string> PackReader::standard_text(const TableReader& reader,
                                              std::int64_t number) const {
  const auto found = standards_.find(number);
  if (found == standards_.end()) {
    return reader.invalid("there is no standard " + std::to_string(number) + " under [standards]");
  }
  return found->second;
}

Status check_alert_level(const TableReader& reader, const std::string& level) {
  if (level.empty() || level == "normal" || level == "high") return ok();
  return reader.invalid("'alert_level' is '" + level + "', not normal or high");
}

// severity_in = { statement = "notice", training = "none" }
Status read_severity_in(const TableReader& reader, SeverityIn& out) {
  if (!reader.has("severity_in")) return ok();
  CANDOUR_TRY(const TableReader classes, reader.table("severity_in"));
  for (const std::string& name : classes.keys()) {
    std::string text;
    CANDOUR_TRY(classes.text(name, text));
    Severity severity = Severity::notice;
    if (text != "none" && !severity_from_name(text, severity)) {
      return classes.invalid("'" + name + "' is '" + text + "', not none, notice, warn or block");
    }
    out[name] = text == "none" ? std::nullopt : std::optional(severity);
  }
  return ok();
}

constexpr std::size_t kMinutesMax = kPastAgeMaxMs / 60'000;

// answer_to = [...]; pile_on = { to, people, messages, minutes }; probing = { drafts, ... }
Status read_talk_condition(const TableReader& reader, TalkCondition& talk) {
  using Kind = TalkCondition::Kind;
  const int conditions = (reader.has("answer_to") ? 1 : 0) + (reader.has("pile_on") ? 1 : 0) +
                         (reader.has("probing") ? 1 : 0);
  if (conditions > 1) {
    return reader.invalid("one of 'answer_to', 'pile_on' and 'probing' is all a rule may have");
  }
  if (reader.has("answer_to")) {
    talk.kind = Kind::answer;
    CANDOUR_TRY(reader.texts("answer_to", talk.to));
  } else if (reader.has("pile_on")) {
    talk.kind = Kind::pile_on;
    CANDOUR_TRY(const TableReader inner, reader.table("pile_on"));
    CANDOUR_TRY(inner.only({"to", "people", "messages", "minutes"}));
    CANDOUR_TRY(inner.texts("to", talk.to));
    CANDOUR_TRY(inner.amount("people", kPastMessagesMax, talk.people));
    CANDOUR_TRY(inner.amount("messages", kPastMessagesMax, talk.messages));
    CANDOUR_TRY(inner.amount("minutes", kMinutesMax, talk.minutes));
  } else if (reader.has("probing")) {
    talk.kind = Kind::probing;
    CANDOUR_TRY(const TableReader inner, reader.table("probing"));
    CANDOUR_TRY(inner.only({"drafts", "similarity", "minutes"}));
    CANDOUR_TRY(inner.amount("drafts", kPastMessagesMax, talk.drafts));
    CANDOUR_TRY(inner.amount("similarity", 100, talk.similarity));
    CANDOUR_TRY(inner.amount("minutes", kMinutesMax, talk.minutes));
  }
  const bool names_categories = talk.kind == Kind::answer || talk.kind == Kind::pile_on;
  if (names_categories && talk.to.empty()) {
    return reader.invalid("its condition names no categories");
  }
  return ok();
}

Status PackReader::read_category(TableReader& reader) {
  CANDOUR_TRY(reader.only(
      {"id", "severity", "standard", "also", "alert", "alert_level", "advice", "severity_in"}));
  for (const std::string_view key : {"id", "severity", "standard", "advice"}) {
    CANDOUR_TRY(reader.required(key));
  }
  Category category;
  CANDOUR_TRY(reader.text("id", category.id));
  reader.set_owner("category " + category.id);
  CANDOUR_TRY(reader.severity("severity", category.severity));
  CANDOUR_TRY(reader.integer("standard", category.standard));
  CANDOUR_TRY(reader.integers("also", category.also));
  CANDOUR_TRY(reader.flag("alert", category.alert));
  CANDOUR_TRY(reader.text("alert_level", category.alert_level));
  CANDOUR_TRY(check_alert_level(reader, category.alert_level));
  CANDOUR_TRY(reader.text("advice", category.advice));
  CANDOUR_TRY(read_severity_in(reader, category.severity_in));
  if (!categories_.emplace(category.id, category).second) {
    return reader.invalid("there is already a category of that id");
  }
  return ok();
}

Status PackReader::read_frame(TableReader& reader) {
  CANDOUR_TRY(reader.only({"name", "scope", "quoted", "whole_words", "patterns"}));
  CANDOUR_TRY(reader.required("name"));
  Frame frame;
  frame.where = reader.where();
  CANDOUR_TRY(reader.text("name", frame.name));
  reader.set_owner("frame " + frame.name);
  std::string scope = "sentence";
  CANDOUR_TRY(reader.text("scope", scope));
  static const std::map<std::string, FrameScope> kScopes = {{"sentence", FrameScope::sentence},
                                                            {"before", FrameScope::before},
                                                            {"after", FrameScope::after},
                                                            {"inside", FrameScope::inside},
                                                            {"message", FrameScope::message}};
  const auto found = kScopes.find(scope);
  if (found == kScopes.end()) {
    return reader.invalid("'scope' is '" + scope +
                          "', not sentence, before, after, inside or message");
  }
  frame.scope = found->second;
  CANDOUR_TRY(reader.flag("quoted", frame.quoted));
  CANDOUR_TRY(reader.texts("patterns", frame.patterns));
  bool whole_words = true;
  CANDOUR_TRY(reader.flag("whole_words", whole_words));
  CANDOUR_TRY(expand_all(reader, whole_words, frame.patterns));
  set_.frames.push_back(std::move(frame));
  return ok();
}

Status PackReader::read_rule(TableReader& reader) {
  CANDOUR_TRY(reader.only(
      {"id",       "category",     "severity",       "standard",  "also",        "message",
       "advice",   "alert",        "alert_level",    "form",      "whole_words", "patterns",
       "requires", "unless",       "unless_message", "validator", "frames",      "group_classes",
       "matches",  "passes",       "phrases",        "each",      "digits",      "severity_in",
       "content",  "talk_matches", "talk_passes",    "answer_to", "pile_on",     "probing"}));
  CANDOUR_TRY(reader.required("id"));
  Rule rule;
  rule.where = reader.where();
  CANDOUR_TRY(reader.text("id", rule.id));
  reader.set_owner("rule " + rule.id);
  for (const std::string_view key : {"category", "message"}) {
    CANDOUR_TRY(reader.required(key));
  }
  CANDOUR_TRY(reader.text("category", rule.category));
  const auto found = categories_.find(rule.category);
  if (found == categories_.end()) {
    return reader.invalid("there is no category '" + rule.category + "'");
  }
  if (!rule.id.starts_with(rule.category + ".")) {
    return reader.invalid("the id must begin with its category, '" + rule.category + ".'");
  }
  Category defaults = found->second;
  CANDOUR_TRY(reader.severity("severity", defaults.severity));
  CANDOUR_TRY(reader.integer("standard", defaults.standard));
  CANDOUR_TRY(reader.integers("also", defaults.also));
  CANDOUR_TRY(reader.flag("alert", defaults.alert));
  CANDOUR_TRY(reader.text("alert_level", defaults.alert_level));
  CANDOUR_TRY(check_alert_level(reader, defaults.alert_level));
  CANDOUR_TRY(reader.text("advice", defaults.advice));
  CANDOUR_TRY(read_severity_in(reader, defaults.severity_in));
  rule.severity = defaults.severity;
  rule.severity_in = defaults.severity_in;
  CANDOUR_TRY(rule.standard, standard_text(reader, defaults.standard));
  for (const std::int64_t number : defaults.also) {
    CANDOUR_TRY(std::string text, standard_text(reader, number));
    rule.secondary_standards.push_back(std::move(text));
  }
  rule.alert = defaults.alert;
  if (rule.alert) rule.alert_level = defaults.alert_level.empty() ? "normal" : defaults.alert_level;
  rule.advice = defaults.advice;
  CANDOUR_TRY(reader.text("message", rule.message));
  CANDOUR_TRY(read_rule_matching(reader, rule));
  if (set_.rules.size() == kRulesMax) {
    return reader.invalid("the pack has more than " + std::to_string(kRulesMax) + " rules");
  }
  set_.rules.push_back(std::move(rule));
  return ok();
}

Status PackReader::read_rule_matching(TableReader& reader, Rule& rule) {
  std::string form = "folded";
  CANDOUR_TRY(reader.text("form", form));
  if (form != "folded" && form != "cased") {
    return reader.invalid("'form' is '" + form + "', not folded or cased");
  }
  rule.form = form == "cased" ? Form::cased : Form::folded;
  bool whole_words = true;
  CANDOUR_TRY(reader.flag("whole_words", whole_words));
  CANDOUR_TRY(reader.texts("patterns", rule.patterns));
  CANDOUR_TRY(reader.texts("phrases", rule.phrases));
  CANDOUR_TRY(read_talk_condition(reader, rule.talk));
  if (rule.patterns.empty() && rule.phrases.empty() &&
      rule.talk.kind != TalkCondition::Kind::probing) {
    return reader.invalid("the key 'patterns' is missing, and 'phrases' too");
  }
  CANDOUR_TRY(reader.texts("requires", rule.requires_all));
  CANDOUR_TRY(reader.texts("unless", rule.unless));
  CANDOUR_TRY(reader.texts("unless_message", rule.unless_message));
  for (auto* patterns : {&rule.patterns, &rule.requires_all, &rule.unless, &rule.unless_message}) {
    CANDOUR_TRY(expand_all(reader, whole_words, *patterns));
  }
  CANDOUR_TRY(reader.text("validator", rule.validator));
  CANDOUR_TRY(reader.flag("digits", rule.digits));
  std::set<std::string> all_frames;
  for (const Frame& frame : set_.frames) all_frames.insert(frame.name);
  rule.frames.assign(all_frames.begin(), all_frames.end());
  CANDOUR_TRY(reader.texts("frames", rule.frames));
  CANDOUR_TRY(reader.texts("group_classes", rule.group_classes));
  std::vector<std::string> kinds;
  CANDOUR_TRY(reader.texts("content", kinds));
  for (const std::string& name : kinds) {
    ContentKind kind = ContentKind::text;
    if (!content_kind_from_name(name, kind)) {
      return reader.invalid("'content' names '" + name +
                            "', not text, reply, edit, reaction, poll or file_name");
    }
    rule.content.push_back(kind);
  }
  return read_rule_examples(reader, rule);
}

// A rule with a condition on the conversation shows itself in conversations only.
Status PackReader::read_rule_examples(const TableReader& reader, Rule& rule) {
  CANDOUR_TRY(reader.texts("matches", rule.matches));
  CANDOUR_TRY(reader.texts("passes", rule.passes));
  CANDOUR_TRY(reader.texts("talk_matches", rule.talk_matches));
  CANDOUR_TRY(reader.texts("talk_passes", rule.talk_passes));
  if (rule.talk.kind == TalkCondition::Kind::none) {
    if (rule.matches.empty()) return reader.invalid("'matches' has no example");
    if (rule.passes.empty()) return reader.invalid("'passes' has no example");
  } else {
    if (!rule.matches.empty()) return reader.invalid("its examples belong under 'talk_matches'");
    if (rule.talk_matches.empty()) return reader.invalid("'talk_matches' has no example");
    if (rule.talk_passes.empty()) return reader.invalid("'talk_passes' has no example");
  }
  return ok();
}

Status PackReader::expand_all(const TableReader& reader, bool whole_words,
                              std::vector<std::string>& patterns) {
  for (std::string& pattern : patterns) {
    auto expanded = expand_pattern(pattern, lists_, whole_words, kExpandedSizeMax);
    if (!expanded) return reader.invalid(expanded.error().message);
    pattern = std::move(expanded).value();
  }
  return ok();
}

}  // namespace

Result<RuleSet> rules_from_toml(const PackFiles& files) {
  PackReader reader;
  CANDOUR_TRY(reader.parse(files));
  return reader.build();
}

}  // namespace candour::policy
