// Welcome, GroupInfo and GroupSecrets (RFC 9420 section 12.4.3).
#pragma once

#include "mls/key_package.h"
#include "mls/key_schedule.h"
#include "mls/ratchet_tree.h"

namespace candour::mls {

struct GroupInfo {
  GroupContext group_context;
  Extensions extensions;
  Bytes confirmation_tag;
  LeafIndex signer;
  Bytes signature;

  void write(Writer& w) const;
  static GroupInfo read(Reader& r);
  Bytes to_be_signed() const;
};

struct GroupSecrets {
  SecretBytes joiner_secret;
  std::optional<SecretBytes> path_secret;
  std::vector<PreSharedKeyId> psks;

  SecretBytes encoded() const;
  static GroupSecrets read(Reader& r);
};

struct EncryptedGroupSecrets {
  Bytes new_member;  // KeyPackageRef
  HpkeCiphertext encrypted_group_secrets;

  void write(Writer& w) const;
  static EncryptedGroupSecrets read(Reader& r);
};

struct Welcome {
  std::uint16_t cipher_suite = kSuite3.id;
  std::vector<EncryptedGroupSecrets> secrets;
  Bytes encrypted_group_info;

  void write(Writer& w) const;
  static Welcome read(Reader& r);
};

/// AEAD under the welcome key and nonce (section 12.4.3.1).
Bytes seal_group_info(const Suite& suite, const KdfSecret& welcome, const GroupInfo& info);
Result<GroupInfo> open_group_info(const Suite& suite, const KdfSecret& welcome, ByteView sealed);
/// Finds and decrypts the entry for the key package with this reference.
Result<GroupSecrets> open_group_secrets(const Suite& suite, const Welcome& welcome,
                                        ByteView reference, const crypto::SealingKey& init_key);

}  // namespace candour::mls
