#include "bot/reform.h"

#include <set>

#include "base/log.h"
#include "identity/roster.h"

namespace candour::bot {
namespace {

constexpr std::string_view kStateLost = "bot-state-lost";
constexpr std::string_view kStateOld = "bot-state-old";
constexpr std::string_view kRelayLost = "relay-lost";
constexpr std::string_view kAskedFor = "asked-for";

}  // namespace

Result<std::vector<Reform::Due>> Reform::compare(client::Connection& connection,
                                                 const std::set<GroupId>& asked, bool all) const {
  std::vector<Due> due;
  std::set<GroupId> known;
  std::string after;
  do {
    v1::ClientFrame frame;
    frame.mutable_get_rosters()->set_after(after);
    const auto answered = connection.request(std::move(frame));
    if (!answered && (answered.error().code == ErrorCode::frame_malformed ||
                      answered.error().code == ErrorCode::not_permitted)) {
      log::warning("groups_not_compared", {{"why", log::LogSafe(answered.error().message)}});
      return std::vector<Due>();
    }
    CANDOUR_TRY(const v1::ServerFrame& answer, answered);
    if (!answer.has_rosters()) {
      return error(ErrorCode::frame_malformed, "the relay did not answer with its rosters");
    }
    for (const v1::GroupState& head : answer.rosters().groups()) {
      const auto id = GroupId::from(as_bytes(head.group()));
      if (!id) return error(ErrorCode::frame_malformed, "the relay names a group by no id");
      known.insert(*id);
      const bool wish = asked.contains(*id);
      if (!all && !wish) continue;
      if (auto one = of_relay(head, answer.rosters(), wish, all)) due.push_back(std::move(*one));
    }
    const std::string& next = answer.rosters().next();
    if (!next.empty() && next <= after) {
      return error(ErrorCode::frame_malformed, "the relay's rosters do not come to an end");
    }
    after = next;
  } while (!after.empty());
  if (!all) return due;
  for (const auto& [id, group] : groups_.all()) {
    // Nothing of a group in its first epoch was released, so that the relay need not know it.
    if (!known.contains(id) && group.mls.epoch() != Epoch(0)) due.push_back(of_own(group));
  }
  return due;
}

std::optional<identity::Roster> Reform::roster_of(const GroupId& group,
                                                  const v1::Rosters& rosters) const {
  std::vector<SigningPublicKey> bots{context_.keys.signing.public_key()};
  for (const identity::Certificate* certificate : context_.trust.certificates()) {
    if (certificate->subject.role == "bot") bots.push_back(certificate->subject.signing_key);
  }
  // A relay may show old ones, with members who have left since: the newest epoch counts.
  std::optional<identity::Roster> newest;
  for (const std::string& bytes : rosters.rosters()) {
    if (!identity::Roster::names(as_bytes(bytes), group)) continue;  // before what costs more
    for (const SigningPublicKey& bot : bots) {
      auto roster = identity::Roster::verify(as_bytes(bytes), bot);
      if (!roster || roster.value().group != group) continue;
      if (newest && newest->epoch >= roster.value().epoch) continue;
      newest = std::move(roster).value();
    }
  }
  return newest;
}

std::optional<Reform::Due> Reform::of_relay(const v1::GroupState& head, const v1::Rosters& rosters,
                                            bool asked, bool all) const {
  const GroupId id = GroupId::from(as_bytes(head.group())).value_or(GroupId());
  const Digest token = Digest::from(as_bytes(head.token_hash())).value_or(Digest());
  if (head.seq() == 0) return std::nullopt;  // nothing was released in it yet
  std::string_view reason = kStateLost;
  const auto own = groups_.all().find(id);
  const bool has_own = own != groups_.all().end();
  if (has_own) {
    const identity::TokenChain& chain = own->second.chain;
    const bool fork = chain.seq == Seq(head.seq()) && chain.previous != token;
    const bool behind = chain.seq < Seq(head.seq()) || fork;
    if (!behind) return asked ? of_asked(head, own->second) : std::nullopt;
    // A healthy memory does not grow old within a session; of a stopped group it may be old.
    if (head.stopped() ? !asked : !all) {
      log::error("group_is_stopped",
                 {{"group", id},
                  {"hint", log::LogSafe("the relay has more of the group than this bot; find out "
                                        "why, then have it formed again (group reform)")}});
      return std::nullopt;
    }
    reason = kStateOld;
  }
  Due due;
  due.group = id;
  due.lost.reason = reason;
  due.lost.seq = Seq(head.seq());
  due.lost.token = token;
  auto roster = roster_of(id, rosters);
  if (!roster) {
    log::error("group_without_roster",
               {{"group", id},
                {"hint", log::LogSafe("the relay has no roster signed by a bot; the registrars "
                                      "have to create the group under a new id")}});
    return std::nullopt;
  }
  const bool older = has_own && same(roster->mls_group, own->second.mls.group_id()) &&
                     roster->epoch < own->second.mls.epoch();
  if (older) {
    log::error("roster_is_old",
               {{"group", id},
                {"hint", log::LogSafe("the relay shows a roster older than what this bot holds: "
                                      "members who left would be back; the group is not formed "
                                      "again from it")}});
    return std::nullopt;
  }
  due.lost.mls_group = roster->mls_group;
  due.lost.epoch = roster->epoch;
  for (const identity::RosterMember& member : roster->members) {
    if (member.leaf != 0) due.lost.members.push_back({member.device, member.owner});
  }
  if (has_own) {
    due.info = own->second.info;
  } else if (head.stopped()) {
    log::error("group_is_stopped", {{"group", id}});  // a registrar's word is needed: group create
  } else if (auto info = open_about(id, roster->about, context_)) {
    due.info = std::move(info).value();
  }
  return due;
}

// This bot's memory is the newest there is, so that who was removed stays out. The relay says only
// which of the last releases it has, and nothing that was acknowledged is ever signed anew.
std::optional<Reform::Due> Reform::of_asked(const v1::GroupState& head, const Group& group) const {
  const Seq seq(head.seq());
  const Digest token = Digest::from(as_bytes(head.token_hash())).value_or(Digest());
  const bool own_head = group.chain.seq == seq && group.chain.previous == token;
  if (!own_head && !outbox_.promises_after(group.id(), seq, token)) {
    log::error("relay_head_is_not_ours",
               {{"group", group.id()}, {"relay_seq", seq}, {"seq", group.chain.seq}});
    return std::nullopt;
  }
  Due due = of_own(group);
  due.lost.reason = kAskedFor;
  due.lost.seq = seq;
  due.lost.token = token;
  return due;
}

// What this bot holds is the newest there is, as when the relay is a new one.
Reform::Due Reform::of_own(const Group& group) const {
  Due due;
  due.group = group.id();
  due.info = group.info;
  due.lost.reason = kRelayLost;
  due.lost.mls_group = group.mls.group_id();
  due.lost.epoch = group.mls.epoch();
  due.lost.seq = group.chain.seq;
  due.lost.token = group.chain.previous;
  due.wanted = group.wanted;
  for (const mls::Member& member : group.mls.members()) {
    if (member.leaf == group.mls.own_leaf()) continue;
    const DeviceId device = device_of(member);
    const auto wanted = group.wanted.find(device);
    if (wanted != group.wanted.end()) {
      due.lost.members.push_back({device, wanted->second.owner});
    }
  }
  return due;
}

Status Reform::form(Due due) {
  if (groups_.find(due.group) == nullptr) {
    CANDOUR_TRY(context_.store.put_number(kRequestsSince, context_.clock.now().value));
  }
  if (!due.info) {
    log::error(
        "group_lost",
        {{"group", due.group},
         {"members", std::uint64_t{due.lost.members.size()}},
         {"hint",
          log::LogSafe("only another bot knew its name, or it is stopped; a registrar has to run "
                       "candourctl group create with this group's id")}});
    groups_.lost()[due.group] = std::move(due.lost);
    return ok();
  }
  CANDOUR_TRY(outbox_.withdraw(due.group, due.lost.seq));
  CANDOUR_TRY(Group * group, groups_.reform(std::move(*due.info), due.lost));
  if (due.wanted.empty()) {
    for (const ReformMember& member : due.lost.members) {
      due.wanted[member.device].owner = member.owner;
    }
  }
  for (const auto& [device, wanted] : due.wanted) {
    if (context_.trust.revoked(device)) continue;
    CANDOUR_TRY(context_.store.put_wanted({due.group, device, wanted.owner, false, false}));
    group->wanted[device] = {.owner = wanted.owner};
  }
  log::warning("group_formed_again", {{"group", due.group},
                                      {"reason", log::LogSafe(due.lost.reason)},
                                      {"seq", due.lost.seq},
                                      {"members", std::uint64_t{due.lost.members.size()}}});
  return record(*group);
}

Status Reform::record(Group& group) {
  warrant::Record record;
  record.kind = tlog::LeafKind::group_change;
  record.sender = context_.keys.device;
  record.sender_time = context_.clock.now();
  record.evidence = SecretBytes::copy_of(as_bytes(group.reform->note.print()));
  CANDOUR_TRY(Logged logged, scribe_.log(std::move(record), group, Digest(), Digest()));
  v1::AppendRecord append;
  *append.mutable_log() = std::move(logged.entry);
  return outbox_.put(append);
}

}  // namespace candour::bot
