#include "tests/bench/rule_expressions.h"

#include <re2/re2.h>

#include <map>
#include <string_view>

#include "policy/inflection.h"

namespace candour::policy {
namespace {

constexpr int kDepthMax = 12;

class Writer {
 public:
  explicit Writer(const RuleSet& set) : set_(set) {
    for (const WordList& list : set.words) {
      for (const std::string& entry : list.entries) {
        const auto forms = forms_of(entry, set.verbs);
        if (!forms) continue;
        for (const WordForm& form : forms.value()) {
          const std::string word = spaced(form.text);
          add(list.tag, word);
          if (!form.form.empty()) words_[list.tag + "." + form.form].push_back(word);
        }
      }
    }
    for (const Compound& compound : set.compounds) {
      for (const std::string& phrase : compound.phrases) add(compound.tag, phrase_of(phrase, 0));
    }
  }

  // Each item of a phrase ends with the gap to the next word.
  std::string phrase_of(std::string_view source, int depth) const {
    std::string out;
    for (std::size_t i = 0; i < source.size() && depth < kDepthMax;) {
      const char c = source[i];
      if (c == ' ' || c == '^' || c == '$') {
        ++i;
      } else if (c == '(' || c == ')' || c == '|' || c == '?' || c == '*' || c == '+') {
        out += c == '(' ? "(?:" : std::string(1, c);
        ++i;
      } else if (c == '!') {
        i = source.find('>', i) + 1;
      } else if (c == '<') {
        const std::size_t end = source.find('>', i);
        out += "(?:" + tags_of(source.substr(i + 1, end - i - 1)) + ")";
        i = end + 1;
      } else if (c == '{') {
        const std::size_t end = source.find('}', i);
        out += "(?:" + list_of(std::string(source.substr(i + 1, end - i - 1)), depth) + ")";
        i = end + 1;
      } else if (source.substr(i, 2) == "..") {
        const std::size_t end =
            std::min(source.find_first_not_of("0123456789", i + 2), source.size());
        out += "(?:[\\w']+\\W+){0," + std::string(source.substr(i + 2, end - i - 2)) + "}";
        i = end;
      } else {
        const std::size_t end = std::min(source.find_first_of(" ()|?*+<>{}^$!", i), source.size());
        out += "(?:" + spaced(source.substr(i, end - i)) + ")";
        i = end;
      }
    }
    return out;
  }

 private:
  static std::string spaced(std::string_view entry) {
    std::string out;
    for (const char c : entry) {
      out += c == ' ' ? "\\W+" : RE2::QuoteMeta(re2::StringPiece(&c, 1));
    }
    return out + "(?:\\W+|$)";
  }
  void add(const std::string& tag, const std::string& text) {
    for (std::size_t end = tag.size(); end != std::string::npos && end != 0;
         end = tag.rfind('.', end - 1)) {
      words_[tag.substr(0, end)].push_back(text);
    }
  }
  std::string tags_of(std::string_view names) const {
    std::string out;
    for (std::size_t from = 0; from <= names.size();) {
      const std::size_t to = std::min(names.find('|', from), names.size());
      const auto found = words_.find(std::string(names.substr(from, to - from)));
      if (found != words_.end()) {
        for (const std::string& word : found->second) out += (out.empty() ? "" : "|") + word;
      }
      from = to + 1;
    }
    return out.empty() ? "\\d+(?:\\W+|$)" : out;  // <number>
  }
  std::string list_of(const std::string& name, int depth) const {
    std::string out;
    const auto found = set_.fragments.find(name);
    if (found == set_.fragments.end()) return out;
    for (const std::string& item : found->second) {
      out += (out.empty() ? "" : "|") + phrase_of(item, depth + 1);
    }
    return out;
  }

  const RuleSet& set_;
  std::map<std::string, std::vector<std::string>> words_;
};

}  // namespace

std::vector<std::string> rules_as_expressions(const RuleSet& set) {
  const Writer writer(set);
  std::vector<std::string> out;
  for (const Rule& rule : set.rules) {
    std::string all;
    const auto add = [&](const std::string& one) {
      all += (all.empty() ? "(?:" : "|(?:") + one + ")";
    };
    for (const std::string& pattern : rule.patterns) {
      // Every alternative has a group of that name, which a whole may have but once.
      std::string plain = pattern;
      RE2::GlobalReplace(&plain, "\\(\\?P<span>", "(?:");
      add(plain);
    }
    for (const std::string& phrase : rule.phrases) add("\\b" + writer.phrase_of(phrase, 0));
    if (!all.empty()) out.push_back(std::move(all));
  }
  return out;
}

}  // namespace candour::policy
