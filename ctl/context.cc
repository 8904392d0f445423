#include "ctl/context.h"

#include <CLI/CLI.hpp>

namespace candour::ctl {

void Context::print(const JsonLine& line, std::string_view plain) const {
  if (json) {
    out << line.str() << "\n";
  } else {
    out << plain;
    if (!plain.ends_with('\n')) out << "\n";
  }
  out.flush();
}

CLI::App& add_verb(CLI::App& parent, Context& context, const std::string& name,
                   const std::string& description, const std::function<Run(CLI::App& verb)>& make) {
  CLI::App& verb = *parent.add_subcommand(name, description);
  Run run = make(verb);
  verb.callback([&context, run] { context.run = run; });
  return verb;
}

CLI::App& add_family(CLI::App& parent, const std::string& name, const std::string& description) {
  for (CLI::App* there : parent.get_subcommands([](CLI::App*) { return true; })) {
    if (there->get_name() == name) return *there;
  }
  CLI::App& family = *parent.add_subcommand(name, description);
  family.require_subcommand(1);
  return family;
}

int report_failure(const Error& failure, bool json, std::ostream& err) {
  if (json) {
    JsonLine line;
    line.text("error", code_name(failure.code))
        .text("message", failure.message)
        .raw("detail", "{}");
    err << line.str() << "\n";
  } else {
    err << failure.message << "\n";
  }
  return exit_status(failure.code);
}

}  // namespace candour::ctl
