// The forms of a word as authors of a lexicon write it: `kill~` is a verb and stands for kill,
// kills, killing and killed; `rat+` a noun with its plural; `dumb^` an adjective with its
// comparisons; without a mark a word has one form. In an entry of several words the mark follows
// the word it is about: `wipe~ out`, `gold digger+`.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace candour::policy {

/// A verb's own forms: with s, with ing, then those of the past.
using IrregularVerbs = std::map<std::string, std::vector<std::string>, std::less<>>;

struct WordForm {
  std::string text;
  /// "", "base", "s", "ing", "ed", "one" or "many".
  std::string form;
};

/// policy_invalid when the entry is empty, has two marks, or a mark without its word.
Result<std::vector<WordForm>> forms_of(std::string_view entry, const IrregularVerbs& verbs);

}  // namespace candour::policy
