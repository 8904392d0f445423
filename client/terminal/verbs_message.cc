// Verbs that send: send, edit, withdraw, override, dispute, report, poll, vote, react, delete,
// resubmit.
#include <unistd.h>

#include <algorithm>

#include "client/messages/bot_field.h"
#include "client/terminal/outcomes.h"
#include "client/terminal/text_io.h"
#include "client/terminal/verbs.h"

namespace candour::terminal {
namespace {

using client::EventType;

constexpr std::uint64_t kPumpMs = 20;

/// A run that sends: session, events and what became of the messages.
struct Sending {
  Sending(std::ostream& out, bool json) : outcomes(out, json) {}
  Outcomes outcomes;
  std::unique_ptr<Session> session;

  static Result<std::unique_ptr<Sending>> start(const Options& options, const World& world) {
    auto sending = std::make_unique<Sending>(world.out, options.json);
    CANDOUR_TRY(sending->session, Session::open(options, world, sending->outcomes));
    sending->outcomes.printer().set_client(&sending->session->client());
    CANDOUR_TRY(sending->session->start());
    return sending;
  }
};

void print_summary(const World& world, const Options& options, const Outcomes& outcomes,
                   std::size_t sent, std::uint64_t took_ms) {
  if (options.json) {
    JsonLine line(world.out);
    line.text("event", "summary").number("sent", sent);
    for (const EventType type :
         {EventType::released, EventType::warned, EventType::blocked, EventType::withdrawn,
          EventType::overridden, EventType::rejected}) {
      line.number(client::name_of(type), outcomes.count(type));
    }
    line.value("seconds") << took_ms / 1000 << '.' << (took_ms % 1000) / 100;
  } else {
    world.out << sent << " sent, " << outcomes.count(EventType::released) << " released, "
              << outcomes.count(EventType::warned) << " warned, "
              << outcomes.count(EventType::blocked) << " blocked, "
              << outcomes.count(EventType::rejected) << " rejected";
  }
  world.out << '\n' << std::flush;
}

/// Waits for one message; an outcome other than delivery is an error, so that scripts see it.
Status wait_for(Sending& sending, const Options& options, const World& world, const MessageId& id) {
  if (options.no_wait) {  // not for the verdict, but until the relay has it durably
    return sending.session->pump_until(
        [&] { return sending.outcomes.submitted(id) || sending.outcomes.of(id).has_value(); });
  }
  const std::uint64_t begin = monotonic_clock().now().value;
  CANDOUR_TRY(sending.session->pump_until([&] { return sending.outcomes.of(id).has_value(); }));
  print_summary(world, options, sending.outcomes, 1, monotonic_clock().now().value - begin);
  // The bot answers a dispute with the same warning; that it did is what was waited for.
  if (options.verb == "dispute" && *sending.outcomes.of(id) != EventType::rejected) return ok();
  switch (*sending.outcomes.of(id)) {
    case EventType::warned:
      return error(ErrorCode::not_permitted,
                   "message " + id.hex() + " was warned; edit, withdraw, override or dispute it");
    case EventType::blocked:
      return error(ErrorCode::not_permitted,
                   "message " + id.hex() + " was blocked; edit, withdraw, dispute or appeal it");
    case EventType::rejected:
      return sending.outcomes.rejection();
    default:
      return ok();
  }
}

Result<messages::Content> content_of(const Options& options, client::Client& client) {
  messages::Content content;
  if (!options.react.empty() || !options.remove.empty()) {
    const bool reaction = !options.react.empty();
    content.type = reaction ? messages::ContentType::reaction : messages::ContentType::deletion;
    CANDOUR_TRY(content.about, find_message(client, reaction ? options.about : options.remove));
    content.text = SecretText::copy_of(options.react);
    return content;
  }
  if (!options.reply_to.empty()) {
    CANDOUR_TRY(content.about, find_message(client, options.reply_to));
  }
  if (options.has_text && options.text.expose() != "-") {
    content.text = options.text.clone();
  } else {
    CANDOUR_TRY(content.text, read_text(STDIN_FILENO, limits::kContentSizeMax));
  }
  content.mentions = options.mentions;
  return content;
}

/// Many messages with a bounded number under way.
class Bulk {
 public:
  Bulk(Sending& sending, const Options& options, const World& world, GroupId group,
       std::vector<SecretText> texts)
      : sending_(sending),
        options_(options),
        world_(world),
        group_(group),
        texts_(std::move(texts)) {}

  Status run() {
    const std::uint64_t begin = monotonic_clock().now().value;
    std::uint64_t progress = begin;
    while (next_ < texts_.size() || client().undecided() > 0) {
      if (world_.stop != 0) return error(ErrorCode::shutting_down, "interrupted");
      CANDOUR_TRY(send_some());
      CANDOUR_TRY(const bool some, sending_.session->pump(kPumpMs, options_.timeout_ms));
      CANDOUR_TRY(answer_warnings());
      const std::uint64_t now = monotonic_clock().now().value;
      if (some) progress = now;
      if (now - progress >= options_.timeout_ms) {
        return error(
            ErrorCode::timed_out,
            std::to_string(client().undecided()) +
                " messages have no outcome yet; they are kept and go on at the next start");
      }
    }
    print_summary(world_, options_, sending_.outcomes, texts_.size(),
                  monotonic_clock().now().value - begin);
    return ok();
  }

 private:
  client::Client& client() { return sending_.session->client(); }

  Status send_some() {
    if (next_ >= texts_.size() || client().undecided() >= options_.window) return ok();
    const std::uint64_t now = monotonic_clock().now().value;
    if (now < not_before_) return ok();
    std::size_t count = std::min(options_.window - client().undecided(), texts_.size() - next_);
    if (options_.delay_ms != 0) count = 1;
    std::vector<messages::Content> contents(count);
    for (messages::Content& content : contents) {
      content.text = texts_[next_++].clone();
      CANDOUR_TRY(client().mention(group_, content));
    }
    not_before_ = now + options_.delay_ms;
    CANDOUR_TRY(client().send_all(group_, contents));
    return ok();
  }

  Status answer_warnings() {
    for (const MessageId& id : sending_.outcomes.take_warned()) {
      if (options_.on_warning == "withdraw") {
        CANDOUR_TRY(client().withdraw(id));
      } else if (options_.on_warning == "override") {
        CANDOUR_TRY(client().override_warning(id, options_.reason.clone()));
      }
    }
    return ok();
  }

  Sending& sending_;
  const Options& options_;
  const World& world_;
  GroupId group_;
  std::vector<SecretText> texts_;
  std::size_t next_ = 0;
  std::uint64_t not_before_ = 0;
};

using Action = Result<MessageId> (*)(client::Client& client, const Options& options,
                                     const MessageId& id);

Status act_on_message(const Options& options, const World& world, Action action) {
  CANDOUR_TRY(auto sending, Sending::start(options, world));
  client::Client& client = sending->session->client();
  CANDOUR_TRY(const MessageId id, find_message(client, options.id));
  CANDOUR_TRY(const MessageId sent, action(client, options, id));
  return wait_for(*sending, options, world, sent);
}

/// A vote in, a reaction to or the deletion of one message.
Status send_about(const Options& options, const World& world, messages::ContentType type) {
  CANDOUR_TRY(auto sending, Sending::start(options, world));
  client::Client& client = sending->session->client();
  CANDOUR_TRY(const client::HistoryRow row, find_shown(client, options.id));
  messages::Content content;
  content.type = type;
  content.about = row.id;
  content.text = SecretText::copy_of(options.emoji);
  if (type == messages::ContentType::vote) {
    CANDOUR_TRY(const auto asked, messages::Content::decode(row.content.view()));
    CANDOUR_TRY(content.option, find_option(asked, options.choice));
  }
  CANDOUR_TRY(const MessageId id, client.send(row.group, content));
  return wait_for(*sending, options, world, id);
}

Result<MessageId> edit_with(client::Client& client, const Options& options, const MessageId& id) {
  SecretText text = options.text.clone();
  if (!options.has_text || text.expose() == "-") {
    CANDOUR_TRY(text, read_text(STDIN_FILENO, limits::kContentSizeMax));
  }
  return client.edit(id, std::move(text));
}

}  // namespace

Status send(const Options& options, const World& world) {
  if (options.on_warning == "override") {
    CANDOUR_TRY(messages::check_justification(options.reason.expose()));
  }
  std::vector<SecretText> texts;
  if (!options.lines_file.empty()) {
    CANDOUR_TRY(texts, read_messages(options.lines_file));
  }
  CANDOUR_TRY(auto sending, Sending::start(options, world));
  client::Client& client = sending->session->client();
  CANDOUR_TRY(const GroupId group, client.find_group(options.group));
  if (!options.lines_file.empty()) {
    return Bulk(*sending, options, world, group, std::move(texts)).run();
  }
  CANDOUR_TRY(auto content, content_of(options, client));
  if (content.type == messages::ContentType::text) {
    CANDOUR_TRY(client.mention(group, content));
  }
  CANDOUR_TRY(const MessageId id, client.send(group, content));
  return wait_for(*sending, options, world, id);
}

Status edit(const Options& options, const World& world) {
  return act_on_message(options, world, edit_with);
}

Status override_warning(const Options& options, const World& world) {
  return act_on_message(options, world,
                        [](client::Client& client, const Options& given, const MessageId& id) {
                          return client.override_warning(id, given.reason.clone());
                        });
}

Status dispute(const Options& options, const World& world) {
  return act_on_message(options, world,
                        [](client::Client& client, const Options& given, const MessageId& id) {
                          return client.dispute(id, given.reason.clone());
                        });
}

Status report(const Options& options, const World& world) {
  return act_on_message(options, world,
                        [](client::Client& client, const Options& given, const MessageId& id) {
                          return client.report(id, given.reason.clone());
                        });
}

Status resubmit(const Options& options, const World& world) {
  return act_on_message(options, world,
                        [](client::Client& client, const Options&, const MessageId& id) {
                          return client.resubmit(id);
                        });
}

Status poll(const Options& options, const World& world) {
  CANDOUR_TRY(auto sending, Sending::start(options, world));
  client::Client& client = sending->session->client();
  CANDOUR_TRY(const GroupId group, client.find_group(options.group));
  messages::Content content;
  content.type = messages::ContentType::poll;
  content.text = options.text.clone();
  for (const std::string& option : options.poll_options) {
    content.options.push_back(SecretText::copy_of(option));
  }
  CANDOUR_TRY(const MessageId id, client.send(group, content));
  return wait_for(*sending, options, world, id);
}

Status vote(const Options& options, const World& world) {
  return send_about(options, world, messages::ContentType::vote);
}

Status react(const Options& options, const World& world) {
  return send_about(options, world, messages::ContentType::reaction);
}

Status remove(const Options& options, const World& world) {
  return send_about(options, world, messages::ContentType::deletion);
}

Status withdraw(const Options& options, const World& world) {
  PrintingSink sink(world.out, options.json);
  CANDOUR_TRY(auto session, Session::open(options, world, sink));
  sink.set_client(&session->client());
  // A message that is under way gets its outcome first.
  CANDOUR_TRY(session->start());
  CANDOUR_TRY(const MessageId id, find_message(session->client(), options.id));
  return session->client().withdraw(id);
}

}  // namespace candour::terminal
