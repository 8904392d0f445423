// Writes the tables of policy/fold.cc from ICU: for each code point the text it folds to. Runs at
// build time, so that the engine itself needs no ICU. Usage: candour-fold-tables OUT.cc
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/uspoof.h>
#include <unicode/utf16.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

namespace {

constexpr int kBlockSize = 128;  // as in policy/fold_tables.h
constexpr UChar32 kCodePoints = 0x110000;

struct LookAlike {
  UChar32 from;
  char to;
};

// Where the eye disagrees with ICU's confusables, or where those know no Latin letter: small
// capitals, Greek and Cyrillic letters used for others' shapes, and the punctuation that keyboards
// put in place of ASCII. Sorted, for binary search.
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

class Folding {
 public:
  Folding() {
    UErrorCode status = U_ZERO_ERROR;
    casefold_ = icu::Normalizer2::getNFKCCasefoldInstance(status);
    compose_ = icu::Normalizer2::getNFKCInstance(status);
    decompose_ = icu::Normalizer2::getNFDInstance(status);
    spoof_ = uspoof_open(&status);
    good_ = U_SUCCESS(status) != 0;
  }
  ~Folding() {
    if (spoof_ != nullptr) uspoof_close(spoof_);
  }
  Folding(const Folding&) = delete;
  Folding& operator=(const Folding&) = delete;

  bool good() const { return good_; }

  // The UTF-8 text that `c` folds to; with `cased`, capitals stay capitals.
  std::string fold(UChar32 c, bool cased) const {
    UErrorCode status = U_ZERO_ERROR;
    const icu::UnicodeString whole =
        (cased ? compose_ : casefold_)->normalize(icu::UnicodeString(c), status);
    const icu::UnicodeString parts = decompose_->normalize(whole, status);
    icu::UnicodeString out;
    for (std::int32_t i = 0; i < parts.length();) {
      const UChar32 part = parts.char32At(i);
      i += U16_LENGTH(part);
      if (!is_invisible(part)) out += cased ? plain_cased(part) : plain(part);
    }
    std::string utf8;
    out.toUTF8String(utf8);
    return utf8;
  }

 private:
  static bool is_invisible(UChar32 c) {
    const int type = u_charType(c);
    return type == U_NON_SPACING_MARK || type == U_ENCLOSING_MARK || type == U_FORMAT_CHAR ||
           u_hasBinaryProperty(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT) != 0 ||
           u_hasBinaryProperty(c, UCHAR_EMOJI_MODIFIER) != 0;
  }

  icu::UnicodeString plain(UChar32 c) const {
    const auto* found =
        std::lower_bound(std::begin(kLookAlikes), std::end(kLookAlikes), c,
                         [](const LookAlike& entry, UChar32 value) { return entry.from < value; });
    if (found != std::end(kLookAlikes) && found->from == c) {
      return icu::UnicodeString(static_cast<UChar32>(found->to));
    }
    if (c < 0x80 || u_isalpha(c) == 0) return icu::UnicodeString(c);
    const icu::UnicodeString skeleton = skeleton_of(c);
    return skeleton.isEmpty() ? icu::UnicodeString(c) : skeleton;
  }

  // Empty unless the skeleton is of Latin letters.
  icu::UnicodeString skeleton_of(UChar32 c) const {
    UErrorCode status = U_ZERO_ERROR;
    const icu::UnicodeString from(c);
    std::array<UChar, 32> buffer{};
    const std::int32_t size =
        uspoof_getSkeleton(spoof_, 0, from.getBuffer(), from.length(), buffer.data(),
                           static_cast<std::int32_t>(buffer.size()), &status);
    if (U_FAILURE(status)) return {};
    icu::UnicodeString out(buffer.data(), size);
    out = decompose_->normalize(out, status);
    icu::UnicodeString letters;
    for (std::int32_t i = 0; i < out.length(); ++i) {
      const UChar unit = out.charAt(i);
      if (u_charType(unit) == U_NON_SPACING_MARK) continue;
      if (unit >= 0x80 || u_isalpha(unit) == 0) return {};
      letters += static_cast<UChar>(u_tolower(unit));
    }
    return letters;
  }

  // Capitals keep their case: what the small letter looks like, raised again.
  icu::UnicodeString plain_cased(UChar32 c) const {
    const UChar32 lower = u_tolower(c);
    if (lower == c) return plain(c);
    const icu::UnicodeString small = plain(lower);
    if (small == icu::UnicodeString(lower)) return icu::UnicodeString(c);
    icu::UnicodeString raised(small);
    return raised.toUpper();
  }

  const icu::Normalizer2* casefold_ = nullptr;
  const icu::Normalizer2* compose_ = nullptr;
  const icu::Normalizer2* decompose_ = nullptr;
  USpoofChecker* spoof_ = nullptr;
  bool good_ = false;
};

std::string as_utf8(UChar32 c) {
  std::string out;
  icu::UnicodeString(c).toUTF8String(out);
  return out;
}

struct Texts {
  // Number 0 stands for "as it is", 1 for nothing.
  std::map<std::string, std::size_t> numbers = {{"", 1}};
  std::vector<std::string> all = {"", ""};
  std::size_t number(const std::string& text) {
    const auto [entry, is_new] = numbers.emplace(text, all.size());
    if (is_new) all.push_back(text);
    return entry->second;
  }
};

struct Table {
  std::vector<std::size_t> blocks;
  std::vector<std::vector<std::size_t>> contents;
};

Table make_table(const Folding& folding, bool cased, Texts& texts) {
  Table table;
  std::map<std::vector<std::size_t>, std::size_t> known;
  for (UChar32 start = 0; start < kCodePoints; start += kBlockSize) {
    std::vector<std::size_t> block;
    for (UChar32 c = start; c < start + kBlockSize; ++c) {
      const bool surrogate = c >= 0xD800 && c <= 0xDFFF;
      const std::string text = surrogate ? std::string() : folding.fold(c, cased);
      block.push_back(surrogate || text == as_utf8(c) ? 0 : texts.number(text));
    }
    const auto [entry, is_new] = known.emplace(block, table.contents.size());
    if (is_new) table.contents.push_back(block);
    table.blocks.push_back(entry->second);
  }
  return table;
}

template <class Values>
void write_values(std::ostream& out, const std::string& declaration, const Values& values) {
  out << "extern const " << declaration << " = {\n";
  std::size_t column = 0;
  for (const auto value : values) out << value << (++column % 24 == 0 ? ",\n" : ",");
  out << "};\n";
}

void write_table(std::ostream& out, const std::string& name, const Table& table) {
  write_values(out, "std::uint16_t k" + name + "Blocks[]", table.blocks);
  std::vector<std::size_t> flat;
  for (const auto& block : table.contents) flat.insert(flat.end(), block.begin(), block.end());
  write_values(out, "std::uint16_t k" + name + "Texts[]", flat);
}

}  // namespace

int main(int count, char** arguments) {
  const Folding folding;
  if (count != 2 || !folding.good()) {
    std::cerr << (count != 2 ? "usage: candour-fold-tables OUT.cc\n"
                             : "ICU's data cannot be opened\n");
    return 2;
  }
  Texts texts;
  const Table folded = make_table(folding, false, texts);
  const Table cased = make_table(folding, true, texts);
  if (texts.all.size() > 0xFFFF) {
    std::cerr << "more different texts than 16 bits can number\n";
    return 1;
  }
  std::ofstream out(arguments[1]);
  out << "// Made by candour-fold-tables from ICU " U_ICU_VERSION ".\n"
      << "#include \"policy/fold_tables.h\"\n\nnamespace candour::policy::tables {\n";
  write_table(out, "Folded", folded);
  write_table(out, "Cased", cased);
  std::vector<std::size_t> offsets;
  std::vector<unsigned> pool;
  for (const std::string& text : texts.all) {
    offsets.push_back(pool.size());
    for (const char byte : text) pool.push_back(static_cast<unsigned char>(byte));
  }
  offsets.push_back(pool.size());
  write_values(out, "std::uint32_t kOffsets[]", offsets);
  write_values(out, "unsigned char kPool[]", pool);
  out << "}  // namespace candour::policy::tables\n";
  out.close();
  return out ? 0 : 1;
}
