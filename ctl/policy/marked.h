// A text with the words of a finding between markers, for people who asked to see it.
#pragma once

#include <iosfwd>
#include <string_view>

#include "policy/engine.h"

namespace candour::ctl {

/// One line: "...before [[the words]] after..."; a long text is cut around the words, line ends
/// become spaces.
void write_marked(std::string_view text, const policy::Finding& finding, std::ostream& out);

/// "  standard: 3 Equality and Diversity; also 2 ...".
void write_standards(const std::string& primary, const std::vector<std::string>& secondary,
                     std::ostream& out);

}  // namespace candour::ctl
