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
//   pack_dir = "policy"                    required; a folder, or the file of `policy compile`
//   [retention]
//   keys_file = "retention.keys"           required
//   [attempts]
//   log_warned = true                      whether withheld messages leave a record
//   [alerts]
//   pseudonymous = false                   desks learn whom an alert is about when it is escalated
//   delay_max_ms = 3000                    alerts leave after a random while up to this
//   remind_after_ms = 3600000              unacknowledged: the desks are reminded
//   escalate_after_ms = 28800000           and then professional standards get it
//   serious_remind_after_ms = 600000       the same for serious ones
//   serious_escalate_after_ms = 3600000
//   sample_one_in = 4                      serious ones closed as nothing: one in so many is looked
//                                          at by professional standards
//
// Relative paths are taken from the file's folder. Values; thread-safe.
#pragma once

#include "config/relay_address.h"

namespace candour::config {

struct AlertSettings {
  bool pseudonymous = false;
  /// So that whoever watches the relay does not see which submission an alert is about.
  std::uint64_t delay_max_ms = 3'000;
  /// Both from when it was raised.
  std::uint64_t remind_after_ms = 60 * 60 * 1000;
  std::uint64_t escalate_after_ms = 8 * 60 * 60 * 1000;
  std::uint64_t serious_remind_after_ms = 10 * 60 * 1000;
  std::uint64_t serious_escalate_after_ms = 60 * 60 * 1000;
  std::uint64_t sample_one_in = 4;
};

struct BotConfig {
  std::filesystem::path state_dir;
  std::string log_level = "info";
  RelayAddress relay;
  std::filesystem::path root_vkey_file;
  std::filesystem::path statement_file;
  std::filesystem::path policy_pack_dir;
  std::filesystem::path retention_keys_file;
  bool attempts_log_warned = true;
  AlertSettings alerts;
};

/// not_found or config_invalid ("file:line:column: key 'relay.port': ...").
Result<BotConfig> load_bot_config(const std::filesystem::path& path,
                                  const Environment& environment = process_environment());

/// As show() of config/relay_config.h.
std::string show(const BotConfig& config, bool redacted);

}  // namespace candour::config
