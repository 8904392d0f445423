// An officer's own record: what the bot recorded about them, as far as they may know it now.
#include <fstream>
#include <sstream>

#include "base/encoding.h"
#include "base/files.h"
#include "client/terminal/printer.h"
#include "client/terminal/text_io.h"
#include "client/terminal/verbs.h"

namespace candour::terminal {
namespace {

struct Counts {
  std::size_t messages = 0;
  std::size_t overridden = 0;
  std::size_t warnings = 0;
  std::size_t alerts = 0;
};

void print_person(std::ostream& out, const client::Profile& profile, const DeviceId& device,
                  TimeMs now) {
  {
    JsonLine line(out);
    line.text("record", "person").text("person", profile.person).text("name", profile.name);
    line.text("role", profile.role).text("unit", profile.unit);
    line.text("organisation", profile.organisation).id("device", device).time("time", now);
  }
  out << '\n';
}

Status print_message(std::ostream& out, client::Client& client, const client::HistoryRow& row) {
  CANDOUR_TRY(const auto content, messages::Content::decode(row.content.view()));
  {
    JsonLine line(out);
    line.text("record", "message").id("message_id", row.id).id("group", row.group);
    line.number("seq", row.seq.value).number("submission", row.submission.value);
    line.time("time", row.time).text("type", name_of(content.type));
    const SecretText text = content.checkable();
    line.text("text", text.expose());
    line.flag("overridden", row.overridden);
    if (row.original) line.id("original", *row.original);
    line.text("token", hex_encode(row.token));
    line.text("commitment_key", hex_encode(row.commitment_key.view()));
    if (!row.receipt.empty()) {
      CANDOUR_TRY(const auto receipt, client::KeptReceipt::decode(row.receipt));
      line.id("leaf_hash", receipt.leaf_hash).text("opening", hex_encode(receipt.opening));
      CANDOUR_TRY(const auto watched, client.watched(receipt.leaf_hash));
      line.flag("in_log", watched && watched->included);
      if (watched && watched->included) {
        line.number("index", watched->index).number("checkpoint_size", watched->size);
      }
    }
  }
  out << '\n';
  return ok();
}

Status print_warning(std::ostream& out, const client::OwnWarning& warning) {
  CANDOUR_TRY(const auto findings, messages::decode_findings(warning.findings));
  {
    JsonLine line(out);
    line.text("record", "warning").id("message_id", warning.id).id("group", warning.group);
    line.time("time", warning.time).text("verdict", warning.block ? "block" : "warn");
    line.text("outcome", client::name_of(warning.outcome)).flag("disputed", warning.disputed);
    std::ostream& list = line.value("findings");
    list << '[';
    for (std::size_t i = 0; i < findings.size(); ++i) {
      if (i > 0) list << ',';
      JsonLine one(list);
      one.text("rule", findings[i].rule).text("category", findings[i].category);
      one.text("severity", severity_name(findings[i].severity));
      one.text("standard", findings[i].standard);
    }
    list << ']';
    line.text("signed_warning", hex_encode(warning.signed_warning));
  }
  out << '\n';
  return ok();
}

void print_closed_alert(std::ostream& out, const client::OwnClosedAlert& closed) {
  {
    JsonLine line(out);
    line.text("record", "closed_alert").id("message_id", closed.message_id);
    line.id("group", closed.alert.group).time("raised", closed.alert.raised);
    line.time("closed", closed.closed).text("resolution", messages::name_of(closed.resolution));
    line.text("category", closed.alert.category).text("rule", closed.alert.rule);
    line.text("severity", severity_name(closed.alert.severity));
    line.text("standard", closed.alert.standard);
    line.text("outcome", messages::name_of(closed.alert.outcome));
  }
  out << '\n';
}

/// Everything as JSON lines.
Status print_record(std::ostream& out, Session& session, TimeMs now, Counts& counts) {
  client::Store& store = session.store();
  print_person(out, store.profile(), store.keys().device, now);
  for (const auto& [group, known] : session.client().groups()) {
    CANDOUR_TRY(store.each_history(group, [&](client::HistoryRow row) -> Status {
      if (!row.own || row.content.view().empty()) return ok();
      ++counts.messages;
      if (row.overridden) ++counts.overridden;
      return print_message(out, session.client(), row);
    }));
  }
  CANDOUR_TRY(const auto warnings, store.warnings());
  for (const client::OwnWarning& warning : warnings) {
    ++counts.warnings;
    CANDOUR_TRY(print_warning(out, warning));
  }
  CANDOUR_TRY(const auto closed, store.closed_alerts());
  for (const client::OwnClosedAlert& alert : closed) {
    ++counts.alerts;
    print_closed_alert(out, alert);
  }
  return ok();
}

}  // namespace

Status record(const Options& options, const World& world) {
  Silent sink;
  CANDOUR_TRY(auto session, Session::open(options, world, sink));
  CANDOUR_TRY(session->start());
  std::ostringstream lines;
  Counts counts;
  CANDOUR_TRY(print_record(lines, *session, world.clock.now(), counts));
  if (options.json) world.out << lines.view();
  if (!options.out_file.empty()) {
    CANDOUR_TRY(write_secret_file(options.out_file, as_bytes(lines.view()), true));
  }
  if (options.json) return ok();
  world.out << counts.messages << " messages of yours are on record, " << counts.overridden
            << " of them sent past a warning; " << counts.warnings << " were withheld; "
            << counts.alerts << " alerts about you were closed.\n";
  if (options.out_file.empty()) {
    world.out << "`candour record --json` prints all of it, --export FILE keeps it.\n";
  } else {
    world.out << "Wrote " << options.out_file.string()
              << ". It holds your messages in the clear: keep it safe.\n";
  }
  return ok();
}

}  // namespace candour::terminal
