// The key schedule, group context, transcript hashes and pre-shared keys (RFC 9420 section 8).
#pragma once

#include <variant>

#include "mls/leaf_node.h"
#include "mls/suite.h"

namespace candour::mls {

/// Section 8.1.
struct GroupContext {
  std::uint16_t cipher_suite = kSuite3.id;
  Bytes group_id;
  Epoch epoch;
  Bytes tree_hash;
  Bytes confirmed_transcript_hash;
  Extensions extensions;

  void write(Writer& w) const;
  static GroupContext read(Reader& r);
};

/// The secrets of one epoch (section 8, table 4). encryption_secret goes straight into the secret
/// tree, epoch_secret and joiner_secret are not kept (section 9.2).
struct EpochSecrets {
  KdfSecret sender_data_secret;
  KdfSecret exporter_secret;
  KdfSecret external_secret;
  KdfSecret confirmation_key;
  KdfSecret membership_key;
  KdfSecret resumption_psk;
  KdfSecret epoch_authenticator;
  KdfSecret init_secret;

  EpochSecrets clone() const;
};

struct EpochKeys {
  EpochSecrets secrets;
  KdfSecret encryption_secret;
};

/// `context` is the encoded GroupContext of the epoch that begins.
KdfSecret joiner_secret(const KdfSecret& init_secret, const KdfSecret& commit_secret,
                        ByteView context);
KdfSecret welcome_secret(const KdfSecret& joiner, const KdfSecret& psk_secret);
KdfSecret epoch_secret(const KdfSecret& joiner, const KdfSecret& psk_secret, ByteView context);
EpochKeys epoch_keys(const KdfSecret& epoch_secret);
/// MLS-Exporter (section 8.5).
SecretBytes export_from(const KdfSecret& exporter_secret, std::string_view label, ByteView context,
                        std::size_t size);

/// Section 8.3: the key pair everybody can send an init secret to, and both ends of that.
crypto::SealingKey external_key(const KdfSecret& external_secret);
struct SentInitSecret {
  Bytes kem_output;
  KdfSecret init_secret;
};
Result<SentInitSecret> send_init_secret(const Suite& suite, ByteView external_pub, Random& random);
Result<KdfSecret> received_init_secret(const Suite& suite, const KdfSecret& external_secret,
                                       ByteView kem_output);

/// Section 8.2. `wire_format` to `signature` of the commit's AuthenticatedContent, encoded.
Digest confirmed_transcript_hash(ByteView interim_before, ByteView confirmed_input);
Digest interim_transcript_hash(ByteView confirmed, ByteView confirmation_tag);

/// Section 8.4.
enum class PskType : std::uint8_t { external = 1, resumption = 2 };
enum class ResumptionUsage : std::uint8_t { application = 1, reinit = 2, branch = 3 };

struct PreSharedKeyId {
  PskType type = PskType::external;
  Bytes psk_id;                                          // external
  ResumptionUsage usage = ResumptionUsage::application;  // resumption
  Bytes group_id;                                        // resumption
  Epoch epoch;                                           // resumption
  Bytes nonce;

  void write(Writer& w) const;
  static PreSharedKeyId read(Reader& r);
  bool operator==(const PreSharedKeyId&) const = default;
};

/// `psks` in the order of the ids. No ids give Nh zero bytes.
KdfSecret psk_secret(const std::vector<PreSharedKeyId>& ids, const std::vector<SecretBytes>& psks);

}  // namespace candour::mls
