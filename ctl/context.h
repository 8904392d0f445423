// What every verb gets: the global options, where to write, and time and randomness as arguments.
#pragma once

#include <filesystem>
#include <functional>
#include <iosfwd>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "ctl/json_line.h"

namespace CLI {
class App;
}

namespace candour::ctl {

/// What a verb does once the command line is known: the exit status, or why it failed.
using Run = std::function<Result<int>()>;

struct Context {
  bool json = false;
  std::string config;  // --config FILE, empty when not given
  std::string state;   // --state DIR
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  const Clock& clock;
  Random& random;
  Run run;  // the verb chosen on the command line

  /// Prints the result of a verb: `line` with --json, `plain` without.
  void print(const JsonLine& line, std::string_view plain) const;
};

/// Adds a verb below `parent`; `make` is called with the new subcommand to add options and returns
/// what to do when the verb is chosen.
CLI::App& add_verb(CLI::App& parent, Context& context, const std::string& name,
                   const std::string& description, const std::function<Run(CLI::App& verb)>& make);

/// A verb that only holds others ("org", "log"). The one there is, when `parent` has it already:
/// some families have verbs in several files.
CLI::App& add_family(CLI::App& parent, const std::string& name, const std::string& description);

/// One line on `err`: a JSON object with --json, a sentence without. Returns the exit status.
int report_failure(const Error& failure, bool json, std::ostream& err);

}  // namespace candour::ctl
