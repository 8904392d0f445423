#include "config/bot_config.h"

#include "config/toml_text.h"

namespace candour::config {

Result<BotConfig> load_bot_config(const std::filesystem::path& path,
                                  const Environment& environment) {
  CANDOUR_TRY(auto file, File::open(path, environment));
  BotConfig config;
  Section root = file.root();
  root.path("state_dir", config.state_dir);
  root.choice("log_level", config.log_level, {"debug", "info", "warning", "error"});
  read_relay_address(root.table("relay"), config.relay);
  Section organisation = root.table("organisation");
  organisation.path("root_vkey_file", config.root_vkey_file);
  organisation.path("statement_file", config.statement_file);
  root.table("policy").path("pack_dir", config.policy_pack_dir);
  root.table("retention").path("keys_file", config.retention_keys_file);
  root.table("attempts").boolean("log_warned", config.attempts_log_warned);
  CANDOUR_TRY(file.finish());
  return config;
}

std::string show(const BotConfig& config, bool redacted) {
  TomlText out(redacted);
  out.path("state_dir", config.state_dir);
  out.text("log_level", config.log_level);
  show_relay_address(out, config.relay);
  out.section("organisation");
  out.path("root_vkey_file", config.root_vkey_file);
  out.path("statement_file", config.statement_file);
  out.section("policy");
  out.path("pack_dir", config.policy_pack_dir);
  out.section("retention");
  out.path("keys_file", config.retention_keys_file);
  out.section("attempts");
  out.boolean("log_warned", config.attempts_log_warned);
  return out.take();
}

}  // namespace candour::config
