// Fresh keys of members. Every commit here is the bot's, so a member's leaf, and what a copy of its
// device's state can read, stays as it was when it was added. So each device is asked, once its
// leaf is old, for a key package made now, and is removed and added with that in one commit: to the
// others a change of keys, to itself a welcome into the epoch that begins. The path of the commit
// is not sealed to the old leaf, nor the welcome to anything that existed before the bot asked.
//
// Asked is where something was said since the last commit, a few devices at a time, again after a
// day; who does not answer stays as it is.
#include <algorithm>

#include "base/limits.h"
#include "base/log.h"
#include "bot/steward.h"
#include "client/messages/to_bot.h"

namespace candour::bot {
namespace {

constexpr std::uint64_t kAskAgainMs = 24ull * 60 * 60 * 1000;
constexpr std::uint64_t kLookEveryMs = 60'000;
constexpr std::size_t kAskedAtOnce = 64;

/// Between three quarters and all of it, always the same for one device.
std::uint64_t spread(std::uint64_t period, const DeviceId& device) {
  const std::uint64_t place = device.view()[0] << 8 | device.view()[1];
  return period - period / 4 * place / 0xFFFF;
}

}  // namespace

bool Steward::renewal_due(const Group& group, const DeviceId& device) const {
  const std::uint64_t period = context_.rotation.members_ms;
  if (period == 0 || group.reform) return false;
  const auto since = group.leaves_since.find(device);
  const auto wanted = group.wanted.find(device);
  return since != group.leaves_since.end() && wanted != group.wanted.end() &&
         !wanted->second.readd &&
         context_.clock.now().value >= since->second.value + spread(period, device);
}

Status Steward::ask_renewals() {
  if (context_.rotation.members_ms == 0) return ok();
  const TimeMs now = context_.clock.now();
  if (now < renewals_at_) return ok();
  renewals_at_ = TimeMs(now.value + std::min(context_.rotation.members_ms / 10, kLookEveryMs));
  std::size_t asked = 0;
  for (auto& [id, group] : groups_.all()) {
    if (group.chain.seq == group.fresh.seq) continue;
    for (const auto& [device, since] : group.leaves_since) {
      if (!renewal_due(group, device)) continue;
      TimeMs& again = renewals_asked_[{id, device}];
      if (again > now) continue;
      again = TimeMs(now.value + std::min(context_.rotation.members_ms, kAskAgainMs));
      messages::Answer answer;
      answer.type = messages::AnswerType::renew;
      answer.about = *messages::Answer::About::from(id.view());
      CANDOUR_TRY(answers_.send(device, std::move(answer)));
      if (++asked == kAskedAtOnce) return ok();
    }
  }
  return ok();
}

Status Steward::key_renewal(ByteView bytes) {
  CANDOUR_TRY(const auto unchecked, messages::KeyRenewal::decode(bytes));
  CANDOUR_TRY(const identity::Certificate* by, context_.trust.device(unchecked.device));
  CANDOUR_TRY(auto renewal, messages::KeyRenewal::verify(bytes, by->subject.signing_key));
  Group* group = groups_.find(renewal.group);
  if (group == nullptr || !group->wanted.contains(renewal.device) ||
      !change_for(*group).present.contains(renewal.device)) {
    return error(ErrorCode::not_a_member, "the device that renews its keys is not in the group");
  }
  if (!renewal_due(*group, renewal.device)) {
    return error(ErrorCode::not_permitted, "the device's keys in the group are not old");
  }
  const TimeMs since = group->leaves_since.at(renewal.device);
  if (renewal.time <= since ||
      renewal.time.value > context_.clock.now().value + limits::kClockSkewMs) {
    return error(ErrorCode::input_invalid, "the key renewal is old, or of the future");
  }
  if (!usable_key_package(renewal.device, renewal.key_package)) {
    return error(ErrorCode::input_invalid, "the key package of the renewal is not good");
  }
  group->renewals[renewal.device] = std::move(renewal.key_package);
  group->retry_at = TimeMs();
  return ok();
}

Status Steward::prepare_renewals(Group& group) {
  std::vector<mls::VerifiedKeyPackage> adds;
  std::vector<Joiner> joiners;
  const std::size_t adds_max = adds_per_commit_max(group.mls.members().size());
  while (!group.renewals.empty() && adds.size() < adds_max) {
    const auto node = group.renewals.extract(group.renewals.begin());
    const DeviceId& device = node.key();
    if (!renewal_due(group, device) || !can_join(device)) continue;
    const auto package = usable_key_package(device, node.mapped());
    if (!package) continue;
    adds.push_back(*package);
    joiners.push_back({device, package->reference()});
  }
  if (adds.empty()) return ok();
  log::info("keys_renewed", {{"group", group.id()}, {"devices", std::uint64_t{adds.size()}}});
  return prepare(group, adds, joiners);
}

}  // namespace candour::bot
