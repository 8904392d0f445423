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
constexpr std::string_view kDutyReminder =
    "A reminder: officers challenge and report improper conduct (standard 10). /report or\n"
    "`candour report` reaches professional standards past the line; nobody else learns of it.\n";

void write_content(JsonLine& line, const messages::Content& content) {
  line.text("type", name_of(content.type));
  line.text("text", content.text.expose());
  if (content.about) line.id("about", *content.about);
  if (content.type == messages::ContentType::vote) line.number("option", content.option);
  if (content.options.empty()) return;
  std::ostream& out = line.value("options");
  out << '[';
  for (std::size_t i = 0; i < content.options.size(); ++i) {
    if (i > 0) out << ',';
    write_json_text(out, content.options[i].expose());
  }
  out << ']';
}

void write_sender(JsonLine& line, const DeviceId& device, std::string_view person,
                  std::string_view name) {
  JsonLine sender(line.value("sender"));
  sender.id("device", device).text("person", person).text("name", name);
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

void write_names(JsonLine& line, std::string_view field, const std::vector<std::string>& names) {
  std::ostream& out = line.value(field);
  out << '[';
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) out << ',';
    write_json_text(out, names[i]);
  }
  out << ']';
}

void write_details(JsonLine& line, const Event& event) {
  switch (event.type) {
    case EventType::delivered:
      write_sender(line, event.sender, event.person, event.name);
      if (event.content) write_content(line, *event.content);
      break;
    case EventType::warned:
    case EventType::blocked:
      line.time("expires", event.expires);
      write_findings(line, event.findings);
      if (event.content) line.text("text", event.content->text.expose());
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
  out << '[' << group_name << "] " << event.name << ' ';
  if (event.content->about) {
    out << '(' << name_of(event.content->type) << " to " << short_id(event.content->about) << ") ";
  }
  out << short_id(event.message_id) << ": ";
  write_plain(out, event.content->text.expose());
  out << '\n';
}

void print_withheld(std::ostream& out, const Event& event, std::string_view group_name) {
  const bool blocked = event.type == EventType::blocked;
  out << '[' << group_name << "] your message " << short_id(event.message_id)
      << (blocked ? " was blocked. Nobody received it.\n"
                  : " was held back. Nobody received it.\n");
  if (event.content) print_findings(out, *event.content, event.findings);
  out << (blocked ? "  You can: /edit TEXT, /withdraw, /wrong REASON\n"
                  : "  You can: /edit TEXT, /withdraw, /send-anyway REASON, /wrong REASON\n");
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
  if (event.action == "removed") out << "you are no longer a member";
  if (event.action == "changed") {
    for (const std::string& who : event.people_joined) out << who << " joined; ";
    for (const std::string& who : event.people_left) out << who << " left; ";
    out << event.members << " members with the bot";
  }
  out << '\n';
}

}  // namespace

std::string_view severity_name(std::uint8_t severity) {
  return severity <= 1 ? "notice" : severity == 2 ? "warn" : "block";
}

JsonLine::~JsonLine() { out_ << '}'; }

std::ostream& JsonLine::value(std::string_view name) {
  if (!first_) out_ << ',';
  first_ = false;
  write_json_text(out_, name);
  out_ << ':';
  return out_;
}
JsonLine& JsonLine::text(std::string_view name, std::string_view text_value) {
  write_json_text(value(name), text_value);
  return *this;
}
JsonLine& JsonLine::number(std::string_view name, std::uint64_t number_value) {
  value(name) << number_value;
  return *this;
}
JsonLine& JsonLine::flag(std::string_view name, bool flag_value) {
  value(name) << (flag_value ? "true" : "false");
  return *this;
}
JsonLine& JsonLine::time(std::string_view name, TimeMs time_value) {
  return text(name, time_encode(time_value.value));
}

std::string_view name_of(messages::ContentType type) {
  switch (type) {
    case messages::ContentType::text:
      return "text";
    case messages::ContentType::reaction:
      return "reaction";
    case messages::ContentType::edit:
      return "edit";
    case messages::ContentType::deletion:
      return "deletion";
    case messages::ContentType::poll:
      return "poll";
    case messages::ContentType::vote:
      return "vote";
    case messages::ContentType::attachment_reserved:
      return "attachment";
    case messages::ContentType::parcel:
      return "parcel";
  }
  return "unknown";
}

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

void print_json(std::ostream& out, const client::HistoryRow& row, const messages::Content& content,
                bool edited, bool deleted) {
  {
    JsonLine line(out);
    line.id("message_id", row.id).id("group", row.group).number("seq", row.seq.value);
    line.number("submission", row.submission.value).time("time", row.time);
    write_sender(line, row.sender, row.person, row.name);
    line.flag("own", row.own);
    if (row.overridden) line.flag("overridden", true);
    if (edited) line.flag("edited", true);
    if (deleted) line.flag("deleted", true);
    write_content(line, content);
  }
  out << '\n';
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
      out << '[' << group_name
          << "] sent past the warning, with your reason on record: " << short_id(event.message_id)
          << '\n';
      break;
    case EventType::rejected:
      out << '[' << group_name << "] not sent " << short_id(event.message_id) << ": "
          << event.message << " (" << event.code << ")\n";
      break;
    case EventType::reported:
      out << "Your report reached professional standards.\n";
      break;
    case EventType::duty:
      out << kDutyReminder;
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
