// Vectors of RFC 9420 sections 4, 7 and 12.1: tree positions, ratchet trees, TreeKEM.
#include "base/random.h"
#include "mls/tree_validation.h"
#include "mls/treekem.h"
#include "tests/mls/vectors.h"

namespace candour::mls::vectors {
namespace {

KdfSecret secret_of(const Bytes& bytes) {
  KdfSecret out;
  if (bytes.size() == kHashSize) std::copy(bytes.begin(), bytes.end(), out.mutable_view().begin());
  return out;
}

bool matches(const boost::json::value& wanted, std::optional<NodeIndex> got) {
  if (wanted.is_null()) return !got.has_value();
  return got && wanted.to_number<std::uint32_t>() == got->value;
}

TreePrivate private_keys(Case& c, const RatchetTree& tree) {
  TreePrivate out;
  out.leaf = LeafIndex(static_cast<std::uint32_t>(c.number("index")));
  out.leaf_key = std::make_shared<const crypto::SealingKey>(
      crypto::SealingKey::from_private(secret_of(c.bytes("encryption_priv"))));
  const LeafNode* leaf = tree.leaf(out.leaf);
  c.expect(leaf && same(leaf->encryption_key, out.leaf_key->public_key().view()), "leaf key");
  const auto signer = crypto::SigningKey::from_seed(secret_of(c.bytes("signature_priv")));
  c.expect(leaf && same(leaf->signature_key, signer.public_key().view()), "signature key");
  for (const auto& item : c.array("path_secrets")) {
    const Case entry(item.as_object());
    const NodeIndex node(static_cast<std::uint32_t>(entry.number("node")));
    out.parents[node] =
        std::make_shared<const crypto::SealingKey>(node_key(secret_of(entry.bytes("path_secret"))));
  }
  const std::size_t count = out.parents.size();
  out.keep_matching(tree);
  c.expect(out.parents.size() == count, "private keys fit the tree");
  return out;
}

struct TreekemGroup {
  const Suite& suite;
  Bytes group_id;
  GroupContext context;
  RatchetTree tree;
  std::map<LeafIndex, TreePrivate> members;
  std::map<LeafIndex, crypto::SigningKey> signers;
};

Bytes context_with(const TreekemGroup& g, const RatchetTree& tree) {
  GroupContext context = g.context;
  context.tree_hash = to_bytes(tree.root_hash().view());
  return encode(context);
}

void received_path(Case& c, const TreekemGroup& g, Case& update) {
  const LeafIndex sender(static_cast<std::uint32_t>(update.number("sender")));
  const auto path = decode<UpdatePath>(update.bytes("update_path"));
  if (!c.expect_ok(path, "update_path")) return;
  RatchetTree tree = g.tree;
  if (!c.expect_ok(merge_path(tree, g.suite, g.group_id, sender, path.value(), {}), "merge")) {
    return;
  }
  c.expect_same(tree.root_hash().view(), update.bytes("tree_hash_after"), "tree_hash_after");
  const Bytes context = context_with(g, tree);
  for (const auto& [leaf, keys] : g.members) {
    if (leaf == sender) continue;
    TreePrivate own = keys;
    const auto opened = open_path(g.suite, tree, own, sender, path.value(), context, {});
    if (!c.expect_ok(opened, "open path")) continue;
    c.expect_same(opened.value().path_secret.view(),
                  hex_value(update.array("path_secrets").at(leaf.value)), "path_secret");
    c.expect_same(opened.value().commit_secret.view(), update.bytes("commit_secret"),
                  "commit_secret");
  }
}

void created_path(Case& c, const TreekemGroup& g, LeafIndex sender) {
  RatchetTree after = g.tree;
  TreePrivate own = g.members.at(sender);
  const NewPath made = make_path(after, own, g.group_id, g.signers.at(sender), system_random());
  const Bytes context = context_with(g, after);
  const auto path = encrypt_path(g.suite, after, own, made, context, {}, system_random());
  if (!c.expect_ok(path, "encrypt path")) return;
  RatchetTree tree = g.tree;
  if (!c.expect_ok(merge_path(tree, g.suite, g.group_id, sender, path.value(), {}), "own merge")) {
    return;
  }
  c.expect(tree.root_hash() == after.root_hash(), "both sides have the same tree");
  c.expect_ok(check_parent_hashes(tree), "parent hashes of the new tree");
  for (const auto& [leaf, keys] : g.members) {
    if (leaf == sender) continue;
    TreePrivate theirs = keys;
    const auto opened = open_path(g.suite, tree, theirs, sender, path.value(), context, {});
    if (!c.expect_ok(opened, "open own path")) continue;
    c.expect_same(opened.value().commit_secret.view(), made.commit_secret.view(),
                  "own commit_secret");
  }
}

}  // namespace

void tree_math(Case& c) {
  const auto leaves = static_cast<std::uint32_t>(c.number("n_leaves"));
  c.expect(node_count(leaves) == c.number("n_nodes"), "n_nodes");
  c.expect(root(leaves).value == c.number("root"), "root");
  for (std::uint32_t i = 0; i < node_count(leaves); ++i) {
    const NodeIndex node(i);
    const auto child = [&](NodeIndex (*side)(NodeIndex)) -> std::optional<NodeIndex> {
      if (node.is_leaf()) return std::nullopt;
      return side(node);
    };
    c.expect(matches(c.array("left").at(i), child(left)), "left");
    c.expect(matches(c.array("right").at(i), child(right)), "right");
    c.expect(matches(c.array("parent").at(i), parent(node, leaves)), "parent");
    c.expect(matches(c.array("sibling").at(i), sibling(node, leaves)), "sibling");
  }
}

void tree_operations(Case& c) {
  auto tree = RatchetTree::decode(c.bytes("tree_before"));
  const auto proposal = decode<Proposal>(c.bytes("proposal"));
  if (!c.expect_ok(tree, "tree_before") || !c.expect_ok(proposal, "proposal")) return;
  RatchetTree& t = tree.value();
  c.expect_same(t.root_hash().view(), c.bytes("tree_hash_before"), "tree_hash_before");
  const AnyProposal& body = proposal.value().body;
  if (const auto* add = std::get_if<Add>(&body)) {
    t.add(Verification::passed(
        LeafPtr(std::make_shared<const LeafNode>(add->key_package.leaf_node))));
  } else if (const auto* update = std::get_if<Update>(&body)) {
    t.update(LeafIndex(static_cast<std::uint32_t>(c.number("proposal_sender"))),
             Verification::passed(LeafPtr(std::make_shared<const LeafNode>(update->leaf_node))));
  } else if (const auto* remove = std::get_if<Remove>(&body)) {
    t.remove(remove->removed);
  } else {
    c.expect(false, "proposal is add, update or remove");
  }
  c.expect_same(t.encode(), c.bytes("tree_after"), "tree_after");
  c.expect_same(t.root_hash().view(), c.bytes("tree_hash_after"), "tree_hash_after");
}

void tree_validation(Case& c) {
  const auto decoded = RatchetTree::decode(c.bytes("tree"));
  if (!c.expect_ok(decoded, "tree")) return;
  const RatchetTree& tree = decoded.value();
  for (std::uint32_t i = 0; i < node_count(tree.leaf_count()); ++i) {
    const NodeIndex node(i);
    c.expect_same(tree.tree_hash(node).view(), hex_value(c.array("tree_hashes").at(i)),
                  "tree_hash");
    std::vector<std::uint32_t> wanted;
    for (const auto& n : c.array("resolutions").at(i).as_array()) {
      wanted.push_back(n.to_number<std::uint32_t>());
    }
    std::vector<std::uint32_t> got;
    for (NodeIndex n : tree.resolution(node)) got.push_back(n.value);
    c.expect(got == wanted, "resolution");
  }
  Checks checks{TimeMs(0)};
  checks.lifetimes = false;  // the vectors' lifetimes have no bound
  c.expect_ok(check_tree_on_join(tree, c.suite(), c.bytes("group_id"), {}, checks), "valid tree");
}

void treekem(Case& c) {
  TreekemGroup g{.suite = c.suite()};
  g.context.cipher_suite = g.suite.id;
  g.group_id = c.bytes("group_id");
  g.context.group_id = g.group_id;
  g.context.epoch = Epoch(c.number("epoch"));
  g.context.confirmed_transcript_hash = c.bytes("confirmed_transcript_hash");
  auto tree = RatchetTree::decode(c.bytes("ratchet_tree"));
  if (!c.expect_ok(tree, "ratchet_tree")) return;
  g.tree = std::move(tree).value();
  for (const auto& item : c.array("leaves_private")) {
    Case member(item.as_object());
    TreePrivate keys = private_keys(member, g.tree);
    g.signers.emplace(keys.leaf,
                      crypto::SigningKey::from_seed(secret_of(member.bytes("signature_priv"))));
    g.members.emplace(keys.leaf, std::move(keys));
    c.absorb(member);
  }
  for (const auto& item : c.array("update_paths")) {
    Case update(item.as_object());
    received_path(c, g, update);
    created_path(c, g, LeafIndex(static_cast<std::uint32_t>(update.number("sender"))));
  }
}

}  // namespace candour::mls::vectors
