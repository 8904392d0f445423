#include "policy/fold.h"

#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/utf16.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

#include "base/assert.h"

namespace candour::policy {
namespace {

constexpr UChar32 kReplacement = 0xFFFD;
// A run of combining marks longer than this is folded in pieces, so that time stays linear.
constexpr std::size_t kSegmentSizeMax = 128;

struct LookAlike {
  UChar32 from;
  char to;
};

// Letters of other scripts, after casefolding, that pass for Latin ones, and the punctuation that
// people's keyboards put in place of ASCII. Sorted, for binary search.
constexpr LookAlike kLookAlikes[] = {
    {0x00AB, '"'},  {0x00BB, '"'},  {0x00F8, 'o'},  {0x0111, 'd'},  {0x0127, 'h'}, {0x0131, 'i'},
    {0x0142, 'l'},  {0x0180, 'b'},  {0x0251, 'a'},  {0x0261, 'g'},  {0x0262, 'g'}, {0x0269, 'i'},
    {0x026A, 'i'},  {0x0274, 'n'},  {0x0280, 'r'},  {0x028B, 'u'},  {0x028F, 'y'}, {0x0299, 'b'},
    {0x029C, 'h'},  {0x029F, 'l'},  {0x02BB, '\''}, {0x02BC, '\''}, {0x03B1, 'a'}, {0x03B2, 'b'},
    {0x03B3, 'y'},  {0x03B5, 'e'},  {0x03B7, 'n'},  {0x03B9, 'i'},  {0x03BA, 'k'}, {0x03BC, 'u'},
    {0x03BD, 'v'},  {0x03BF, 'o'},  {0x03C1, 'p'},  {0x03C3, 'o'},  {0x03C4, 't'}, {0x03C5, 'u'},
    {0x03C7, 'x'},  {0x03C9, 'w'},  {0x03F2, 'c'},  {0x03F3, 'j'},  {0x0430, 'a'}, {0x0432, 'b'},
    {0x0433, 'r'},  {0x0435, 'e'},  {0x0438, 'u'},  {0x043A, 'k'},  {0x043C, 'm'}, {0x043D, 'h'},
    {0x043E, 'o'},  {0x043F, 'n'},  {0x0440, 'p'},  {0x0441, 'c'},  {0x0442, 't'}, {0x0443, 'y'},
    {0x0445, 'x'},  {0x0448, 'w'},  {0x044C, 'b'},  {0x0455, 's'},  {0x0456, 'i'}, {0x0458, 'j'},
    {0x04AF, 'y'},  {0x04BB, 'h'},  {0x04CF, 'l'},  {0x0501, 'd'},  {0x051B, 'q'}, {0x051D, 'w'},
    {0x0561, 'w'},  {0x0563, 'q'},  {0x0566, 'q'},  {0x0570, 'h'},  {0x0575, 'j'}, {0x0578, 'n'},
    {0x057D, 'u'},  {0x0581, 'g'},  {0x0585, 'o'},  {0x1D00, 'a'},  {0x1D04, 'c'}, {0x1D05, 'd'},
    {0x1D07, 'e'},  {0x1D0A, 'j'},  {0x1D0B, 'k'},  {0x1D0D, 'm'},  {0x1D0F, 'o'}, {0x1D18, 'p'},
    {0x1D1B, 't'},  {0x1D1C, 'u'},  {0x1D20, 'v'},  {0x1D21, 'w'},  {0x1D22, 'z'}, {0x2010, '-'},
    {0x2011, '-'},  {0x2012, '-'},  {0x2013, '-'},  {0x2014, '-'},  {0x2015, '-'}, {0x2018, '\''},
    {0x2019, '\''}, {0x201A, '\''}, {0x201B, '\''}, {0x201C, '"'},  {0x201D, '"'}, {0x201E, '"'},
    {0x201F, '"'},  {0x2032, '\''}, {0x2033, '"'},  {0x2044, '/'},  {0x2212, '-'}, {0xA730, 'f'},
    {0xA731, 's'},
};
static_assert(std::is_sorted(std::begin(kLookAlikes), std::end(kLookAlikes),
                             [](const LookAlike& a, const LookAlike& b) {
                               return a.from < b.from;
                             }));

UChar32 without_disguise(UChar32 c) {
  const auto* found =
      std::lower_bound(std::begin(kLookAlikes), std::end(kLookAlikes), c,
                       [](const LookAlike& entry, UChar32 value) { return entry.from < value; });
  if (found != std::end(kLookAlikes) && found->from == c) return found->to;
  return c;
}

// Capitals keep their case: the look-alike of their small form, raised again.
UChar32 without_disguise_cased(UChar32 c) {
  const UChar32 lower = u_tolower(c);
  if (lower == c) return without_disguise(c);
  const UChar32 plain = without_disguise(lower);
  return plain == lower ? c : u_toupper(plain);
}

bool is_invisible(UChar32 c) {
  const int type = u_charType(c);
  return type == U_NON_SPACING_MARK || type == U_ENCLOSING_MARK || type == U_FORMAT_CHAR ||
         u_hasBinaryProperty(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT);
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

char ascii_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

using Utf16 = std::vector<UChar, WipingAllocator<UChar>>;

}  // namespace

// Folds one text: cuts it into the shortest pieces that normalise independently of each other and
// maps every folded byte of a piece to the whole piece.
class Folder {
 public:
  Folder(std::string_view text, Form form) : text_(text), form_(form) {
    UErrorCode status = U_ZERO_ERROR;
    compose_ = form == Form::folded ? unorm2_getNFKCCasefoldInstance(&status)
                                    : unorm2_getNFKCInstance(&status);
    decompose_ = unorm2_getNFDInstance(&status);
    CANDOUR_ASSERT(U_SUCCESS(status));
  }

  Folded run() {
    out_.bytes_.reserve(text_.size() + 16);
    out_.starts_.reserve(text_.size() + 16);
    out_.ends_.reserve(text_.size() + 16);
    std::size_t at = 0;
    while (at < text_.size()) at = fold_segment(at);
    return std::move(out_);
  }

 private:
  UChar32 decode(std::size_t& at) const {
    const unsigned char first = static_cast<unsigned char>(text_[at]);
    if (first < 0x80) {
      ++at;
      return first;
    }
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(text_.data());
    std::size_t i = at;
    UChar32 c = 0;
    U8_NEXT(bytes, i, text_.size(), c);
    if (c < 0) {
      ++at;  // one byte at a time, so that borders do not depend on what follows
      return kReplacement;
    }
    at = i;
    return c;
  }

  std::size_t fold_segment(std::size_t start) {
    source_.clear();
    std::size_t at = start;
    push16(source_, decode(at));
    while (at < text_.size() && at - start < kSegmentSizeMax) {
      std::size_t next = at;
      const UChar32 c = decode(next);
      if (unorm2_hasBoundaryBefore(compose_, c)) break;
      push16(source_, c);
      at = next;
    }
    if (at - start == 1 && source_[0] < 0x80) {
      const char c = static_cast<char>(source_[0]);
      put_byte(form_ == Form::folded ? ascii_lower(c) : c, start, at);
      return at;
    }
    normalise(compose_, source_, composed_);
    normalise(decompose_, composed_, decomposed_);
    emit(start, at);
    return at;
  }

  static void push16(Utf16& units, UChar32 c) {
    if (c > 0xFFFF) {
      units.push_back(U16_LEAD(c));
      units.push_back(U16_TRAIL(c));
    } else {
      units.push_back(static_cast<UChar>(c));
    }
  }

  static void normalise(const UNormalizer2* how, const Utf16& from, Utf16& to) {
    to.resize(from.size() * 4 + 32);
    for (int attempt = 0; attempt < 2; ++attempt) {
      UErrorCode status = U_ZERO_ERROR;
      const std::int32_t size =
          unorm2_normalize(how, from.data(), static_cast<std::int32_t>(from.size()), to.data(),
                           static_cast<std::int32_t>(to.size()), &status);
      const bool too_small = status == U_BUFFER_OVERFLOW_ERROR;
      CANDOUR_ASSERT(too_small || U_SUCCESS(status));
      to.resize(static_cast<std::size_t>(size));
      if (!too_small) return;
    }
    CANDOUR_ASSERT(false && "normalisation outgrew the size it asked for");
  }

  void emit(std::size_t start, std::size_t end) {
    for (std::size_t i = 0; i < decomposed_.size();) {
      UChar32 c = 0;
      U16_NEXT(decomposed_.data(), i, decomposed_.size(), c);
      if (is_invisible(c)) continue;
      c = form_ == Form::folded ? without_disguise(c) : without_disguise_cased(c);
      std::uint8_t encoded[U8_MAX_LENGTH];
      std::size_t size = 0;
      U8_APPEND_UNSAFE(encoded, size, c);
      for (std::size_t k = 0; k < size; ++k) put_byte(static_cast<char>(encoded[k]), start, end);
    }
  }

  void put_byte(char byte, std::size_t start, std::size_t end) {
    out_.bytes_.push_back(static_cast<std::uint8_t>(byte));
    out_.starts_.push_back(static_cast<std::uint32_t>(start));
    out_.ends_.push_back(static_cast<std::uint32_t>(end));
  }

  std::string_view text_;
  Form form_;
  const UNormalizer2* compose_ = nullptr;
  const UNormalizer2* decompose_ = nullptr;
  Utf16 source_;
  Utf16 composed_;
  Utf16 decomposed_;
  Folded out_;
};

Folded fold(std::string_view text, Form form) {
  CANDOUR_ASSERT(text.size() <= std::numeric_limits<std::uint32_t>::max());
  if (!is_ascii(text)) return Folder(text, form).run();
  Folded out;
  out.bytes_.assign(text.begin(), text.end());
  if (form == Form::folded) {
    for (std::uint8_t& byte : out.bytes_) {
      byte = static_cast<std::uint8_t>(ascii_lower(static_cast<char>(byte)));
    }
  }
  return out;
}

}  // namespace candour::policy
