// Goal: a group that was saved when it entered its epoch and got its ratchet states back is the
// very group that was running. Method: live groups beside restored ones, compared byte by byte.
#include "mls/group.h"
#include "tests/mls/fixture.h"

namespace candour::mls::test {
namespace {

Group again(const SecretBytes& saved, const Peer& peer) {
  auto group = Group::restore(saved.view(), peer.key);
  EXPECT_TRUE(group) << group.error().message;
  return std::move(group).value();
}

TEST(MlsPersistence, SaveAndRestoreGiveTheSameBytes) {
  World w(40);
  w.form(7);
  w.commit(w.peer(3), {}, {LeafIndex(5)});
  w.commit(w.peer(1), {}, {});
  for (Peer* p : w.members()) {
    const SecretBytes saved = p->group->save();
    Group restored = again(saved, *p);
    EXPECT_TRUE(same_state(saved, restored.save()));
    p->group = std::move(restored);
  }
  w.expect_agreement();
  for (Peer* p : w.members()) w.expect_delivery(*p, "after restart");
  w.commit(w.peer(6), {}, {});
  w.expect_agreement();
}

TEST(MlsPersistence, SnapshotOfTheEpochAndRatchetStatesAreTheLiveGroup) {
  World w(41);
  w.form(6);
  const Bytes old = w.peer(4).group->protect(as_bytes("old epoch"), {}, w.random).value();
  w.commit(w.peer(2), {}, {});
  Peer& me = w.peer(1);
  Group& live = *me.group;
  const SecretBytes snapshot = live.save();

  std::map<std::pair<LeafIndex, Epoch>, SecretBytes> stored;
  const auto store = [&](LeafIndex leaf, Epoch epoch) {
    stored.insert_or_assign({leaf, epoch}, live.ratchet_state(leaf, epoch));
  };
  std::vector<Bytes> skipped;
  for (int i = 0; i < 40; ++i) {
    Peer& from = w.peer(w.random.below(6));
    const Bytes message = from.group->protect(as_bytes("m"), {}, w.random).value();
    if (&from == &me) {
      store(live.own_leaf(), live.epoch());
    } else if (w.random.below(3) == 0) {
      skipped.push_back(message);
    } else {
      const auto received = live.unprotect(message);
      ASSERT_VALUE(received);
      store(received.value().sender, received.value().epoch);
    }
  }
  const auto late = live.unprotect(old);
  ASSERT_VALUE(late);
  store(late.value().sender, late.value().epoch);
  auto abandoned = live.commit({}, kNow, w.random);
  ASSERT_VALUE(abandoned);
  store(live.own_leaf(), live.epoch());

  Group restored = again(snapshot, me);
  EXPECT_FALSE(same_state(restored.save(), live.save()));
  for (const auto& [where, blob] : stored) {
    ASSERT_VALUE(restored.apply_ratchet_state(where.first, blob.view()));
  }
  ASSERT_TRUE(same_state(restored.save(), live.save()));

  // The same behaviour: used keys stay used, skipped ones open, the own ratchet goes on.
  EXPECT_FALSE(restored.unprotect(old));
  for (const Bytes& message : skipped) {
    EXPECT_VALUE(restored.unprotect(message));
    EXPECT_VALUE(live.unprotect(message));
  }
  EXPECT_TRUE(same_state(restored.save(), live.save()));
  const Bytes next = restored.protect(as_bytes("next"), {}, w.random).value();
  EXPECT_VALUE(w.peer(0).group->unprotect(next));
}

TEST(MlsPersistence, OlderOrForeignRatchetStatesAreRefused) {
  World w(42);
  w.form(3);
  Group& g = *w.peer(1).group;
  EXPECT_TRUE(g.ratchet_state(LeafIndex(0)).empty());
  EXPECT_TRUE(g.ratchet_state(LeafIndex(0), Epoch(77)).empty());
  const auto message = [&] {
    return w.peer(0).group->protect(as_bytes("m"), {}, w.random).value();
  };
  ASSERT_VALUE(g.unprotect(message()));
  const SecretBytes older = g.ratchet_state(LeafIndex(0));
  ASSERT_VALUE(g.unprotect(message()));
  const SecretBytes before = g.save();
  EXPECT_EQ(g.apply_ratchet_state(LeafIndex(0), older.view()).error().code,
            ErrorCode::state_damaged);
  EXPECT_EQ(g.apply_ratchet_state(LeafIndex(2), older.view()).error().code,
            ErrorCode::state_damaged);
  EXPECT_EQ(g.apply_ratchet_state(LeafIndex(0), older.view().first(40)).error().code,
            ErrorCode::state_damaged);
  EXPECT_TRUE(same_state(before, g.save()));
}

TEST(MlsPersistence, StagedCommitSurvivesARestart) {
  World w(43);
  w.form(4);
  Peer& bot = w.peer(0);
  const SecretBytes group_saved = bot.group->save();
  w.add_peer().new_package(w.random);
  CommitRequest request;
  request.adds = {w.peer(4).verified()};
  request.removes = {LeafIndex(2)};
  auto prepared = bot.group->commit(request, kNow, w.random);
  ASSERT_VALUE(prepared);
  const SecretBytes ratchet = bot.group->ratchet_state(LeafIndex(0));
  const SecretBytes staged_saved = prepared.value().staged.save();

  // The process dies here and starts again.
  Group restored = again(group_saved, bot);
  ASSERT_VALUE(restored.apply_ratchet_state(LeafIndex(0), ratchet.view()));
  EXPECT_TRUE(same_state(restored.save(), bot.group->save()));
  auto staged = StagedCommit::restore(staged_saved.view());
  ASSERT_VALUE(staged);
  EXPECT_EQ(staged.value().sender(), LeafIndex(0));
  EXPECT_EQ(staged.value().epoch(), Epoch(2));
  EXPECT_EQ(staged.value().added(), prepared.value().staged.added());
  EXPECT_EQ(staged.value().removed(), prepared.value().staged.removed());
  EXPECT_TRUE(same_state(staged.value().save(), staged_saved));
  ASSERT_VALUE(restored.merge(std::move(staged).value()));
  bot.group = std::move(restored);
  for (std::size_t i : {1, 2, 3}) ASSERT_VALUE(w.peer(i).follow(prepared.value().commit));
  ASSERT_VALUE(w.peer(4).join(prepared.value().welcome));
  w.expect_agreement();
  w.expect_delivery(w.peer(4), "hello");
}

TEST(MlsPersistence, ProcessedCommitAndRemovalSurviveARestart) {
  World w(44);
  w.form(3);
  CommitRequest request;
  request.removes = {LeafIndex(2)};
  auto prepared = w.peer(0).group->commit(request, kNow, w.random);
  ASSERT_VALUE(prepared);
  Peer& out = w.peer(2);
  const auto staged = out.group->process_commit(prepared.value().commit, kNow);
  ASSERT_VALUE(staged);
  auto restored = StagedCommit::restore(staged.value().save().view());
  ASSERT_VALUE(restored);
  EXPECT_TRUE(restored.value().removes_own_leaf());
  ASSERT_VALUE(out.group->merge(std::move(restored).value()));
  Group gone = again(out.group->save(), out);
  EXPECT_FALSE(gone.active());
  EXPECT_TRUE(same_state(gone.save(), out.group->save()));
}

TEST(MlsPersistence, DamagedStateIsRefusedAndNeverCrashes) {
  World w(45);
  w.form(3);
  Peer& p = w.peer(1);
  const SecretBytes saved = p.group->save();
  EXPECT_EQ(Group::restore(saved.view(), w.peer(2).key).error().code, ErrorCode::state_damaged);
  for (std::size_t n = 0; n < saved.size(); ++n) {
    const auto cut = Group::restore(saved.view().first(n), p.key);
    ASSERT_FALSE(cut) << n;
    EXPECT_EQ(cut.error().code, ErrorCode::state_damaged);
  }
  for (std::size_t i = 0; i < saved.size(); ++i) {
    SecretBytes changed = saved.clone();
    changed.mutable_view()[i] ^= 0xff;
    const auto restored = Group::restore(changed.view(), p.key);
    if (restored) continue;  // a changed secret cannot be told from another secret
    EXPECT_EQ(restored.error().code, ErrorCode::state_damaged) << i;
  }
  const SecretBytes staged = p.group->commit({}, kNow, w.random).value().staged.save();
  for (std::size_t n = 0; n < staged.size(); ++n) {
    ASSERT_FALSE(StagedCommit::restore(staged.view().first(n))) << n;
  }
}

}  // namespace
}  // namespace candour::mls::test
