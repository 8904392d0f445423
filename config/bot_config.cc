#include "config/bot_config.h"

#include "config/toml_text.h"

namespace candour::config {

namespace {

constexpr auto kOptional = Section::Presence::optional;
constexpr std::uint64_t kDayMs = 24ull * 60 * 60 * 1000;

void read_alerts(Section section, AlertSettings& alerts) {
  section.boolean("pseudonymous", alerts.pseudonymous);
  section.number("delay_max_ms", alerts.delay_max_ms, 0, 60'000, kOptional);
  section.number("report_delay_max_ms", alerts.report_delay_max_ms, 0, kDayMs, kOptional);
  section.number("remind_after_ms", alerts.remind_after_ms, 1'000, 30 * kDayMs, kOptional);
  section.number("escalate_after_ms", alerts.escalate_after_ms, 1'000, 30 * kDayMs, kOptional);
  section.number("serious_remind_after_ms", alerts.serious_remind_after_ms, 1'000, 30 * kDayMs,
                 kOptional);
  section.number("serious_escalate_after_ms", alerts.serious_escalate_after_ms, 1'000, 30 * kDayMs,
                 kOptional);
  section.number("return_after_ms", alerts.return_after_ms, 1'000, 90 * kDayMs, kOptional);
  section.number("serious_return_after_ms", alerts.serious_return_after_ms, 1'000, 90 * kDayMs,
                 kOptional);
  section.number("reminders_max", alerts.reminders_max, 1, 30, kOptional);
  section.number("keep_closed_ms", alerts.keep_closed_ms, 1'000, 3'660 * kDayMs, kOptional);
  section.number("fold_within_ms", alerts.fold_within_ms, 0, kDayMs, kOptional);
  section.number("duty_every_ms", alerts.duty_every_ms, 0, 3'660 * kDayMs, kOptional);
  section.number("duty_one_in", alerts.duty_one_in, 1, 1'000, kOptional);
  section.number("sample_one_in", alerts.sample_one_in, 1, 1'000, kOptional);
}

}  // namespace

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
  Section attempts = root.table("attempts");
  attempts.boolean("log_warned", config.attempts_log_warned);
  attempts.number("warning_lifetime_ms", config.warning_lifetime_ms, 1'000, 30 * kDayMs, kOptional);
  root.table("groups").texts("officers_create_in", config.officers_create_in);
  read_alerts(root.table("alerts"), config.alerts);
  Section rotation = root.table("rotation");
  rotation.number("messages", config.rotation.messages, 0, 1'000'000, kOptional);
  rotation.number("period_ms", config.rotation.period_ms, 0, 365 * kDayMs, kOptional);
  rotation.number("members_ms", config.rotation.members_ms, 0, 365 * kDayMs, kOptional);
  Section readd = root.table("readd");
  readd.number("pause_ms", config.readd.pause_ms, 0, kDayMs, kOptional);
  readd.number("pause_max_ms", config.readd.pause_max_ms, 1'000, 30 * kDayMs, kOptional);
  root.table("sealing").number("prepared", config.sealings_prepared, 0, 1'000'000, kOptional);
  CANDOUR_TRY(file.finish());
  if (config.alerts.escalate_after_ms <= config.alerts.remind_after_ms ||
      config.alerts.serious_escalate_after_ms <= config.alerts.serious_remind_after_ms) {
    return error(ErrorCode::config_invalid,
                 path.string() +
                     ": key 'alerts.escalate_after_ms': an alert is passed on later "
                     "than its desks are reminded");
  }
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
  out.number("warning_lifetime_ms", config.warning_lifetime_ms);
  out.section("groups");
  out.texts("officers_create_in", config.officers_create_in);
  out.section("alerts");
  out.boolean("pseudonymous", config.alerts.pseudonymous);
  out.number("delay_max_ms", config.alerts.delay_max_ms);
  out.number("report_delay_max_ms", config.alerts.report_delay_max_ms);
  out.number("remind_after_ms", config.alerts.remind_after_ms);
  out.number("escalate_after_ms", config.alerts.escalate_after_ms);
  out.number("serious_remind_after_ms", config.alerts.serious_remind_after_ms);
  out.number("serious_escalate_after_ms", config.alerts.serious_escalate_after_ms);
  out.number("return_after_ms", config.alerts.return_after_ms);
  out.number("serious_return_after_ms", config.alerts.serious_return_after_ms);
  out.number("reminders_max", config.alerts.reminders_max);
  out.number("keep_closed_ms", config.alerts.keep_closed_ms);
  out.number("fold_within_ms", config.alerts.fold_within_ms);
  out.number("duty_every_ms", config.alerts.duty_every_ms);
  out.number("duty_one_in", config.alerts.duty_one_in);
  out.number("sample_one_in", config.alerts.sample_one_in);
  out.section("rotation");
  out.number("messages", config.rotation.messages);
  out.number("period_ms", config.rotation.period_ms);
  out.number("members_ms", config.rotation.members_ms);
  out.section("readd");
  out.number("pause_ms", config.readd.pause_ms);
  out.number("pause_max_ms", config.readd.pause_max_ms);
  out.section("sealing");
  out.number("prepared", config.sealings_prepared);
  return out.take();
}

}  // namespace candour::config
