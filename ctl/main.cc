// candourctl: what registrars, operators, policy authors, witnesses and auditors do.
#include <sodium.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstring>
#include <iostream>

#include "base/log.h"
#include "ctl/verbs.h"

namespace candour::ctl {
namespace {

/// Errors of the command line must be printed as asked for even though it did not parse.
bool asks_for_json(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--json") == 0) return true;
  }
  return false;
}

void add_global_options(CLI::App& program, Context& context) {
  program.set_version_flag("--version", "candourctl " CANDOUR_VERSION);
  program.add_flag("--json", context.json, "One JSON object a line, errors too");
  program.add_option("--config", context.config, "Configuration file, for the verbs that read one");
  program.add_option("--state", context.state, "State folder of a relay, for the verbs of its log");
  program.require_subcommand(1);
  program.fallthrough();
}

int run(int argc, char** argv) {
  CLI::App program{"Tools for registrars, operators, policy authors, witnesses and auditors",
                   "candourctl"};
  Context context{.in = std::cin,
                  .out = std::cout,
                  .err = std::cerr,
                  .clock = system_clock(),
                  .random = system_random(),
                  .run = {}};
  add_global_options(program, context);
  add_key_verbs(program, context);
  add_organisation_verbs(program, context);
  add_approval_verbs(program, context);
  add_note_verbs(program, context);
  add_policy_verbs(program, context);
  add_custody_verbs(program, context);
  add_custodian_verbs(program, context);
  add_keeper_verbs(program, context);
  add_warrant_verbs(program, context);
  add_oversight_verbs(program, context);
  add_config_verbs(program, context);
  add_witness_verbs(program, context);
  add_relay_verbs(program, context);
  add_log_verbs(program, context);
  add_release_verbs(program, context);
  add_bundle_verbs(program, context);
  add_web_verbs(program, context);
  try {
    program.parse(argc, argv);
  } catch (const CLI::Success& asked) {
    return program.exit(asked, std::cout, std::cerr);
  } catch (const CLI::ParseError& wrong) {
    return report_failure(
        error(ErrorCode::usage, std::string(wrong.what()) + "; see candourctl --help"),
        asks_for_json(argc, argv), std::cerr);
  }
  const Result<int> status = context.run();
  if (!status) return report_failure(status.error(), context.json, std::cerr);
  return status.value();
}

}  // namespace
}  // namespace candour::ctl

int main(int argc, char** argv) {
  if (sodium_init() < 0) return 1;
  std::signal(SIGPIPE, SIG_IGN);
  candour::log::set_level(candour::log::Level::warning);
  return candour::ctl::run(argc, argv);
}
