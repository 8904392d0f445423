#include "policy/disguise.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/secret.h"
#include "policy/words.h"

namespace candour::policy {
namespace {

constexpr std::size_t kTargetSizeMin = 3;
// Shorter words have too many innocent neighbours.
constexpr std::size_t kSwappedSizeMin = 4;
constexpr std::size_t kShortenedSizeMin = 5;
constexpr std::size_t kJoinedSizeMin = 5;
constexpr std::size_t kJoinedPiecesMax = 5;
constexpr std::size_t kApartLettersMin = 3;

bool is_letter(char c) { return c >= 'a' && c <= 'z'; }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_separator(char c) {
  return c == '.' || c == '-' || c == '_' || c == '/' || c == ',' || c == '*' || c == '|' ||
         c == '+' || c == '~' || c == '\'';
}
bool is_outer_mark(char c) {
  constexpr std::string_view kMarks = "\"'().,!?;:[]{}<>*-_~`/&#";
  return kMarks.find(c) != std::string_view::npos;
}

// The letter a digit or sign is drawn for, `one` for those that stand for i or l; 0 for none.
char letter_of(char c, char one) {
  switch (c) {
    case '0':
      return 'o';
    case '1':
    case '!':
    case '|':
      return one;
    case '2':
      return 'z';
    case '3':
      return 'e';
    case '4':
    case '@':
      return 'a';
    case '5':
    case '$':
      return 's';
    case '6':
      return 'b';
    case '7':
    case '+':
      return 't';
    case '8':
      return 'b';
    case '9':
      return 'g';
    case '(':
      return 'c';
    default:
      return is_letter(c) || c == '\'' ? c : 0;
  }
}

// A number below 64 Ki for the first letters.
std::size_t beginning_of(std::string_view word) {
  std::uint32_t h = 0;
  for (std::size_t i = 0; i < kTargetSizeMin; ++i) h = h * 31 + static_cast<unsigned char>(word[i]);
  return (h ^ (h >> 13)) & 0xFFFF;
}

bool all_letters(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return is_letter(c) || c == '\''; });
}

std::string_view without_outer_marks(std::string_view text, std::size_t& skipped) {
  skipped = 0;
  while (!text.empty() && is_outer_mark(text.front())) {
    text.remove_prefix(1);
    ++skipped;
  }
  while (!text.empty() && is_outer_mark(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace

bool Disguises::ShortText::add(char c) {
  if (size == bytes.size()) return false;
  bytes[size++] = c;
  return true;
}

void Disguises::ShortText::set(std::string_view text) {
  size = 0;
  for (const char c : text) add(c);
}

void Disguises::build(const Lexicon& lexicon, const std::vector<Tag>& targets) {
  lexicon_ = &lexicon;
  is_target_.assign(lexicon.word_count(), false);
  for (std::uint32_t number = 1; number < lexicon.word_count(); ++number) {
    const auto tags = lexicon.tags(lexicon.root(number));
    const std::string_view word = lexicon.word(number);
    is_target_[number] = word.size() >= kTargetSizeMin && all_letters(word) &&
                         std::any_of(tags.begin(), tags.end(), [&](Tag tag) {
                           return std::find(targets.begin(), targets.end(), tag) != targets.end();
                         });
  }
  beginnings_.assign(0x10000, false);
  const auto offer = [&](std::string written, std::uint32_t number) {
    if (lexicon.find(written) == Lexicon::kUnknown) misspelt_.emplace(std::move(written), number);
  };
  for (std::uint32_t number = 1; number < lexicon.word_count(); ++number) {
    if (!is_target_[number]) continue;
    const std::string word(lexicon.word(number));
    std::string once;
    for (const char c : word) {
      if (once.empty() || once.back() != c) once += c;
    }
    without_repeats_.emplace(once, number);
    beginnings_[beginning_of(word)] = true;
    by_shape_[{word.size(), word.front()}].push_back(number);
    for (std::size_t i = 1; i < word.size(); ++i) {
      if (word.size() >= kShortenedSizeMin) {
        offer(word.substr(0, i) + word.substr(i + 1), number);
      }
      if (i + 1 < word.size() && word.size() >= kSwappedSizeMin) {
        std::string swapped = word;
        std::swap(swapped[i], swapped[i + 1]);
        offer(std::move(swapped), number);
      }
    }
  }
}

bool Disguises::add_spelling(const std::string& written, std::string_view meant) {
  const std::uint32_t number = lexicon_->find(meant);
  if (number == Lexicon::kUnknown) return false;
  misspelt_[written] = number;
  return true;
}

bool Disguises::read_signs(std::string_view core, char one, ShortText& out) const {
  out.size = 0;
  bool has_letter = false;
  bool has_sign = false;
  for (const char c : core) {
    const char letter = letter_of(c, one);
    if (letter == 0 || !out.add(letter)) return false;
    has_letter = has_letter || is_letter(c);
    has_sign = has_sign || !is_letter(c);
  }
  return has_letter && has_sign && is_target(out.view());
}

bool Disguises::fill_stars(std::string_view core, ShortText& out) const {
  if (core.size() < kTargetSizeMin) return false;
  std::size_t stars = 0;
  for (const char c : core) {
    if (c == '*' || c == '#') {
      ++stars;
    } else if (!is_letter(c)) {
      return false;
    }
  }
  if (stars == 0 || stars * 2 > core.size()) return false;
  if (is_letter(core.front())) return fill_stars_from(core, core.front(), out);
  for (char first = 'a'; first <= 'z'; ++first) {
    if (fill_stars_from(core, first, out)) return true;
  }
  return false;
}

bool Disguises::fill_stars_from(std::string_view core, char first, ShortText& out) const {
  const auto same_shape = by_shape_.find({core.size(), first});
  if (same_shape == by_shape_.end()) return false;
  for (const std::uint32_t number : same_shape->second) {
    const std::string_view word = lexicon_->word(number);
    bool fits = true;
    for (std::size_t i = 0; i < core.size() && fits; ++i) {
      fits = core[i] == word[i] || !is_letter(core[i]);
    }
    if (!fits) continue;
    out.set(word);
    return true;
  }
  return false;
}

bool Disguises::drop_repeats(std::string_view core, ShortText& out) const {
  std::size_t longest = 0;
  std::size_t run = 0;
  for (std::size_t i = 0; i < core.size(); ++i) {
    run = i > 0 && core[i] == core[i - 1] ? run + 1 : 1;
    longest = std::max(longest, run);
  }
  if (longest < 3) return false;
  out.size = 0;
  for (const char c : core) {
    if (out.size == 0 || out.bytes[out.size - 1] != c) out.add(c);
  }
  const auto found = without_repeats_.find(out.view());
  if (found == without_repeats_.end()) return false;
  out.set(lexicon_->word(found->second));
  return true;
}

bool Disguises::correct(std::string_view core, ShortText& out) const {
  const auto found = misspelt_.find(core);
  if (found == misspelt_.end()) return false;
  out.set(lexicon_->word(found->second));
  return true;
}

bool Disguises::drop_separators(std::string_view core, ShortText& out) const {
  out.size = 0;
  std::size_t pieces = 1;
  std::size_t piece = 0;
  bool unknown = false;
  const auto end_piece = [&](std::size_t end) {
    const std::string_view one = core.substr(end - piece, piece);
    unknown = unknown || piece == 1 || lexicon_->find(one) == Lexicon::kUnknown;
    piece = 0;
  };
  for (std::size_t i = 0; i < core.size(); ++i) {
    if (is_letter(core[i])) {
      if (!out.add(core[i])) return false;
      ++piece;
    } else if (is_separator(core[i])) {
      if (piece == 0) return false;
      end_piece(i);
      ++pieces;
    } else {
      return false;
    }
  }
  end_piece(core.size());
  return pieces > 1 && unknown && out.size >= kTargetSizeMin && is_target(out.view());
}

bool Disguises::may_hold_target(std::string_view joined) const {
  for (std::size_t i = 0; i + kTargetSizeMin <= joined.size(); ++i) {
    if (beginnings_[beginning_of(joined.substr(i))]) return true;
  }
  return false;
}

// Cuts letters into words we know, one of which is worth disguising; long words first.
bool Disguises::split(std::string_view joined, ShortText& out) const {
  if (joined.size() < kJoinedSizeMin || joined.size() > 32) return false;
  if (!may_hold_target(joined)) return false;
  struct Cut {
    std::size_t pieces = 0;  // 0: the letters up to here cannot be cut
    std::size_t from = 0;
    bool target = false;
  };
  std::array<Cut, 33> cuts{};
  cuts[0].pieces = 1;
  for (std::size_t end = 1; end <= joined.size(); ++end) {
    for (std::size_t from = 0; from < end; ++from) {
      if (cuts[from].pieces == 0 || cuts[from].pieces > kJoinedPiecesMax) continue;
      const std::string_view piece = joined.substr(from, end - from);
      if (piece.size() == 1 && piece != "i" && piece != "a") continue;
      const std::uint32_t number = lexicon_->find(piece);
      if (number == Lexicon::kUnknown) continue;
      const Cut cut{cuts[from].pieces + 1, from, cuts[from].target || is_target(number)};
      Cut& best = cuts[end];
      const bool better = best.pieces == 0 || (cut.target && !best.target) ||
                          (cut.target == best.target && cut.pieces < best.pieces);
      if (better) best = cut;
    }
  }
  const Cut& last = cuts[joined.size()];
  if (last.pieces < 3 || !last.target) return false;
  std::array<std::size_t, kJoinedPiecesMax + 2> borders{};
  std::size_t count = 0;
  for (std::size_t at = joined.size(); at != 0; at = cuts[at].from) borders[count++] = at;
  out.size = 0;
  std::size_t from = 0;
  while (count > 0) {
    const std::size_t to = borders[--count];
    if (from != 0 && !out.add(' ')) return false;
    for (; from < to; ++from) {
      if (!out.add(joined[from])) return false;
    }
  }
  return true;
}

bool Disguises::unmask(std::string_view core, ShortText& out) const {
  if (all_letters(core)) {
    return drop_repeats(core, out) || correct(core, out) || split(core, out);
  }
  return correct(core, out) || read_signs(core, 'i', out) || read_signs(core, 'l', out) ||
         fill_stars(core, out) || drop_separators(core, out);
}

// Walks a text from one run without spaces to the next.
class Unmasker {
 public:
  Unmasker(const Disguises& disguises, const Folded& text)
      : disguises_(disguises), text_(text.text()), editor_(text) {}
  ~Unmasker() { wipe(plain_.bytes.data(), plain_.bytes.size()); }
  Unmasker(const Unmasker&) = delete;
  Unmasker& operator=(const Unmasker&) = delete;

  bool run() {
    std::size_t at = 0;
    while (at < text_.size()) {
      if (is_space(text_[at])) {
        ++at;
        continue;
      }
      at = read_run(at, end_of_run(at));
    }
    return editor_.is_changed();
  }
  Folded finish() { return editor_.finish(); }

 private:
  std::size_t end_of_run(std::size_t at) const {
    while (at < text_.size() && !is_space(text_[at])) ++at;
    return at;
  }

  // Returns where to go on.
  std::size_t read_run(std::size_t start, std::size_t end) {
    std::size_t skipped = 0;
    const std::string_view core = without_outer_marks(text_.substr(start, end - start), skipped);
    if (core.empty() || core.size() > plain_.bytes.size()) return end;
    if (core.size() == 1) {
      const std::size_t after = letters_apart(start);
      return after != start ? after : end;
    }
    const std::size_t from = start + skipped;
    if (disguises_.lexicon_->find(core) != Lexicon::kUnknown) return end;
    const std::size_t apostrophe = core.find('\'');
    if (apostrophe != std::string_view::npos &&
        disguises_.lexicon_->find(core.substr(0, apostrophe)) != Lexicon::kUnknown) {
      return end;
    }
    // A star or sign at the edge may stand for a letter: try the run as it is first.
    const std::string_view whole = text_.substr(start, end - start);
    if (whole.size() != core.size() && whole.size() <= plain_.bytes.size() &&
        (disguises_.fill_stars(whole, plain_) || disguises_.read_signs(whole, 'i', plain_))) {
      editor_.replace(start, end, plain_.view());
    } else if (disguises_.unmask(core, plain_)) {
      editor_.replace(from, from + core.size(), plain_.view());
    } else {
      return cut_in_two(from, core, end);
    }
    return end;
  }

  // Three or more single letters with spaces between them: s c u m. Returns where to go on; `start`
  // when they are no word. Letters among which no word worth disguising begins are passed over.
  std::size_t letters_apart(std::size_t start) {
    plain_.size = 0;
    std::array<std::size_t, 32> starts{};
    std::size_t at = start;
    std::size_t last = start;
    while (at < text_.size() && plain_.size < 32) {
      const std::size_t end = end_of_run(at);
      std::size_t skipped = 0;
      const std::string_view core = without_outer_marks(text_.substr(at, end - at), skipped);
      const char letter = core.size() == 1 ? letter_of(core.front(), 'i') : 0;
      if (letter == 0 || letter == '\'' || (skipped > 0 && plain_.size > 0)) break;
      starts[plain_.size] = at;
      plain_.add(letter);
      last = at + skipped + 1;
      const bool marked = core.size() + skipped != end - at;
      at = end;
      while (at < text_.size() && text_[at] == ' ') ++at;
      if (marked) break;
    }
    if (plain_.size < kApartLettersMin) return start;
    if (!disguises_.may_hold_target(plain_.view())) {
      return starts[plain_.size - kApartLettersMin + 1];
    }
    Disguises::ShortText joined = plain_;
    const bool found =
        disguises_.is_target(joined.view()) || disguises_.split(joined.view(), plain_);
    wipe(joined.bytes.data(), joined.bytes.size());
    if (found) editor_.replace(start, last, plain_.view());
    return found ? last : start;
  }

  // wo men: two runs that make one word, one of which is no word by itself.
  std::size_t cut_in_two(std::size_t from, std::string_view core, std::size_t end) {
    if (!all_letters(core) || end != from + core.size() || end >= text_.size() ||
        text_[end] != ' ') {
      return end;
    }
    const std::size_t second_end = end_of_run(end + 1);
    std::size_t skipped = 0;
    const std::string_view second =
        without_outer_marks(text_.substr(end + 1, second_end - end - 1), skipped);
    if (second.size() < 2 || skipped != 0 || !all_letters(second)) return end;
    plain_.set(core);
    for (const char c : second) {
      if (!plain_.add(c)) return end;
    }
    if (plain_.size < kShortenedSizeMin || !disguises_.is_target(plain_.view())) return end;
    editor_.replace(from, end + 1 + second.size(), plain_.view());
    return second_end;
  }

  const Disguises& disguises_;
  std::string_view text_;
  FoldedEditor editor_;
  Disguises::ShortText plain_;
};

Folded Disguises::undo(Folded text) const {
  if (lexicon_ == nullptr || without_repeats_.empty()) return text;
  Unmasker unmasker(*this, text);
  if (!unmasker.run()) return text;
  return unmasker.finish();
}

}  // namespace candour::policy
