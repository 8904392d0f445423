#include "bot/groups.h"

#include <utility>

#include "base/assert.h"
#include "base/limits.h"

namespace candour::bot {
namespace {

constexpr std::uint8_t kPlanVersion = 1;
constexpr std::uint8_t kAboutVersion = 1;
constexpr std::size_t kMlsGroupIdSize = 16;

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

Error damaged(const GroupId& group, const Error& cause) {
  return error(ErrorCode::state_damaged,
               "group " + group.hex() + " in bot.db does not open: " + cause.message);
}

}  // namespace

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
    auto restored = mls::Group::restore(row.mls_state.view(), context_.keys.signing);
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
    Group group{std::move(info), std::move(mls), {}, row.previous_record, {}, {}, rekey, false,
                false,           TimeMs(),       {}};
    group.chain = {row.group, row.seq, row.previous_token};
    groups_.emplace(row.group, std::move(group));
  }
  CANDOUR_TRY(auto wanted, context_.store.wanted());
  for (const storage::BotWanted& row : wanted) {
    if (Group* group = find(row.group))
      group->wanted[row.device] = {row.owner, row.missing_told, row.readd};
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
  CANDOUR_TRY(load());
  for (auto& [id, old] : before) {
    Group* group = find(id);
    if (group == nullptr) continue;  // its creation was taken back
    group->waiting = std::move(old.waiting);
    group->fetching = old.fetching;
    group->retry_at = old.retry_at;
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

Result<Group*> Groups::create(messages::GroupInfo info) {
  CANDOUR_ASSERT(find(info.group) == nullptr);
  Bytes mls_id(kMlsGroupIdSize);
  context_.random.fill(mls_id);
  const TimeMs now = context_.clock.now();
  const mls::Lifetime lifetime{TimeMs(now.value - limits::kClockSkewMs),
                               TimeMs(now.value + mls::kLeafLifetimeMaxMs / 2)};
  CANDOUR_TRY(auto mls, mls::Group::create(mls_id, context_.keys.signing,
                                           context_.keys.device.view(), lifetime, context_.random));
  storage::BotGroup row;
  row.group = info.group;
  row.about = encode_about(info);
  row.mls_state = mls.save();
  CANDOUR_TRY(context_.store.add_group(row));
  const GroupId id = info.group;
  Group group{std::move(info), std::move(mls), {}, {}, {}, {}, false, false, false, TimeMs(), {}};
  group.chain.group = id;
  return &groups_.emplace(id, std::move(group)).first->second;
}

Status Groups::keep_ratchet(const Group& group, mls::LeafIndex leaf, Epoch epoch) {
  storage::BotRatchet row;
  row.epoch = epoch;
  row.leaf = leaf.value;
  row.blob = group.mls.ratchet_state(leaf, epoch);
  if (row.blob.empty()) return ok();
  return context_.store.put_ratchet(group.id(), row);
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
  CANDOUR_TRY(context_.store.put_mls_state(group.id(), group.mls.save().view()));
  return context_.store.drop_commit(group.id());
}

}  // namespace candour::bot
