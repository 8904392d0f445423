// Context around the message of an alert: not a favour of the desk but a warrant, whose scope the
// desk prepares as narrow as it can be. Two people sign it and custodians help, as always
// (docs/warrants.md).
#include <algorithm>

#include "base/encoding.h"
#include "base/files.h"
#include "client/terminal/printer.h"
#include "client/terminal/text_io.h"
#include "client/terminal/verbs.h"

namespace candour::terminal {
namespace {

constexpr std::uint64_t kMinuteMs = 60'000;

/// What the draft is about.
struct Scope {
  messages::AlertSubject subject;
  TimeMs time;  // of the message
  TimeMs from;
  TimeMs until;
  bool everyone = false;
};

std::string toml_quote(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    // Names of groups are one line; whatever else is in them is no part of a warrant's line.
    out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return out + '"';
}

Scope scope_of(const Options& options, const client::AlertRecord& record,
               const messages::AlertBody& body) {
  Scope scope;
  scope.subject = record.revealed.known() ? record.revealed : body.subject;
  scope.everyone = options.everyone;
  scope.time = body.time;
  // A report comes later than the message it is about.
  if (auto proof = messages::ReportProof::decode(body.proof.view())) {
    scope.time = proof.value().time;
  }
  const std::uint64_t around = options.minutes * kMinuteMs;
  scope.from = TimeMs(scope.time.value - std::min(scope.time.value, around));
  scope.until = TimeMs(scope.time.value + around);
  return scope;
}

std::string draft_text(const client::AlertRecord& record, const messages::AlertBody& body,
                       const Scope& scope) {
  std::string out = "# The scope of a warrant for the context of alert " + record.id.hex() +
                    ".\n# Complete the texts and names, then: candourctl warrant draft --from-file "
                    "THIS FILE ...\n"
                    "# Widening the scope is the authoriser's decision, not the desk's.\n";
  for (const char* key :
       {"case", "legal-basis", "severity", "purpose", "necessity", "proportionality",
        "collateral-intrusion", "requester", "authoriser", "reviewer"}) {
    out += std::string("# ") + key + " = \"\"\n";
  }
  out += "from = " + toml_quote(time_encode(scope.from.value)) + "\n";
  out += "until = " + toml_quote(time_encode(scope.until.value)) + "\n";
  if (!scope.everyone && scope.subject.known()) {
    out += "\n[[author]]\ndevice = \"" + scope.subject.device.hex() +
           "\"\nperson = " + toml_quote(scope.subject.person) + "\n";
  } else if (!scope.everyone) {
    out +=
        "\n# The author is known to this desk by a pseudonym only, so the period and the group\n"
        "# are the scope; escalate the alert to learn who it is, and draft again.\n";
  }
  out += "\n[[group]]\ngroup = \"" + body.group.hex() +
         "\"\ntitle = " + toml_quote(body.group_name) + "\n";
  return out;
}

void print_scope(const World& world, const Options& options, const client::AlertRecord& record,
                 const messages::AlertBody& body, const Scope& scope) {
  if (!options.json) {
    world.out << "Wrote " << options.out_file.string() << ": records of \"";
    write_plain(world.out, body.group_name);
    world.out << "\" from " << time_encode(scope.from.value) << " until "
              << time_encode(scope.until.value) << ".\n";
    return;
  }
  {
    JsonLine line(world.out);
    line.text("event", "context").id("alert", record.id).text("file", options.out_file.string());
    line.id("group", body.group).time("from", scope.from).time("until", scope.until);
    if (!scope.everyone && scope.subject.known()) line.id("author", scope.subject.device);
  }
  world.out << '\n';
}

}  // namespace

Status alert_context(const Options& options, const World& world) {
  if (options.out_file.empty()) {
    return error(ErrorCode::usage, "alerts context needs --out FILE for the draft");
  }
  Silent sink;
  CANDOUR_TRY(auto session, Session::open(options, world, sink));
  CANDOUR_TRY(session->start());
  CANDOUR_TRY(const messages::AlertId id, find_alert(session->client(), options.id));
  CANDOUR_TRY(const auto record, session->store().alert(id));
  if (!record) return error(ErrorCode::not_found, "this device has no alert " + id.hex());
  CANDOUR_TRY(const auto body, messages::AlertBody::decode(record->body.view()));
  const Scope scope = scope_of(options, *record, body);
  CANDOUR_TRY(write_file(options.out_file, as_bytes(draft_text(*record, body, scope))));
  print_scope(world, options, *record, body, scope);
  return ok();
}

}  // namespace candour::terminal
