// Whether a text names a person, so that an alert does not go to somebody it is about.
//
// A surname of four letters or more counts wherever it stands as a word. A shorter one ("Fox",
// "Ng", "Lee") is also a word of the language, so it counts only beside a rank, a title, a given
// name or initial of that person, or written with a capital inside a sentence. Of a name in parts
// ("Smith-Jones", "van der Berg") the whole counts, together, apart or hyphened, and each part of
// the surname proper that has four letters or more. A given name alone does not count. A person's
// id does.
//
// Letters are compared without case and accents; apostrophes do not count (O'Brien, OBrien); a
// German umlaut equals its spelling with e. It errs towards naming: then another desk gets the
// alert. Pure; thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"

namespace candour::messages {

/// UTF-8 bytes of a text, end exclusive.
struct NameSpan {
  std::size_t start = 0;
  std::size_t end = 0;
};

/// A word of a text: letters and digits, compared as `folded` or `spelt`.
struct NameWord {
  NameSpan span;
  SecretText folded;  // no case, accents or apostrophes
  SecretText spelt;   // the same with umlauts as two letters
  bool capital = false;
  bool all_capitals = false;  // of two letters or more
  bool begins_sentence = false;
  bool hyphened = false;  // to the word before it
};

/// The text taken apart once for many names.
class NamedText {
 public:
  explicit NamedText(std::string_view text);
  /// Where `name` ("Insp Grace Hollis") or `person` (an id) stands in it.
  std::vector<NameSpan> find(std::string_view name, std::string_view person) const;
  bool names(std::string_view name, std::string_view person) const {
    return !find(name, person).empty();
  }

 private:
  std::vector<NameWord> words_;
};

}  // namespace candour::messages
