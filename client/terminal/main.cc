// `candour`, the terminal client: the wiring.
#include <csignal>
#include <iostream>

#include "base/json_text.h"
#include "base/random.h"
#include "client/terminal/command_line.h"
#include "client/terminal/driven.h"
#include "client/terminal/verbs.h"

namespace {

using namespace candour;

volatile std::sig_atomic_t stop_signal = 0;
extern "C" void on_signal(int) { stop_signal = 1; }

struct Verb {
  std::string_view name;
  Status (*run)(const terminal::Options& options, const terminal::World& world);
};

constexpr Verb kVerbs[] = {
    {"", terminal::chat},
    {"enrol", terminal::enrol},
    {"send", terminal::send},
    {"edit", terminal::edit},
    {"withdraw", terminal::withdraw},
    {"override", terminal::override_warning},
    {"dispute", terminal::dispute},
    {"report", terminal::report},
    {"poll", terminal::poll},
    {"vote", terminal::vote},
    {"react", terminal::react},
    {"delete", terminal::remove},
    {"appeal", terminal::appeal},
    {"resubmit", terminal::resubmit},
    {"group", terminal::group},
    {"read", terminal::read},
    {"watch", terminal::watch},
    {"history", terminal::history},
    {"drafts", terminal::drafts},
    {"groups", terminal::groups},
    {"roster", terminal::roster},
    {"receipt", terminal::receipt},
    {"record", terminal::record},
    {"alarms", terminal::alarms},
    {"notice", terminal::notice},
    {"alerts", terminal::alerts},
    {"ack", terminal::alert_step},
    {"assign", terminal::alert_step},
    {"escalate", terminal::alert_step},
    {"close", terminal::alert_step},
    {"approve", terminal::decide_appeal},
    {"refuse", terminal::decide_appeal},
};

Status run_verb(const terminal::Options& options, const terminal::World& world) {
  for (const Verb& verb : kVerbs) {
    if (verb.name == options.verb) return verb.run(options, world);
  }
  return error(ErrorCode::usage, "there is no verb \"" + options.verb + "\"");
}

int fail(const Error& e, bool json) {
  if (json) {
    std::cerr << "{\"error\":" << json_quote(code_name(e.code))
              << ",\"message\":" << json_quote(e.message) << ",\"detail\":{}}\n";
  } else {
    std::cerr << "candour: " << e.message << " (" << code_name(e.code) << ")\n";
  }
  return exit_status(e.code);
}

bool wants_json(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) == "--json") return true;
  }
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  auto line = terminal::read_command_line(argc, argv);
  if (!line) return fail(line.error(), wants_json(argc, argv));
  if (line.value().answer) {
    std::cout << *line.value().answer;
    return 0;
  }
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
  std::signal(SIGPIPE, SIG_IGN);
  const terminal::Options& options = line.value().options;
  const terminal::World world{system_clock(), system_random(), std::cout, stop_signal};
  const bool by_program = options.verb.empty() && options.json;
  const Status done =
      by_program ? terminal::driven(options, world, run_verb) : run_verb(options, world);
  std::cout << std::flush;
  return done ? 0 : fail(done.error(), options.json);
}
