// Leaf nodes and what they are made of (RFC 9420 sections 5.3, 7.2 and 7.3).
#pragma once

#include <memory>

#include "base/limits.h"
#include "mls/key_package_bundle.h"
#include "mls/leaf_cache.h"
#include "mls/short_bytes.h"
#include "mls/suite.h"
#include "mls/types.h"
#include "mls/verified.h"
#include "mls/wire.h"

namespace candour::mls {

inline constexpr std::uint16_t kVersionMls10 = 1;

enum class CredentialType : std::uint16_t { basic = 1, x509 = 2 };

struct Credential {
  CredentialType type = CredentialType::basic;
  /// Of a basic credential; of an X.509 one its chain, each certificate with its length in front.
  ShortBytes<32> identity;

  void write(Writer& w) const;
  /// Fails for a credential type it does not know: its extent is unknown then.
  static Credential read(Reader& r);
  bool operator==(const Credential&) const = default;
};

/// The types every client supports and none may list (section 7.2).
constexpr bool is_default_extension(std::uint16_t type) { return type >= 1 && type <= 5; }
constexpr bool is_default_proposal(std::uint16_t type) { return type >= 1 && type <= 7; }

const Extension* find_extension(const Extensions& extensions, std::uint16_t type);
/// extension_repeated when a type stands in the list twice (section 13.4).
Status check_no_repeats(const Extensions& extensions);

struct Capabilities {
  std::vector<std::uint16_t> versions;
  std::vector<std::uint16_t> cipher_suites;
  std::vector<std::uint16_t> extensions;
  std::vector<std::uint16_t> proposals;
  std::vector<std::uint16_t> credentials;

  void write(Writer& w) const;
  static Capabilities read(Reader& r);
  bool supports_extension(std::uint16_t type) const;
  bool supports_proposal(std::uint16_t type) const;
  bool supports_credential(std::uint16_t type) const;
  bool operator==(const Capabilities&) const = default;
};

/// Capabilities that equal leaves share: most members have the same, and a large tree of them would
/// mostly consist of copies. Never null.
class SharedCapabilities {
 public:
  SharedCapabilities() : shared_(empty()) {}
  SharedCapabilities(Capabilities&& value)
      : shared_(std::make_shared<const Capabilities>(std::move(value))) {}

  const Capabilities& operator*() const { return *shared_; }
  const Capabilities* operator->() const { return shared_.get(); }
  /// The same value for both, in one place, when they are equal.
  void share_with(const SharedCapabilities& other) {
    if (*this == other) shared_ = other.shared_;
  }
  bool operator==(const SharedCapabilities& other) const {
    return shared_ == other.shared_ || *shared_ == *other.shared_;
  }

 private:
  static const std::shared_ptr<const Capabilities>& empty();
  std::shared_ptr<const Capabilities> shared_;
};

/// What this implementation supports and puts into its own leaves.
Capabilities own_capabilities();

/// Section 11.1.
struct RequiredCapabilities {
  std::vector<std::uint16_t> extensions;
  std::vector<std::uint16_t> proposals;
  std::vector<std::uint16_t> credentials;

  void write(Writer& w) const;
  static RequiredCapabilities read(Reader& r);
  bool met_by(const Capabilities& capabilities) const;
};

/// Section 12.1.8.1.
struct ExternalSender {
  Bytes signature_key;
  Credential credential;

  void write(Writer& w) const;
  static ExternalSender read(Reader& r);
};

/// What required_capabilities and external_senders of a GroupContext say; nothing when they are not
/// there.
struct GroupExtensions {
  RequiredCapabilities required;
  std::vector<ExternalSender> external_senders;
};
/// Section 13.4: no type twice, and those known here well-formed.
Result<GroupExtensions> read_group_extensions(const Extensions& extensions);

enum class LeafNodeSource : std::uint8_t { key_package = 1, update = 2, commit = 3 };

struct LeafNode {
  ShortBytes<32> encryption_key;
  ShortBytes<32> signature_key;
  Credential credential;
  SharedCapabilities capabilities;
  LeafNodeSource source = LeafNodeSource::key_package;
  std::uint64_t not_before_s = 0;  // source key_package
  std::uint64_t not_after_s = 0;   // source key_package
  ShortBytes<32> parent_hash;      // source commit
  Extensions extensions;
  ShortBytes<64> signature;

  void write(Writer& w) const;
  static LeafNode read(Reader& r);
  bool operator==(const LeafNode&) const = default;

  /// Signs, or checks the signature. Group and leaf count only for leaves made inside a group.
  void sign(const crypto::SigningKey& key, ByteView group_id, LeafIndex leaf);
  bool signature_fits(ByteView group_id, LeafIndex leaf) const;
  /// The same for the same leaf at the same place with the same signature only.
  Digest digest(ByteView group_id, LeafIndex leaf) const;

 private:
  void write_fields(Writer& w) const;
  Bytes to_be_signed(ByteView group_id, LeafIndex leaf) const;
};

/// A leaf with a basic credential and our capabilities, source key_package, not signed yet. Its
/// capabilities have a GREASE value in each list (section 13.5).
LeafNode new_leaf(const crypto::SigningKey& key, ByteView identity, Lifetime lifetime,
                  const SealingPublicKey& encryption_key, Random& random);
/// One of the values reserved for finding clients that trip over the unknown.
std::uint16_t grease_value(Random& random);

using LeafPtr = std::shared_ptr<const LeafNode>;
/// A leaf that passed check_leaf, or one that this device made: no other enters a tree.
using VerifiedLeaf = Verified<LeafPtr>;

/// What a check depends on that is not in the message.
struct Checks {
  TimeMs now;
  /// Official test vectors have lifetimes without bound; nothing else turns this off.
  bool lifetimes = true;
  std::uint64_t lifetime_max_ms = kLeafLifetimeMaxMs;
  std::uint64_t clock_skew_ms = limits::kClockSkewMs;
  /// A lifetime that is over by `now` will do (Policy::ended_key_packages).
  bool ended = false;
};

/// The checks of section 7.3 that need no other member: signature, version, suite, credential and
/// extensions covered by the leaf's own capabilities, key lengths. Not the source, not lifetimes.
/// A signature the cache knows is not verified again.
Status check_leaf(const LeafNode& leaf, const Suite& suite, ByteView group_id, LeafIndex index,
                  LeafCache* cache = nullptr);
Result<VerifiedLeaf> verify_leaf(LeafNode&& leaf, const Suite& suite, ByteView group_id,
                                 LeafIndex index);
/// A leaf of this device's own.
VerifiedLeaf sign_leaf(LeafNode&& leaf, const crypto::SigningKey& key, ByteView group_id,
                       LeafIndex index);
/// Sections 7.2 and 7.3: bounded, and `checks.now` within it give or take limits::kClockSkewMs.
Status check_lifetime(const LeafNode& leaf, const Checks& checks);
/// As check_lifetime but without the present: leaves that live in a tree for long outlast it.
Status check_lifetime_bounds(const LeafNode& leaf, const Checks& checks);

}  // namespace candour::mls
