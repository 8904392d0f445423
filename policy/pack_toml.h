// The TOML side of a pack: files to rules. The format is described in policy/README.md.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "policy/rule.h"

namespace candour::policy {

/// Path within the pack, with '/' between folders, to the file's text.
using PackFiles = std::map<std::string, std::string>;

/// All files read as one: lists, categories and frames of one file may be used in another.
/// policy_invalid names file and line, and rule where there is one.
Result<RuleSet> rules_from_toml(const PackFiles& files);

}  // namespace candour::policy
