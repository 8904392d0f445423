#include "client/terminal/printer.h"

#include <algorithm>

#include "base/encoding.h"
#include "client/terminal/text_io.h"

namespace candour::terminal {
namespace {

using client::Event;
using client::EventType;

constexpr std::uint64_t kDayMs = 24ull * 3600 * 1000;
constexpr std::size_t kShortId = 8;

std::string_view severity_name(std::uint8_t severity) {
  return severity <= 1 ? "notice" : severity == 2 ? "warn" : "block";
}

void write_findings(JsonLine& line, const std::vector<messages::ReplyFinding>& findings) {
  std::ostream& out = line.value("findings");
  out << '[';
  for (std::size_t i = 0; i < findings.size(); ++i) {
    if (i > 0) out << ',';
    const messages::ReplyFinding& found = findings[i];
    JsonLine object(out);
    object.text("rule", found.rule).text("category", found.category);
    object.text("severity", severity_name(found.severity));
    object.number("start", found.start).number("end", found.end);
    object.text("standard", found.standard).text("message", found.message);
    object.text("advice", found.advice);
  }
  out << ']';
}

void write_details(JsonLine& line, const Event& event) {
  switch (event.type) {
    case EventType::delivered:
      write_sender(line, event.sender, event.person, event.name);
      if (event.content) write_content(line, *event.content);
      if (!event.option_text.empty()) line.text("option_text", event.option_text.expose());
      if (event.mentioned) line.flag("mentioned", true);
      if (!event.code.empty()) line.text("ignored", event.code).text("message", event.message);
      break;
    case EventType::warned:
    case EventType::blocked:
      line.time("expires", event.expires);
      write_findings(line, event.findings);
      if (event.content) {
        write_content(line, *event.content);
        // What the findings' offsets count in.
        line.text("checked", event.content->checkable().expose());
      }
      break;
    case EventType::rejected:
    case EventType::stopped:
    case EventType::refused:
      line.text("code", event.code).text("message", event.message);
      break;
    case EventType::new_log:
      line.text("message", event.message);
      break;
    case EventType::expiring:
      line.time("expires", event.expires).text("message", event.message);
      break;
    case EventType::alarm:
      if (event.sender != DeviceId()) line.id("device", event.sender);
      line.text("code", event.code).text("message", event.message);
      break;
    case EventType::appeal:
      line.text("state", event.action).text("decision", event.note.expose());
      if (event.expires.value != 0) line.time("expires", event.expires);
      if (!event.code.empty()) line.text("code", event.code).text("message", event.message);
      break;
    case EventType::group_request:
      line.text("request", event.request).text("action", event.action);
      line.flag("done", event.code.empty());
      if (!event.code.empty()) line.text("code", event.code).text("message", event.message);
      break;
    case EventType::notice:
      line.number("version", event.version).id("digest", event.digest);
      line.flag("acknowledged", event.acknowledged);
      break;
    case EventType::membership:
      line.text("name", event.name).text("action", event.action);
      line.number("epoch", event.epoch).number("members", event.members);
      if (event.missed != 0) line.number("missed", event.missed);
      write_names(line, "joined", event.people_joined);
      write_names(line, "left", event.people_left);
      break;
    default:
      break;
  }
}

std::string short_id(const std::optional<MessageId>& id) {
  return id ? id->hex().substr(0, kShortId) : std::string();
}

void print_message(std::ostream& out, const Event& event, std::string_view group_name) {
  const messages::Content& content = *event.content;
  out << '[' << group_name << "] " << event.name << ' ';
  if (content.about) {
    out << '(' << name_of(content.type) << " to " << short_id(content.about) << ") ";
  }
  out << short_id(event.message_id) << ": ";
  write_plain(out, content.text.expose());
  write_plain(out, event.option_text.expose());
  for (std::size_t i = 0; i < content.options.size(); ++i) {
    out << "\n    " << i + 1 << ". ";
    write_plain(out, content.options[i].expose());
  }
  if (event.mentioned) out << "  (you are mentioned)";
  if (!event.code.empty()) out << "  (no effect: " << event.message << ')';
  out << '\n';
}

void print_appeal(std::ostream& out, const Event& event, std::string_view group_name) {
  out << '[' << group_name << "] appeal of " << short_id(event.message_id) << ": ";
  if (!event.code.empty()) {
    out << "not taken: " << event.message << " (" << event.code << ')';
  } else if (event.action == "approved") {
    out << "approved until " << time_encode(event.expires.value) << "; /resubmit "
        << short_id(event.message_id) << " sends it";
  } else {
    out << event.action;
  }
  if (!event.note.empty()) out << ": ";
  write_plain(out, event.note.expose());
  out << '\n';
}

void print_group_request(std::ostream& out, const Event& event) {
  out << "Your request about a group" << (event.action.empty() ? "" : " (" + event.action + ')')
      << (event.code.empty() ? " is done." : " was refused: " + event.message);
  out << '\n';
}

void print_withheld(std::ostream& out, const Event& event, std::string_view group_name) {
  const bool blocked = event.type == EventType::blocked;
  out << '[' << group_name << "] your message " << short_id(event.message_id)
      << (blocked ? " was blocked. Nobody received it.\n"
                  : " was held back. Nobody received it.\n");
  if (event.content) print_findings(out, *event.content, event.findings);
  out << (blocked ? "  You can: /edit TEXT, /withdraw, /wrong REASON, /appeal REASON\n"
                  : "  You can: /edit TEXT, /withdraw, /send-anyway REASON, /wrong REASON\n");
}

void print_answer(std::ostream& out, const Event& event, std::string_view group_name) {
  if (event.type == EventType::appeal) {
    print_appeal(out, event, group_name);
  } else {
    print_group_request(out, event);
  }
}

void print_membership(std::ostream& out, const Event& event) {
  out << '[' << event.name << "] ";
  if (event.action == "joined") out << "you are now a member";
  if (event.action == "formed again") {
    out << "the compliance bot formed this group again: the same members with new keys";
  }
  if (event.action == "lost") {
    out << "this device was away for too long; the compliance bot is asked to add it again";
  }
  if (event.action == "added again") {
    out << "you are in this group again";
    if (event.missed != 0) {
      out << "; " << event.missed << " messages in between cannot be read on this device";
    }
  }
  if (event.action == "renamed") out << "this group is called so now";
  if (event.action == "removed") out << "you are no longer a member";
  if (event.action == "changed") {
    for (const std::string& who : event.people_joined) out << who << " joined; ";
    for (const std::string& who : event.people_left) out << who << " left; ";
    out << event.members << " members with the bot";
  }
  out << '\n';
}

}  // namespace

void print_json(std::ostream& out, const Event& event) {
  if (event.alert) {
    print_alert_json(out, *event.alert, event.time);
    return;
  }
  {
    JsonLine line(out);
    line.text("event", client::name_of(event.type));
    if (event.message_id) line.id("message_id", *event.message_id);
    if (event.group) line.id("group", *event.group);
    if (event.submission != 0) line.number("submission", event.submission);
    if (event.seq != 0) line.number("seq", event.seq);
    line.time("time", event.time);
    if (event.original) line.id("original", *event.original);
    write_details(line, event);
  }
  out << '\n' << std::flush;
}

namespace {

const messages::AlertSubject& subject_of(const client::AlertRecord& record,
                                         const messages::AlertBody& body) {
  return record.revealed.known() ? record.revealed : body.subject;
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
    if (alert.appeal) {
      const auto content = messages::Content::decode(alert.appeal->content.view());
      if (content) {
        JsonLine whole(line.value("appeal"));
        write_content(whole, content.value());
      }
    }
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

void print_findings(std::ostream& out, const messages::Content& content,
                    const std::vector<messages::ReplyFinding>& findings) {
  const SecretText text = content.checkable();
  out << "  ";
  write_marked(out, text.expose(), marked_spans(findings, text.size()), "[[", "]]");
  out << '\n';
  for (const messages::ReplyFinding& found : findings) {
    out << "  - " << found.category << ": ";
    write_plain(out, found.message);
    out << "\n    Standard: ";
    write_plain(out, found.standard);
    if (!found.advice.empty()) {
      out << "\n    Advice: ";
      write_plain(out, found.advice);
    }
    out << '\n';
  }
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
  if (alert.appeal) {
    const auto content = messages::Content::decode(alert.appeal->content.view());
    out << "  The whole message: ";
    if (content) write_plain(out, content.value().checkable().expose());
    out << "\n  Its sender appeals: /approve ID or /refuse ID REASON\n";
  }
  if (!alert.justification.empty()) {
    out << "  Reason given: ";
    write_plain(out, alert.justification.expose());
    out << '\n';
  }
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

void print_plain(std::ostream& out, const Event& event, std::string_view group_name) {
  switch (event.type) {
    case EventType::delivered:
      if (event.content) print_message(out, event, group_name);
      break;
    case EventType::warned:
    case EventType::blocked:
      print_withheld(out, event, group_name);
      break;
    case EventType::released:
      out << '[' << group_name << "] delivered " << short_id(event.message_id) << " (number "
          << event.seq << ")\n";
      break;
    case EventType::overridden:
      out << '[' << group_name << "] sent past the warning: " << short_id(event.message_id)
          << ", with your reason on record\n";
      break;
    case EventType::rejected:
      out << '[' << group_name << "] not sent " << short_id(event.message_id) << ": "
          << event.message << " (" << event.code << ")\n";
      break;
    case EventType::appeal:
    case EventType::group_request:
      print_answer(out, event, group_name);
      break;
    case EventType::reported:
      out << "Your report reached professional standards.\n";
      break;
    case EventType::withdrawn:
      out << "Withdrawn: " << short_id(event.message_id) << '\n';
      break;
    case EventType::alert:
      if (event.alert) print_alert_plain(out, *event.alert);
      break;
    case EventType::notice:
      out << (event.acknowledged ? "You acknowledged monitoring notice "
                                 : "Please read and acknowledge monitoring notice ")
          << event.version << ".\n";
      break;
    case EventType::bot_absent:
      out << "The compliance bot is not there: messages wait and nothing is delivered unchecked.\n";
      break;
    case EventType::bot_back:
      out << "The compliance bot is back.\n";
      break;
    case EventType::membership:
      print_membership(out, event);
      break;
    case EventType::stopped:
      out << '[' << event.name << "] STOPPED on this device: " << event.message << " ("
          << event.code << ")\n";
      break;
    case EventType::refused:
      out << "Not accepted: " << event.message << " (" << event.code << ")\n";
      break;
    case EventType::expiring:
    case EventType::new_log:
      write_plain(out, event.message);
      out << ".\n";
      break;
    case EventType::alarm:
      out << "*** ALARM: ";
      write_plain(out, event.message);
      out << " (" << event.code << ")\n";
      break;
    case EventType::submitted:
      break;
  }
  out << std::flush;
}

std::string banner(const client::GroupSession& session, TimeMs now) {
  const client::GroupRecord& record = session.record();
  const std::uint64_t age =
      now.value > record.bot_since.value ? (now.value - record.bot_since.value) / kDayMs : 0;
  return "checked by the compliance bot since " + time_encode(record.joined.value).substr(0, 10) +
         "; its key is " + std::to_string(age) + " days old";
}

void PrintingSink::on_event(const Event& event) {
  if (json_) {
    print_json(out_, event);
    return;
  }
  std::string_view group_name;
  if (client_ != nullptr && event.group) {
    auto found = client_->groups().find(*event.group);
    if (found != client_->groups().end()) group_name = found->second.record().name;
  }
  print_plain(out_, event, group_name);
}

}  // namespace candour::terminal
