#include "tests/mls/insider.h"

namespace candour::mls::test {

Insider::Insider(const Peer& peer, Random& random)
    : state_(internal::restore_state(peer.group->save().view(), peer.key.clone(), {}).value()),
      random_(random) {}

Commit Insider::commit_of(std::vector<AnyProposal> proposals) {
  Commit out;
  for (AnyProposal& p : proposals) out.proposals.push_back({Proposal{std::move(p)}, {}});
  return out;
}

internal::AppliedProposals Insider::apply(const Commit& commit) {
  std::vector<internal::CommittedProposal> list;
  const Sender sender = Sender::member(leaf());
  for (const ProposalOrRef& item : commit.proposals) list.push_back({sender, *item.proposal});
  const internal::ListContext context{now().context, now().tree,   kSuite3,
                                      Policy(),      Checks{kNow}, sender};
  return internal::apply_proposals(context, list).value();
}

Bytes Insider::provisional_context(const RatchetTree& tree, const Extensions& extensions) {
  GroupContext context = now().context;
  context.epoch = context.epoch.next();
  context.tree_hash = to_bytes(tree.root_hash().view());
  context.extensions = extensions;
  return encode(context);
}

UpdatePath Insider::path_for(const Commit& commit) {
  auto applied = apply(commit);
  TreePrivate own = now().own;
  const NewPath path = make_path(applied.tree, own, now().context.group_id, key(), random_);
  return encrypt_path(kSuite3, applied.tree, own, path,
                      provisional_context(applied.tree, applied.extensions), applied.added_set(),
                      random_)
      .value();
}

AuthenticatedContent Insider::content(ContentType type, ByteView body, WireFormat wire_format) {
  AuthenticatedContent out;
  out.wire_format = wire_format;
  out.content.group_id = now().context.group_id;
  out.content.epoch = now().context.epoch;
  out.content.sender = Sender::member(leaf());
  out.content.content_type = type;
  out.content.body = SecretBytes::copy_of(body);
  if (type == ContentType::commit) out.confirmation_tag = Bytes(kHashSize);
  out.sign(key(), now().context_bytes);
  return out;
}

Bytes Insider::send_public(AuthenticatedContent content) {
  const PublicMessage message =
      protect_public(std::move(content), now().secrets.membership_key, now().context_bytes);
  return wrap_message(WireFormat::public_message, message.encoded().view());
}

Bytes Insider::send_private(AuthenticatedContent content, std::uint32_t generation) {
  const auto key = now().secret_tree.find(kSuite3, leaf(),
                                          ratchet_kind(content.content.content_type), generation);
  const PrivateMessage message = protect_private(kSuite3, content, key.value(), generation,
                                                 now().secrets.sender_data_secret, 16, random_);
  return wrap_message(WireFormat::private_message, encode(message));
}

Bytes Insider::send_commit(const Commit& commit) {
  return send_public(content(ContentType::commit, encode(commit), WireFormat::public_message));
}

TreeParts::TreeParts(const RatchetTree& tree) {
  for (std::uint32_t i = 0; i < node_count(tree.leaf_count()); ++i) {
    const NodeIndex node(i);
    if (tree.blank(node)) continue;
    if (node.is_leaf()) {
      leaves.emplace(i, *tree.leaf(node.leaf()));
    } else {
      parents.emplace(i, *tree.parent(node));
    }
  }
}

RatchetTree TreeParts::build() const {
  const std::uint32_t last = std::max(leaves.empty() ? 0 : leaves.rbegin()->first,
                                      parents.empty() ? 0 : parents.rbegin()->first);
  Writer nodes;
  for (std::uint32_t i = 0; i <= last; ++i) {
    if (const auto leaf = leaves.find(i); leaf != leaves.end()) {
      nodes.u8(1);
      nodes.u8(1);
      leaf->second.write(nodes);
    } else if (const auto parent = parents.find(i); parent != parents.end()) {
      nodes.u8(1);
      nodes.u8(2);
      parent->second.write(nodes);
    } else {
      nodes.u8(0);
    }
  }
  Writer w;
  w.vec(nodes.view());
  return RatchetTree::decode(w.view()).value();
}

}  // namespace candour::mls::test
