// What a disk or a stranger may have changed in whole structures: saved states, staged commits,
// ratchet states, private parts, Welcomes, GroupInfos, trees and group extensions. The input edits
// a good one; what is accepted all the same must be usable without a crash, and write itself again
// the same.
#include "mls/group.h"
#include "mls/group_extensions.h"
#include "mls/group_state.h"
#include "mls/tree_validation.h"
#include "tests/fuzz/counting_random.h"
#include "tests/fuzz/fuzz_target.h"

namespace candour::mls {
namespace {

using fuzz::CountingRandom;

constexpr TimeMs kNow(1'790'000'000'000);
constexpr Lifetime kLifetime{TimeMs(kNow.value - 3'600'000), TimeMs(kNow.value + 3'600'000)};

/// Good ones of everything, made once.
struct Good {
  CountingRandom random;
  crypto::SigningKey key = crypto::SigningKey::generate(random);
  crypto::SigningKey joiner = crypto::SigningKey::generate(random);
  KeyPackageBundle package =
      make_key_package(joiner, as_bytes("joiner"), kLifetime, random).value();
  Extensions extensions{required_capabilities({}, {}, {1}),
                        external_senders({{joiner.public_key(), to_bytes(as_bytes("service"))}})};
  Bytes state, staged, ratchet, welcome, info, tree;

  Good() {
    Group group = Group::create(as_bytes("fuzz"), key, as_bytes("creator"), kLifetime, random,
                                {.extensions = extensions})
                      .value();
    CommitRequest request;
    request.adds = {verify_key_package(package.key_package, kNow).value()};
    auto first = group.commit(request, kNow, random).value();
    welcome = first.welcome;
    staged = to_bytes(first.staged.save().view());
    fuzz::require(group.merge(std::move(first.staged)).has_value(), "merge");
    fuzz::require(group.propose(ProposeUpdate{{&joiner}}, kNow, random).error().code ==
                      ErrorCode::mls_invalid,
                  "the key is a member's");
    const auto fresh = crypto::SigningKey::generate(random);
    fuzz::require(group.propose(ProposeUpdate{{&fresh}}, kNow, random).has_value(), "propose");
    ratchet = to_bytes(group.ratchet_state(group.own_leaf()).view());
    info = group.group_info().value();
    tree = group.ratchet_tree();
    state = to_bytes(group.save().view());
  }
};

Good& good() {
  static Good made;
  return made;
}

/// Triples of a place (two bytes) and what to put there; a place beyond the end cuts it short.
Bytes edited(Bytes bytes, ByteView edits) {
  for (; edits.size() >= 3; edits = edits.subspan(3)) {
    const std::size_t at = edits[0] * 256u + edits[1];
    if (at < bytes.size()) {
      bytes[at] = edits[2];
    } else {
      bytes.resize(at % (bytes.size() + 1));
      if (bytes.empty()) break;
    }
  }
  return bytes;
}

void use(Group& group) {
  CountingRandom random;
  (void)group.members();
  (void)group.group_info();
  (void)group.protect(as_bytes("x"), {}, random);
  CommitRequest request;
  request.kept_proposals = true;
  auto prepared = group.commit(request, kNow, random);
  if (prepared) (void)group.merge(std::move(prepared.value().staged));
  (void)group.process_commit(good().info, kNow);
}

void state(ByteView edits) {
  const Bytes bytes = edited(good().state, edits);
  auto group = Group::restore(bytes, good().key);
  (void)Group::signature_key_of(bytes);
  if (!group) return;
  fuzz::require(same(group.value().save().view(), bytes), "saved state differs");
  use(group.value());
}

void staged(ByteView edits) {
  const Bytes bytes = edited(good().staged, edits);
  auto one = StagedCommit::restore(bytes);
  if (!one) return;
  fuzz::require(same(one.value().save().view(), bytes), "staged commit differs");
  auto group = Group::restore(good().state, good().key).value();
  if (group.merge(std::move(one).value()) && group.active()) use(group);
}

void ratchet(ByteView edits) {
  auto group = Group::restore(good().state, good().key).value();
  const Bytes bytes = edited(good().ratchet, edits);
  const SecretBytes before = group.save();
  if (!group.apply_ratchet_state(group.own_leaf(), bytes)) {
    fuzz::require(same(before.view(), group.save().view()), "state changed");
    return;
  }
  use(group);
}

void private_part(ByteView edits) {
  const Bytes bytes = edited(to_bytes(good().package.private_part.view()), edits);
  (void)Group::join(good().welcome, good().package.key_package, bytes, good().joiner, kNow);
}

void welcome(ByteView edits) {
  auto group = Group::join(edited(good().welcome, edits), good().package.key_package,
                           good().package.private_part.view(), good().joiner, kNow);
  if (group) use(group.value());
}

void info(ByteView edits) {
  CountingRandom random;
  auto joined = Group::join_by_external_commit(edited(good().info, edits), good().joiner,
                                               as_bytes("x"), random);
  if (joined) use(joined.value().group);
}

void tree(ByteView edits) {
  auto decoded = RatchetTree::decode(edited(good().tree, edits));
  if (!decoded) return;
  RatchetTree& t = decoded.value();
  (void)check_tree_on_join(t, kSuite3, as_bytes("fuzz"), good().extensions, Checks{kNow});
  const std::vector<LeafIndex> members = t.members();
  if (!members.empty()) t.remove(members.back());
  (void)t.root_hash();
}

void group_extensions(ByteView edits) {
  Extensions changed = good().extensions;
  for (Extension& e : changed) e.data = edited(e.data, edits);
  (void)read_group_extensions(changed);
  CountingRandom random;
  auto group = Group::create(as_bytes("g"), good().key, as_bytes("x"), kLifetime, random,
                             {.extensions = changed});
  if (group) use(group.value());
}

}  // namespace

static void edit_one(ByteView input) {
  if (input.empty()) return;
  constexpr void (*kKinds[])(ByteView) = {state,   staged, ratchet, private_part,
                                          welcome, info,   tree,    group_extensions};
  kKinds[input[0] % std::size(kKinds)](input.subspan(1));
}

}  // namespace candour::mls

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  candour::mls::edit_one({data, size});
  return 0;
}
