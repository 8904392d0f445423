// Alerts as they are printed: for people, and as JSON.
#include "base/encoding.h"
#include "client/terminal/printer.h"
#include "client/terminal/text_io.h"

namespace candour::terminal {
namespace {

constexpr std::size_t kShortId = 8;

const messages::AlertSubject& subject_of(const client::AlertRecord& record,
                                         const messages::AlertBody& body) {
  return record.revealed.known() ? record.revealed : body.subject;
}

// Of a report: the whole message, and what its proof shows.
void write_proof(JsonLine& line, const client::AlertRecord& record,
                 const messages::AlertBody& body) {
  if (!record.checks) return;
  const auto proof = messages::ReportProof::decode(body.proof.view());
  if (!proof) return;
  if (auto content = messages::Content::decode(proof.value().content.view())) {
    const SecretText text = content.value().checkable();
    line.text("reported_text", text.expose());
  }
  const messages::ReportChecks& checks = *record.checks;
  JsonLine object(line.value("proof"));
  object.flag("ok", checks.all()).flag("token", checks.token).flag("content", checks.content);
  object.flag("place", checks.place).flag("sender", checks.sender).id("leaf", checks.leaf);
  object.number("claimed_index", proof.value().leaf_index);
  object.number("claimed_size", proof.value().log_size);
  object.flag("in_log", record.log_size > 0);
  if (record.log_size > 0) {
    object.number("index", record.leaf_index).number("size", record.log_size);
  }
}

void print_proof(std::ostream& out, const client::AlertRecord& record) {
  if (!record.checks) return;
  const messages::ReportChecks& checks = *record.checks;
  if (checks.all()) {
    out << "  Proved: the bot released exactly this message, from this sender, at this place.\n";
  } else {
    out << "  NOT PROVED:" << (checks.token ? "" : " the release token is not a bot's;")
        << (checks.content ? "" : " the content is another;")
        << (checks.place ? "" : " the token is of another message;")
        << (checks.sender ? "" : " reporter and bot name different senders;") << '\n';
  }
  if (record.log_size > 0) {
    out << "  In the log at " << record.leaf_index << " of " << record.log_size << ".\n";
  }
}

// Of an appeal: the whole message that was blocked.
void write_appeal(JsonLine& line, const messages::AlertBody& body) {
  if (!body.appeal) return;
  const auto content = messages::Content::decode(body.appeal->content.view());
  if (!content) return;
  JsonLine whole(line.value("appeal"));
  write_content(whole, content.value());
}

void print_appealed(std::ostream& out, const messages::AlertBody& body) {
  if (!body.appeal) return;
  const auto content = messages::Content::decode(body.appeal->content.view());
  out << "  The whole message: ";
  if (content) write_plain(out, content.value().checkable().expose());
  out << "\n  Its sender appeals: /approve ID or /refuse ID REASON\n";
}

// What the bot did about an alert.
std::string_view bots_words(messages::AlertAction action) {
  switch (action) {
    case messages::AlertAction::remind:
      return "nobody has acknowledged this yet";
    case messages::AlertAction::overdue:
      return "nobody acknowledged this in time: passed on to professional standards";
    case messages::AlertAction::want:
      return "a desk that came later should have this";
    case messages::AlertAction::returned:
      return "acknowledged and not closed in time: open again";
    case messages::AlertAction::sample:
      return "closed without action, drawn for a second look by professional standards";
    default:
      return messages::name_of(action);
  }
}

}  // namespace

void print_alert_json(std::ostream& out, const client::AlertRecord& record, TimeMs now) {
  auto body = messages::AlertBody::decode(record.body.view());
  if (!body) return;
  const messages::AlertBody& alert = body.value();
  {
    JsonLine line(out);
    line.text("event", "alert").id("alert", record.id);
    line.text("state", messages::name_of(record.state()));
    line.id("message_id", alert.message_id).id("group", alert.group);
    line.text("group_name", alert.group_name).time("time", now).time("raised", alert.time);
    line.text("category", alert.category).text("severity", severity_name(alert.severity));
    line.text("rule", alert.rule).text("standard", alert.standard);
    const messages::AlertSubject& subject = subject_of(record, alert);
    if (!subject.device.is_zero()) line.id("device", subject.device);
    line.text("person", subject.person).text("name", subject.name);
    if (!alert.subject.pseudonym.empty()) line.text("pseudonym", alert.subject.pseudonym);
    line.flag("serious", alert.serious);
    line.number("earlier", alert.earlier.all)
        .number("earlier_acted_upon", alert.earlier.acted_upon);
    line.number("earlier_dismissed", alert.earlier.dismissed).number("repeats", record.repeats);
    line.text("outcome", messages::name_of(alert.outcome));
    line.text("justification", alert.justification.expose());
    line.text("excerpt", alert.excerpt.expose());
    line.number("start", alert.start).number("end", alert.end);
    write_proof(line, record, alert);
    write_appeal(line, alert);
    if (!record.steps.empty()) {
      line.text("by", record.steps.back().person);
      line.text("argument", record.steps.back().argument.expose());
      if (record.steps.back().resolution != messages::Resolution::none) {
        line.text("resolution", messages::name_of(record.steps.back().resolution));
      }
    }
    std::ostream& steps = line.value("history");
    steps << '[';
    for (std::size_t i = 0; i < record.steps.size(); ++i) {
      if (i > 0) steps << ',';
      JsonLine step(steps);
      step.text("action", messages::name_of(record.steps[i].action));
      step.text("state", messages::name_of(record.steps[i].state));
      step.text("by", record.steps[i].person).time("time", record.steps[i].time);
      step.text("argument", record.steps[i].argument.expose());
    }
    steps << ']';
  }
  out << '\n' << std::flush;
}

void print_alert_plain(std::ostream& out, const client::AlertRecord& record) {
  auto body = messages::AlertBody::decode(record.body.view());
  if (!body) return;
  const messages::AlertBody& alert = body.value();
  out << "ALERT " << record.id.hex().substr(0, kShortId) << " ("
      << messages::name_of(record.state()) << ") " << alert.category << " in \"";
  write_plain(out, alert.group_name);
  const messages::AlertSubject& subject = subject_of(record, alert);
  out << "\" by ";
  write_plain(out, subject.person.empty() ? subject.pseudonym : subject.name);
  if (!subject.person.empty()) out << " (" << subject.person << ')';
  out << ", message " << messages::name_of(alert.outcome) << ", rule " << alert.rule << "\n  ";
  messages::ReplyFinding mark;
  mark.start = alert.start;
  mark.end = alert.end;
  write_marked(out, alert.excerpt.expose(), marked_spans({mark}, alert.excerpt.size()), "[[", "]]");
  out << '\n';
  if (!alert.justification.empty()) {
    out << "  Reason given: ";
    write_plain(out, alert.justification.expose());
    out << '\n';
  }
  print_proof(out, record);
  print_appealed(out, alert);
  if (record.repeats > 0) {
    out << "  And " << record.repeats << " more like it within minutes.\n";
  }
  if (alert.earlier.all > 0) {
    out << "  In the year before: " << alert.earlier.all << " alerts about this person, "
        << alert.earlier.acted_upon << " acted upon, " << alert.earlier.dismissed
        << " closed as nothing.\n";
  }
  for (const client::AlertStepSeen& step : record.steps) {
    out << "  " << time_encode(step.time.value) << ' ';
    if (step.person.empty()) {
      out << bots_words(step.action);
    } else {
      out << messages::name_of(step.state) << ' ' << messages::name_of(step.resolution) << " by "
          << step.person << ' ';
    }
    write_plain(out, step.argument.expose());
    out << '\n';
  }
}

}  // namespace candour::terminal
