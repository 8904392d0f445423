// Verbs that show: history, drafts, groups, roster, receipt, notice.
#include <algorithm>
#include <map>
#include <set>

#include "base/encoding.h"
#include "client/terminal/text_io.h"
#include "client/terminal/verbs.h"

namespace candour::terminal {
namespace {

constexpr std::size_t kPrefixMin = 4;
constexpr std::uint64_t kDayMs = 24ull * 3600 * 1000;

/// Opens and, unless --offline, catches up.
Result<std::unique_ptr<Session>> caught_up(const Options& options, const World& world,
                                           Silent& sink) {
  CANDOUR_TRY(auto session, Session::open(options, world, sink));
  CANDOUR_TRY(session->start());
  return session;
}

/// Looks for the one id that begins with `what`.
template <class IdType>
class IdSearch {
 public:
  explicit IdSearch(std::string_view what) : what_(what) {}
  void offer(const IdType& id) {
    const std::string hex = id.hex();
    if (hex != what_ && (what_.size() < kPrefixMin || !hex.starts_with(what_))) return;
    if (found_ && *found_ != id) several_ = true;
    found_ = id;
  }
  Result<IdType> found(std::string_view kind) const {
    if (several_) {
      return error(ErrorCode::input_invalid, "\"" + std::string(what_) + "\" fits several " +
                                                 std::string(kind) + "s; give more of the id");
    }
    if (found_) return *found_;
    return error(ErrorCode::not_found,
                 "there is no " + std::string(kind) + " \"" + std::string(what_) + "\" here");
  }

 private:
  std::string_view what_;
  std::optional<IdType> found_;
  bool several_ = false;
};

/// What edits and deletions, which come later, leave of earlier messages. Only a message's own
/// author may change it.
struct Changes {
  struct Change {
    DeviceId author;
    SecretText text;
    bool deleted = false;
  };
  std::map<MessageId, std::vector<Change>> by_message;

  static Result<Changes> of(client::Store& store, const GroupId& group) {
    Changes changes;
    CANDOUR_TRY(store.each_history(group, [&](client::HistoryRow row) -> Status {
      if (row.is_gap()) return ok();
      CANDOUR_TRY(auto content, messages::Content::decode(row.content.view()));
      const bool deletion = content.type == messages::ContentType::deletion;
      if ((deletion || content.type == messages::ContentType::edit) && content.about) {
        changes.by_message[*content.about].push_back(
            {row.sender, std::move(content.text), deletion});
      }
      return ok();
    }));
    return changes;
  }

  void apply(const client::HistoryRow& row, messages::Content& content, bool& edited,
             bool& deleted) const {
    auto found = by_message.find(row.id);
    if (found == by_message.end() || content.type != messages::ContentType::text) return;
    for (const Change& change : found->second) {
      if (change.author != row.sender) continue;
      edited = !change.deleted;
      deleted = deleted || change.deleted;
      content.text = change.deleted ? SecretText() : change.text.clone();
    }
    if (deleted) content.text = SecretText();
  }
};

void print_row(std::ostream& out, const client::HistoryRow& row, const messages::Content& content,
               std::string_view group_name, bool edited, bool deleted) {
  out << time_encode(row.time.value) << " [" << group_name << " #" << row.seq.value << "] "
      << row.name << ' ' << row.id.hex().substr(0, 8) << ' ';
  if (content.type != messages::ContentType::text) out << '(' << name_of(content.type) << ") ";
  if (deleted) out << "(deleted)";
  write_plain(out, content.text.expose());
  if (edited) out << " (edited)";
  if (row.overridden) out << " (sent past a warning)";
  out << '\n';
}

void print_gap(std::ostream& out, const client::HistoryRow& row, std::string_view group_name,
               bool json) {
  if (!json) {
    out << time_encode(row.time.value) << " [" << group_name << " #" << row.seq.value << "] -- "
        << row.missed << " messages before this cannot be read: this device was away too long --\n";
    return;
  }
  {
    JsonLine line(out);
    line.id("group", row.group).number("seq", row.seq.value).time("time", row.time);
    line.number("missed", row.missed);
  }
  out << '\n';
}

void print_group(std::ostream& out, const client::GroupSession& session, client::Trust& trust,
                 TimeMs now, bool json) {
  const client::GroupRecord& record = session.record();
  const client::GroupProgress& progress = session.progress();
  const auto members = session.members();
  const auto owners = std::count_if(members.begin(), members.end(),
                                    [](const auto& member) { return member.owner; });
  if (!json) {
    out << record.id.hex() << "  " << record.name << " (" << record.group_class << ", "
        << session.mls().members().size() << " members with the bot, " << progress.seq.value
        << " messages)\n  " << banner(session, now) << '\n';
    if (progress.is_stopped()) out << "  STOPPED: " << progress.stopped_message << '\n';
    if (owners == 0) out << "  it has no owner: ask a registrar to add or remove people\n";
    if (progress.removed) out << "  you are no longer a member\n";
    if (progress.lost) out << "  away for too long: waiting to be added again\n";
    return;
  }
  {
    JsonLine line(out);
    line.id("group", record.id).text("name", record.name).text("class", record.group_class);
    line.text("unit", record.unit).number("epoch", session.epoch().value);
    line.number("seq", progress.seq.value).number("members", session.mls().members().size());
    {
      JsonLine bot(line.value("bot"));
      const identity::Certificate* certificate = trust.find(record.bot);
      bot.id("device", record.bot);
      bot.text("name", certificate == nullptr ? "" : certificate->subject.name);
      bot.number("key_age_days", now.value > record.bot_since.value
                                     ? (now.value - record.bot_since.value) / kDayMs
                                     : 0);
    }
    line.number("owners", static_cast<std::uint64_t>(owners));
    line.time("since", record.joined).flag("removed", progress.removed);
    if (progress.lost) line.flag("lost", true);
    line.flag("stopped", progress.is_stopped());
    if (progress.is_stopped()) {
      line.text("code", code_name(progress.stopped)).text("message", progress.stopped_message);
    }
  }
  out << '\n';
}

void print_member(std::ostream& out, const GroupId& group, const identity::RosterMember& member,
                  client::Trust& trust, bool json) {
  const identity::Certificate* certificate = trust.find(member.device);
  const bool bot = trust.lists_bot(member.device);
  const std::string person = certificate == nullptr ? "" : certificate->subject.person;
  const std::string name = certificate == nullptr ? "" : certificate->subject.name;
  if (!json) {
    out << member.leaf << "  " << name << " (" << person << ")" << (bot ? ", compliance bot" : "")
        << (member.owner ? ", owner" : "")
        << (trust.proven(member.device) ? "" : ", certificate not yet witnessed") << "  device "
        << member.device.hex().substr(0, 8) << '\n';
    return;
  }
  {
    JsonLine line(out);
    line.id("group", group).id("device", member.device).text("person", person).text("name", name);
    line.text("role", certificate == nullptr ? "" : certificate->subject.role);
    line.text("unit", certificate == nullptr ? "" : certificate->subject.unit);
    line.number("leaf", member.leaf).flag("owner", member.owner).flag("bot", bot);
    line.flag("proven", trust.proven(member.device));
    line.flag("revoked", trust.revoked(member.device));
  }
  out << '\n';
}

void print_draft(std::ostream& out, const client::Draft& draft, bool json) {
  auto content = messages::Content::decode(draft.content.view());
  auto findings = messages::decode_findings(draft.findings);
  if (!content) return;
  if (!json) {
    out << draft.id.hex().substr(0, 8) << ' ' << client::name_of(draft.state)
        << (draft.disputed() ? ", disputed" : "") << '\n';
    print_findings(out, content.value(),
                   findings ? findings.value() : std::vector<messages::ReplyFinding>());
    return;
  }
  {
    JsonLine line(out);
    line.id("message_id", draft.id).id("group", draft.group);
    line.text("state", client::name_of(draft.state)).text("text", content.value().text.expose());
    if (draft.expires.value != 0) line.time("expires", draft.expires);
    if (!draft.code.empty()) line.text("code", draft.code).text("message", draft.message);
    if (draft.original) line.id("original", *draft.original);
    if (draft.disputed()) line.flag("disputed", true);
  }
  out << '\n';
}

}  // namespace

Result<MessageId> find_message(client::Client& client, std::string_view what) {
  if (auto id = MessageId::from_hex(what)) return *id;
  IdSearch<MessageId> search(what);
  CANDOUR_TRY(auto drafts, client.store().drafts());
  for (const client::Draft& draft : drafts) search.offer(draft.id);
  for (const auto& [group, session] : client.groups()) {
    CANDOUR_TRY(client.store().each_history(group, [&](client::HistoryRow row) -> Status {
      if (!row.is_gap()) search.offer(row.id);
      return ok();
    }));
  }
  return search.found("message");
}

Result<messages::AlertId> find_alert(client::Client& client, std::string_view what) {
  if (auto id = messages::AlertId::from_hex(what)) return *id;
  IdSearch<messages::AlertId> search(what);
  CANDOUR_TRY(auto alerts, client.store().alerts());
  for (const client::AlertRecord& alert : alerts) search.offer(alert.id);
  return search.found("alert");
}

Status print_history(std::ostream& out, client::Store& store, const GroupId& group,
                     std::string_view group_name, bool json) {
  CANDOUR_TRY(auto changes, Changes::of(store, group));
  return store.each_history(group, [&](client::HistoryRow row) -> Status {
    if (row.is_gap()) {
      print_gap(out, row, group_name, json);
      return ok();
    }
    CANDOUR_TRY(auto content, messages::Content::decode(row.content.view()));
    bool edited = false;
    bool deleted = false;
    changes.apply(row, content, edited, deleted);
    if (json) {
      print_json(out, row, content, edited, deleted);
    } else {
      print_row(out, row, content, group_name, edited, deleted);
    }
    return ok();
  });
}

Status history(const Options& options, const World& world) {
  Silent sink;
  CANDOUR_TRY(auto session, caught_up(options, world, sink));
  std::optional<GroupId> only;
  if (!options.group.empty()) {
    CANDOUR_TRY(only, session->client().find_group(options.group));
  }
  for (const auto& [id, group] : session->client().groups()) {
    if (only && *only != id) continue;
    CANDOUR_TRY(print_history(world.out, session->store(), id, group.record().name, options.json));
  }
  return ok();
}

Status drafts(const Options& options, const World& world) {
  Silent sink;
  CANDOUR_TRY(auto session, caught_up(options, world, sink));
  CANDOUR_TRY(auto kept, session->store().drafts());
  for (const client::Draft& draft : kept) print_draft(world.out, draft, options.json);
  return ok();
}

Status groups(const Options& options, const World& world) {
  Silent sink;
  CANDOUR_TRY(auto session, caught_up(options, world, sink));
  for (const auto& [id, group] : session->client().groups()) {
    print_group(world.out, group, session->client().trust(), world.clock.now(), options.json);
  }
  return ok();
}

Status roster(const Options& options, const World& world) {
  Silent sink;
  CANDOUR_TRY(auto session, caught_up(options, world, sink));
  CANDOUR_TRY(const GroupId id, session->client().find_group(options.group));
  for (const identity::RosterMember& member : session->client().groups().at(id).members()) {
    print_member(world.out, id, member, session->client().trust(), options.json);
  }
  return ok();
}

void print_notice(std::ostream& out, client::Client& client, bool json) {
  const identity::Notice* notice = client.trust().notice();
  if (notice == nullptr) {
    if (!json) out << "The organisation has no monitoring notice.\n";
    return;
  }
  if (!json) {
    out << "Monitoring notice " << notice->version << " of "
        << time_encode(notice->issued.value).substr(0, 10) << "\n\n";
    for (const std::string& text : notice->lines) {
      write_plain(out, text);
      out << '\n';
    }
    out << (client.notice_acknowledged() ? "\nYou acknowledged it.\n"
                                         : "\nNot yet acknowledged.\n");
    return;
  }
  std::string text;
  for (const std::string& one : notice->lines) text += one + '\n';
  {
    JsonLine line(out);
    line.text("event", "notice").number("version", notice->version);
    line.id("digest", client.trust().notice_digest());
    line.flag("acknowledged", client.notice_acknowledged());
    line.time("issued", notice->issued).text("text", text);
  }
  out << '\n';
}

Status notice(const Options& options, const World& world) {
  Silent sink;
  CANDOUR_TRY(auto session, caught_up(options, world, sink));
  if (options.acknowledge) {
    CANDOUR_TRY(session->client().acknowledge_notice());
  }
  print_notice(world.out, session->client(), options.json);
  return ok();
}

}  // namespace candour::terminal
