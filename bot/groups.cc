#include "bot/groups.h"

#include <utility>

#include "base/assert.h"
#include "base/limits.h"

namespace candour::bot {
namespace {

constexpr std::uint8_t kPlanVersion = 1;
constexpr std::uint8_t kAboutVersion = 1;
constexpr std::size_t kMlsGroupIdSize = 16;

Bytes about_context(const GroupId& group) {
  Writer out;
  out.raw(as_bytes("candour roster about v1"));
  out.id(group);
  return out.take();
}

std::string owed_name(const GroupId& group) { return "roster owed " + group.hex(); }

std::string reform_name(const GroupId& group) { return "reform " + group.hex(); }
std::string leaves_name(const GroupId& group) { return "leaves " + group.hex(); }
std::string asked_name(const GroupId& group) { return "reform asked " + group.hex(); }
std::string asker_name(const GroupId& group) { return "reform asker " + group.hex(); }
std::string fresh_name(const GroupId& group) { return "fresh " + group.hex(); }

Fresh decode_fresh(ByteView bytes) {
  Reader in(bytes);
  Fresh fresh;
  fresh.since = in.number<TimeMs>();
  fresh.seq = in.number<Seq>();
  return in.finish() ? fresh : Fresh();  // not known: due before long
}

Error damaged(const GroupId& group, const Error& cause) {
  return error(ErrorCode::state_damaged,
               "group " + group.hex() + " in bot.db does not open: " + cause.message);
}

std::map<DeviceId, TimeMs> decode_leaves(ByteView bytes) {
  std::map<DeviceId, TimeMs> since;
  Reader in(bytes);
  while (in.ok() && !in.at_end()) {
    const DeviceId device = in.id<DeviceId>();
    since[device] = in.number<TimeMs>();
  }
  if (!in.ok()) since.clear();  // as if they were new now
  return since;
}

}  // namespace

SecretBytes encode_about(const messages::GroupInfo& info) {
  SecretWriter out;
  out.u8(kAboutVersion);
  out.vec(info.name);
  out.vec(info.group_class);
  out.vec(info.unit);
  return SecretBytes(out.take());
}

Result<messages::GroupInfo> decode_about(const GroupId& group, ByteView bytes) {
  Reader in(bytes);
  messages::GroupInfo info;
  info.group = group;
  const bool known = in.u8() == kAboutVersion;
  info.name = as_text(in.vec());
  info.group_class = as_text(in.vec());
  info.unit = as_text(in.vec());
  if (!known || !in.finish()) {
    return error(ErrorCode::state_damaged, "group " + group.hex() + " in bot.db is malformed");
  }
  return info;
}

Bytes seal_about(const messages::GroupInfo& info, Context& context) {
  return crypto::box_seal(context.keys.state, about_context(info.group), encode_about(info).view(),
                          context.random);
}

Result<messages::GroupInfo> open_about(const GroupId& group, ByteView sealed,
                                       const Context& context) {
  CANDOUR_TRY(const SecretBytes about,
              crypto::box_open(context.keys.state, about_context(group), sealed));
  return decode_about(group, about.view());
}

SecretBytes CommitPlan::encode() const {
  SecretWriter out;
  out.u8(kPlanVersion);
  out.id(message_id);
  out.number(epoch);
  out.vec(commit);
  out.vec(welcome);
  out.u16(static_cast<std::uint16_t>(joiners.size()));
  for (const Joiner& joiner : joiners) {
    out.id(joiner.device);
    out.id(joiner.key_package_ref);
  }
  out.u16(static_cast<std::uint16_t>(removed.size()));
  for (const DeviceId& device : removed) out.id(device);
  return SecretBytes(out.take());
}

Result<CommitPlan> CommitPlan::decode(ByteView bytes) {
  Reader in(bytes);
  CommitPlan plan;
  const bool known = in.u8() == kPlanVersion;
  plan.message_id = in.id<MessageId>();
  plan.epoch = in.number<Epoch>();
  plan.commit = to_bytes(in.vec());
  plan.welcome = to_bytes(in.vec());
  const std::size_t joiners = in.u16();
  for (std::size_t i = 0; i < joiners && in.ok(); ++i) {
    Joiner joiner;
    joiner.device = in.id<DeviceId>();
    joiner.key_package_ref = in.id<Digest>();
    plan.joiners.push_back(joiner);
  }
  const std::size_t removed = in.u16();
  for (std::size_t i = 0; i < removed && in.ok(); ++i) plan.removed.push_back(in.id<DeviceId>());
  if (!known || !in.finish()) {
    return error(ErrorCode::state_damaged, "a prepared commit in bot.db is malformed");
  }
  return plan;
}

DeviceId device_of(const mls::Member& member) {
  return DeviceId::from(member.identity).value_or(DeviceId());
}

Status Groups::load() {
  CANDOUR_TRY(auto rows, context_.store.groups());
  for (storage::BotGroup& row : rows) {
    CANDOUR_TRY(auto info, decode_about(row.group, row.about.view()));
    auto restored =
        mls::Group::restore(row.mls_state.view(), context_.keys.signing, mls::Policy::candour());
    if (!restored) return damaged(row.group, restored.error());
    mls::Group mls = std::move(restored).value();
    CANDOUR_TRY(auto ratchets, context_.store.ratchets(row.group));
    for (const storage::BotRatchet& ratchet : ratchets) {
      const Status applied =
          mls.apply_ratchet_state(mls::LeafIndex(ratchet.leaf), ratchet.blob.view());
      if (!applied && applied.error().code != ErrorCode::epoch_stale) {
        return damaged(row.group, applied.error());
      }
    }
    CANDOUR_TRY(const bool rekey, context_.store.withheld_reached(row.group, mls.epoch(),
                                                                  limits::kWithheldGenerationsMax));
    CANDOUR_TRY(const std::uint64_t owed, context_.store.number(owed_name(row.group)));
    Group group{std::move(info),
                std::move(mls),
                {},
                row.previous_record,
                {},
                {},
                owed != 0,
                rekey,
                false,
                false,
                TimeMs(),
                {},
                {},
                {}};
    group.chain = {row.group, row.seq, row.previous_token};
    CANDOUR_TRY(const Bytes fresh, context_.store.note(fresh_name(row.group)));
    group.fresh = decode_fresh(fresh);
    CANDOUR_TRY(const Bytes leaves, context_.store.note(leaves_name(row.group)));
    group.leaves_since = decode_leaves(leaves);
    CANDOUR_TRY(const std::uint64_t asked, context_.store.number(asked_name(row.group)));
    group.reform_asked = asked != 0;
    if (group.reform_asked) reforms_asked_.insert(row.group);
    CANDOUR_TRY(const Bytes reform, context_.store.note(reform_name(row.group)));
    if (!reform.empty()) {
      CANDOUR_TRY(auto note, ReformNote::parse(as_text(reform)));
      group.reform = Reforming{std::move(note), context_.clock.now(), {}};
    }
    groups_.emplace(row.group, std::move(group));
  }
  CANDOUR_TRY(auto wanted, context_.store.wanted());
  for (const storage::BotWanted& row : wanted) {
    Group* group = find(row.group);
    if (group == nullptr) continue;
    Wanted& one = group->wanted[row.device];
    one = {row.owner, row.missing_told, row.readd, TimeMs()};
    if (!row.readd) continue;
    CANDOUR_TRY(const std::uint64_t at, context_.store.number(readd_name(row.group, row.device)));
    one.readd_at = TimeMs(at);
  }
  CANDOUR_TRY(auto commits, context_.store.commits());
  for (storage::BotCommit& row : commits) {
    Group* group = find(row.group);
    if (group == nullptr) continue;
    CANDOUR_TRY(auto plan, CommitPlan::decode(row.plan.view()));
    group->commit = PendingCommit{std::move(plan), std::move(row.staged), row.judged, false};
  }
  return ok();
}

Status Groups::reload() {
  std::map<GroupId, Group> before = std::exchange(groups_, {});
  reforms_asked_.clear();
  CANDOUR_TRY(load());
  for (auto& [id, old] : before) {
    Group* group = find(id);
    if (group == nullptr) continue;  // its creation was taken back
    group->waiting = std::move(old.waiting);
    group->fetching = old.fetching;
    group->retry_at = old.retry_at;
    group->renewals = std::move(old.renewals);
    if (group->reform && old.reform) group->reform = std::move(old.reform);
    if (group->commit && old.commit &&
        group->commit->plan.message_id == old.commit->plan.message_id) {
      group->commit->submitted = old.commit->submitted;
    }
  }
  return ok();
}

Group* Groups::find(const GroupId& group) {
  auto found = groups_.find(group);
  return found == groups_.end() ? nullptr : &found->second;
}

Result<mls::Group> Groups::new_mls_group() const {
  Bytes mls_id(kMlsGroupIdSize);
  context_.random.fill(mls_id);
  const TimeMs now = context_.clock.now();
  const mls::Lifetime lifetime{TimeMs(now.value - limits::kClockSkewMs),
                               TimeMs(now.value + mls::kLeafLifetimeMaxMs / 2)};
  return mls::Group::create(mls_id, context_.keys.signing, context_.keys.device.view(), lifetime,
                            context_.random, {.policy = mls::Policy::candour()});
}

Status Groups::rename(Group& group, const std::string& name) {
  group.info.name = name;
  return context_.store.put_about(group.id(), encode_about(group.info).view());
}

Status Groups::classify(Group& group, const std::string& group_class) {
  group.info.group_class = group_class;
  CANDOUR_TRY(context_.store.put_about(group.id(), encode_about(group.info).view()));
  return owe_roster(group, true);
}

Status Groups::owe_roster(Group& group, bool owed) {
  group.roster_owed = owed;
  return context_.store.put_number(owed_name(group.id()), owed ? 1 : 0);
}

Result<Group*> Groups::create(messages::GroupInfo info) {
  CANDOUR_ASSERT(find(info.group) == nullptr);
  if (const auto lost = lost_.find(info.group); lost != lost_.end()) {
    return reform(std::move(info), lost->second);
  }
  CANDOUR_TRY(auto mls, new_mls_group());
  storage::BotGroup row;
  row.group = info.group;
  row.about = encode_about(info);
  row.mls_state = mls.save();
  CANDOUR_TRY(context_.store.add_group(row));
  return place(std::move(info), std::move(mls), row);
}

Result<Group*> Groups::reform(messages::GroupInfo info, const LostGroup& lost) {
  const GroupId id = info.group;
  CANDOUR_TRY(auto mls, new_mls_group());
  ReformNote note;
  note.organisation = context_.trust.statement()->id;
  note.group = id;
  note.reason = lost.reason;
  note.mls_group = lost.mls_group;
  note.new_mls_group = mls.group_id();
  note.epoch = lost.epoch;
  note.seq = lost.seq;
  note.token = lost.token;
  note.members = lost.members;
  storage::BotGroup row;
  row.group = id;
  row.about = encode_about(info);
  row.mls_state = mls.save();
  row.seq = lost.seq;
  row.previous_token = lost.token;
  if (const Group* before = find(id)) row.previous_record = before->previous_record;
  CANDOUR_TRY(context_.store.replace_group(row));
  CANDOUR_TRY(context_.store.put_note(reform_name(id), as_bytes(note.print())));
  groups_.erase(id);
  Group* group = place(std::move(info), std::move(mls), row);
  group->reform = Reforming{std::move(note), context_.clock.now(), {}};
  return group;
}

// A device that is not named in it is as old as this bot's memory of the group.
Status Groups::put_leaves(Group& group, const std::vector<DeviceId>& fresh) {
  const TimeMs now = context_.clock.now();
  std::map<DeviceId, TimeMs> since;
  for (const mls::Member& member : group.mls.members()) {
    if (member.leaf == group.mls.own_leaf()) continue;
    const DeviceId device = device_of(member);
    const auto before = group.leaves_since.find(device);
    const bool is_fresh = std::find(fresh.begin(), fresh.end(), device) != fresh.end();
    since[device] = is_fresh || before == group.leaves_since.end() ? now : before->second;
  }
  group.leaves_since = std::move(since);
  Writer out;
  for (const auto& [device, time] : group.leaves_since) {
    out.id(device);
    out.number(time);
  }
  return context_.store.put_note(leaves_name(group.id()), out.view());
}

Status Groups::ask_reform(Group& group, const std::optional<ReformAsker>& asker) {
  group.reform_asked = true;
  reforms_asked_.insert(group.id());
  Writer out;
  if (asker) {
    out.id(asker->request);
    out.id(asker->device);
  }
  CANDOUR_TRY(context_.store.put_note(asker_name(group.id()), out.view()));
  return context_.store.put_number(asked_name(group.id()), 1);
}

Status Groups::reform_answered(Group& group) {
  group.reform_asked = false;
  reforms_asked_.erase(group.id());
  CANDOUR_TRY(context_.store.put_note(asker_name(group.id()), {}));
  return context_.store.put_number(asked_name(group.id()), 0);
}

Result<std::optional<ReformAsker>> Groups::reform_asker(const GroupId& group) const {
  CANDOUR_TRY(const Bytes note, context_.store.note(asker_name(group)));
  if (note.empty()) return std::optional<ReformAsker>();
  Reader in(note);
  ReformAsker asker;
  asker.request = in.id<messages::RequestId>();
  asker.device = in.id<DeviceId>();
  if (!in.finish()) {
    return error(ErrorCode::state_damaged,
                 "who asked to form group " + group.hex() + " again is malformed in bot.db");
  }
  return std::optional<ReformAsker>(asker);
}

Group* Groups::place(messages::GroupInfo info, mls::Group mls, const storage::BotGroup& row) {
  Group group{std::move(info),
              std::move(mls),
              {},
              row.previous_record,
              {},
              {},
              false,
              false,
              false,
              false,
              TimeMs(),
              {},
              {},
              {}};
  group.chain = {row.group, row.seq, row.previous_token};
  return &groups_.emplace(row.group, std::move(group)).first->second;
}

Status Groups::keep_ratchet(const Group& group, mls::LeafIndex leaf, Epoch epoch) {
  storage::BotRatchet row;
  row.epoch = epoch;
  row.leaf = leaf.value;
  row.blob = group.mls.ratchet_state(leaf, epoch);
  if (row.blob.empty()) return ok();
  return context_.store.put_ratchet(group.id(), row);
}

Status Groups::put_fresh(Group& group) {
  group.fresh = {context_.clock.now(), group.chain.seq};
  Writer out;
  out.number(group.fresh.since);
  out.number(group.fresh.seq);
  return context_.store.put_note(fresh_name(group.id()), out.view());
}

Status Groups::merge(Group& group) {
  CANDOUR_ASSERT(group.commit.has_value());
  auto staged = mls::StagedCommit::restore(group.commit->staged.view());
  if (!staged) return damaged(group.id(), staged.error());
  if (Status merged = group.mls.merge(std::move(staged).value()); !merged) {
    return damaged(group.id(), merged.error());
  }
  group.commit.reset();
  group.rekey = false;
  group.unsettle();
  CANDOUR_TRY(put_fresh(group));
  if (group.reform) {
    group.reform.reset();
    lost_.erase(group.id());
    CANDOUR_TRY(context_.store.put_note(reform_name(group.id()), {}));
  }
  CANDOUR_TRY(context_.store.put_mls_state(group.id(), group.mls.save().view()));
  return context_.store.drop_commit(group.id());
}

}  // namespace candour::bot
