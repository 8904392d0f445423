// The interactive chat: lines in, events out, on one thread. Whatever is typed that is no command
// is sent to the chosen group.
#include <algorithm>
#include <set>
#include <utility>

#include "base/encoding.h"
#include "client/terminal/line_input.h"
#include "client/terminal/text_io.h"
#include "client/terminal/verbs.h"

namespace candour::terminal {
namespace {

constexpr std::uint64_t kPumpMs = 50;
constexpr std::uint64_t kReconnectMs = 30'000;

constexpr std::string_view kHelp =
    "Type a line to send it to the chosen group. Commands:\n"
    "  /groups, /group NAME, /roster, /history, /notice, /accept (acknowledge the notice)\n"
    "  /edit TEXT, /withdraw, /send-anyway REASON, /wrong REASON   answer the last warning\n"
    "  /appeal REASON, /resubmit ID   of a block: ask a supervisor; send what was approved\n"
    "  /reply ID TEXT, /react ID EMOJI, /change ID TEXT, /delete ID, /report ID REASON\n"
    "  /poll QUESTION | OPTION | OPTION, /vote ID OPTION; @person mentions somebody\n"
    "  /create NAME, /rename NAME, /add PERSON, /remove PERSON, /leave   groups, by their owners\n"
    "  /alerts, /ack ID, /assign ID PERSON, /escalate ID REASON, /close ID OUTCOME NOTE\n"
    "  /approve ID REASON, /refuse ID REASON   appeals\n"
    "  /help, /quit          ID = the first letters of a message's or alert's id\n";

/// Takes the first word off `rest`.
std::string_view take_word(std::string_view& rest) {
  rest = trimmed(rest);
  const std::size_t end = std::min(rest.find(' '), rest.size());
  const std::string_view word = rest.substr(0, end);
  rest = trimmed(rest.substr(end));
  return word;
}

/// Prints events and remembers the last warned message, which the commands answer.
class ChatSink : public client::EventSink {
 public:
  explicit ChatSink(std::ostream& out) : printer_(out, false) {}
  PrintingSink& printer() { return printer_; }
  void on_event(const client::Event& event) override {
    printer_.on_event(event);
    const bool withheld = event.type == client::EventType::warned ||
                          event.type == client::EventType::blocked ||
                          event.type == client::EventType::rejected;
    if (withheld && event.message_id) last_ = event.message_id;
    if (event.type == client::EventType::delivered && event.group) shown_.insert(*event.group);
  }
  /// The groups of which messages were printed since the last call.
  std::set<GroupId> take_shown() { return std::exchange(shown_, {}); }
  const std::optional<MessageId>& last() const { return last_; }

 private:
  PrintingSink printer_;
  std::optional<MessageId> last_;
  std::set<GroupId> shown_;
};

class Chat {
 public:
  Chat(Session& session, ChatSink& sink, const Options& options)
      : session_(session), sink_(sink), options_(options), out_(session.world().out) {}

  Status run() {
    begin();
    LineInput input;
    for (bool open = true; open && !quit_ && !session_.stopped();) {
      CANDOUR_TRY(session_.pump(kPumpMs, kReconnectMs));
      CANDOUR_TRY(mark_shown());
      open = input.read_some();
      while (auto line = input.take_line()) {
        const Status done = handle(line->expose());
        if (!done) out_ << done.error().message << " (" << code_name(done.error().code) << ")\n";
        if (!done && (done.error().code == ErrorCode::storage_failed ||
                      done.error().code == ErrorCode::state_damaged)) {
          return done;
        }
        out_ << std::flush;
      }
    }
    // What was typed last still gets its outcome.
    if (client().undecided() == 0 || session_.stopped()) return ok();
    return session_.pump_until([&] { return client().undecided() == 0; });
  }

 private:
  client::Client& client() { return session_.client(); }

  void begin() {
    out_ << "Candour. /help lists the commands.\n";
    if (!client().notice_acknowledged()) {
      print_notice(out_, client(), false);
      out_ << "Type /accept to acknowledge it; before that nothing can be sent.\n";
    }
    list_groups();
    if (!options_.group.empty()) {
      const auto chosen = client().find_group(options_.group);
      if (chosen) choose(chosen.value());
    } else if (client().groups().size() == 1) {
      choose(client().groups().begin()->first);
    }
    out_ << std::flush;
  }

  /// What was printed here as it came was read.
  Status mark_shown() {
    for (const GroupId& shown : sink_.take_shown()) {
      CANDOUR_TRY(client().mark_read(shown, std::nullopt));
    }
    return ok();
  }

  void list_groups() {
    for (const auto& [id, group] : client().groups()) {
      const auto unread = session_.store().unread(id);
      out_ << "  " << group.record().name << "  (" << id.hex().substr(0, 8) << "), "
           << (unread ? unread.value() : 0) << " unread, "
           << banner(group, session_.world().clock.now()) << '\n';
    }
    if (client().groups().empty()) out_ << "  You are in no group yet.\n";
  }

  void choose(const GroupId& group) {
    group_ = group;
    const client::GroupSession& session = client().groups().at(group);
    out_ << "--- " << session.record().name << ": " << banner(session, session_.world().clock.now())
         << " ---\n";
  }

  Result<GroupId> group() {
    if (group_) return *group_;
    return error(ErrorCode::usage, "choose a group first: /group NAME");
  }
  Result<MessageId> warned() {
    if (sink_.last()) return *sink_.last();
    return error(ErrorCode::not_found,
                 "no message of this session waits for an answer; see "
                 "`candour drafts`");
  }

  Status handle(std::string_view line) {
    line = trimmed(line);
    if (line.empty()) return ok();
    if (!line.starts_with('/')) return send_text(line);
    std::string_view rest = line;
    const std::string_view command = take_word(rest);
    for (const Command& known : kCommands) {
      if (known.name == command) return (this->*known.run)(rest);
    }
    return error(ErrorCode::usage, "there is no such command; /help lists them");
  }

  Status send_text(std::string_view text) {
    messages::Content content;
    content.text = SecretText::copy_of(text);
    return send_content(std::move(content));
  }
  Status send_content(messages::Content content) {
    CANDOUR_TRY(const GroupId to, group());
    if (content.type == messages::ContentType::text) {
      CANDOUR_TRY(client().mention(to, content));
    }
    CANDOUR_TRY(client().send(to, content));
    return ok();
  }

  Status help(std::string_view) {
    out_ << kHelp;
    return ok();
  }
  Status quit(std::string_view) {
    quit_ = true;
    return ok();
  }
  Status show_groups(std::string_view) {
    list_groups();
    return ok();
  }
  Status choose_group(std::string_view name) {
    CANDOUR_TRY(const GroupId found, client().find_group(name));
    choose(found);
    return ok();
  }
  Status show_roster(std::string_view) {
    CANDOUR_TRY(const GroupId of, group());
    for (const identity::RosterMember& member : client().groups().at(of).members()) {
      const identity::Certificate* certificate = client().trust().find(member.device);
      out_ << "  " << (certificate == nullptr ? "?" : certificate->subject.name)
           << (member.leaf == 0 ? " (compliance bot)" : "") << (member.owner ? " (owner)" : "")
           << '\n';
    }
    return ok();
  }
  Status show_history(std::string_view) {
    CANDOUR_TRY(const GroupId of, group());
    CANDOUR_TRY(client().mark_read(of, std::nullopt));
    return print_history(out_, session_.store(), of, client().groups().at(of).record().name, false);
  }
  Status show_notice(std::string_view) {
    print_notice(out_, client(), false);
    return ok();
  }
  Status accept(std::string_view) { return client().acknowledge_notice(); }

  Status edit(std::string_view text) {
    CANDOUR_TRY(const MessageId id, warned());
    CANDOUR_TRY(client().edit(id, SecretText::copy_of(text)));
    return ok();
  }
  Status withdraw(std::string_view) {
    CANDOUR_TRY(const MessageId id, warned());
    return client().withdraw(id);
  }
  Status send_anyway(std::string_view reason) {
    CANDOUR_TRY(const MessageId id, warned());
    CANDOUR_TRY(client().override_warning(id, SecretText::copy_of(reason)));
    return ok();
  }
  Status wrong(std::string_view reason) {
    CANDOUR_TRY(const MessageId id, warned());
    CANDOUR_TRY(client().dispute(id, SecretText::copy_of(reason)));
    return ok();
  }

  Status about_message(std::string_view rest, messages::ContentType type) {
    messages::Content content;
    CANDOUR_TRY(content.about, find_message(client(), take_word(rest)));
    content.type = type;
    content.text = SecretText::copy_of(rest);
    return send_content(std::move(content));
  }
  /// "QUESTION | OPTION | OPTION".
  Status poll(std::string_view rest) {
    messages::Content content;
    content.type = messages::ContentType::poll;
    for (bool question = true; !rest.empty(); question = false) {
      const std::size_t end = std::min(rest.find('|'), rest.size());
      const std::string_view part = trimmed(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
      if (question) {
        content.text = SecretText::copy_of(part);
      } else {
        content.options.push_back(SecretText::copy_of(part));
      }
    }
    return send_content(std::move(content));
  }
  Status vote(std::string_view rest) {
    CANDOUR_TRY(const client::HistoryRow row, find_shown(client(), take_word(rest)));
    CANDOUR_TRY(const auto asked, messages::Content::decode(row.content.view()));
    messages::Content content;
    content.type = messages::ContentType::vote;
    content.about = row.id;
    CANDOUR_TRY(content.option, find_option(asked, rest));
    CANDOUR_TRY(client().send(row.group, content));
    return ok();
  }
  Status appeal(std::string_view reason) {
    CANDOUR_TRY(const MessageId id, warned());
    return client().appeal(id, SecretText::copy_of(reason));
  }
  Status resubmit(std::string_view rest) {
    CANDOUR_TRY(const MessageId id, find_message(client(), take_word(rest)));
    CANDOUR_TRY(client().resubmit(id));
    return ok();
  }
  Status ask_group(const std::string& action, std::string_view name, std::string_view person) {
    messages::GroupRequest request;
    request.action = action;
    request.name = name;
    if (request.creates()) {
      request.group = session_.world().random.id<GroupId>();
      request.group_class = "ordinary";
      request.unit = client().store().profile().unit;
      request.owners = {client().store().keys().device};
    } else {
      CANDOUR_TRY(request.group, group());
    }
    if (!person.empty()) {
      CANDOUR_TRY(request.members, devices_of(client().trust(), {std::string(person)}));
    }
    CANDOUR_TRY(client().request_group(std::move(request)));
    return ok();
  }
  Status create(std::string_view name) { return ask_group("create", name, {}); }
  Status rename(std::string_view name) { return ask_group("rename", name, {}); }
  Status add(std::string_view person) { return ask_group("add", {}, person); }
  Status drop(std::string_view person) { return ask_group("remove", {}, person); }
  Status leave(std::string_view) { return ask_group("leave", {}, {}); }

  Status decide(std::string_view rest, bool approve) {
    CANDOUR_TRY(const messages::AlertId id, find_alert(client(), take_word(rest)));
    CANDOUR_TRY(client().decide_appeal(id, approve, SecretText::copy_of(rest)));
    return ok();
  }
  Status approve(std::string_view rest) { return decide(rest, true); }
  Status refuse(std::string_view rest) { return decide(rest, false); }

  Status reply(std::string_view rest) { return about_message(rest, messages::ContentType::text); }
  Status react(std::string_view rest) {
    return about_message(rest, messages::ContentType::reaction);
  }
  Status remove(std::string_view rest) {
    return about_message(take_word(rest), messages::ContentType::deletion);
  }
  Status change(std::string_view rest) {
    CANDOUR_TRY(const MessageId id, find_message(client(), take_word(rest)));
    CANDOUR_TRY(client().edit(id, SecretText::copy_of(rest)));
    return ok();
  }
  Status report(std::string_view rest) {
    CANDOUR_TRY(const MessageId id, find_message(client(), take_word(rest)));
    CANDOUR_TRY(client().report(id, SecretText::copy_of(rest)));
    return ok();
  }

  Status show_alerts(std::string_view) {
    CANDOUR_TRY(auto kept, session_.store().alerts());
    for (const client::AlertRecord& record : kept) {
      if (record.state() != messages::AlertState::closed) print_alert_plain(out_, record);
    }
    return ok();
  }
  Status step(std::string_view rest, messages::AlertAction action) {
    CANDOUR_TRY(const messages::AlertId id, find_alert(client(), take_word(rest)));
    CANDOUR_TRY(client().alert_step(id, action, SecretText::copy_of(rest)));
    return ok();
  }
  Status acknowledge(std::string_view rest) {
    return step(rest, messages::AlertAction::acknowledge);
  }
  Status assign(std::string_view rest) { return step(rest, messages::AlertAction::assign); }
  Status escalate(std::string_view rest) { return step(rest, messages::AlertAction::escalate); }
  Status close(std::string_view rest) {
    CANDOUR_TRY(const messages::AlertId id, find_alert(client(), take_word(rest)));
    const auto resolution = messages::resolution_from_name(take_word(rest));
    CANDOUR_TRY(client().alert_step(id, messages::AlertAction::close, SecretText::copy_of(rest),
                                    resolution.value_or(messages::Resolution::none)));
    return ok();
  }

  struct Command {
    std::string_view name;
    Status (Chat::*run)(std::string_view rest);
  };
  static const Command kCommands[36];

  Session& session_;
  ChatSink& sink_;
  const Options& options_;
  std::ostream& out_;
  std::optional<GroupId> group_;
  bool quit_ = false;
};

const Chat::Command Chat::kCommands[36] = {
    {"/help", &Chat::help},
    {"/quit", &Chat::quit},
    {"/exit", &Chat::quit},
    {"/groups", &Chat::show_groups},
    {"/group", &Chat::choose_group},
    {"/roster", &Chat::show_roster},
    {"/history", &Chat::show_history},
    {"/notice", &Chat::show_notice},
    {"/accept", &Chat::accept},
    {"/edit", &Chat::edit},
    {"/withdraw", &Chat::withdraw},
    {"/send-anyway", &Chat::send_anyway},
    {"/wrong", &Chat::wrong},
    {"/reply", &Chat::reply},
    {"/react", &Chat::react},
    {"/delete", &Chat::remove},
    {"/poll", &Chat::poll},
    {"/vote", &Chat::vote},
    {"/appeal", &Chat::appeal},
    {"/resubmit", &Chat::resubmit},
    {"/create", &Chat::create},
    {"/rename", &Chat::rename},
    {"/add", &Chat::add},
    {"/remove", &Chat::drop},
    {"/leave", &Chat::leave},
    {"/approve", &Chat::approve},
    {"/refuse", &Chat::refuse},
    {"/change", &Chat::change},
    {"/report", &Chat::report},
    {"/alerts", &Chat::show_alerts},
    {"/ack", &Chat::acknowledge},
    {"/assign", &Chat::assign},
    {"/escalate", &Chat::escalate},
    {"/close", &Chat::close},
    {"/q", &Chat::quit},
    {"/h", &Chat::help},
};

}  // namespace

Status chat(const Options& options, const World& world) {
  ChatSink sink(world.out);
  CANDOUR_TRY(auto session, Session::open(options, world, sink));
  sink.printer().set_client(&session->client());
  CANDOUR_TRY(session->start());
  return Chat(*session, sink, options).run();
}

}  // namespace candour::terminal
