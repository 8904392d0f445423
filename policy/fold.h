// Folding: text made comparable, with every byte's way back to the original.
//
// ASCII text is lower-cased and nothing else. Other text is put through NFKC and casefolding,
// loses accents and zero-width characters, and has letters that look like Latin ones (a small table
// of Cyrillic and Greek) replaced by them. Invalid UTF-8 is read as U+FFFD, byte by byte. This is
// the only place of the engine that uses ICU.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/secret.h"
#include "policy/rule.h"

namespace candour::policy {

/// Folded text. Moves, does not copy; wiped when it dies.
class Folded {
 public:
  std::string_view text() const { return as_text(ByteView(bytes_)); }
  /// Where the character that made folded byte `i` begins and ends in the original.
  /// `i` is less than text().size().
  std::size_t original_start(std::size_t i) const { return starts_.empty() ? i : starts_[i]; }
  std::size_t original_end(std::size_t i) const { return ends_.empty() ? i + 1 : ends_[i]; }

 private:
  friend Folded fold(std::string_view text, Form form);
  friend class Folder;
  SecretBytes::Buffer bytes_;
  // Empty means that offsets are the same in both texts.
  std::vector<std::uint32_t> starts_;
  std::vector<std::uint32_t> ends_;
};

/// Texts are at most 4 GiB (asserted); form `cased` keeps capital letters.
Folded fold(std::string_view text, Form form);

}  // namespace candour::policy
