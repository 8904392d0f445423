// What was typed after `candour`, read with CLI11.
#pragma once

#include <optional>

#include "base/result.h"
#include "client/terminal/options.h"

namespace candour::terminal {

struct CommandLine {
  Options options;
  /// Set when the run ends here: --help, --version.
  std::optional<std::string> answer;
};

/// usage with what is wrong. Texts and reasons given as arguments are moved to memory that is
/// wiped; the shell and the process list saw them all the same.
Result<CommandLine> read_command_line(int argc, char** argv);

}  // namespace candour::terminal
