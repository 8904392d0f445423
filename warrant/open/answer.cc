#include "warrant/open/answer.h"

#include <algorithm>

#include "warrant/open/partial.h"

namespace candour::warrant {
namespace {

Approval approval_of(const Approved& approved, const Answerer& who, TimeMs now) {
  Approval approval;
  approval.organisation = approved.statement.id;
  approval.request = approved.request_digest;
  approval.custodian = who.key_name;
  approval.records = approved.request.records;
  approval.issued = now;
  return approval;
}

const RetentionKey* find_key(const RetentionKeys& keys, const tlog::RecordLabel& label) {
  const auto found =
      std::find_if(keys.keys().begin(), keys.keys().end(), [&](const RetentionKey& key) {
        return key.retention_class == label.retention_class && key.period == label.period;
      });
  return found == keys.keys().end() ? nullptr : &*found;
}

}  // namespace

Status check_share(const ShareHeader& share, const identity::Statement& statement,
                   const std::string& key_name) {
  const auto wrong = [](const std::string& why) {
    return error(ErrorCode::share_invalid, "the share " + why);
  };
  const identity::CustodianGroup* group = statement.custodian_group(share.group);
  if (group == nullptr) {
    return wrong("is of group '" + share.group + "', which version " +
                 std::to_string(statement.version) + " of the statement does not list");
  }
  if (!same(group->public_key, share.public_key.encoded())) {
    return wrong("is of another key than the one the statement lists for group '" + share.group +
                 "'");
  }
  if (share.index == 0 || share.index > group->members.size() ||
      share.index > share.verification_keys.size()) {
    return wrong("has a number that is not in its group");
  }
  const identity::CustodianMember& member = group->members[share.index - 1];
  if (member.key_name != key_name) {
    return wrong("is number " + std::to_string(share.index) + " of group '" + share.group +
                 "', which the statement gives to '" + member.key_name + "', not to '" + key_name +
                 "'");
  }
  if (!same(member.verification_key, share.verification_keys[share.index - 1].encoded())) {
    return wrong("is not the current one: the statement lists another verification key for it");
  }
  return ok();
}

Result<ApprovalFile> answer_as_custodian(const Approved& approved, const EscrowShare& share,
                                         const Answerer& who, TimeMs now, Random& random) {
  CANDOUR_TRY(check_share(share, approved.statement, who.key_name));
  CANDOUR_TRY(auto parts, decrypt_partially(share, approved.points, random));
  Approval approval = approval_of(approved, who, now);
  approval.group = share.group;
  approval.index = share.index;
  // Together with k - 1 others these parts open the records: they are wiped like plaintext.
  Bytes encoded = parts.encode();
  const SecretBytes plain = SecretBytes::copy_of(encoded);
  wipe(encoded.data(), encoded.size());
  wipe(parts.parts.data(), parts.parts.size() * sizeof(crypto::Point));
  return seal_approval(std::move(approval), approved.request.reply_key, plain.view(), who.key,
                       random);
}

Result<ApprovalFile> answer_as_keeper(const Approved& approved, const RetentionKeys& keys,
                                      const Answerer& who, TimeMs now, Random& random) {
  SecretWriter parts;
  for (std::size_t i = 0; i < approved.labels.size(); ++i) {
    const tlog::RecordLabel& label = approved.labels[i];
    const RetentionKey* key = find_key(keys, label);
    if (key == nullptr) {
      return error(ErrorCode::record_disposed,
                   "record " + std::to_string(i) + ": there is no retention key of class '" +
                       label.retention_class + "' and period " + label.period +
                       "; when it was erased, the record cannot be opened any more: ask without "
                       "such records");
    }
    parts.raw(retention_part(*key, label.record).view());
  }
  Approval approval = approval_of(approved, who, now);
  approval.group = std::string(kKeeperGroup);
  return seal_approval(std::move(approval), approved.request.reply_key, parts.view(), who.key,
                       random);
}

}  // namespace candour::warrant
