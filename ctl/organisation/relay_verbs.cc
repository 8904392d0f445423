#include <CLI/CLI.hpp>
#include <thread>

#include "base/files.h"
#include "client/messages/group_request.h"
#include "client/messages/to_bot.h"
#include "ctl/organisation/notes.h"
#include "ctl/relay_access.h"
#include "ctl/verbs.h"
#include "identity/certificate.h"
#include "identity/note_text.h"

namespace candour::ctl {
namespace {

struct Publish {
  RelayOptions relay;
  std::vector<std::string> files;
};

Result<int> publish(const Context& context, const Publish& o) {
  struct Object {
    std::string note;
    v1::ObjectKind kind;
  };
  std::vector<Object> objects;
  for (const std::string& file : o.files) {
    CANDOUR_TRY(auto note, read_note_file(file));
    auto kind = object_kind(note);
    if (!kind) return error(kind.error().code, file + ": " + kind.error().message);
    objects.push_back({std::move(note), kind.value()});
  }
  CANDOUR_TRY(auto session, RelaySession::open(context, o.relay));
  for (std::size_t i = 0; i < objects.size(); ++i) {
    auto done = session->publish(objects[i].kind, objects[i].note);
    if (!done) return error(done.error().code, o.files[i] + ": " + done.error().message);
    JsonLine line;
    line.text("file", o.files[i])
        .text("kind", kind_name(objects[i].kind))
        .number("leaf_index", done.value().number())
        .boolean("duplicate", done.value().duplicate());
    context.print(line,
                  o.files[i] + ": " + std::string(kind_name(objects[i].kind)) +
                      (done.value().duplicate() ? ", was there already" : ", logged as leaf ") +
                      (done.value().duplicate() ? "" : std::to_string(done.value().number())));
  }
  return 0;
}

struct Revoke {
  RelayOptions relay;
  std::string device;
  std::string reason;
  std::string out;
};

Result<int> revoke(const Context& context, const Revoke& o) {
  const auto device = DeviceId::from_hex(o.device);
  if (!device) return error(ErrorCode::usage, "--device takes a device id of 64 hex digits");
  if (!identity::valid_line(o.reason, 500)) {
    return error(ErrorCode::usage, "--reason takes one readable line of at most 500 bytes");
  }
  CANDOUR_TRY(auto session, RelaySession::open(context, o.relay));
  CANDOUR_TRY(auto trust, session->directory());
  const identity::Revocation revocation{trust->statement()->id, *device, o.reason,
                                        context.clock.now()};
  identity::SignedNote note{revocation.print(), {}};
  CANDOUR_TRY(add_signature(note, session->key()));
  if (!o.out.empty()) {
    CANDOUR_TRY(write_file(o.out, as_bytes(note.print())));
  }
  CANDOUR_TRY(auto done, session->publish(v1::REVOCATION, note.print()));
  JsonLine line;
  line.text("device", device->hex())
      .number("leaf_index", done.number())
      .boolean("duplicate", done.duplicate());
  context.print(line, "device " + device->hex() + " is revoked");
  return 0;
}

struct Group {
  RelayOptions relay;
  std::string action;
  std::string group;
  std::string title;
  std::string group_class = "ordinary";
  std::string unit;
  std::vector<std::string> owners;
  std::vector<std::string> members;
};

/// The devices of `list`, each certified, valid and not revoked.
Result<std::vector<DeviceId>> devices_of(const std::vector<std::string>& list,
                                         const client::Trust& trust) {
  std::vector<DeviceId> out;
  for (const std::string& text : list) {
    const auto device = DeviceId::from_hex(text);
    if (!device) {
      return error(ErrorCode::usage, "'" + text + "' is not a device id of 64 hex digits");
    }
    CANDOUR_TRY(trust.device(*device));
    out.push_back(*device);
  }
  return out;
}

Result<messages::GroupRequest> group_request(const Context& context, const Group& o,
                                             const client::Trust& trust) {
  messages::GroupRequest r;
  r.organisation = trust.statement()->id;
  r.request = context.random.id<messages::RequestId>();
  r.action = o.action;
  r.issued = context.clock.now();
  const auto group = GroupId::from_hex(o.group);
  if (!group && !(o.group.empty() && o.action == "create")) {
    return error(ErrorCode::usage, "--group takes a group id of 32 hex digits");
  }
  r.group = group ? *group : context.random.id<GroupId>();
  // What an action does not have, the note does not name.
  r.name = o.title;
  r.group_class = o.group_class;
  r.unit = o.unit;
  CANDOUR_TRY(r.owners, devices_of(o.owners, trust));
  if (o.action == "remove") {
    // Whoever is to go may be revoked or expired: only the form is checked.
    for (const std::string& text : o.members) {
      const auto device = DeviceId::from_hex(text);
      if (!device) {
        return error(ErrorCode::usage, "'" + text + "' is not a device id of 64 hex digits");
      }
      r.members.push_back(*device);
    }
  } else {
    CANDOUR_TRY(r.members, devices_of(o.members, trust));
  }
  return r;
}

/// The bot to seal to, proven to be in the log. The witnesses may need a moment for the newest
/// checkpoint: asked again for up to half a minute.
Result<identity::Certificate> proven_bot(RelaySession& session) {
  for (int attempt = 0;; ++attempt) {
    CANDOUR_TRY(auto trust, session.directory());
    CANDOUR_TRY(auto bot, trust->bot());
    const Status proven = trust->prove(bot->device(), session.connection());
    if (proven) return *bot;
    if (proven.error().code != ErrorCode::not_found || attempt == 60) return proven.error();
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
  }
}

Result<int> group(const Context& context, const Group& o) {
  CANDOUR_TRY(auto session, RelaySession::open(context, o.relay));
  CANDOUR_TRY(auto bot, proven_bot(*session));
  CANDOUR_TRY(auto trust, session->directory());
  CANDOUR_TRY(auto request, group_request(context, o, *trust));
  identity::SignedNote note{request.print(), {}};
  CANDOUR_TRY(add_signature(note, session->key()));
  CANDOUR_TRY(messages::GroupRequest::verify(note.print(), *trust->statement()));

  messages::ToBot mail;
  mail.type = messages::ToBotType::group_request;
  mail.body = SecretBytes::copy_of(as_bytes(note.print()));
  const auto mail_id = context.random.id<messages::MailId>();
  CANDOUR_TRY(auto sealed, mail.seal(bot.subject.sealing_key, mail_id, context.random));
  v1::ClientFrame frame;
  frame.mutable_bot_mail()->set_mail_id(client::wire_bytes(mail_id.view()));
  frame.mutable_bot_mail()->set_sealed(client::wire_bytes(sealed));
  CANDOUR_TRY(session->request(std::move(frame)));
  JsonLine line;
  line.text("group", request.group.hex()).text("request", request.request.hex());
  context.print(line, request.group.hex());
  return 0;
}

Run group_run(CLI::App& verb, Context& context, const std::string& action) {
  auto o = std::make_shared<Group>();
  o->action = action;
  add_relay_options(verb, o->relay);
  if (action == "create") {
    verb.add_option("--group", o->group, "Id of a group whose name the bot has lost");
    verb.add_option("--title", o->title, "Name of the group")->required();
    verb.add_option("--class", o->group_class, "Class of the group (default ordinary)");
    verb.add_option("--unit", o->unit, "Unit whose supervisors get its alerts")->required();
    verb.add_option("--owner", o->owners, "Device id of an owner, repeated")->required();
    verb.add_option("--member", o->members, "Device id of a member, repeated");
  } else {
    verb.add_option("--group", o->group, "Group id")->required();
  }
  if (action == "add" || action == "remove") {
    verb.add_option("--member", o->members, "Device id, repeated")->required();
  } else if (action == "rename") {
    verb.add_option("--title", o->title, "Name of the group")->required();
  } else if (action == "class") {
    verb.add_option("--class", o->group_class, "Class of the group")->required();
  } else if (action == "owners") {
    verb.add_option("--owner", o->owners, "Device id of an owner, repeated: all there shall be")
        ->required();
  }
  return [&context, o] { return group(context, *o); };
}

}  // namespace

void add_relay_verbs(CLI::App& program, Context& context) {
  add_verb(program, context, "publish", "Publish signed notes in the relay's directory",
           [&](CLI::App& verb) -> Run {
             auto o = std::make_shared<Publish>();
             add_relay_options(verb, o->relay);
             verb.add_option("FILE", o->files, "Signed notes")->required();
             return [&context, o] { return publish(context, *o); };
           });
  add_verb(program, context, "revoke", "Revoke a device's certificate", [&](CLI::App& verb) -> Run {
    auto o = std::make_shared<Revoke>();
    add_relay_options(verb, o->relay);
    verb.add_option("--device", o->device, "Device id")->required();
    verb.add_option("--reason", o->reason, "Why, in one line")->required();
    verb.add_option("--out", o->out, "Also write the revocation to this file");
    return [&context, o] { return revoke(context, *o); };
  });
  CLI::App& family = add_family(program, "group", "Groups, asked of the compliance bot");
  add_verb(family, context, "create", "Create a group",
           [&](CLI::App& verb) { return group_run(verb, context, "create"); });
  add_verb(family, context, "add", "Add members",
           [&](CLI::App& verb) { return group_run(verb, context, "add"); });
  add_verb(family, context, "remove", "Remove members",
           [&](CLI::App& verb) { return group_run(verb, context, "remove"); });
  add_verb(family, context, "rename", "Give a group another name",
           [&](CLI::App& verb) { return group_run(verb, context, "rename"); });
  add_verb(family, context, "class", "Give a group another class",
           [&](CLI::App& verb) { return group_run(verb, context, "class"); });
  add_verb(family, context, "owners", "Say who owns a group",
           [&](CLI::App& verb) { return group_run(verb, context, "owners"); });
  add_verb(family, context, "reform", "Have a group formed again, with the same members",
           [&](CLI::App& verb) { return group_run(verb, context, "reform"); });
}

}  // namespace candour::ctl
