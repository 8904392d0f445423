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
//   warning_lifetime_ms = 86400000         a warning that was not answered by then cannot be
//   [groups]
//   officers_create_in = []                units whose officers may create groups; ["*"] is all.
//                                          Supervisors always may, for their unit
//   [alerts]
//   pseudonymous = false                   desks learn whom an alert is about when it is escalated
//   delay_max_ms = 3000                    alerts leave after a random while up to this
//   report_delay_max_ms = 600000           the same for reports of officers
//   remind_after_ms = 3600000              unacknowledged: the desks are reminded
//   escalate_after_ms = 28800000           and then professional standards get it
//   serious_remind_after_ms = 600000       the same for serious ones
//   serious_escalate_after_ms = 3600000
//   return_after_ms = 604800000            acknowledged and not closed: it comes back; the second
//                                          time it goes to professional standards
//   serious_return_after_ms = 86400000     the same for serious ones
//   reminders_max = 6                      at ever longer intervals, then no more
//   keep_closed_ms = 7776000000            closed ones are forgotten after so long, but counted
//   fold_within_ms = 600000                messages alike (person, group, rule, outcome) within so
//                                          long are one alert with a count; 0 = never
//   duty_every_ms = 2592000000             nobody is told of the duty to report more often; 0 =
//   never duty_one_in = 4                        after a flagged message one receipt in so many
//   does sample_one_in = 4                      serious ones closed as nothing: one in so many is
//   looked
//                                          at by professional standards
//   [rotation]                             fresh keys for each group, by a commit of the bot
//   messages = 10000                       after so many messages; 0 = never for this reason
//   period_ms = 86400000                   after so long, if there was a message; 0 = never
//
// Relative paths are taken from the file's folder. Values; thread-safe.
#pragma once

#include "base/limits.h"
#include "config/relay_address.h"

namespace candour::config {

struct AlertSettings {
  bool pseudonymous = false;
  /// So that whoever watches the relay does not see which submission an alert is about.
  std::uint64_t delay_max_ms = 3'000;
  std::uint64_t report_delay_max_ms = 10 * 60 * 1000;
  /// Both from when it was raised.
  std::uint64_t remind_after_ms = 60 * 60 * 1000;
  std::uint64_t escalate_after_ms = 8 * 60 * 60 * 1000;
  std::uint64_t serious_remind_after_ms = 10 * 60 * 1000;
  std::uint64_t serious_escalate_after_ms = 60 * 60 * 1000;
  /// From when it was acknowledged, or passed on.
  std::uint64_t return_after_ms = 7ull * 24 * 60 * 60 * 1000;
  std::uint64_t serious_return_after_ms = 24ull * 60 * 60 * 1000;
  std::uint64_t reminders_max = 6;
  std::uint64_t keep_closed_ms = 90ull * 24 * 60 * 60 * 1000;
  /// From when the first was raised.
  std::uint64_t fold_within_ms = 10 * 60 * 1000;
  std::uint64_t duty_every_ms = 30ull * 24 * 60 * 60 * 1000;
  std::uint64_t duty_one_in = 4;
  std::uint64_t sample_one_in = 4;
};

/// When a group's keys are renewed. Groups are spread over the last quarter of both.
struct RotationSettings {
  std::uint64_t messages = 10'000;
  std::uint64_t period_ms = 24ull * 60 * 60 * 1000;
  /// How old a member's own keys get before its device is asked for new ones; 0 = for ever.
  std::uint64_t members_ms = 7ull * 24 * 60 * 60 * 1000;
};

/// How soon a device that says it lost a group, or could not follow it, is removed and added again
/// once more: the first time at once, then after this pause, then twice as long each time. It
/// counts anew when the longest pause passed without such a report. 0 = always at once.
struct ReaddSettings {
  std::uint64_t pause_ms = 60'000;
  std::uint64_t pause_max_ms = 24ull * 60 * 60 * 1000;
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
  std::uint64_t warning_lifetime_ms = limits::kWarningLifetimeMs;
  std::vector<std::string> officers_create_in;
  AlertSettings alerts;
  RotationSettings rotation;
  ReaddSettings readd;
  /// Sealings of records prepared ahead, in idle moments; each takes about 300 bytes.
  std::uint64_t sealings_prepared = 1'024;
};

/// not_found or config_invalid ("file:line:column: key 'relay.port': ...").
Result<BotConfig> load_bot_config(const std::filesystem::path& path,
                                  const Environment& environment = process_environment());

/// As show() of config/relay_config.h.
std::string show(const BotConfig& config, bool redacted);

}  // namespace candour::config
