#include "mls/leaf_node.h"

#include <algorithm>

#include "mls/suite.h"

namespace candour::mls {
namespace {

bool contains(const std::vector<std::uint16_t>& list, std::uint16_t value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

/// The chain is kept as it came; only that it is a list of certificates is checked.
bool is_certificate_list(ByteView encoded) {
  Reader r(encoded);
  while (r.ok() && !r.at_end()) r.vec();
  return r.ok();
}

}  // namespace

void Credential::write(Writer& w) const {
  w.u16(static_cast<std::uint16_t>(type));
  w.vec(identity);
}

Credential Credential::read(Reader& r) {
  Credential out;
  out.type = CredentialType(r.u16());
  if (out.type != CredentialType::basic && out.type != CredentialType::x509) r.fail();
  out.identity = r.vec();
  if (out.type == CredentialType::x509 && !is_certificate_list(out.identity)) r.fail();
  return out;
}

const std::shared_ptr<const Capabilities>& SharedCapabilities::empty() {
  static const auto none = std::make_shared<const Capabilities>();
  return none;
}

void Extension::write(Writer& w) const {
  w.u16(type);
  w.vec(data);
}

Extension Extension::read(Reader& r) {
  Extension out;
  out.type = r.u16();
  out.data = read_bytes(r);
  return out;
}

const Extension* find_extension(const Extensions& extensions, std::uint16_t type) {
  for (const Extension& e : extensions) {
    if (e.type == type) return &e;
  }
  return nullptr;
}

Status check_no_repeats(const Extensions& extensions) {
  std::vector<std::uint16_t> types;
  for (const Extension& e : extensions) types.push_back(e.type);
  std::sort(types.begin(), types.end());
  if (std::adjacent_find(types.begin(), types.end()) != types.end()) {
    return broken(Rule::extension_repeated);
  }
  return ok();
}

void Capabilities::write(Writer& w) const {
  write_u16_list(w, versions);
  write_u16_list(w, cipher_suites);
  write_u16_list(w, extensions);
  write_u16_list(w, proposals);
  write_u16_list(w, credentials);
}

Capabilities Capabilities::read(Reader& r) {
  Capabilities out;
  out.versions = read_u16_list(r);
  out.cipher_suites = read_u16_list(r);
  out.extensions = read_u16_list(r);
  out.proposals = read_u16_list(r);
  out.credentials = read_u16_list(r);
  return out;
}

bool Capabilities::supports_extension(std::uint16_t type) const {
  return is_default_extension(type) || contains(extensions, type);
}

bool Capabilities::supports_proposal(std::uint16_t type) const {
  return is_default_proposal(type) || contains(proposals, type);
}

bool Capabilities::supports_credential(std::uint16_t type) const {
  return contains(credentials, type);
}

Capabilities own_capabilities() {
  Capabilities out;
  out.versions = {kVersionMls10};
  out.cipher_suites = {kSuite3.id, kSuite1.id};
  out.credentials = {static_cast<std::uint16_t>(CredentialType::basic)};
  return out;
}

void RequiredCapabilities::write(Writer& w) const {
  write_u16_list(w, extensions);
  write_u16_list(w, proposals);
  write_u16_list(w, credentials);
}

RequiredCapabilities RequiredCapabilities::read(Reader& r) {
  RequiredCapabilities out;
  out.extensions = read_u16_list(r);
  out.proposals = read_u16_list(r);
  out.credentials = read_u16_list(r);
  return out;
}

bool RequiredCapabilities::met_by(const Capabilities& c) const {
  return std::all_of(extensions.begin(), extensions.end(),
                     [&](auto type) { return c.supports_extension(type); }) &&
         std::all_of(proposals.begin(), proposals.end(),
                     [&](auto type) { return c.supports_proposal(type); }) &&
         std::all_of(credentials.begin(), credentials.end(),
                     [&](auto type) { return c.supports_credential(type); });
}

void ExternalSender::write(Writer& w) const {
  w.vec(signature_key);
  credential.write(w);
}

ExternalSender ExternalSender::read(Reader& r) {
  ExternalSender out;
  out.signature_key = read_bytes(r);
  out.credential = Credential::read(r);
  return out;
}

Result<GroupExtensions> read_group_extensions(const Extensions& extensions) {
  CANDOUR_TRY(check_no_repeats(extensions));
  GroupExtensions out;
  for (const Extension& e : extensions) {
    Reader r(e.data);
    if (e.type == extension_type::required_capabilities) {
      out.required = RequiredCapabilities::read(r);
    } else if (e.type == extension_type::external_senders) {
      out.external_senders = read_list<ExternalSender>(r);
    } else {
      continue;
    }
    if (!r.finish()) return broken(Rule::extension_malformed);
  }
  return out;
}

void LeafNode::write_fields(Writer& w) const {
  w.vec(encryption_key);
  w.vec(signature_key);
  credential.write(w);
  capabilities->write(w);
  w.u8(static_cast<std::uint8_t>(source));
  if (source == LeafNodeSource::key_package) {
    w.u64(not_before_s);
    w.u64(not_after_s);
  } else if (source == LeafNodeSource::commit) {
    w.vec(parent_hash);
  }
  write_list(w, extensions);
}

void LeafNode::write(Writer& w) const {
  write_fields(w);
  w.vec(signature);
}

LeafNode LeafNode::read(Reader& r) {
  LeafNode out;
  out.encryption_key = r.vec();
  out.signature_key = r.vec();
  out.credential = Credential::read(r);
  out.capabilities = Capabilities::read(r);
  out.source = LeafNodeSource(r.u8());
  switch (out.source) {
    case LeafNodeSource::key_package:
      out.not_before_s = r.u64();
      out.not_after_s = r.u64();
      break;
    case LeafNodeSource::update:
      break;
    case LeafNodeSource::commit:
      out.parent_hash = r.vec();
      break;
    default:
      r.fail();
  }
  out.extensions = read_list<Extension>(r);
  out.signature = r.vec();
  return out;
}

Bytes LeafNode::to_be_signed(ByteView group_id, LeafIndex leaf) const {
  Writer w;
  write_fields(w);
  if (source != LeafNodeSource::key_package) {
    w.vec(group_id);
    w.u32(leaf.value);
  }
  return w.take();
}

void LeafNode::sign(const crypto::SigningKey& key, ByteView group_id, LeafIndex leaf) {
  signature = sign_with_label(key, "LeafNodeTBS", to_be_signed(group_id, leaf));
}

bool LeafNode::signature_fits(ByteView group_id, LeafIndex leaf) const {
  return verify_with_label(signature_key, "LeafNodeTBS", to_be_signed(group_id, leaf), signature);
}

Digest LeafNode::digest(ByteView group_id, LeafIndex leaf) const {
  Writer w;
  w.vec(to_be_signed(group_id, leaf));
  w.vec(signature);
  return hash(w.view());
}

LeafNode new_leaf(const crypto::SigningKey& key, ByteView identity, Lifetime lifetime,
                  const SealingPublicKey& encryption_key, Random& random) {
  LeafNode leaf;
  leaf.encryption_key = encryption_key.view();
  leaf.signature_key = key.public_key().view();
  leaf.credential.identity = identity;
  Capabilities c = own_capabilities();
  const std::uint16_t grease = grease_value(random);
  for (auto* list : {&c.cipher_suites, &c.extensions, &c.proposals, &c.credentials}) {
    list->push_back(grease);
  }
  leaf.capabilities = std::move(c);
  leaf.not_before_s = lifetime.not_before.value / 1000;
  leaf.not_after_s = lifetime.not_after.value / 1000;
  return leaf;
}

std::uint16_t grease_value(Random& random) {
  std::uint8_t byte = 0;
  random.fill({&byte, 1});
  return static_cast<std::uint16_t>(0x0a0a + 0x1010 * (byte % 15));
}

namespace {

bool signature_fits(const LeafNode& leaf, ByteView group_id, LeafIndex index, LeafCache* cache) {
  if (cache == nullptr) return leaf.signature_fits(group_id, index);
  const Digest digest = leaf.digest(group_id, index);
  if (cache->contains(digest)) return true;
  if (!leaf.signature_fits(group_id, index)) return false;
  cache->insert(digest);
  return true;
}

}  // namespace

Status check_leaf(const LeafNode& leaf, const Suite& suite, ByteView group_id, LeafIndex index,
                  LeafCache* cache) {
  if (leaf.encryption_key.size() != SealingPublicKey::kSize ||
      leaf.signature_key.size() != SigningPublicKey::kSize) {
    return broken(Rule::public_key_invalid);
  }
  if (!can_encrypt_to(leaf.encryption_key)) return broken(Rule::public_key_low_order);
  const Capabilities& c = *leaf.capabilities;
  if (!contains(c.versions, kVersionMls10)) return broken(Rule::leaf_version);
  if (!contains(c.cipher_suites, suite.id)) return broken(Rule::leaf_suite);
  if (!c.supports_credential(static_cast<std::uint16_t>(leaf.credential.type))) {
    return broken(Rule::leaf_credential_unlisted);
  }
  if (std::any_of(c.extensions.begin(), c.extensions.end(), is_default_extension) ||
      std::any_of(c.proposals.begin(), c.proposals.end(), is_default_proposal)) {
    return broken(Rule::leaf_default_listed);
  }
  CANDOUR_TRY(check_no_repeats(leaf.extensions));
  for (const Extension& e : leaf.extensions) {
    if (!c.supports_extension(e.type)) return broken(Rule::leaf_extension_unlisted);
  }
  if (!signature_fits(leaf, group_id, index, cache)) return broken(Rule::leaf_signature);
  return ok();
}

Result<VerifiedLeaf> verify_leaf(LeafNode&& leaf, const Suite& suite, ByteView group_id,
                                 LeafIndex index) {
  CANDOUR_TRY(check_leaf(leaf, suite, group_id, index));
  return Verification::passed(LeafPtr(std::make_shared<const LeafNode>(std::move(leaf))));
}

VerifiedLeaf sign_leaf(LeafNode&& leaf, const crypto::SigningKey& key, ByteView group_id,
                       LeafIndex index) {
  leaf.sign(key, group_id, index);
  return Verification::passed(LeafPtr(std::make_shared<const LeafNode>(std::move(leaf))));
}

Status check_lifetime_bounds(const LeafNode& leaf, const Checks& checks) {
  if (!checks.lifetimes || leaf.source != LeafNodeSource::key_package) return ok();
  if (leaf.not_after_s <= leaf.not_before_s) return broken(Rule::lifetime_empty);
  if (leaf.not_after_s - leaf.not_before_s > checks.lifetime_max_ms / 1000) {
    return broken(Rule::lifetime_too_long);
  }
  return ok();
}

Status check_lifetime(const LeafNode& leaf, const Checks& checks) {
  if (!checks.lifetimes || leaf.source != LeafNodeSource::key_package) return ok();
  CANDOUR_TRY(check_lifetime_bounds(leaf, checks));
  const std::uint64_t now_s = checks.now.value / 1000;
  const std::uint64_t skew_s = checks.clock_skew_ms / 1000;
  const bool begun = now_s + skew_s >= leaf.not_before_s;
  const bool ended = now_s > skew_s && now_s - skew_s > leaf.not_after_s;
  if (!begun || (ended && !checks.ended)) return broken(Rule::lifetime_not_now);
  return ok();
}

}  // namespace candour::mls
