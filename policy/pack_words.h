// The part of a pack that says what words are: [words], [verbs], [fragments], [disguise],
// [[compound]], [[reference]], and the rows of [each], for which a table is read once each.
#pragma once

#include <map>
#include <string>

#include "base/result.h"
#include "policy/pack_table.h"
#include "policy/rule.h"

namespace candour::policy {

/// By name of the rows, then by row.
using TableRows = std::map<std::string, std::map<std::string, TableValues>, std::less<>>;

/// Adds what the tables of one file say to `set`.
Status read_words(const std::string& file, const toml::table& root, RuleSet& set);
Status read_rows(const std::string& file, const toml::table& root, TableRows& rows);
Status read_compound(TableReader& reader, RuleSet& set);
Status read_reference(TableReader& reader, RuleSet& set);

/// Calls `read` once, or, when the table has `each = "name"`, for every row of that name.
template <class Read>
Status for_rows(TableReader& reader, const TableRows& rows, Read read) {
  std::string name;
  CANDOUR_TRY(reader.text("each", name));
  if (name.empty()) return read();
  const auto found = rows.find(name);
  if (found == rows.end()) return reader.invalid("there are no rows [each." + name + "]");
  for (const auto& [id, values] : found->second) {
    reader.set_values(&values);
    const Status done = read();
    reader.set_values(nullptr);
    if (!done) return done;
  }
  return ok();
}

}  // namespace candour::policy
