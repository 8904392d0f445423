#include "client/messages/group_info.h"

#include "base/limits.h"
#include "client/messages/utf8.h"

namespace candour::messages {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::string_view kInfo = "candour group info v1";

}  // namespace

Result<Bytes> GroupInfo::seal(const SealingPublicKey& to, const crypto::SigningKey& bot,
                              Random& random) const {
  SecretWriter out;
  out.u8(kVersion);
  out.id(group);
  out.vec(name);
  out.vec(group_class);
  out.vec(unit);
  out.id(bot.sign_labelled(kInfo, out.view()));
  return crypto::sealed_box(to, as_bytes(kInfo), group.view(), out.view(), random);
}

Result<GroupInfo> GroupInfo::open(ByteView sealed, const crypto::SealingKey& mine,
                                  const GroupId& group, const SigningPublicKey& bot) {
  CANDOUR_TRY(auto plaintext, crypto::open_sealed_box(mine, as_bytes(kInfo), group.view(), sealed));
  Reader in(plaintext.view());
  const bool version_known = in.u8() == kVersion;
  GroupInfo info;
  info.group = in.id<GroupId>();
  info.name = as_text(in.vec(limits::kGroupNameSizeMax));
  info.group_class = as_text(in.vec(limits::kGroupNameSizeMax));
  info.unit = as_text(in.vec(limits::kGroupNameSizeMax));
  const ByteView signed_part = plaintext.view().first(plaintext.size() - in.left());
  const Signature signature = in.id<Signature>();
  if (!version_known || !in.finish() || info.group != group || !is_utf8(info.name)) {
    return error(ErrorCode::input_invalid, "the group info for group " + group.hex() +
                                               " is malformed or about another group");
  }
  if (!crypto::verify_labelled(bot, kInfo, signed_part, signature)) {
    return error(ErrorCode::signature_invalid,
                 "the group info for group " + group.hex() + " is not signed by its bot");
  }
  return info;
}

}  // namespace candour::messages
