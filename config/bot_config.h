// What an operator says to candour-bot: a TOML file, strictly read (config/section.h).
//
//   state_dir = "bot"                      where keys and bot.db live; required
//   log_level = "info"                     debug | info | warning | error
//   [relay]
//   host = "127.0.0.1"                     required
//   port = 8443                            required
//   tls_name = "localhost"                 the name its certificate must carry; required
//   ca_file = "tls.crt"                    the certificates trusted for it; required
//   [organisation]
//   root_vkey_file = "root.vkey"           required; pinned
//   statement_file = "statement.note"      required
//   [policy]
//   pack_dir = "policy"                    required
//   [retention]
//   keys_file = "retention.keys"           required
//   [attempts]
//   log_warned = true                      whether withheld messages leave a record
//
// Relative paths are taken from the file's folder. Values; thread-safe.
#pragma once

#include "config/relay_address.h"

namespace candour::config {

struct BotConfig {
  std::filesystem::path state_dir;
  std::string log_level = "info";
  RelayAddress relay;
  std::filesystem::path root_vkey_file;
  std::filesystem::path statement_file;
  std::filesystem::path policy_pack_dir;
  std::filesystem::path retention_keys_file;
  bool attempts_log_warned = true;
};

/// not_found or config_invalid ("file:line:column: key 'relay.port': ...").
Result<BotConfig> load_bot_config(const std::filesystem::path& path,
                                  const Environment& environment = process_environment());

/// As show() of config/relay_config.h.
std::string show(const BotConfig& config, bool redacted);

}  // namespace candour::config
