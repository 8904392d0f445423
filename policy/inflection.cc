#include "policy/inflection.h"

namespace candour::policy {
namespace {

bool is_vowel(char c) { return c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u'; }

// stab, rob, hit: one vowel before one last consonant, and no other vowel.
bool doubles(std::string_view word) {
  if (word.size() < 3) return false;
  const char last = word.back();
  if (is_vowel(last) || last == 'w' || last == 'x' || last == 'y') return false;
  if (!is_vowel(word[word.size() - 2])) return false;
  std::size_t vowels = 0;
  for (const char c : word) vowels += is_vowel(c) ? 1 : 0;
  return vowels == 1;
}

bool ends_in_y(std::string_view word) {
  return word.size() > 2 && word.back() == 'y' && !is_vowel(word[word.size() - 2]);
}

std::string with_s(const std::string& word) {
  if (ends_in_y(word)) return word.substr(0, word.size() - 1) + "ies";
  for (const std::string_view end : {"s", "x", "z", "ch", "sh"}) {
    if (word.ends_with(end)) return word + "es";
  }
  return word + "s";
}

std::string with_ing(const std::string& word) {
  if (word.ends_with("ie")) return word.substr(0, word.size() - 2) + "ying";
  if (word.size() > 2 && word.back() == 'e' && !word.ends_with("ee")) {
    return word.substr(0, word.size() - 1) + "ing";
  }
  return doubles(word) ? word + word.back() + "ing" : word + "ing";
}

// -ed, -er, -est.
std::string with_e(const std::string& word, const std::string& ending) {
  if (word.back() == 'e') return word + ending.substr(1);
  if (ends_in_y(word)) return word.substr(0, word.size() - 1) + "i" + ending;
  return doubles(word) ? word + word.back() + ending : word + ending;
}

std::vector<WordForm> verb(const std::string& word, const IrregularVerbs& verbs) {
  const auto own = verbs.find(word);
  std::vector<WordForm> out = {{word, "base"}};
  if (own == verbs.end()) {
    out.push_back({with_s(word), "s"});
    out.push_back({with_ing(word), "ing"});
    out.push_back({with_e(word, "ed"), "ed"});
    return out;
  }
  for (std::size_t i = 0; i < own->second.size(); ++i) {
    out.push_back({own->second[i], i == 0 ? "s" : i == 1 ? "ing" : "ed"});
  }
  return out;
}

std::vector<WordForm> inflected(const std::string& word, char mark, const IrregularVerbs& verbs) {
  if (mark == '~') return verb(word, verbs);
  if (mark == '+') return {{word, "one"}, {with_s(word), "many"}};
  return {{word, ""}, {with_e(word, "er"), ""}, {with_e(word, "est"), ""}};
}

}  // namespace

Result<std::vector<WordForm>> forms_of(std::string_view entry, const IrregularVerbs& verbs) {
  const auto invalid = [&](const char* what) {
    return error(ErrorCode::policy_invalid, "the entry '" + std::string(entry) + "' " + what);
  };
  if (entry.empty()) return invalid("is empty");
  const std::size_t at = entry.find_first_of("~+^");
  if (at == std::string_view::npos) return std::vector<WordForm>{{std::string(entry), ""}};
  if (entry.find_first_of("~+^", at + 1) != std::string_view::npos) return invalid("has two marks");
  const std::size_t space = entry.rfind(' ', at);
  const std::size_t start = space == std::string_view::npos ? 0 : space + 1;
  if (at == start) return invalid("has a mark without its word");
  const std::string before(entry.substr(0, start));
  const std::string after(entry.substr(at + 1));
  std::vector<WordForm> out =
      inflected(std::string(entry.substr(start, at - start)), entry[at], verbs);
  for (WordForm& form : out) form.text = before + form.text + after;
  return out;
}

}  // namespace candour::policy
