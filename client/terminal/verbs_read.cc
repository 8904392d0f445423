// Verbs that show: history, drafts, groups, roster, receipt, notice.
#include <algorithm>
#include <map>
#include <set>

#include "base/encoding.h"
#include "client/terminal/shown.h"
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
                 std::uint64_t unread, TimeMs now, bool json) {
  const client::GroupRecord& record = session.record();
  const client::GroupProgress& progress = session.progress();
  const auto members = session.members();
  const auto owners = std::count_if(members.begin(), members.end(),
                                    [](const auto& member) { return member.owner; });
  if (!json) {
    out << record.id.hex() << "  " << record.name << " (" << record.group_class << ", "
        << session.mls().members().size() << " members with the bot, " << progress.seq.value
        << " messages, " << unread << " unread)\n  " << banner(session, now) << '\n';
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
    line.number("unread", unread);
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

/// "good", or why not: certificate_expired, device_revoked, unknown_device, unproven.
std::string_view certificate_state(client::Trust& trust, const DeviceId& device) {
  const auto good = trust.device(device);
  if (!good) return code_name(good.error().code);
  return trust.proven(device) ? "good" : "unproven";
}

/// A device id is the hash of its key: the same digits on two devices are the same key.
std::string fingerprint(const DeviceId& device) {
  const std::string hex = device.hex();
  std::string out;
  for (std::size_t i = 0; i < hex.size(); i += 4) {
    if (i > 0) out += ' ';
    out += hex.substr(i, 4);
  }
  return out;
}

void print_member(std::ostream& out, const GroupId& group, const identity::RosterMember& member,
                  client::Trust& trust, bool json) {
  const identity::Certificate* certificate = trust.find(member.device);
  const bool bot = trust.lists_bot(member.device);
  const std::string person = certificate == nullptr ? "" : certificate->subject.person;
  const std::string name = certificate == nullptr ? "" : certificate->subject.name;
  const std::string_view state = certificate_state(trust, member.device);
  if (!json) {
    out << member.leaf << "  ";
    write_plain(out, name);
    out << " (" << person << ")" << (bot ? ", compliance bot" : "")
        << (member.owner ? ", owner" : "") << ", certificate " << state << "\n     "
        << fingerprint(member.device) << '\n';
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
    line.text("certificate", state).text("fingerprint", fingerprint(member.device));
    if (certificate != nullptr) line.time("not_after", certificate->not_after);
  }
  out << '\n';
}

void print_draft(std::ostream& out, const client::Draft& draft, TimeMs now, bool json) {
  auto content = messages::Content::decode(draft.content.view());
  auto findings = messages::decode_findings(draft.findings);
  if (!content) return;
  if (!json) {
    out << draft.id.hex().substr(0, 8) << ' ' << client::name_of(draft.state)
        << (draft.disputed() ? ", disputed" : "")
        << (draft.expires.value != 0 && draft.expires <= now ? ", expired: send it again" : "");
    if (draft.appeal != client::AppealState::none) {
      out << ", appeal " << client::name_of(draft.appeal) << ": ";
      write_plain(out, draft.decision.expose());
    }
    out << '\n';
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
    line.flag("expired", draft.expires.value != 0 && draft.expires <= now);
    if (draft.appeal != client::AppealState::none) {
      line.text("appeal", client::name_of(draft.appeal));
      line.text("decision", draft.decision.expose());
    }
    if (draft.approval_expires.value != 0) line.time("approval_expires", draft.approval_expires);
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

Result<client::HistoryRow> find_shown(client::Client& client, std::string_view what) {
  CANDOUR_TRY(const MessageId id, find_message(client, what));
  CANDOUR_TRY(auto row, client.store().history(id));
  if (row) return std::move(*row);
  return error(ErrorCode::not_found, "message " + id.hex() + " was not delivered to this device");
}

Result<std::uint8_t> find_option(const messages::Content& poll, std::string_view what) {
  for (std::size_t i = 0; i < poll.options.size(); ++i) {
    if (what == std::to_string(i + 1) || what == poll.options[i].expose()) {
      return static_cast<std::uint8_t>(i);
    }
  }
  if (poll.type != messages::ContentType::poll) {
    return error(ErrorCode::not_permitted, "that message is no poll");
  }
  return error(ErrorCode::input_invalid, "the poll has no such option; give a number from 1 to " +
                                             std::to_string(poll.options.size()) +
                                             ", or the text of one");
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
  CANDOUR_TRY(const auto timeline, client::Timeline::of(store, group));
  return store.each_history(group, [&](client::HistoryRow row) -> Status {
    if (row.is_gap()) {
      print_gap(out, row, group_name, json);
      return ok();
    }
    CANDOUR_TRY(auto content, messages::Content::decode(row.content.view()));
    print_shown(out, {row, content, timeline, group_name}, json);
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
  for (const client::Draft& draft : kept)
    print_draft(world.out, draft, world.clock.now(), options.json);
  return ok();
}

Status groups(const Options& options, const World& world) {
  Silent sink;
  CANDOUR_TRY(auto session, caught_up(options, world, sink));
  for (const auto& [id, group] : session->client().groups()) {
    CANDOUR_TRY(const std::uint64_t unread, session->store().unread(id));
    print_group(world.out, group, session->client().trust(), unread, world.clock.now(),
                options.json);
  }
  return ok();
}

Status roster(const Options& options, const World& world) {
  Silent sink;
  CANDOUR_TRY(auto session, caught_up(options, world, sink));
  CANDOUR_TRY(const GroupId id, session->client().find_group(options.group));
  if (session->client().connected()) {
    CANDOUR_TRY(session->client().prove_members(id));
  }
  const client::GroupSession& of = session->client().groups().at(id);
  if (!options.json) world.out << banner(of, world.clock.now()) << '\n';
  for (const identity::RosterMember& member : of.members()) {
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
