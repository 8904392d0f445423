// Goal: groups of many devices stay in agreement through every kind of change, messages open for
// members only, and what fails changes nothing. Method: all members of a group in one process.
#include "mls/group.h"

#include "base/limits.h"
#include "tests/mls/fixture.h"

namespace candour::mls::test {
namespace {

TEST(MlsGroup, CreatorIsAloneAtLeafZero) {
  World w(1);
  w.form(1);
  const Group& g = *w.peer(0).group;
  EXPECT_EQ(g.epoch(), Epoch(0));
  EXPECT_EQ(g.own_leaf(), LeafIndex(0));
  ASSERT_EQ(g.members().size(), 1u);
  EXPECT_EQ(g.members()[0].signature_key, w.peer(0).key.public_key());
  EXPECT_TRUE(same(g.members()[0].identity, as_bytes("person 0")));
}

TEST(MlsGroup, GroupsOfManySizesFormWithAndWithoutPath) {
  for (const bool path : {true, false}) {
    for (std::size_t n : {2, 3, 4, 5, 8, 9, 17}) {
      World w(100 + n);
      w.form(n, path);
      w.expect_agreement();
      for (Peer* p : w.members()) w.expect_delivery(*p, "hello");
    }
  }
}

TEST(MlsGroup, StagedCommitTellsWhoComesAndGoes) {
  World w(2);
  w.form(4);
  Peer& bot = w.peer(0);
  Peer& newcomer = w.add_peer();
  newcomer.new_package(w.random);
  CommitRequest request;
  request.adds = {newcomer.verified()};
  request.removes = {LeafIndex(2)};
  request.authenticated_data = to_bytes(std::string_view("message id"));
  auto prepared = bot.group->commit(request, kNow, w.random);
  ASSERT_VALUE(prepared);
  const auto header = peek(prepared.value().commit);
  ASSERT_VALUE(header);
  EXPECT_EQ(header.value().wire_format, WireFormat::private_message);
  EXPECT_EQ(header.value().content_type, ContentType::commit);
  EXPECT_TRUE(same(header.value().authenticated_data, as_bytes("message id")));

  const auto seen = w.peer(1).group->process_commit(prepared.value().commit, kNow);
  ASSERT_VALUE(seen);
  const StagedCommit& s = seen.value();
  EXPECT_EQ(s.sender(), LeafIndex(0));
  EXPECT_EQ(s.epoch(), Epoch(2));
  ASSERT_EQ(s.added().size(), 1u);
  EXPECT_EQ(s.added()[0].leaf, LeafIndex(2));
  EXPECT_EQ(s.added()[0].signature_key, newcomer.key.public_key());
  ASSERT_EQ(s.removed().size(), 1u);
  EXPECT_EQ(s.removed()[0].signature_key, w.peer(2).key.public_key());
  EXPECT_TRUE(s.changed().empty());
  EXPECT_TRUE(s.has_path());
  EXPECT_FALSE(s.removes_own_leaf());
  EXPECT_EQ(s.epoch_authenticator(), prepared.value().staged.epoch_authenticator());
  EXPECT_TRUE(same(s.authenticated_data(), as_bytes("message id")));

  const auto own_end = w.peer(2).group->process_commit(prepared.value().commit, kNow);
  ASSERT_VALUE(own_end);
  EXPECT_TRUE(own_end.value().removes_own_leaf());
  EXPECT_TRUE(own_end.value().epoch_authenticator().is_zero());

  const auto references = welcome_references(prepared.value().welcome);
  ASSERT_VALUE(references);
  EXPECT_EQ(references.value(), std::vector<Digest>{newcomer.package->reference});
}

TEST(MlsGroup, RemovedMemberReadsNothingFurther) {
  World w(3);
  w.form(5);
  Peer& out = w.peer(3);
  const SecretBytes before = out.group->save();
  w.commit(w.peer(0), {}, {LeafIndex(3)});
  w.expect_agreement();
  EXPECT_FALSE(out.group->active());
  const auto message = w.peer(1).group->protect(as_bytes("secret"), {}, w.random);
  ASSERT_VALUE(message);
  EXPECT_EQ(out.group->unprotect(message.value()).error().code, ErrorCode::not_a_member);
  EXPECT_EQ(out.group->protect(as_bytes("x"), {}, w.random).error().code, ErrorCode::not_a_member);
  // Nor with the state it kept from before its removal.
  Group kept = Group::restore(before.view(), out.key).value();
  EXPECT_EQ(kept.unprotect(message.value()).error().code, ErrorCode::epoch_stale);
  w.commit(w.peer(1), {}, {});
  EXPECT_FALSE(kept.process_commit(w.last_commit, kNow));
  // It can be added again.
  w.commit(w.peer(0), {&out}, {});
  w.expect_agreement();
  w.expect_delivery(out, "back");
}

TEST(MlsGroup, RemovedAndAddedInOneCommit) {
  World w(4);
  w.form(6);
  Peer& lost = w.peer(4);
  lost.group.reset();
  w.commit(w.peer(0), {&lost}, {LeafIndex(4)});
  w.expect_agreement();
  EXPECT_EQ(lost.group->own_leaf(), LeafIndex(4));
}

// The filtered direct path skips the root when the whole other half is blank; commit_secret is
// then one step past the last secret of the filtered path, which not every implementation knows.
TEST(MlsGroup, WholeLeftHalfRemovedThenPathAndAdds) {
  World w(5);
  w.form(8);
  for (std::size_t i : {5, 2, 7}) w.commit(w.peer(i), {}, {});
  w.commit(w.peer(6), {}, {LeafIndex(0), LeafIndex(1), LeafIndex(2), LeafIndex(3)});
  w.expect_agreement();
  ASSERT_EQ(w.members().size(), 4u);
  for (std::size_t i : {4, 7, 5}) {
    w.commit(w.peer(i), {}, {});
    w.expect_agreement();
  }
  w.expect_delivery(w.peer(7), "right half only");
  w.commit(w.peer(5), {&w.peer(0), &w.peer(1)}, {}, false);
  w.expect_agreement();
  w.commit(w.peer(0), {&w.peer(2)}, {LeafIndex(6)});
  w.expect_agreement();
  w.expect_delivery(w.peer(2), "mixed again");
}

TEST(MlsGroup, TreeShrinksAndGrows) {
  World w(6);
  w.form(9);
  w.commit(w.peer(0), {}, {LeafIndex(8)});
  w.expect_agreement();
  w.commit(w.peer(1), {}, {LeafIndex(7), LeafIndex(6), LeafIndex(5), LeafIndex(4)});
  w.expect_agreement();
  w.commit(w.peer(2), {}, {LeafIndex(1), LeafIndex(3), LeafIndex(0)});
  w.expect_agreement();
  ASSERT_EQ(w.members().size(), 1u);
  w.commit(w.peer(2), {}, {});  // a group of one can commit, too
  w.commit(w.peer(2), {&w.peer(0), &w.peer(1), &w.peer(5)}, {});
  w.expect_agreement();
  w.expect_delivery(w.peer(5), "again");
}

struct Churn {
  World w;
  explicit Churn(std::uint64_t seed) : w(seed) {}

  Peer& any(const std::vector<Peer*>& from) { return *from[w.random.below(from.size())]; }

  void step() {
    const auto members = w.members();
    Peer& by = any(members);
    std::vector<LeafIndex> removes;
    std::vector<Peer*> adds;
    const std::uint64_t kind = w.random.below(10);
    if (kind < 5 && members.size() > 2) {
      const std::size_t most = kind == 0 ? members.size() / 2 : 2;
      for (Peer* p : members) {
        if (p != &by && removes.size() < most && w.random.below(3) == 0) {
          removes.push_back(p->group->own_leaf());
        }
      }
    }
    if (kind >= 3 && kind < 9) {
      for (Peer* p : w.outsiders()) {
        if (adds.size() < 3 && w.random.below(2) == 0) adds.push_back(p);
      }
    }
    w.commit(by, adds, removes, w.random.below(3) != 0);
  }
};

TEST(MlsGroup, ChurnOfTwentyDevicesKeepsAgreement) {
  for (std::uint64_t seed : {11, 12, 13}) {
    Churn churn(seed);
    churn.w.form(20, seed != 12);
    for (int i = 0; i < 60; ++i) {
      const auto before = churn.w.members();
      churn.step();
      if (testing::Test::HasFatalFailure()) FAIL() << "seed " << seed << " step " << i;
      churn.w.expect_agreement();
      churn.w.expect_delivery(churn.any(churn.w.members()), "step");
      if (testing::Test::HasFailure()) FAIL() << "seed " << seed << " step " << i;
    }
  }
}

TEST(MlsMessages, ReceivedTellsWhoWhatAndWhen) {
  World w(20);
  w.form(3);
  ASSERT_VALUE(w.peer(1).group->protect(as_bytes("first"), {}, w.random));
  const auto message = w.peer(1).group->protect(as_bytes("second"), as_bytes("aad"), w.random);
  ASSERT_VALUE(message);
  const auto header = peek(message.value());
  ASSERT_VALUE(header);
  EXPECT_EQ(header.value().epoch, Epoch(1));
  EXPECT_EQ(header.value().content_type, ContentType::application);
  EXPECT_TRUE(same(header.value().group_id, as_bytes("test group")));
  EXPECT_TRUE(same(header.value().authenticated_data, as_bytes("aad")));
  const auto received = w.peer(2).group->unprotect(message.value());
  ASSERT_VALUE(received);
  EXPECT_EQ(received.value().sender, LeafIndex(1));
  EXPECT_EQ(received.value().epoch, Epoch(1));
  EXPECT_EQ(received.value().generation, 1u);
  EXPECT_TRUE(same(received.value().authenticated_data, as_bytes("aad")));
  EXPECT_TRUE(same(received.value().content.view(), as_bytes("second")));
}

TEST(MlsMessages, SignedContentStandsAlone) {
  World w(21);
  w.form(3);
  const auto message = w.peer(1).group->protect(as_bytes("words"), as_bytes("aad"), w.random);
  const auto received = w.peer(0).group->unprotect(message.value());
  ASSERT_VALUE(received);
  const SecretBytes& evidence = received.value().signed_content;
  const auto content = verify_signed_content(evidence.view(), w.peer(1).key.public_key());
  ASSERT_VALUE(content);
  EXPECT_TRUE(same(content.value().group_id, as_bytes("test group")));
  EXPECT_EQ(content.value().epoch, Epoch(1));
  EXPECT_EQ(content.value().sender, LeafIndex(1));
  EXPECT_TRUE(same(content.value().authenticated_data, as_bytes("aad")));
  EXPECT_TRUE(same(content.value().content, as_bytes("words")));
  EXPECT_TRUE(same(content.value().tree_hash, w.peer(0).group->tree_hash().view()));

  EXPECT_EQ(verify_signed_content(evidence.view(), w.peer(2).key.public_key()).error().code,
            ErrorCode::signature_invalid);
  for (std::size_t i = 0; i < evidence.size(); ++i) {
    SecretBytes changed = evidence.clone();
    changed.mutable_view()[i] ^= 1;
    EXPECT_FALSE(verify_signed_content(changed.view(), w.peer(1).key.public_key())) << i;
  }
}

TEST(MlsMessages, PaddingHidesTheLength) {
  World w(22);
  w.form(2);
  std::set<std::size_t> sizes;
  for (std::size_t n = 0; n <= 150; n += 10) {
    sizes.insert(w.peer(0).group->protect(Bytes(n, 'a'), {}, w.random).value().size());
  }
  EXPECT_EQ(sizes.size(), 1u);
  EXPECT_GT(w.peer(0).group->protect(Bytes(300, 'a'), {}, w.random).value().size(), *sizes.begin());
}

TEST(MlsMessages, AnyOrderWithinTheLimits) {
  World w(23);
  w.form(2);
  std::vector<Bytes> sent;
  for (int i = 0; i < 150; ++i) {
    sent.push_back(w.peer(0).group->protect(as_bytes(std::to_string(i)), {}, w.random).value());
  }
  Group& g = *w.peer(1).group;
  for (std::size_t i = sent.size(); i-- > 0;) {
    const auto received = g.unprotect(sent[i]);
    ASSERT_VALUE(received);
    EXPECT_EQ(received.value().generation, i);
  }
  for (const Bytes& message : sent) {
    EXPECT_EQ(g.unprotect(message).error().code, ErrorCode::decryption_failed);
  }
}

TEST(MlsMessages, ForwardStepsAndSkippedKeysAreBounded) {
  World w(24);
  w.form(2);
  std::vector<Bytes> sent;
  for (std::uint32_t i = 0; i <= 2 * limits::kRatchetForwardStepsMax; ++i) {
    sent.push_back(w.peer(0).group->protect(as_bytes("x"), {}, w.random).value());
  }
  Group& g = *w.peer(1).group;
  const SecretBytes before = g.save();
  EXPECT_FALSE(g.unprotect(sent[limits::kRatchetForwardStepsMax + 1]));
  EXPECT_TRUE(same_state(before, g.save()));
  EXPECT_VALUE(g.unprotect(sent[limits::kRatchetForwardStepsMax]));
  EXPECT_VALUE(g.unprotect(sent[2 * limits::kRatchetForwardStepsMax]));
  // Only the newest kSkippedGenerationsMax keys that were skipped are still there.
  EXPECT_FALSE(g.unprotect(sent[0]));
  EXPECT_VALUE(g.unprotect(sent[2 * limits::kRatchetForwardStepsMax - 1]));
}

TEST(MlsMessages, PastEpochsOpenUpToTheLimit) {
  World w(25);
  w.form(3);
  std::vector<Bytes> sent;
  for (std::size_t i = 0; i <= limits::kPastEpochsMax + 1; ++i) {
    sent.push_back(w.peer(1).group->protect(as_bytes("late"), {}, w.random).value());
    if (i <= limits::kPastEpochsMax) w.commit(w.peer(0), {}, {});
  }
  Group& g = *w.peer(2).group;
  EXPECT_EQ(g.unprotect(sent[0]).error().code, ErrorCode::epoch_stale);
  for (std::size_t i = 1; i < sent.size(); ++i) {
    const auto received = g.unprotect(sent[i]);
    ASSERT_VALUE(received);
    EXPECT_EQ(received.value().epoch, Epoch(1 + i));
    EXPECT_FALSE(g.unprotect(sent[i]));
    EXPECT_TRUE(g.member(LeafIndex(1), received.value().epoch).has_value());
  }
}

TEST(MlsMessages, EveryChangedByteIsRefusedAndChangesNothing) {
  World w(26);
  w.form(3);
  const Bytes message =
      w.peer(1).group->protect(as_bytes("text"), as_bytes("id"), w.random).value();
  Group& g = *w.peer(2).group;
  const SecretBytes before = g.save();
  for (std::size_t i = 0; i < message.size(); ++i) {
    Bytes changed = message;
    changed[i] ^= 0x01;
    ASSERT_FALSE(g.unprotect(changed)) << "byte " << i;
    ASSERT_FALSE(g.unprotect(ByteView(message).first(i)));
  }
  EXPECT_TRUE(same_state(before, g.save()));
  EXPECT_VALUE(g.unprotect(message));
}

TEST(MlsGroup, EveryChangedByteOfACommitIsRefusedAndChangesNothing) {
  World w(27);
  w.form(3);
  w.add_peer().new_package(w.random);
  CommitRequest request;
  request.adds = {w.peer(3).verified()};
  auto prepared = w.peer(0).group->commit(request, kNow, w.random);
  ASSERT_VALUE(prepared);
  const Bytes commit = prepared.value().commit;
  Group& g = *w.peer(2).group;
  const SecretBytes before = g.save();
  for (std::size_t i = 0; i < commit.size(); ++i) {
    Bytes changed = commit;
    changed[i] ^= 0x80;
    ASSERT_FALSE(g.process_commit(changed, kNow)) << "byte " << i;
  }
  const Bytes welcome = prepared.value().welcome;
  for (std::size_t i = 0; i < welcome.size(); i += 3) {
    Bytes changed = welcome;
    changed[i] ^= 0x80;
    ASSERT_FALSE(w.peer(3).join(changed)) << "byte " << i;
  }
  EXPECT_TRUE(same_state(before, g.save()));
  EXPECT_VALUE(g.process_commit(commit, kNow));
  EXPECT_TRUE(same_state(before, g.save()));
  EXPECT_VALUE(w.peer(3).join(welcome));
}

TEST(MlsGroup, StagedCommitsFitOnlyTheStateTheyWereMadeFor) {
  World w(28);
  w.form(3);
  auto one = w.peer(1).group->commit({}, kNow, w.random);
  auto two = w.peer(2).group->commit({}, kNow, w.random);
  ASSERT_VALUE(one);
  ASSERT_VALUE(two);
  Group& bot = *w.peer(0).group;
  auto first = bot.process_commit(one.value().commit, kNow);
  auto second = bot.process_commit(two.value().commit, kNow);
  ASSERT_VALUE(first);
  ASSERT_VALUE(second);
  ASSERT_VALUE(bot.merge(std::move(first).value()));
  const SecretBytes after = bot.save();
  EXPECT_EQ(bot.merge(std::move(second).value()).error().code, ErrorCode::epoch_stale);
  EXPECT_TRUE(same_state(after, bot.save()));
  // The one that lost drops its own commit and follows.
  ASSERT_VALUE(w.peer(2).follow(one.value().commit));
  ASSERT_VALUE(w.peer(1).group->merge(std::move(one.value().staged)));
  w.expect_agreement();
}

TEST(MlsGroup, ExporterAgrees) {
  World w(29);
  w.form(3);
  const SecretBytes a = w.peer(0).group->export_secret("label", as_bytes("context"), 48);
  EXPECT_EQ(a.size(), 48u);
  EXPECT_TRUE(same_state(a, w.peer(2).group->export_secret("label", as_bytes("context"), 48)));
  EXPECT_FALSE(same_state(a, w.peer(2).group->export_secret("other", as_bytes("context"), 48)));
}

}  // namespace
}  // namespace candour::mls::test
