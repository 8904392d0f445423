#include "client/messages/person_names.h"

#include <algorithm>
#include <array>

namespace candour::messages {
namespace {

constexpr std::size_t kLongSurnameMin = 4;  // letters

// Base letters of U+00C0 to U+017F, one for each code point; capitals are umlauts, '2' to '7' stand
// for kPairs, '-' for what is no letter.
constexpr std::string_view kLatin =
    "aaaaAa2ceeeeiiii3nooooO-ouuuUy46aaaaAa2ceeeeiiii3nooooO-ouuuUy4y"
    "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiii55jjkkklllllll"
    "lllnnnnnnnnnoooooo77rrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";
constexpr std::array<std::string_view, 8> kPairs = {"", "", "ae", "d", "th", "ij", "ss", "oe"};

constexpr std::array<std::string_view, 46> kTitles = {
    "pc",        "dc",        "ps",       "sgt",   "ds",     "insp",   "inspector", "di",
    "ci",        "dci",       "supt",     "dsupt", "dcs",    "chsupt", "cs",        "chief",
    "acting",    "temporary", "pcso",     "sc",    "mr",     "mrs",    "ms",        "miss",
    "dr",        "constable", "sergeant", "det",   "deputy", "asst",   "skipper",   "sarge",
    "detective", "assistant", "acc",      "dcc",   "cc",     "sir",    "madam",     "dame",
    "officer",   "boss",      "guv",      "wpc",   "tdc",    "staff"};
constexpr std::array<std::string_view, 24> kParticles = {
    "de", "da", "di", "du",  "del", "dos", "van", "der", "den", "von", "zu",  "la",
    "le", "al", "el", "bin", "ibn", "st",  "mac", "mc",  "o",   "ter", "ten", "ap"};
constexpr std::array<std::string_view, 7> kSuffixes = {"jr",  "sr",  "ii", "iii",
                                                       "obe", "qpm", "mbe"};

template <class List>
bool among(const List& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

struct CodePoint {
  char32_t value = 0;
  std::size_t size = 1;
};

// Malformed bytes stand for themselves: the text was checked to be UTF-8 before.
CodePoint code_point_at(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0u;
  };
  const unsigned lead = byte(0);
  const std::size_t size = lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (size == 1 || at + size > text.size()) return {lead, 1};
  char32_t value = lead & (0xFFu >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) value = value << 6 | (byte(i) & 0x3F);
  return {value, size};
}

struct Letter {
  std::string_view plain;  // "" for what leaves nothing (combining marks)
  bool umlaut = false;     // spelt with an e after it
  bool letter = false;     // false: no part of a word
  bool capital = false;
};

Letter latin(char32_t c) {
  const char base = kLatin[c - 0xC0];
  // Capitals come first in the first block, and alternate in the second.
  const bool capital = c < 0xE0 || (c >= 0x100 && c % 2 == 0);
  if (base >= '2' && base <= '7') {
    return {kPairs[static_cast<std::size_t>(base - '0')], false, true, capital};
  }
  if (base == 'A') return {"a", true, true, capital};
  if (base == 'O') return {"o", true, true, capital};
  if (base == 'U') return {"u", true, true, capital};
  if (base == '-') return {};
  return {kLatin.substr(c - 0xC0, 1), false, true, capital};
}

Letter extended(char32_t c) {
  constexpr struct {
    char32_t through;
    std::string_view plain;
  } kVietnamese[] = {{0x1EB7, "a"}, {0x1EC7, "e"}, {0x1ECB, "i"},
                     {0x1EE3, "o"}, {0x1EF1, "u"}, {0x1EF9, "y"}};
  if (c >= 0x1EA0) {
    for (const auto& range : kVietnamese) {
      if (c <= range.through) return {range.plain, false, true, c % 2 == 0};
    }
  }
  if (c == 0x1A0 || c == 0x1A1) return {"o", false, true, c == 0x1A0};
  if (c == 0x1AF || c == 0x1B0) return {"u", false, true, c == 0x1AF};
  if (c == 0x218 || c == 0x219) return {"s", false, true, c == 0x218};
  if (c == 0x21A || c == 0x21B) return {"t", false, true, c == 0x21A};
  return {};
}

Letter letter_of(char32_t c, std::string_view bytes) {
  static constexpr std::string_view kLower = "abcdefghijklmnopqrstuvwxyz";
  if (c >= 'a' && c <= 'z') return {kLower.substr(c - 'a', 1), false, true, false};
  if (c >= 'A' && c <= 'Z') return {kLower.substr(c - 'A', 1), false, true, true};
  if (c >= '0' && c <= '9') return {bytes, false, true, false};
  if (c < 0xC0) return {};
  if (c >= 0x300 && c < 0x370) return {"", false, true, false};
  if (c < 0x180) return latin(c);
  if (const Letter known = extended(c); known.letter) return known;
  // Other scripts as they are; spaces and punctuation of U+2000 to U+2BFF end a word.
  if ((c >= 0x2000 && c < 0x2C00) || (c >= 0x3000 && c < 0x3040)) return {};
  return {bytes, false, true, false};
}

bool is_apostrophe(char32_t c) {
  return c == '\'' || c == '`' || c == 0x2018 || c == 0x2019 || c == 0x2BC || c == 0xB4;
}

bool is_hyphen(char32_t c) { return c == '-' || (c >= 0x2010 && c <= 0x2013); }

class Splitter {
 public:
  explicit Splitter(std::string_view text) : text_(text) {}

  std::vector<NameWord> run() {
    while (at_ < text_.size()) {
      const CodePoint c = code_point_at(text_, at_);
      const Letter letter = letter_of(c.value, text_.substr(at_, c.size));
      if (letter.letter) {
        add(letter);
        at_ += c.size;
        end_ = at_;
      } else if (is_apostrophe(c.value) && in_word_ && letter_follows(at_ + c.size)) {
        at_ += c.size;
        if (is_possessive()) at_ += 1;
      } else {
        finish();
        hyphen_ = is_hyphen(c.value) && !words_.empty() && words_.back().span.end == at_;
        if (c.value == '.' || c.value == '!' || c.value == '?' || c.value == '\n') {
          sentence_ = true;
        }
        at_ += c.size;
      }
    }
    finish();
    return std::move(words_);
  }

 private:
  bool letter_follows(std::size_t at) const {
    if (at >= text_.size()) return false;
    const CodePoint c = code_point_at(text_, at);
    return letter_of(c.value, text_.substr(at, c.size)).letter;
  }
  // At the s of "Fox's": nothing of a word follows it.
  bool is_possessive() const {
    return (text_[at_] == 's' || text_[at_] == 'S') && !letter_follows(at_ + 1);
  }
  void add(const Letter& letter) {
    if (!in_word_) {
      in_word_ = true;
      start_ = at_;
      capital_ = letter.capital;
      letters_ = capitals_ = 0;
    }
    ++letters_;
    if (letter.capital) ++capitals_;
    folded_.insert(folded_.end(), letter.plain.begin(), letter.plain.end());
    spelt_.insert(spelt_.end(), letter.plain.begin(), letter.plain.end());
    if (letter.umlaut) spelt_.push_back('e');
  }
  void finish() {
    if (!in_word_) return;
    NameWord word;
    word.span = {start_, end_};
    word.folded = SecretText(SecretBytes(std::move(folded_)));
    word.spelt = SecretText(SecretBytes(std::move(spelt_)));
    folded_ = {};
    spelt_ = {};
    word.capital = capital_;
    word.all_capitals = letters_ > 1 && capitals_ == letters_;
    word.begins_sentence = sentence_;
    word.hyphened = hyphen_;
    words_.push_back(std::move(word));
    in_word_ = sentence_ = hyphen_ = false;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t start_ = 0;
  std::size_t end_ = 0;
  std::size_t letters_ = 0;
  std::size_t capitals_ = 0;
  bool in_word_ = false;
  bool capital_ = false;
  bool sentence_ = true;
  bool hyphen_ = false;
  SecretBytes::Buffer folded_;
  SecretBytes::Buffer spelt_;
  std::vector<NameWord> words_;
};

bool same_word(const NameWord& a, const NameWord& b) {
  const std::string_view plain = a.folded.expose();
  return plain == b.folded.expose() || plain == b.spelt.expose() ||
         a.spelt.expose() == b.folded.expose();
}

/// A name taken apart: what stands before the surname, and the surname with its particles.
struct Name {
  std::vector<NameWord> words;
  std::size_t surname = 0;  // index of its first word, particles included
  std::size_t proper = 0;   // of its first word that is no particle
  std::string joined;       // the surname written in one
  std::string joined_spelt;

  explicit Name(std::string_view name) : words(Splitter(name).run()) {
    while (words.size() > 1 && among(kSuffixes, words.back().folded.expose())) words.pop_back();
    while (words.size() > 1 && among(kTitles, words.front().folded.expose())) {
      words.erase(words.begin());
    }
    if (words.empty()) return;
    proper = words.size() - 1;
    while (proper > 0 && words[proper].hyphened) --proper;
    surname = proper;
    // Not the only word before the surname: that is a given name ("Ben", "Al").
    while (surname > 1 && among(kParticles, words[surname - 1].folded.expose())) --surname;
    for (std::size_t i = surname; i < words.size(); ++i) {
      joined += words[i].folded.expose();
      joined_spelt += words[i].spelt.expose();
    }
  }
};

class Search {
 public:
  Search(const std::vector<NameWord>& text, const Name& name) : text_(text), name_(name) {}

  std::vector<NameSpan> run() {
    if (name_.words.empty() || name_.joined.empty()) return {};
    for (std::size_t at = 0; at < text_.size(); ++at) {
      const std::size_t length = whole_at(at);
      if (length > 0 && (name_.joined.size() >= kLongSurnameMin || is_meant(at, length))) {
        found_.push_back({text_[at].span.start, text_[at + length - 1].span.end});
        at += length - 1;
      } else if (part_at(at)) {
        found_.push_back(text_[at].span);
      }
    }
    return std::move(found_);
  }

 private:
  /// How many words from here are the whole surname, or 0.
  std::size_t whole_at(std::size_t at) const {
    const std::string_view word = text_[at].folded.expose();
    if (word == name_.joined || word == name_.joined_spelt ||
        text_[at].spelt.expose() == name_.joined) {
      return 1;
    }
    // "O Brien" and "Mac Donald" of a name that is written in one.
    if (at + 1 < text_.size() && among(kParticles, word) && name_.words.size() > name_.proper) {
      const std::string_view rest = text_[at + 1].folded.expose();
      if (name_.joined.size() == word.size() + rest.size() && name_.joined.starts_with(word) &&
          name_.joined.ends_with(rest)) {
        return 2;
      }
    }
    const std::size_t count = name_.words.size() - name_.surname;
    if (at + count > text_.size()) return 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (!same_word(text_[at + i], name_.words[name_.surname + i])) return 0;
    }
    return count;
  }
  /// A long part of a surname of several.
  bool part_at(std::size_t at) const {
    if (name_.words.size() - name_.surname < 2) return false;
    for (std::size_t i = name_.proper; i < name_.words.size(); ++i) {
      const NameWord& part = name_.words[i];
      if (part.folded.size() >= kLongSurnameMin && same_word(text_[at], part)) return true;
    }
    return false;
  }
  /// Whether a short surname is meant and not the word of the language.
  bool is_meant(std::size_t at, std::size_t length) const {
    const NameWord& word = text_[at];
    if (word.capital && !word.all_capitals && !word.begins_sentence) return true;
    if (at > 0 && is_evidence(text_[at - 1], word)) return true;
    return at + length < text_.size() && is_given(text_[at + length]);
  }
  bool is_evidence(const NameWord& before, const NameWord& word) const {
    if (among(kTitles, before.folded.expose()) || is_given(before)) return true;
    // An initial has its dot: "A fox" is an animal.
    if (before.folded.size() != 1 || !word.begins_sentence) return false;
    const char initial = before.folded.expose().front();
    return std::any_of(name_.words.begin(),
                       name_.words.begin() + static_cast<std::ptrdiff_t>(name_.surname),
                       [&](const NameWord& given) {
                         return before.capital && given.folded.expose().starts_with(initial);
                       });
  }
  bool is_given(const NameWord& word) const {
    return std::any_of(name_.words.begin(),
                       name_.words.begin() + static_cast<std::ptrdiff_t>(name_.surname),
                       [&](const NameWord& given) { return same_word(word, given); });
  }

  const std::vector<NameWord>& text_;
  const Name& name_;
  std::vector<NameSpan> found_;
};

}  // namespace

NamedText::NamedText(std::string_view text) : words_(Splitter(text).run()) {}

std::vector<NameSpan> NamedText::find(std::string_view name, std::string_view person) const {
  std::vector<NameSpan> found = Search(words_, Name(name)).run();
  const std::vector<NameWord> id = Splitter(person).run();
  for (std::size_t at = 0; !id.empty() && at + id.size() <= words_.size(); ++at) {
    bool same = true;
    for (std::size_t i = 0; i < id.size() && same; ++i) {
      same = words_[at + i].folded.expose() == id[i].folded.expose();
    }
    if (same) found.push_back({words_[at].span.start, words_[at + id.size() - 1].span.end});
  }
  return found;
}

}  // namespace candour::messages
