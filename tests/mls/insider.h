// A member that breaks rules on purpose: structurally whole, correctly signed messages that are
// wrong in one thing, made with the internals of mls/.
#pragma once

#include "mls/group_state.h"
#include "mls/proposal_list.h"
#include "tests/mls/fixture.h"

namespace candour::mls::test {

/// What expect_broken saw, for tests/mls/rules_coverage.cc.
std::set<Rule>& rules_seen();

/// Compares an outcome with the one rule that should have been named.
template <class T>
void expect_broken(const Result<T>& result, Rule rule) {
  ASSERT_FALSE(result) << "accepted although: " << broken(rule).message;
  EXPECT_EQ(result.error().message, broken(rule).message);
  EXPECT_EQ(result.error().code, broken(rule).code);
  rules_seen().insert(rule);
}

/// expect_broken, and no group of any living World is changed by the call, to the byte.
#define EXPECT_BROKEN(call, rule)           \
  do {                                      \
    const test::StateWatch watch_of_states; \
    expect_broken(call, rule);              \
    watch_of_states.expect_unchanged();     \
  } while (false)

inline void change_capabilities(LeafNode& leaf, const std::function<void(Capabilities&)>& change) {
  Capabilities changed = *leaf.capabilities;
  change(changed);
  leaf.capabilities = std::move(changed);
}

class Insider {
 public:
  Insider(const Peer& peer, Random& random);

  internal::EpochState& now() { return state_->now; }
  LeafIndex leaf() { return now().own.leaf; }
  const crypto::SigningKey& key() { return state_->key; }

  /// By-value proposals of a commit, and what they do.
  static Commit commit_of(std::vector<AnyProposal> proposals);
  internal::AppliedProposals apply(const Commit& commit);
  /// A good UpdatePath for the commit's proposals.
  UpdatePath path_for(const Commit& commit);
  void sign_leaf(LeafNode& leaf) { leaf.sign(key(), now().context.group_id, this->leaf()); }
  /// The context path secrets are encrypted under for this tree.
  Bytes provisional_context(const RatchetTree& tree, const Extensions& extensions);

  AuthenticatedContent content(ContentType type, ByteView body, WireFormat wire_format);
  AuthenticatedContent commit_content(const Commit& commit) {
    return content(ContentType::commit, encode(commit), WireFormat::private_message);
  }
  /// Signs, adds a membership tag and wraps.
  Bytes send_public(AuthenticatedContent content);
  Bytes send_private(AuthenticatedContent content, std::uint32_t generation = 0);
  /// A commit as PublicMessage with a confirmation tag that is no good; every check but that of
  /// the tag itself comes before it.
  Bytes send_commit(const Commit& commit);

 private:
  std::unique_ptr<internal::GroupState> state_;
  Random& random_;
};

/// A copy of `tree` with its nodes changed: leaves and parents by node number.
struct TreeParts {
  std::map<std::uint32_t, LeafNode> leaves;
  std::map<std::uint32_t, ParentNode> parents;

  explicit TreeParts(const RatchetTree& tree);
  RatchetTree build() const;
};

}  // namespace candour::mls::test
