#include <CLI/CLI.hpp>

#include "config/bot_config.h"
#include "config/client_profile.h"
#include "config/relay_config.h"
#include "ctl/verbs.h"

namespace candour::ctl {
namespace {

struct Options {
  std::string file;
  std::string kind;
  bool redacted = false;
};

/// Which program a file is for: as told, else as its name says.
Result<std::string> kind_of(const Options& o) {
  if (!o.kind.empty()) return o.kind;
  const std::string name = std::filesystem::path(o.file).filename().string();
  for (const auto& [part, kind] :
       {std::pair{"relay", "relay"}, {"bot", "bot"}, {"profile", "client"}}) {
    if (name.find(part) != name.npos) return std::string(kind);
  }
  return error(ErrorCode::usage, o.file +
                                     ": the name does not tell which program it is for; say "
                                     "--kind relay, bot or client");
}

Result<std::string> load(const Options& o, const std::string& kind) {
  if (kind == "relay") {
    CANDOUR_TRY(auto config, config::load_relay_config(o.file));
    return config::show(config, o.redacted);
  }
  if (kind == "bot") {
    CANDOUR_TRY(auto config, config::load_bot_config(o.file));
    return config::show(config, o.redacted);
  }
  CANDOUR_TRY(auto config, config::load_client_profile(o.file));
  return config::show(config, o.redacted);
}

Result<int> run(const Context& context, Options o, bool print) {
  if (o.file.empty()) o.file = context.config;
  if (o.file.empty()) return error(ErrorCode::usage, "name a configuration file, or --config FILE");
  CANDOUR_TRY(auto kind, kind_of(o));
  CANDOUR_TRY(auto text, load(o, kind));
  JsonLine line;
  line.text("file", o.file).text("kind", kind).boolean("ok", true);
  if (print) line.text("config", text);
  context.print(line, print ? text : o.file + ": good (" + kind + ")");
  return 0;
}

Run config_run(CLI::App& verb, Context& context, bool print) {
  auto o = std::make_shared<Options>();
  verb.add_option("FILE", o->file, "Configuration file (default: --config)");
  verb.add_option("--kind", o->kind, "relay, bot or client (default: by the file's name)")
      ->check(CLI::IsMember({"relay", "bot", "client"}));
  if (print) verb.add_flag("--redacted", o->redacted, "Leave out file and folder names");
  return [&context, o, print] { return run(context, *o, print); };
}

}  // namespace

void add_config_verbs(CLI::App& program, Context& context) {
  CLI::App& family = add_family(program, "config", "Configuration files");
  add_verb(family, context, "check", "Load a configuration and report what is wrong",
           [&](CLI::App& verb) { return config_run(verb, context, false); });
  add_verb(family, context, "show", "Print a configuration with its defaults",
           [&](CLI::App& verb) { return config_run(verb, context, true); });
}

}  // namespace candour::ctl
