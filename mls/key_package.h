// KeyPackage (RFC 9420 section 10).
#pragma once

#include "mls/leaf_node.h"

namespace candour::mls {

struct KeyPackage {
  std::uint16_t version = kVersionMls10;
  std::uint16_t cipher_suite = kSuite3.id;
  Bytes init_key;
  LeafNode leaf_node;
  Extensions extensions;
  Bytes signature;

  void write(Writer& w) const;
  static KeyPackage read(Reader& r);
  bool operator==(const KeyPackage&) const = default;

  Bytes to_be_signed() const;
  /// KeyPackageRef (section 5.2).
  Digest reference() const;
};

/// Section 10.1 with the leaf checks of 7.3 that need no group.
Status check_key_package(const KeyPackage& package, const Suite& suite, const Checks& checks);

/// A key package whose checks passed; copies share it.
using VerifiedPackage = std::shared_ptr<const Verified<KeyPackage>>;
Result<VerifiedPackage> verify_key_package(KeyPackage&& package, const Suite& suite,
                                           const Checks& checks);
/// For a package that was verified before: what depends on the group and the time.
Status check_key_package_again(const KeyPackage& package, const Suite& suite, const Checks& checks);
/// The leaf that adding it puts into the tree.
VerifiedLeaf leaf_of(const Verified<KeyPackage>& package);
namespace internal {
const VerifiedPackage& package_of(const VerifiedKeyPackage& package);
}

/// The private half of a bundle.
struct KeyPackagePrivate {
  crypto::SealingKey init_key;
  crypto::SealingKey leaf_key;

  SecretBytes save() const;
  static Result<KeyPackagePrivate> restore(ByteView saved);
};

}  // namespace candour::mls
