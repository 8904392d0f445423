#include "transport/relay/fanout.h"

#include <algorithm>

#include "base/limits.h"

namespace candour::relay {

namespace {

/// Mail read from the store at a time; and how many frames may wait for the socket meanwhile.
constexpr std::size_t kPageSize = 1024 * 1024;
constexpr std::size_t kQueuedFramesMax = limits::kSessionQueueFramesMax / 4;
/// How many releases of a group wait for the next, and for how long the first of them does.
constexpr std::size_t kHeldMax = 16;
constexpr std::uint64_t kHeldMsMax = 4;
static_assert(kQueuedFramesMax > net::kDrainedAbove, "or nobody says when there is room again");

}  // namespace

void Fanout::load(const storage::RelaySnapshot& snapshot) {
  Model& model = context_.model;
  for (const auto& row : snapshot.groups) {
    Group& group = model.groups[row.group];
    group.row = row;
    group.released = row.seq;
    group.passed = row.passed;
  }
  for (const auto& row : snapshot.members) {
    if (Group* group = model.group(row.group)) group->cursors[row.device] = row.cursor;
    if (Device* device = model.device(row.device)) device->groups.insert(row.group);
  }
  for (const auto& [id, last] : snapshot.mail_counters) {
    if (Device* device = model.device(id)) device->mail_last = device->mail_durable = last;
  }
}

void Fanout::start(Session& session) {
  const Device* device = context_.model.device(session.device);
  if (device == nullptr) return;
  session.mail_sent = device->mail_acknowledged;
  read_mail(session);
  ++context_.model.audience_version;
  if (session.bot) return;  // it has seen every message when it judged it
  for (const auto& id : device->groups) {
    const Group& group = context_.model.groups.at(id);
    session.sent[id] = group.cursors.at(session.device);
    if (group.cursors.at(session.device) < group.passed) {
      resynchronise(session, group);
    } else {
      read_group(session, id);
    }
  }
}

bool Fanout::may_send_backlog(Session& session) {
  if (context_.outlet.queued(session.id) <= kQueuedFramesMax) return true;
  session.behind = true;
  return false;
}

void Fanout::drained(SessionId id) {
  Session* session = context_.model.session(id);
  if (session == nullptr || !session->behind) return;
  session->behind = false;
  std::vector<GroupId> groups;
  for (const auto& [group, sent] : session->sent) groups.push_back(group);
  for (const auto& group : groups) read_group(*session, group);
  if (!session->mail_live) read_mail(*session);
}

void Fanout::resynchronise(Session& session, const Group& group) {
  session.sent.erase(group.row.group);
  ++context_.model.audience_version;
  ++context_.model.counters.resynchronised;
  v1::ServerFrame frame;
  frame.mutable_resynchronise()->set_group(wire::to_field(group.row.group));
  frame.mutable_resynchronise()->set_oldest(group.passed.value + 1);
  context_.send(session.id, frame);
}

void Fanout::read_group(Session& session, const GroupId& group) {
  const Group& state = context_.model.groups.at(group);
  if (session.reading.count(group) != 0) return;
  for (;;) {
    const Seq sent = session.sent.at(group);
    if (sent < state.passed) return resynchronise(session, state);
    if (sent >= state.released || !may_send_backlog(session)) return;
    const auto page = backlog_.find(group, sent.next());
    if (!page) break;
    send_page(session, *page);
  }
  session.reading.insert(group);
  backlog_.read(group, session.sent.at(group).next(),
                [this, id = session.id, group](const Backlog::PagePtr& page) {
                  Session* to = context_.model.session(id);
                  if (to == nullptr) return;
                  to->reading.erase(group);
                  auto sent = to->sent.find(group);
                  // Gone from the group meanwhile, or the disk fails: nothing more goes out.
                  if (sent == to->sent.end() || !page) return;
                  const bool useful = page->holds(sent->second.next());
                  if (useful && may_send_backlog(*to)) send_page(*to, *page);
                  const bool gap = sent->second < context_.model.groups.at(group).passed;
                  if (useful || gap) read_group(*to, group);
                });
}

void Fanout::send_page(Session& session, const Backlog::Page& page) {
  Seq& sent = session.sent.at(page.group);
  while (page.holds(sent.next()) && may_send_backlog(session)) {
    sent = sent.next();
    context_.send(session.id, page.frame(sent));
    ++context_.model.counters.deliveries;
  }
}

net::SharedFrame Fanout::deliver_frame(const Context& context, const storage::MessageRow& message,
                                       std::string_view ciphertext) {
  v1::ServerFrame frame;
  auto& deliver = *frame.mutable_deliver();
  deliver.set_group(wire::to_field(message.group));
  deliver.set_seq(message.seq.value);
  deliver.set_epoch(message.epoch.value);
  deliver.set_kind(static_cast<v1::SubmissionKind>(message.kind));
  deliver.set_message_id(wire::to_field(message.message_id));
  deliver.set_sender(wire::to_field(message.sender));
  deliver.set_submission(message.submission.value);
  deliver.set_ciphertext(ciphertext.data(), ciphertext.size());
  deliver.set_token(wire::to_field(message.token));
  deliver.set_roster(wire::to_field(message.roster));
  return context.encode(frame);
}

void Fanout::released(const GroupId& id, Seq seq, const net::SharedFrame& frame) {
  Group& group = context_.model.groups.at(id);
  if (!frame) {
    send_held(group);
    group.released = seq;
    let_go(group);  // they hear of it at their next login
    for (const Listener& to : audience(group)) {
      if (*to.sent < seq) read_group(*to.session, id);
    }
    return;
  }
  // Decided, and not yet durable. What follows a commit that removes somebody is not for them.
  const bool more = group.row.seq > seq && group.leaving.empty();
  group.released = seq;
  group.held.push_back(frame);
  if (more && group.held.size() == 1) {
    group.held_since = context_.monotonic.now();
    holding_.insert(id);
  }
  const auto waited = [&] { return context_.monotonic.now().value - group.held_since.value; };
  if (more && group.held.size() < kHeldMax && waited() < kHeldMsMax) return;
  send_held(group);
}

void Fanout::tick() {
  const auto groups = std::move(holding_);
  holding_.clear();
  for (const auto& id : groups) send_held(context_.model.groups.at(id));
}

void Fanout::send_held(Group& group) {
  if (group.held.empty()) return;
  if (!holding_.empty()) holding_.erase(group.row.group);
  const auto frames = std::move(group.held);
  group.held.clear();
  const Seq first(group.released.value - frames.size() + 1);
  // Of the frames from each on.
  std::vector<std::uint64_t> bytes(frames.size() + 1);
  for (std::size_t i = frames.size(); i > 0; --i) bytes[i - 1] = bytes[i] + frames[i - 1]->size();
  Counters& counters = context_.model.counters;
  for (const Listener& to : audience(group)) {
    const Seq next = to.sent->next();
    if (next > group.released) continue;
    const bool live =
        to.session->reading.empty() || to.session->reading.count(group.row.group) == 0;
    if (next < first || !live || to.session->behind) {
      read_group(*to.session, group.row.group);
      continue;
    }
    const auto from = next.value - first.value;
    context_.outlet.send_together(to.session->id, std::span(frames).subspan(from));
    counters.bytes_out += bytes[from];
    counters.deliveries += frames.size() - from;
    *to.sent = group.released;
  }
  let_go(group);
}

void Fanout::let_go(Group& group) {
  const auto gone =
      std::stable_partition(group.leaving.begin(), group.leaving.end(),
                            [&](const auto& one) { return one.second > group.released; });
  for (auto one = gone; one != group.leaving.end(); ++one) {
    const Device* device = context_.model.device(one->first);
    if (device == nullptr || group.cursors.count(one->first) != 0) continue;  // back already
    if (Session* session = context_.model.session(device->session)) {
      session->sent.erase(group.row.group);
    }
    ++context_.model.audience_version;
  }
  group.leaving.erase(gone, group.leaving.end());
}

const std::vector<Listener>& Fanout::audience(Group& group) {
  Model& model = context_.model;
  if (group.audience_version == model.audience_version) return group.audience;
  group.audience.clear();
  const auto listen = [&](const DeviceId& member) {
    const Device* device = model.device(member);
    Session* session = device != nullptr ? model.session(device->session) : nullptr;
    if (session == nullptr) return;
    const auto sent = session->sent.find(group.row.group);
    if (sent != session->sent.end()) group.audience.push_back({session, &sent->second});
  };
  for (const auto& [member, cursor] : group.cursors) listen(member);
  for (const auto& [member, commit] : group.leaving) {
    if (group.cursors.count(member) == 0) listen(member);
  }
  group.audience_version = model.audience_version;
  return group.audience;
}

void Fanout::number_mail(std::vector<storage::MailRow>& mail) {
  for (auto& row : mail) row.number = ++context_.model.devices.at(row.device).mail_last;
}

void Fanout::mailed(const std::vector<storage::MailRow>& mail) {
  for (const auto& row : mail) {
    Device& device = context_.model.devices.at(row.device);
    device.mail_durable = std::max(device.mail_durable, row.number);
    Session* session = context_.model.session(device.session);
    if (session == nullptr || !session->mail_live) continue;
    if (session->mail_sent + 1 == row.number) {
      send_mail(*session, row);
    } else {
      session->mail_live = false;
      read_mail(*session);
    }
  }
}

void Fanout::send_mail(Session& session, const storage::MailRow& mail) {
  v1::ServerFrame frame;
  auto& item = *frame.mutable_mail();
  item.set_number(mail.number);
  item.set_kind(static_cast<v1::MailKind>(mail.kind));
  item.set_body(wire::to_field(mail.body));
  item.set_about(wire::to_field(mail.about));
  context_.send(session.id, frame);
  ++context_.model.counters.mail;
  session.mail_sent = mail.number;
}

void Fanout::read_mail(Session& session) {
  const Device& device = context_.model.devices.at(session.device);
  if (session.mail_sent >= device.mail_durable) {
    session.mail_live = true;
    return;
  }
  if (session.mail_reading || !may_send_backlog(session)) return;
  session.mail_reading = true;
  const auto upto = device.mail_durable;
  context_.store.read<std::vector<storage::MailRow>>(
      [id = session.device, after = session.mail_sent](const storage::RelayReader& reader) {
        return reader.mail(id, after, kPageSize);
      },
      [this, id = session.id, upto](Result<std::vector<storage::MailRow>> rows) {
        Session* to = context_.model.session(id);
        if (to == nullptr || !rows) return;
        to->mail_reading = false;
        for (const auto& row : rows.value()) {
          if (row.number <= to->mail_sent) continue;
          if (!may_send_backlog(*to)) return;
          send_mail(*to, row);
        }
        // What is missing up to `upto` was acknowledged in an earlier session.
        if (rows.value().empty()) to->mail_sent = std::max(to->mail_sent, upto);
        read_mail(*to);
      });
}

void Fanout::members_changed(Group& group, const storage::RosterChange& change) {
  Model& model = context_.model;
  send_held(group);  // to those who leave, too: it was released before
  ++model.audience_version;
  const Seq commit = group.row.seq;
  std::unordered_map<DeviceId, Seq> cursors;
  for (const auto& id : change.members) {
    auto old = group.cursors.find(id);
    cursors[id] = old != group.cursors.end() ? old->second : commit;
  }
  for (const auto& id : change.added_anew) {
    if (auto cursor = cursors.find(id); cursor != cursors.end()) cursor->second = commit;
  }
  for (const auto& [id, cursor] : cursors) {
    Device& device = model.devices.at(id);
    device.groups.insert(group.row.group);
    Session* session = model.session(device.session);
    if (session != nullptr && !session->bot && session->sent.count(group.row.group) == 0 &&
        cursor >= group.passed) {
      session->sent[group.row.group] = cursor;
    }
  }
  for (const auto& [id, cursor] : group.cursors) {
    if (cursors.count(id) != 0) continue;
    Device* device = model.device(id);
    if (device == nullptr) continue;
    device->groups.erase(group.row.group);
    moved_cursors_.erase({group.row.group, id});
    // The commit says to its device that it is removed, so it still goes there, where everything
    // before it did.
    Session* session = model.session(device->session);
    const auto sent = session == nullptr ? std::map<GroupId, Seq>::iterator{}
                                         : session->sent.find(group.row.group);
    if (session == nullptr || sent == session->sent.end()) continue;
    // A commit that begins an MLS group says nothing to a device of the one before.
    const bool live = change.epoch != Epoch(1) && !session->behind &&
                      session->reading.count(group.row.group) == 0 &&
                      sent->second == group.released;
    if (live && !device->revoked) {
      group.leaving.emplace_back(id, commit);
    } else {
      session->sent.erase(sent);
    }
  }
  group.cursors = std::move(cursors);
}

void Fanout::forget(const DeviceId& id) {
  Device& device = context_.model.devices.at(id);
  ++context_.model.audience_version;
  for (const auto& group : device.groups) {
    context_.model.groups.at(group).cursors.erase(id);
    moved_cursors_.erase({group, id});
  }
  device.groups.clear();
  if (Session* session = context_.model.session(device.session)) session->sent.clear();
}

Status Fanout::caught_up(Session& session, Group& group, Seq seq) {
  if (seq < group.passed) {
    // More has gone since it was told; acknowledgements get no answer, so it is told again.
    resynchronise(session, group);
    return ok();
  }
  if (seq > group.released) {
    return error(ErrorCode::input_invalid,
                 "message " + std::to_string(seq.value) + " was not delivered on this connection");
  }
  group.cursors[session.device] = seq;
  moved_cursors_.insert({group.row.group, session.device});
  session.sent[group.row.group] = seq;
  ++context_.model.audience_version;
  read_group(session, group.row.group);
  return ok();
}

Status Fanout::delivery_ack(Session& session, const v1::DeliveryAck& ack) {
  CANDOUR_TRY(auto id, wire::id_of<GroupId>(ack.group(), "group"));
  Group* group = context_.model.group(id);
  if (group == nullptr) return error(ErrorCode::group_unknown, "there is no group " + id.hex());
  auto cursor = group->cursors.find(session.device);
  if (cursor == group->cursors.end()) {
    return error(ErrorCode::not_a_member, "this device is not in group " + id.hex());
  }
  const auto sent = session.sent.find(id);
  if (sent == session.sent.end() && cursor->second < group->passed) {
    return caught_up(session, *group, Seq(ack.seq()));
  }
  if (sent == session.sent.end() || Seq(ack.seq()) > sent->second) {
    return error(ErrorCode::input_invalid,
                 "message " + std::to_string(ack.seq()) + " was not delivered on this connection");
  }
  ++context_.model.counters.acknowledgements;
  if (Seq(ack.seq()) <= cursor->second) return ok();
  cursor->second = Seq(ack.seq());
  moved_cursors_.insert({id, session.device});
  return ok();
}

Status Fanout::mail_ack(const Session& session, const v1::MailAck& ack) {
  if (ack.through() > session.mail_sent) {
    return error(ErrorCode::input_invalid,
                 "mail " + std::to_string(ack.through()) + " was not sent on this connection");
  }
  Device& device = context_.model.devices.at(session.device);
  if (ack.through() <= device.mail_acknowledged) return ok();
  device.mail_acknowledged = ack.through();
  moved_mail_[session.device] = ack.through();
  return ok();
}

void Fanout::bound_kept(const Group& group) {
  if (group.row.seq.value - group.passed.value > context_.bounds.messages_per_group) {
    too_many_kept_.insert(group.row.group);
  }
}

void Fanout::drop_kept(Group& group, storage::Acknowledged& out) {
  const std::uint64_t kept = context_.bounds.messages_per_group;
  if (group.released.value - group.passed.value <= kept) return;
  group.passed = Seq(group.released.value - kept);
  out.passed.push_back({group.row.group, group.passed});
  (void)context_.reached(Limit::messages_per_group, Error());
  for (const auto& [member, cursor] : group.cursors) {
    const Device* device = context_.model.device(member);
    Session* session = device != nullptr ? context_.model.session(device->session) : nullptr;
    if (session == nullptr) continue;
    const auto sent = session->sent.find(group.row.group);
    if (sent != session->sent.end() && sent->second < group.passed) resynchronise(*session, group);
  }
}

void Fanout::flush_acknowledged() {
  if ((moved_cursors_.empty() && moved_mail_.empty() && too_many_kept_.empty()) ||
      context_.model.storage_failed) {
    return;
  }
  storage::Acknowledged out;
  std::set<GroupId> groups;
  for (const auto& [id, device] : moved_cursors_) {
    out.cursors.push_back({id, device, context_.model.groups.at(id).cursors.at(device)});
    groups.insert(id);
  }
  for (const auto& id : groups) {
    Group& group = context_.model.groups.at(id);
    Seq lowest = group.released;
    for (const auto& [device, cursor] : group.cursors) {
      // One that has to resynchronise keeps nothing: what it missed is gone already.
      if (cursor < group.passed || context_.model.statement->lists_bot(device)) continue;
      lowest = std::min(lowest, cursor);
    }
    if (lowest <= group.passed) continue;
    group.passed = lowest;
    out.passed.push_back({id, lowest});
  }
  for (const auto& id : too_many_kept_) drop_kept(context_.model.groups.at(id), out);
  for (const auto& [device, through] : moved_mail_) out.mail.push_back({device, through});
  moved_cursors_.clear();
  moved_mail_.clear();
  too_many_kept_.clear();
  context_.store.acknowledge(std::move(out),
                             [this](Status status) { context_.durable(status, 0, 0); });
}

}  // namespace candour::relay
