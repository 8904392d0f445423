// Proposals and commits on the wire (RFC 9420 sections 7.6, 12.1 and 12.4).
#pragma once

#include <variant>

#include "mls/key_package.h"
#include "mls/key_schedule.h"

namespace candour::mls {

struct Add {
  KeyPackage key_package;
  void write(Writer& w) const { key_package.write(w); }
  static Add read(Reader& r) { return {KeyPackage::read(r)}; }
};

struct Update {
  LeafNode leaf_node;
  void write(Writer& w) const { leaf_node.write(w); }
  static Update read(Reader& r) { return {LeafNode::read(r)}; }
};

struct Remove {
  LeafIndex removed;
  void write(Writer& w) const { w.u32(removed.value); }
  static Remove read(Reader& r) { return {LeafIndex(r.u32())}; }
};

struct PreSharedKey {
  PreSharedKeyId psk;
  void write(Writer& w) const { psk.write(w); }
  static PreSharedKey read(Reader& r) { return {PreSharedKeyId::read(r)}; }
};

struct ReInit {
  Bytes group_id;
  std::uint16_t version = 0;
  std::uint16_t cipher_suite = 0;
  Extensions extensions;
  void write(Writer& w) const;
  static ReInit read(Reader& r);
};

struct ExternalInit {
  Bytes kem_output;
  void write(Writer& w) const { w.vec(kem_output); }
  static ExternalInit read(Reader& r) { return {read_bytes(r)}; }
};

struct GroupContextExtensions {
  Extensions extensions;
  void write(Writer& w) const { write_list(w, extensions); }
  static GroupContextExtensions read(Reader& r) { return {read_list<Extension>(r)}; }
};

/// In the order of their ProposalType values 1 to 7 (section 17.4).
using AnyProposal =
    std::variant<Add, Update, Remove, PreSharedKey, ReInit, ExternalInit, GroupContextExtensions>;

struct Proposal {
  AnyProposal body;

  void write(Writer& w) const;
  /// Fails for a proposal type it does not know: its extent is unknown then.
  static Proposal read(Reader& r);
  /// Section 12.4: may a commit of this proposal go without UpdatePath?
  bool needs_path() const;
};

/// ProposalRef (section 5.2); `authenticated_content` encoded.
Digest proposal_reference(ByteView authenticated_content);

struct ProposalOrRef {
  std::optional<Proposal> proposal;
  Bytes reference;  // when there is no proposal

  void write(Writer& w) const;
  static ProposalOrRef read(Reader& r);
};

struct UpdatePathNode {
  Bytes encryption_key;
  std::vector<HpkeCiphertext> encrypted_path_secret;

  void write(Writer& w) const;
  static UpdatePathNode read(Reader& r);
};

struct UpdatePath {
  LeafNode leaf_node;
  std::vector<UpdatePathNode> nodes;

  void write(Writer& w) const;
  static UpdatePath read(Reader& r);
  std::vector<Bytes> keys() const;
};

struct Commit {
  std::vector<ProposalOrRef> proposals;
  std::optional<UpdatePath> path;

  void write(Writer& w) const;
  static Commit read(Reader& r);
};

}  // namespace candour::mls
