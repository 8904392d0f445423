// Folding: text made comparable, with every byte's way back to the original.
//
// ASCII text is lower-cased and nothing else. Other text is casefolded and decomposed (NFKC), loses
// accents, marks and invisible characters, and has letters that look like Latin ones replaced by
// them; what stands between a right-to-left override and its end is turned round, as it is shown.
// Invalid UTF-8 is read as U+FFFD, byte by byte. The tables are made from ICU at build time.
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
  /// False when nothing but the case of ASCII letters is changed.
  bool is_rewritten() const { return !starts_.empty(); }

 private:
  friend Folded fold(std::string_view text, Form form);
  friend class Folder;
  friend class FoldedEditor;
  SecretBytes::Buffer bytes_;
  // Empty means that offsets are the same in both texts.
  std::vector<std::uint32_t> starts_;
  std::vector<std::uint32_t> ends_;
};

/// Texts are at most 4 GiB (asserted); form `cased` keeps capital letters.
Folded fold(std::string_view text, Form form);

/// Writes a folded text anew with some words replaced, front to back; what is not replaced is
/// copied. The edited text outlives the editor.
class FoldedEditor {
 public:
  explicit FoldedEditor(const Folded& from) : from_(from) {}
  /// Puts `text` in place of the folded bytes from `start` up to `end` (start < end), each of its
  /// bytes leading back to all of them. Calls go from front to back without overlap (asserted).
  void replace(std::size_t start, std::size_t end, std::string_view text);
  bool is_changed() const { return changed_; }
  /// The rest copied, the new text handed over.
  Folded finish();

 private:
  void copy_until(std::size_t end);
  const Folded& from_;
  Folded out_;
  std::size_t at_ = 0;
  bool changed_ = false;
};

}  // namespace candour::policy
