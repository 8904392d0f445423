#include "mls/key_package.h"

#include <algorithm>

#include "base/limits.h"
#include "mls/framing.h"
#include "mls/key_package_bundle.h"
#include "mls/welcome.h"

namespace candour::mls {
namespace {

constexpr std::uint8_t kPrivatePartVersion = 1;

void write_key_package_fields(Writer& w, const KeyPackage& p) {
  w.u16(p.version);
  w.u16(p.cipher_suite);
  w.vec(p.init_key);
  p.leaf_node.write(w);
  write_list(w, p.extensions);
}

}  // namespace

void KeyPackage::write(Writer& w) const {
  write_key_package_fields(w, *this);
  w.vec(signature);
}

KeyPackage KeyPackage::read(Reader& r) {
  KeyPackage out;
  out.version = r.u16();
  out.cipher_suite = r.u16();
  out.init_key = read_bytes(r);
  out.leaf_node = LeafNode::read(r);
  out.extensions = read_list<Extension>(r);
  out.signature = read_bytes(r);
  return out;
}

Bytes KeyPackage::to_be_signed() const {
  Writer w;
  write_key_package_fields(w, *this);
  return w.take();
}

Digest KeyPackage::reference() const {
  return ref_hash("MLS 1.0 KeyPackage Reference", encode(*this));
}

Status check_key_package(const KeyPackage& package, const Suite& suite, const Checks& checks) {
  const LeafNode& leaf = package.leaf_node;
  if (package.version != kVersionMls10) return broken(Rule::version_unknown);
  if (package.cipher_suite != suite.id) return broken(Rule::suite_unsupported);
  if (package.init_key.size() != SealingPublicKey::kSize) return broken(Rule::public_key_invalid);
  if (!can_encrypt_to(package.init_key)) return broken(Rule::public_key_low_order);
  if (leaf.source != LeafNodeSource::key_package) return broken(Rule::leaf_source);
  CANDOUR_TRY(check_leaf(leaf, suite, {}, LeafIndex()));
  CANDOUR_TRY(check_lifetime(leaf, checks));
  CANDOUR_TRY(check_no_repeats(package.extensions));
  for (const Extension& e : package.extensions) {
    if (!leaf.capabilities->supports_extension(e.type)) {
      return broken(Rule::leaf_extension_unlisted);
    }
  }
  if (same(package.init_key, leaf.encryption_key)) return broken(Rule::key_package_keys_equal);
  if (!verify_with_label(leaf.signature_key, "KeyPackageTBS", package.to_be_signed(),
                         package.signature)) {
    return broken(Rule::key_package_signature);
  }
  return ok();
}

Result<VerifiedPackage> verify_key_package(KeyPackage&& package, const Suite& suite,
                                           const Checks& checks) {
  CANDOUR_TRY(check_key_package(package, suite, checks));
  return VerifiedPackage(
      std::make_shared<const Verified<KeyPackage>>(Verification::passed(std::move(package))));
}

Status check_key_package_again(const KeyPackage& package, const Suite& suite,
                               const Checks& checks) {
  if (package.cipher_suite != suite.id) return broken(Rule::suite_unsupported);
  return check_lifetime(package.leaf_node, checks);
}

VerifiedLeaf leaf_of(const Verified<KeyPackage>& package) {
  return Verification::passed(LeafPtr(std::make_shared<const LeafNode>(package->leaf_node)));
}

SecretBytes KeyPackagePrivate::save() const {
  SecretWriter w;
  w.u8(kPrivatePartVersion);
  w.raw(init_key.private_key().view());
  w.raw(leaf_key.private_key().view());
  return SecretBytes(w.take());
}

Result<KeyPackagePrivate> KeyPackagePrivate::restore(ByteView saved) {
  Reader r(saved);
  const std::uint8_t version = r.u8();
  const ByteView init = r.raw(32);
  const ByteView leaf = r.raw(32);
  if (!r.finish() || version != kPrivatePartVersion) {
    return error(ErrorCode::state_damaged, "the private part of a key package is malformed");
  }
  return KeyPackagePrivate{
      crypto::SealingKey::from_private(crypto::SealingPrivateKey::copy_of(init.first<32>())),
      crypto::SealingKey::from_private(crypto::SealingPrivateKey::copy_of(leaf.first<32>()))};
}

Result<KeyPackageBundle> make_key_package(const crypto::SigningKey& key, ByteView identity,
                                          Lifetime lifetime, Random& random, CipherSuite suite,
                                          bool last_resort) {
  const KeyPackagePrivate keys{crypto::SealingKey::generate(random),
                               crypto::SealingKey::generate(random)};
  KeyPackage package;
  package.cipher_suite = Suite::of(suite).id;
  package.init_key = to_bytes(keys.init_key.public_key().view());
  LeafNode& leaf = package.leaf_node;
  leaf = new_leaf(key, identity, lifetime, keys.leaf_key.public_key(), random);
  CANDOUR_TRY(check_lifetime_bounds(leaf, Checks{lifetime.not_before}));
  if (last_resort) {
    package.extensions.push_back({extension_type::last_resort, {}});
    Capabilities capabilities = *leaf.capabilities;
    capabilities.extensions.push_back(extension_type::last_resort);
    leaf.capabilities = std::move(capabilities);
  }
  leaf.sign(key, {}, LeafIndex());
  package.signature = sign_with_label(key, "KeyPackageTBS", package.to_be_signed());
  return KeyPackageBundle{wrap_message(WireFormat::key_package, encode(package)), keys.save(),
                          package.reference()};
}

VerifiedKeyPackage::VerifiedKeyPackage(std::shared_ptr<const Verified<KeyPackage>> package)
    : package_(std::move(package)) {}

Bytes VerifiedKeyPackage::identity() const {
  return to_bytes((*package_)->leaf_node.credential.identity);
}
SigningPublicKey VerifiedKeyPackage::signature_key() const {
  return *SigningPublicKey::from((*package_)->leaf_node.signature_key);
}
Lifetime VerifiedKeyPackage::lifetime() const {
  const LeafNode& leaf = (*package_)->leaf_node;
  return {TimeMs(leaf.not_before_s * 1000), TimeMs(leaf.not_after_s * 1000)};
}
CipherSuite VerifiedKeyPackage::suite() const { return CipherSuite((*package_)->cipher_suite); }
bool VerifiedKeyPackage::last_resort() const {
  const Extensions& extensions = (*package_)->extensions;
  return std::any_of(extensions.begin(), extensions.end(),
                     [](const Extension& e) { return e.type == extension_type::last_resort; });
}
Digest VerifiedKeyPackage::reference() const { return (*package_)->reference(); }

const VerifiedPackage& internal::package_of(const VerifiedKeyPackage& package) {
  return package.package_;
}

Result<VerifiedKeyPackage> verify_key_package(ByteView key_package, TimeMs now, CipherSuite suite) {
  CANDOUR_TRY(auto package, unwrap_key_package(key_package));
  CANDOUR_TRY(auto verified, verify_key_package(std::move(package), Suite::of(suite), Checks{now}));
  if ((*verified)->leaf_node.credential.type != CredentialType::basic) {
    return broken(Rule::credential_unsupported_by_member);
  }
  return VerifiedKeyPackage(std::move(verified));
}

}  // namespace candour::mls
