#include "identity/roster.h"

#include <algorithm>
#include <set>

#include "base/limits.h"
#include "identity/certificate.h"

namespace candour::identity {
namespace {

constexpr std::string_view kLabel = "candour roster v1";
constexpr std::size_t kMlsGroupSizeMax = 64;
constexpr std::size_t kClassSizeMax = 64;
constexpr std::size_t kAboutSizeMax = 2048;
constexpr std::uint8_t kVersion = 2;
/// The bot is counted, too.
constexpr std::size_t kMembersMax = limits::kGroupMembersMax + 1;

Error invalid(std::string message) {
  return error(ErrorCode::input_invalid, "roster: " + std::move(message));
}

Bytes encode(const Roster& roster) {
  Writer w;
  w.u8(kVersion);
  w.id(roster.group);
  w.vec(roster.mls_group);
  w.number(roster.epoch);
  w.vec(roster.group_class);
  w.u16(static_cast<std::uint16_t>(roster.members.size()));
  for (const RosterMember& member : roster.members) {
    w.id(member.device);
    w.u32(member.leaf);
    w.u8(member.owner ? 1 : 0);
  }
  w.vec(roster.about);
  return w.take();
}

Status check_members(const Roster& roster, const SigningPublicKey& bot) {
  std::set<DeviceId> devices;
  std::set<std::uint32_t> leaves;
  for (const RosterMember& member : roster.members) {
    if (!devices.insert(member.device).second) {
      return invalid("device " + member.device.hex() + " is listed twice");
    }
    if (!leaves.insert(member.leaf).second) {
      return invalid("leaf " + std::to_string(member.leaf) + " is listed twice");
    }
  }
  const bool bot_at_leaf_0 =
      std::any_of(roster.members.begin(), roster.members.end(), [&](const RosterMember& member) {
        return member.leaf == 0 && member.device == device_id(bot);
      });
  if (!bot_at_leaf_0) {
    return error(ErrorCode::bot_leaf_missing,
                 "roster: the bot that signed it is not its member at leaf 0");
  }
  return ok();
}

}  // namespace

Bytes Roster::sign(const crypto::SigningKey& bot) const {
  Bytes out = encode(*this);
  const Signature signature = bot.sign_labelled(kLabel, out);
  append(out, signature.view());
  return out;
}

bool Roster::names(ByteView bytes, const GroupId& group) {
  Reader in(bytes);
  const bool known = in.u8() == kVersion;
  const bool same_group = in.id<GroupId>() == group;
  return in.ok() && known && same_group;
}

Result<Roster> Roster::verify(ByteView bytes, const SigningPublicKey& bot) {
  if (bytes.size() < Signature::kSize) return invalid("it is shorter than a signature");
  const ByteView body = bytes.first(bytes.size() - Signature::kSize);
  const Signature signature = *Signature::from(bytes.last(Signature::kSize));
  if (!crypto::verify_labelled(bot, kLabel, body, signature)) {
    return error(ErrorCode::signature_invalid, "the roster is not signed by the bot");
  }
  Reader r(body);
  if (r.u8() != kVersion) return invalid("its version is not 2");
  Roster roster;
  roster.group = r.id<GroupId>();
  roster.mls_group = to_bytes(r.vec(kMlsGroupSizeMax));
  roster.epoch = r.number<Epoch>();
  roster.group_class = std::string(as_text(r.vec(kClassSizeMax)));
  const std::size_t count = r.u16();
  if (count > kMembersMax) return invalid("it has more members than a group may have");
  for (std::size_t i = 0; i < count && r.ok(); ++i) {
    RosterMember member;
    member.device = r.id<DeviceId>();
    member.leaf = r.u32();
    const std::uint8_t owner = r.u8();
    if (owner > 1) return invalid("an owner mark is neither 0 nor 1");
    member.owner = owner == 1;
    roster.members.push_back(member);
  }
  roster.about = to_bytes(r.vec(kAboutSizeMax));
  if (!r.finish()) return invalid("it is cut short or has bytes after its end");
  CANDOUR_TRY(check_members(roster, bot));
  return roster;
}

}  // namespace candour::identity
