// Verbs between people: groups and who is in them, appeals and their decision, what was read.
#include <algorithm>

#include "client/terminal/verbs.h"

namespace candour::terminal {
namespace {

/// Prints what happens, and keeps the last event of the kind that is waited for.
class WaitingSink : public client::EventSink {
 public:
  WaitingSink(std::ostream& out, bool json, client::EventType type)
      : printer_(out, json), type_(type) {}
  PrintingSink& printer() { return printer_; }
  void on_event(const client::Event& event) override {
    printer_.on_event(event);
    if (event.type != type_) return;
    found_ = true;
    request_ = event.request;
    code_ = event.code;
    message_ = event.message;
    state_ = event.action;
    if (event.message_id) id_ = *event.message_id;
  }
  void forget() { found_ = false; }
  bool has(const messages::RequestId& request) const { return found_ && request_ == request.hex(); }
  /// Something after "sent" was said about the message.
  bool has_answer(const MessageId& id) const { return found_ && id_ == id && state_ != "sent"; }
  Status outcome() const {
    if (code_.empty()) return ok();
    return error(code_from_name(code_), message_);
  }

 private:
  PrintingSink printer_;
  client::EventType type_;
  bool found_ = false;
  std::string request_;
  std::string code_;
  std::string message_;
  std::string state_;
  MessageId id_;
};

Status fill_members(const Options& options, client::Client& client,
                    messages::GroupRequest& request) {
  CANDOUR_TRY(request.members, devices_of(client.trust(), options.people));
  CANDOUR_TRY(request.owners, devices_of(client.trust(), options.owners));
  if (!request.creates()) return ok();
  request.unit = client.store().profile().unit;
  const DeviceId own = client.store().keys().device;
  if (std::find(request.owners.begin(), request.owners.end(), own) == request.owners.end()) {
    request.owners.push_back(own);
  }
  return ok();
}

/// Those of each person's devices that are in the group: only members can be removed, or own it.
Status keep_members(const std::vector<std::string>& people, const GroupId& group,
                    client::Client& client, std::vector<DeviceId>& devices) {
  const auto members = client.groups().at(group).members();
  std::erase_if(devices, [&](const DeviceId& device) {
    return std::none_of(members.begin(), members.end(),
                        [&](const auto& member) { return member.device == device; });
  });
  const std::vector<std::string> there = client.people_of(group);
  for (const std::string& person : people) {
    if (std::find(there.begin(), there.end(), person) != there.end()) continue;
    return error(ErrorCode::not_a_member, "\"" + person + "\" is not in the group");
  }
  return ok();
}

}  // namespace

Result<std::vector<DeviceId>> devices_of(client::Trust& trust,
                                         const std::vector<std::string>& people) {
  std::vector<DeviceId> out;
  for (const std::string& person : people) {
    const std::size_t before = out.size();
    for (const identity::Certificate* certificate : trust.certificates()) {
      const DeviceId device = certificate->device();
      const bool named = certificate->subject.person == person && !trust.lists_bot(device);
      if (named && trust.device(device)) out.push_back(device);
    }
    if (out.size() == before) {
      return error(ErrorCode::not_found, "\"" + person + "\" has no device that is certified now");
    }
  }
  return out;
}

Status group(const Options& options, const World& world) {
  WaitingSink sink(world.out, options.json, client::EventType::group_request);
  CANDOUR_TRY(auto session, Session::open(options, world, sink));
  sink.printer().set_client(&session->client());
  CANDOUR_TRY(session->start());
  client::Client& client = session->client();
  messages::GroupRequest request;
  request.action = options.action;
  if (request.creates()) {
    if (!options.group.empty()) {
      return error(ErrorCode::usage, "a new group has no id yet; give it a --name");
    }
    request.group = world.random.id<GroupId>();
  } else {
    CANDOUR_TRY(request.group, client.find_group(options.group));
  }
  request.name = options.title;
  if (request.creates() || request.action == "class") request.group_class = options.group_class;
  CANDOUR_TRY(fill_members(options, client, request));
  if (request.action == "remove") {
    CANDOUR_TRY(keep_members(options.people, request.group, client, request.members));
  }
  if (request.action == "owners") {
    CANDOUR_TRY(keep_members(options.owners, request.group, client, request.owners));
  }
  sink.forget();
  CANDOUR_TRY(const messages::RequestId id, client.request_group(std::move(request)));
  CANDOUR_TRY(session->pump_until([&] { return sink.has(id); }));
  return sink.outcome();
}

Status appeal(const Options& options, const World& world) {
  WaitingSink sink(world.out, options.json, client::EventType::appeal);
  CANDOUR_TRY(auto session, Session::open(options, world, sink));
  sink.printer().set_client(&session->client());
  CANDOUR_TRY(session->start());
  CANDOUR_TRY(const MessageId id, find_message(session->client(), options.id));
  sink.forget();
  CANDOUR_TRY(session->client().appeal(id, options.reason.clone()));
  CANDOUR_TRY(session->pump_until([&] { return sink.has_answer(id); }));
  return sink.outcome();
}

Status read(const Options& options, const World& world) {
  Silent sink;
  CANDOUR_TRY(auto session, Session::open(options, world, sink));
  CANDOUR_TRY(session->start());
  CANDOUR_TRY(const GroupId group, session->client().find_group(options.group));
  std::optional<MessageId> until;
  if (!options.until.empty()) {
    CANDOUR_TRY(until, find_message(session->client(), options.until));
  }
  CANDOUR_TRY(const std::uint64_t left, session->client().mark_read(group, until));
  if (options.json) {
    JsonLine(world.out).text("event", "read").id("group", group).number("unread", left);
  } else {
    world.out << left << " unread";
  }
  world.out << '\n';
  return ok();
}

}  // namespace candour::terminal
