#include "policy/fold.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/assert.h"
#include "policy/fold_tables.h"

namespace candour::policy {
namespace {

constexpr std::uint32_t kReplacement = 0xFFFD;
constexpr std::uint32_t kRightToLeftOverride = 0x202E;
constexpr std::uint32_t kPopDirection = 0x202C;

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

char ascii_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

struct Character {
  std::uint32_t code = 0;
  std::size_t end = 0;  // of its bytes
};

// Reads one well-formed UTF-8 sequence (Unicode, table 3-7), or one byte as U+FFFD.
Character decode(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) -> std::uint32_t {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0;
  };
  const auto tail = [&](std::size_t i) { return (byte(i) & 0xC0) == 0x80; };
  const std::uint32_t b = byte(at);
  const Character bad{kReplacement, at + 1};
  if (b < 0x80) return {b, at + 1};
  if (b < 0xC2 || b > 0xF4 || !tail(at + 1)) return bad;
  if (b < 0xE0) return {((b & 0x1F) << 6) | (byte(at + 1) & 0x3F), at + 2};
  if (!tail(at + 2)) return bad;
  if (b < 0xF0) {
    const std::uint32_t code =
        ((b & 0x0F) << 12) | ((byte(at + 1) & 0x3F) << 6) | (byte(at + 2) & 0x3F);
    const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
    return code < 0x800 || surrogate ? bad : Character{code, at + 3};
  }
  if (!tail(at + 3)) return bad;
  const std::uint32_t code = ((b & 0x07) << 18) | ((byte(at + 1) & 0x3F) << 12) |
                             ((byte(at + 2) & 0x3F) << 6) | (byte(at + 3) & 0x3F);
  return code < 0x10000 || code > 0x10FFFF ? bad : Character{code, at + 4};
}

}  // namespace

class Folder {
 public:
  Folder(std::string_view text, Form form) : text_(text), form_(form) {}

  Folded run() {
    out_.bytes_.reserve(text_.size() + 16);
    out_.starts_.reserve(text_.size() + 16);
    out_.ends_.reserve(text_.size() + 16);
    std::size_t at = 0;
    while (at < text_.size()) {
      const Character c = decode(text_, at);
      at = c.code == kRightToLeftOverride ? put_reversed(at, c.end) : put(c, at, c.end);
    }
    return std::move(out_);
  }

 private:
  // Appends what `c` folds to, leading back to the bytes from `start` to `end`; returns `end`.
  std::size_t put(const Character& c, std::size_t start, std::size_t end) {
    if (c.code < 0x80) {
      const char byte = static_cast<char>(c.code);
      put_byte(form_ == Form::folded ? ascii_lower(byte) : byte, start, end);
      return end;
    }
    const bool folded = form_ == Form::folded;
    const std::uint16_t* blocks = folded ? tables::kFoldedBlocks : tables::kCasedBlocks;
    const std::uint16_t* texts = folded ? tables::kFoldedTexts : tables::kCasedTexts;
    const std::size_t block = blocks[c.code / tables::kBlockSize];
    const std::size_t number = texts[block * tables::kBlockSize + c.code % tables::kBlockSize];
    if (number == 0) {
      put_code(c.code, start, end);
      return end;
    }
    const std::uint32_t from = tables::kOffsets[number];
    const std::uint32_t to = tables::kOffsets[number + 1];
    for (std::uint32_t i = from; i < to; ++i) {
      put_byte(static_cast<char>(tables::kPool[i]), start, end);
    }
    // What leaves nothing behind, an accent for instance, belongs to the character before it.
    if (from == to && !out_.ends_.empty()) out_.ends_.back() = static_cast<std::uint32_t>(end);
    return end;
  }

  // An override's text is read from its end, and each of its bytes leads back to all of it.
  std::size_t put_reversed(std::size_t start, std::size_t inner) {
    std::vector<Character> characters;
    std::size_t end = inner;
    while (end < text_.size()) {
      const Character c = decode(text_, end);
      if (c.code == '\n') break;
      end = c.end;
      if (c.code == kPopDirection) break;
      characters.push_back(c);
    }
    for (auto c = characters.rbegin(); c != characters.rend(); ++c) put(*c, start, end);
    wipe(characters.data(), characters.size() * sizeof(Character));
    return end;
  }

  void put_code(std::uint32_t code, std::size_t start, std::size_t end) {
    const auto byte = [&](std::uint32_t value) { put_byte(static_cast<char>(value), start, end); };
    if (code < 0x800) {
      byte(0xC0 | (code >> 6));
    } else if (code < 0x10000) {
      byte(0xE0 | (code >> 12));
      byte(0x80 | ((code >> 6) & 0x3F));
    } else {
      byte(0xF0 | (code >> 18));
      byte(0x80 | ((code >> 12) & 0x3F));
      byte(0x80 | ((code >> 6) & 0x3F));
    }
    byte(0x80 | (code & 0x3F));
  }

  void put_byte(char byte, std::size_t start, std::size_t end) {
    out_.bytes_.push_back(static_cast<std::uint8_t>(byte));
    out_.starts_.push_back(static_cast<std::uint32_t>(start));
    out_.ends_.push_back(static_cast<std::uint32_t>(end));
  }

  std::string_view text_;
  Form form_;
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

void FoldedEditor::copy_until(std::size_t end) {
  for (; at_ < end; ++at_) {
    out_.bytes_.push_back(from_.bytes_[at_]);
    out_.starts_.push_back(static_cast<std::uint32_t>(from_.original_start(at_)));
    out_.ends_.push_back(static_cast<std::uint32_t>(from_.original_end(at_)));
  }
}

void FoldedEditor::replace(std::size_t start, std::size_t end, std::string_view text) {
  CANDOUR_ASSERT(at_ <= start && start < end && end <= from_.bytes_.size());
  copy_until(start);
  const auto first = static_cast<std::uint32_t>(from_.original_start(start));
  const auto last = static_cast<std::uint32_t>(from_.original_end(end - 1));
  for (const char c : text) {
    out_.bytes_.push_back(static_cast<std::uint8_t>(c));
    out_.starts_.push_back(first);
    out_.ends_.push_back(last);
  }
  at_ = end;
  changed_ = true;
}

Folded FoldedEditor::finish() {
  copy_until(from_.bytes_.size());
  return std::move(out_);
}

}  // namespace candour::policy
