// Goal: what the relay does for those who lost something: the bot is told how far every group has
// come, may form a group again, and nothing of the old MLS group enters the new one; a mirror gets
// every leaf with what lies beside it. Method: raw frames; tokens and rosters are real.
#include "crypto/hash.h"
#include "tests/relay/world.h"

namespace candour::tests {
namespace {

class Reforming : public RelayTest {
 protected:
  v1::Rosters rosters(Peer& peer) {
    v1::ClientFrame ask;
    ask.mutable_get_rosters();
    const auto answer = peer.call(ask);
    EXPECT_EQ(answer.body_case(), Body::kRosters) << answer.failure().message();
    return answer.rosters();
  }
  v1::Submit of_mls_group(ByteView mls_group, std::uint64_t epoch) {
    Writer bytes;
    bytes.u16(1);  // mls10
    bytes.u16(2);  // PrivateMessage
    bytes.vec(mls_group);
    bytes.raw(world.random.bytes(80));
    v1::Submit out = submit(epoch).submit();
    out.set_ciphertext(wire::to_field(bytes.view()));
    return out;
  }
  static v1::ClientFrame framed(v1::Submit submit) {
    v1::ClientFrame frame;
    *frame.mutable_submit() = std::move(submit);
    return frame;
  }
  identity::Roster current() {
    return identity::Roster::verify(as_bytes(rosters(bot->peer()).rosters(0)),
                                    world.bot.key.public_key())
        .value();
  }
  /// The first commit of a new MLS group for the same group.
  void form_again(const std::vector<DeviceId>& members) {
    ASSERT_EQ(
        bot->peer().call(bot->commit_frame(group, world.random.id<MessageId>(), 0)).body_case(),
        Body::kSubmitted);
    v1::Check check;
    do {
      check = bot->next_check();
    } while (check.submit().kind() != v1::COMMIT);
    ASSERT_EQ(bot->give(bot->release(check, members)).body_case(), Body::kDone);
  }
};

TEST_F(Reforming, TheBotIsToldWhereEveryGroupStands) {
  ASSERT_EQ(a->call(submit()).body_case(), Body::kSubmitted);
  ASSERT_EQ(bot->release_next().body_case(), Body::kDone);
  const auto told = rosters(bot->peer());
  ASSERT_EQ(told.groups_size(), 1);
  EXPECT_EQ(told.groups(0).seq(), 2u);
  EXPECT_EQ(told.groups(0).epoch(), 1u);
  EXPECT_EQ(told.groups(0).token_hash(), wire::to_field(bot->chains[group].previous));
  EXPECT_EQ(current().members.size(), 3u);
  EXPECT_TRUE(told.next().empty());
  v1::ClientFrame ask;
  ask.mutable_get_rosters()->set_after(wire::to_field(group));
  const auto rest = bot->peer().call(ask).rosters();
  EXPECT_EQ(rest.groups_size() + rest.rosters_size(), 0);
  ask.mutable_get_rosters()->set_after("short");
  EXPECT_EQ(bot->peer().refusal(ask), ErrorCode::frame_malformed);
  ask.mutable_get_rosters()->clear_after();
  EXPECT_EQ(a->refusal(ask), ErrorCode::not_permitted);
}

TEST_F(Reforming, WhatWasPendingIsForgottenAndMayComeAgain) {
  const auto lost = submit();
  ASSERT_EQ(a->call(lost).body_case(), Body::kSubmitted);
  form_again({amy.id(), ben.id()});
  EXPECT_EQ(rosters(bot->peer()).groups(0).seq(), 2u);
  auto again = lost;  // the same id, encrypted anew
  again.mutable_submit()->set_ciphertext(wire::to_field(world.random.bytes(90)));
  const auto answer = a->call(again);
  ASSERT_EQ(answer.body_case(), Body::kSubmitted) << answer.failure().message();
  EXPECT_FALSE(answer.submitted().duplicate());
  EXPECT_EQ(bot->release_next().body_case(), Body::kDone);
  EXPECT_EQ(b->next(Body::kDeliver).deliver().seq(), 2u);
  EXPECT_EQ(b->next(Body::kDeliver).deliver().seq(), 3u);
}

TEST_F(Reforming, TheOldMlsGroupIsStaleWhateverItsEpoch) {
  const Bytes old = current().mls_group;
  ASSERT_EQ(a->call(framed(of_mls_group(old, 1))).body_case(), Body::kSubmitted);
  ASSERT_EQ(bot->release_next().body_case(), Body::kDone);
  form_again({amy.id(), ben.id()});
  EXPECT_EQ(a->refusal(framed(of_mls_group(old, 1))), ErrorCode::epoch_stale);
  EXPECT_EQ(a->call(framed(of_mls_group(current().mls_group, 1))).body_case(), Body::kSubmitted);
  // Also after a restart, when only the stored roster tells.
  ASSERT_EQ(bot->release_next().body_case(), Body::kDone);
  bot.reset();
  world.stop();
  world.start();
  Peer late(world);
  ASSERT_EQ(late.login(amy).body_case(), Body::kLoggedIn);
  EXPECT_EQ(late.refusal(framed(of_mls_group(old, 1))), ErrorCode::epoch_stale);
}

TEST_F(Reforming, OnlyTheBotAndOnlyFromTheBeginning) {
  auto member = submit(0);
  member.mutable_submit()->set_kind(v1::COMMIT);
  EXPECT_EQ(a->refusal(member), ErrorCode::not_permitted);
  EXPECT_EQ(bot->peer().refusal(bot->commit_frame(group, world.random.id<MessageId>(), 2)),
            ErrorCode::epoch_stale);
  // The chain goes on: number 1 again, or another hash before it, is no token.
  bot->chains[group].previous = Digest();
  ASSERT_EQ(bot->peer().call(bot->commit_frame(group, world.random.id<MessageId>(), 0)).body_case(),
            Body::kSubmitted);
  const auto check = bot->next_check();
  EXPECT_EQ(bot->peer().refusal(bot->release(check, {amy.id()})), ErrorCode::token_invalid);
}

TEST_F(Reforming, AGroupThatWasStoppedBeginsAgain) {
  ASSERT_EQ(a->call(submit()).body_case(), Body::kSubmitted);
  const auto check = bot->next_check();
  ASSERT_EQ(bot->give(bot->release(check)).body_case(), Body::kDone);
  EXPECT_EQ(bot->peer().refusal(bot->withhold(check, amy.id())), ErrorCode::group_stopped);
  EXPECT_EQ(a->refusal(submit()), ErrorCode::group_stopped);
  EXPECT_TRUE(rosters(bot->peer()).groups(0).stopped());
  form_again({amy.id(), ben.id()});
  EXPECT_FALSE(rosters(bot->peer()).groups(0).stopped());
  ASSERT_EQ(a->call(submit(1)).body_case(), Body::kSubmitted);
  EXPECT_EQ(bot->release_next().body_case(), Body::kDone);
  // Also after a restart.
  bot.reset();
  world.stop();
  world.start();
  Peer late(world);
  ASSERT_EQ(late.login(amy).body_case(), Body::kLoggedIn);
  EXPECT_EQ(late.call(submit(1)).body_case(), Body::kSubmitted);
}

TEST_F(Reforming, WhoIsNotInItAnyMoreGetsNothing) {
  form_again({amy.id()});
  EXPECT_EQ(b->refusal(submit()), ErrorCode::not_a_member);
  EXPECT_EQ(a->next(Body::kDeliver).deliver().epoch(), 0u);
  EXPECT_TRUE(b->quiet(Body::kDeliver));
}

TEST_F(Reforming, ANewRelayBeginsWhereTheBotSays) {
  const GroupId other = world.random.id<GroupId>();
  bot->chains[other] = {56, world.random.id<Digest>(), 0};
  bot->create_group(other, {amy.id()});
  EXPECT_EQ(bot->chains[other].seq, 57u);
  const auto told = rosters(bot->peer());
  for (const auto& state : told.groups()) {
    if (state.group() == wire::to_field(other)) {
      EXPECT_EQ(state.seq(), 57u);
    }
  }
}

TEST_F(Reforming, AMirrorGetsEveryLeafWithWhatLiesBesideIt) {
  ASSERT_EQ(a->call(submit()).body_case(), Body::kSubmitted);
  ASSERT_EQ(bot->release_next().body_case(), Body::kDone);
  v1::ClientFrame ask;
  ask.mutable_get_log()->set_first(0);
  ask.mutable_get_log()->set_end(1000);
  EXPECT_EQ(a->refusal(ask), ErrorCode::not_permitted);
  Peer registrar(world);
  ASSERT_EQ(registrar.login_role("registrar-1", test_key(kRegistrar1)).body_case(),
            Body::kLoggedIn);
  EXPECT_EQ(registrar.refusal(ask), ErrorCode::not_permitted);
  Peer auditor(world);
  ASSERT_EQ(auditor.login_role("auditor", test_key(kAuditor)).body_case(), Body::kLoggedIn);
  const auto answer = auditor.call(ask);
  ASSERT_EQ(answer.body_case(), Body::kLogItems) << answer.failure().message();
  std::size_t records = 0, objects = 0;
  for (const auto& item : answer.log_items().items()) {
    const auto opening = tlog::LeafOpening::decode(as_bytes(item.opening())).value();
    const bool record = !item.record().empty();
    (record ? records : objects) += 1;
    const auto leaf_class = record ? tlog::LeafClass::ordinary : tlog::LeafClass::directory;
    EXPECT_TRUE(same(opening.entry(leaf_class), as_bytes(item.entry())));
    EXPECT_EQ(crypto::sha256(as_bytes(record ? item.record() : item.object())),
              opening.object_hash);
  }
  EXPECT_EQ(records, 2u);  // the group's commit and the message
  EXPECT_EQ(objects, 7u);  // statement, notice, three certificates, two acknowledgements
  ask.mutable_get_log()->set_end(0);
  EXPECT_EQ(auditor.refusal(ask), ErrorCode::input_invalid);
}

}  // namespace
}  // namespace candour::tests
