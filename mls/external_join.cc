// Joining by an external commit (RFC 9420 section 12.4.3.2).
#include "base/assert.h"
#include "mls/commit_build.h"
#include "mls/join.h"
#include "mls/welcome.h"

namespace candour::mls::internal {
namespace {

Result<Bytes> external_pub_of(const GroupInfo& info) {
  const Extension* e = find_extension(info.extensions, extension_type::external_pub);
  if (e == nullptr) return broken(Rule::external_pub_missing);
  Reader r(e->data);
  Bytes key = read_bytes(r);
  if (!r.finish()) return broken(Rule::extension_malformed);
  return key;
}

/// The group as an outsider sees it: the GroupInfo's epoch without its secrets.
std::unique_ptr<GroupState> outside_state(VerifiedGroupInfo&& group, crypto::SigningKey&& key,
                                          const Policy& policy) {
  const Bytes tag = group.info->confirmation_tag;
  auto state = state_of(std::move(group), std::move(key), policy);
  state->now.interim_transcript_hash =
      to_bytes(interim_transcript_hash(state->now.context.confirmed_transcript_hash, tag).view());
  return state;
}

Result<std::vector<CommittedProposal>> joiner_proposals(const JoinOptions& options,
                                                        std::optional<LeafIndex> replaces,
                                                        Bytes&& kem_output, Random& random) {
  std::vector<CommittedProposal> out;
  const Sender sender{SenderType::new_member_commit, 0};
  out.push_back({sender, {ExternalInit{std::move(kem_output)}}});
  if (replaces) out.push_back({sender, {Remove{*replaces}}});
  for (const ExternalPsk& psk : options.psks) {
    CANDOUR_TRY(auto proposal, make_proposal(ProposeExternalPsk{psk.id}, {}, random));
    out.push_back({sender, std::move(proposal)});
  }
  return out;
}

/// The leaf the path starts from: without a place in time, make_path sees to that.
VerifiedLeaf joining_leaf(const GroupState& state, ByteView identity, Random& random) {
  const auto placeholder = crypto::SealingKey::generate(random);
  return sign_leaf(new_leaf(state.key, identity, Lifetime{}, placeholder.public_key(), random),
                   state.key, state.now.context.group_id, state.now.own.leaf);
}

}  // namespace

Result<JoinedExternally> join_externally(ByteView group_info, crypto::SigningKey&& key,
                                         ByteView identity, const JoinOptions& options,
                                         const GroupState* predecessor,
                                         std::optional<LeafIndex> replaces, Random& random) {
  if (group_info.size() > options.policy.message_size_max) return broken(Rule::too_large);
  CANDOUR_TRY(auto raw, unwrap_message(group_info));
  if (raw.wire_format != WireFormat::group_info) return broken(Rule::wire_format_unexpected);
  CANDOUR_TRY(auto decoded, decode<GroupInfo>(raw.body));
  // The present time matters only for key packages, of which an external commit has none.
  CANDOUR_TRY(auto verified, verify_group_info(std::move(decoded), options, Checks{TimeMs()}));
  CANDOUR_TRY(auto external_pub, external_pub_of(*verified.info));
  auto state = outside_state(std::move(verified), std::move(key), options.policy);
  CANDOUR_TRY(auto sent, send_init_secret(*state->suite, external_pub, random));
  CANDOUR_TRY(auto proposals,
              joiner_proposals(options, replaces, std::move(sent.kem_output), random));

  EpochState& now = state->now;
  CommitPlan plan;
  plan.sender = {SenderType::new_member_commit, 0};
  plan.wire_format = WireFormat::public_message;
  for (const CommittedProposal& item : proposals) plan.proposals.push_back({item.proposal, {}});
  const ListContext context{now.context,    now.tree,         *state->suite,
                            options.policy, Checks{TimeMs()}, plan.sender};
  CANDOUR_TRY(auto applied, apply_proposals(context, proposals));
  plan.applied = std::move(applied);
  now.own.leaf = *plan.applied.joiner;
  plan.applied.keys_may_repeat = plan.applied.keys_may_repeat ||
                                 plan.applied.tree.may_have_key(state->key.public_key().view());
  plan.applied.tree.set_leaf(now.own.leaf, joining_leaf(*state, identity, random));
  CANDOUR_TRY(auto secrets, find_psks({nullptr, predecessor, options.psks}, plan.applied.psks));
  plan.psks = std::move(secrets);
  CANDOUR_TRY(auto built, build_commit(*state, plan, sent.init_secret, random));
  PublicMessage message;
  message.content = std::move(built.content);
  now = std::move(built.next);
  return JoinedExternally{std::move(state),
                          wrap_message(WireFormat::public_message, message.encoded().view())};
}

}  // namespace candour::mls::internal
