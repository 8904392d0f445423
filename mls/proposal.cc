#include "mls/proposal.h"

namespace candour::mls {
namespace {

enum class ProposalOrRefType : std::uint8_t { proposal = 1, reference = 2 };

}  // namespace

void ReInit::write(Writer& w) const {
  w.vec(group_id);
  w.u16(version);
  w.u16(cipher_suite);
  write_list(w, extensions);
}

ReInit ReInit::read(Reader& r) {
  ReInit out;
  out.group_id = read_bytes(r);
  out.version = r.u16();
  out.cipher_suite = r.u16();
  out.extensions = read_list<Extension>(r);
  return out;
}

void Proposal::write(Writer& w) const {
  w.u16(static_cast<std::uint16_t>(body.index() + 1));
  std::visit([&](const auto& p) { p.write(w); }, body);
}

Proposal Proposal::read(Reader& r) {
  switch (r.u16()) {
    case 1:
      return {Add::read(r)};
    case 2:
      return {Update::read(r)};
    case 3:
      return {Remove::read(r)};
    case 4:
      return {PreSharedKey::read(r)};
    case 5:
      return {ReInit::read(r)};
    case 6:
      return {ExternalInit::read(r)};
    case 7:
      return {GroupContextExtensions::read(r)};
    default:
      r.fail();
      return {};
  }
}

bool Proposal::needs_path() const {
  return !std::holds_alternative<Add>(body) && !std::holds_alternative<PreSharedKey>(body) &&
         !std::holds_alternative<ReInit>(body);
}

Digest proposal_reference(ByteView authenticated_content) {
  return ref_hash("MLS 1.0 Proposal Reference", authenticated_content);
}

void ProposalOrRef::write(Writer& w) const {
  w.u8(static_cast<std::uint8_t>(proposal ? ProposalOrRefType::proposal
                                          : ProposalOrRefType::reference));
  if (proposal) {
    proposal->write(w);
  } else {
    w.vec(reference);
  }
}

ProposalOrRef ProposalOrRef::read(Reader& r) {
  ProposalOrRef out;
  switch (ProposalOrRefType(r.u8())) {
    case ProposalOrRefType::proposal:
      out.proposal = Proposal::read(r);
      break;
    case ProposalOrRefType::reference:
      out.reference = read_bytes(r);
      break;
    default:
      r.fail();
  }
  return out;
}

void UpdatePathNode::write(Writer& w) const {
  w.vec(encryption_key);
  write_list(w, encrypted_path_secret);
}

UpdatePathNode UpdatePathNode::read(Reader& r) {
  UpdatePathNode out;
  out.encryption_key = read_bytes(r);
  out.encrypted_path_secret = read_list<HpkeCiphertext>(r);
  return out;
}

void UpdatePath::write(Writer& w) const {
  leaf_node.write(w);
  write_list(w, nodes);
}

UpdatePath UpdatePath::read(Reader& r) {
  UpdatePath out;
  out.leaf_node = LeafNode::read(r);
  out.nodes = read_list<UpdatePathNode>(r);
  return out;
}

std::vector<Bytes> UpdatePath::keys() const {
  std::vector<Bytes> out;
  for (const UpdatePathNode& node : nodes) out.push_back(node.encryption_key);
  return out;
}

void Commit::write(Writer& w) const {
  write_list(w, proposals);
  write_optional(w, path);
}

Commit Commit::read(Reader& r) {
  Commit out;
  out.proposals = read_list<ProposalOrRef>(r);
  out.path = read_optional<UpdatePath>(r);
  return out;
}

}  // namespace candour::mls
