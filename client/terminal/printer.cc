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
    case EventType::mail_refused:
      line.text("action", event.action).text("request", event.request);
      if (!event.about.empty()) line.text("alert", event.about);
      if (event.retry_after_ms != 0) line.number("retry_after_ms", event.retry_after_ms);
      line.text("code", event.code).text("message", event.message);
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

void print_outcome(std::ostream& out, const Event& event, std::string_view group_name) {
  out << '[' << group_name << "] ";
  if (event.type == EventType::released) {
    out << "delivered " << short_id(event.message_id) << " (number " << event.seq << ")\n";
  } else if (event.type == EventType::overridden) {
    out << "sent past the warning: " << short_id(event.message_id)
        << ", with your reason on record\n";
  } else {
    out << "not sent " << short_id(event.message_id) << ": " << event.message << " (" << event.code
        << ")\n";
  }
}

void print_refused_mail(std::ostream& out, const Event& event) {
  out << "The compliance bot did not do it: ";
  write_plain(out, event.message);
  out << " (" << event.code << ")\n";
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
  if (event.action == "renewed") out << "this device has new keys in this group";
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

std::string_view severity_name(std::uint8_t severity) {
  return severity <= 1 ? "notice" : severity == 2 ? "warn" : "block";
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
    case EventType::overridden:
    case EventType::rejected:
      print_outcome(out, event, group_name);
      break;
    case EventType::appeal:
    case EventType::group_request:
      print_answer(out, event, group_name);
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
    case EventType::mail_refused:
      print_refused_mail(out, event);
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
