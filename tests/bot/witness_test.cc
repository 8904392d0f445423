// Goal: the bot cosigns only a log that grows and that holds what it was given; a rollback, a fork
// or a wrong proof gets no cosignature (I8). Method: cosign requests from a relay double with a
// real tree, good and manipulated.
#include "tests/bot/world.h"
#include "tlog/checkpoint.h"
#include "tlog/leaf.h"

namespace candour::tests {
namespace {

class BotWitness : public ::testing::Test {
 protected:
  void SetUp() override {
    world.publish_policy();
    world.start();
  }
  /// What the bot says to a request; a zero size without a line when it says nothing.
  v1::Cosignature ask(const v1::CosignRequest& request) {
    v1::ServerFrame frame;
    *frame.mutable_cosign_request() = request;
    world.relay.cosignatures.clear();
    world.relay.push(std::move(frame));
    world.run();
    return world.relay.cosignatures.empty() ? v1::Cosignature() : world.relay.cosignatures.back();
  }
  bool verifies(const v1::Cosignature& cosignature) {
    auto note = tlog::sign_checkpoint(world.relay.checkpoint(), world.log);
    return tlog::add_cosignature(note, cosignature.line(), world.relay.statement).has_value();
  }
  World world;
};

TEST_F(BotWitness, CosignsALogThatGrows_I8) {
  const auto first = ask(world.relay.cosign_request(0));
  EXPECT_TRUE(verifies(first));
  const std::uint64_t size = first.size();
  EXPECT_EQ(size, world.relay.checkpoint().size);
  world.relay.append_leaf(world.dice.id<Digest>());
  EXPECT_TRUE(verifies(ask(world.relay.cosign_request(size))));
}

TEST_F(BotWitness, WrongOldSizeIsToldWhereItStands_I8) {
  const std::uint64_t size = ask(world.relay.cosign_request(0)).size();
  world.relay.append_leaf(world.dice.id<Digest>());
  const auto answer = ask(world.relay.cosign_request(0));
  EXPECT_TRUE(answer.line().empty());
  EXPECT_EQ(answer.size(), size);
}

TEST_F(BotWitness, RemembersAcrossRestarts_I8) {
  const std::uint64_t size = ask(world.relay.cosign_request(0)).size();
  world.kill();
  world.start();
  EXPECT_EQ(world.robot().witness().size(), size);
  EXPECT_TRUE(ask(world.relay.cosign_request(0)).line().empty());
}

TEST_F(BotWitness, RollbackIsNotCosigned_I8) {
  const auto smaller = world.relay.cosign_request(0);
  world.relay.append_leaf(world.dice.id<Digest>());
  const std::uint64_t size = ask(world.relay.cosign_request(0)).size();
  auto rollback = smaller;
  rollback.set_old_size(size);
  EXPECT_TRUE(ask(rollback).line().empty());
  EXPECT_EQ(world.robot().witness().size(), size);
}

TEST_F(BotWitness, ForkIsNotCosigned_I8) {
  const std::uint64_t size = ask(world.relay.cosign_request(0)).size();
  tlog::Checkpoint fork = world.relay.checkpoint();
  fork.root = world.dice.id<Digest>();
  v1::CosignRequest request;
  request.set_old_size(size);
  request.set_checkpoint(tlog::sign_checkpoint(fork, world.log).print());
  EXPECT_TRUE(ask(request).line().empty());
  fork.size += 1;
  request.set_checkpoint(tlog::sign_checkpoint(fork, world.log).print());
  EXPECT_TRUE(ask(request).line().empty());
}

TEST_F(BotWitness, CheckpointOfAnotherKeyIsNotCosigned_I8) {
  v1::CosignRequest request = world.relay.cosign_request(0);
  request.set_checkpoint(tlog::sign_checkpoint(world.relay.checkpoint(), world.author).print());
  EXPECT_TRUE(ask(request).line().empty());
}

TEST_F(BotWitness, TreeTooSmallForItsRecordsIsNotCosigned_I3) {
  const auto early = world.relay.cosign_request(0);  // before there are records
  Officer amy(world, "p-101");
  world.make_group({&amy});
  for (int i = 0; i < 10; ++i) amy.send("Line.");
  world.relay.bad_proofs = true;  // so that the records stay unproven
  world.advance(limits::kCheckpointLatestMs + 1);
  EXPECT_TRUE(ask(early).line().empty());
}

TEST_F(BotWitness, ProvesItsRecordsInTheBackground_I3) {
  Officer amy(world, "p-101");
  world.make_group({&amy});
  amy.send("Line.");
  world.advance(limits::kCheckpointLatestMs + 1);
  world.advance(1'000);
  EXPECT_FALSE(world.robot().witness().alarmed());
  EXPECT_TRUE(world.process->store->leaves().value().empty());
  EXPECT_TRUE(verifies(ask(world.relay.cosign_request(0))));
}

TEST_F(BotWitness, SameSizeIsCosignedAgainWithANewerTime_I8) {
  const auto first = ask(world.relay.cosign_request(0));
  world.advance(60'000);
  const auto again = ask(world.relay.cosign_request(first.size()));
  EXPECT_TRUE(verifies(again));
  EXPECT_EQ(again.size(), first.size());
  EXPECT_NE(again.line(), first.line());
}

TEST_F(BotWitness, DroppedLeafIsNotCosigned_I3) {
  Officer amy(world, "p-101");
  world.make_group({&amy});
  amy.send("Line.");
  const Digest leaf = tlog::leaf_hash(as_bytes(world.relay.records.back().entry()));
  world.relay.hidden = {leaf};
  world.advance(limits::kCheckpointLatestMs + 1);
  EXPECT_TRUE(ask(world.relay.cosign_request(0)).line().empty());
  EXPECT_TRUE(world.robot().witness().alarmed());
  // Others do not make up for it, however many there are.
  for (int i = 0; i < 40; ++i) world.relay.append_leaf(world.dice.id<Digest>());
  world.advance(limits::kCheckpointLatestMs + 1);
  EXPECT_TRUE(ask(world.relay.cosign_request(0)).line().empty());
  world.relay.hidden.clear();
  EXPECT_TRUE(verifies(ask(world.relay.cosign_request(0))));
  EXPECT_FALSE(world.robot().witness().alarmed());
}

TEST_F(BotWitness, RollbackFromABackupStopsReleases_I8) {
  Officer amy(world, "p-101");
  world.make_group({&amy});
  const auto old = world.relay.cosign_request(0);
  amy.send("Before.");
  ask(world.relay.cosign_request(0));
  const std::size_t released = world.relay.delivered.size();
  ask(old);
  EXPECT_TRUE(world.robot().witness().contradicted());
  amy.send("Into a log that shrank.");
  EXPECT_EQ(world.relay.delivered.size(), released);
}

TEST_F(BotWitness, RollbackFromABackupIsFoundAtLogin_I8) {
  ask(world.relay.cosign_request(0));
  world.kill();
  world.relay.lose_tree();
  world.process = std::make_unique<BotProcess>(world);
  client::LoginOptions login{client::DeviceLogin{world.keys->device, &world.keys->signing,
                                                 bot::load_certificate(world.state).value()},
                             "candour-bot/0.1.0", world.relay.statement.log.name};
  auto connection = client::Connection::open(world.relay.connect(world.keys->device), login);
  ASSERT_TRUE(connection);
  const Status attached = world.robot().attach(*connection.value());
  ASSERT_FALSE(attached);
  EXPECT_EQ(code_name(attached.error().code), "log_inconsistent");
}

TEST_F(BotWitness, WrongProofRaisesTheAlarmAndStopsCosigning_I3) {
  Officer amy(world, "p-101");
  world.make_group({&amy});
  amy.send("Line.");
  world.relay.bad_proofs = true;
  world.advance(limits::kCheckpointLatestMs + 1);
  EXPECT_TRUE(world.robot().witness().alarmed());
  EXPECT_TRUE(ask(world.relay.cosign_request(0)).line().empty());
  EXPECT_TRUE(world.relay.cosignatures.empty()) << "the relay would ask again at once";
  world.relay.bad_proofs = false;
  world.advance(2'000);
  world.advance(10'000);
  EXPECT_EQ(world.relay.cosignatures.size(), 1u) << "now it may ask again";
  EXPECT_FALSE(world.robot().witness().alarmed());
  EXPECT_TRUE(verifies(ask(world.relay.cosign_request(0))));
}

}  // namespace
}  // namespace candour::tests
