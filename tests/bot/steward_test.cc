// Goal: groups become what registrars asked for and stay so: adding, removing, revoking, waiting
// for key packages, fresh epochs, each by one logged commit. Method: requests by mail, officers
// with real MLS groups that follow every commit.
#include "base/limits.h"
#include "tests/bot/world.h"

namespace candour::tests {
namespace {

class BotSteward : public ::testing::Test {
 protected:
  void SetUp() override {
    world.publish_policy();
    world.start();
  }
  messages::GroupRequest change(const std::string& action, const Officer& officer) {
    messages::GroupRequest wish;
    wish.organisation = "example-constabulary";
    wish.request = world.dice.id<messages::RequestId>();
    wish.action = action;
    wish.group = world.group;
    wish.members = {officer.device.id};
    wish.issued = world.clock.now();
    return wish;
  }
  const bot::Group& group() { return *world.robot().groups().find(world.group); }

  World world;
  Officer amy{world, "p-101"};
  Officer ben{world, "p-102"};
  Officer chloe{world, "p-103"};
};

TEST_F(BotSteward, OneCommitAddsEverybodyAtOnce) {
  world.make_group({&amy, &ben, &chloe});
  EXPECT_EQ(world.relay.delivered.size(), 1u);
  EXPECT_EQ(group().mls.epoch(), Epoch(1));
  EXPECT_EQ(group().mls.members().size(), 4u);
  EXPECT_EQ(world.relay.groups[world.group].epoch, 1u);
  amy.receipt(amy.send("Hello all."));
  ben.catch_up();
  chloe.catch_up();
  EXPECT_EQ(ben.shown, chloe.shown);
}

TEST_F(BotSteward, TheSameRequestTwiceIsDoneOnce) {
  amy.publish_key_package();
  const auto wish = world.create_request({&amy});
  world.request(wish);
  const std::size_t records = world.relay.records.size();
  world.request(wish);
  EXPECT_EQ(world.relay.records.size(), records);
  EXPECT_TRUE(world.relay.bot_mail.empty());
}

TEST_F(BotSteward, RequestWithoutARegistrarsSignatureChangesNothing_I12) {
  identity::SignedNote note{world.create_request({&amy}).print(), {}};
  identity::sign_note(note, "registrar-1", world.author);
  messages::ToBot mail;
  mail.type = messages::ToBotType::group_request;
  mail.body = SecretBytes::copy_of(as_bytes(note.print()));
  const auto id = world.dice.id<messages::MailId>();
  world.relay.mail_to_bot(id.view(),
                          mail.seal(world.keys->sealing.public_key(), id, world.dice).value());
  world.run();
  EXPECT_EQ(world.robot().groups().find(world.group), nullptr);
  EXPECT_TRUE(world.relay.records.empty());
  EXPECT_TRUE(world.relay.bot_mail.empty()) << "bad mail must not come back for ever";
}

TEST_F(BotSteward, DeviceWithoutKeyPackageIsSaidOnceAndAddedLater) {
  amy.publish_key_package();
  world.request(world.create_request({&amy, &ben}));
  amy.catch_up();
  ASSERT_TRUE(amy.mls.has_value());
  const std::size_t records = world.relay.records.size();
  world.advance(5'000);
  world.advance(5'000);
  EXPECT_EQ(world.relay.records.size(), records);
  ben.publish_key_package();
  world.advance(5'000);
  ben.catch_up();
  amy.catch_up();
  ASSERT_TRUE(ben.mls.has_value());
  amy.receipt(amy.send("Welcome."));
  ben.catch_up();
  EXPECT_EQ(ben.shown, std::vector<std::string>{"Welcome."});
}

TEST_F(BotSteward, AKeyPackageOfAnotherDeviceIsNotAdded_I2) {
  amy.publish_key_package();
  chloe.publish_key_package();
  // The relay hands out Chloe's package as if it were Ben's: a ghost.
  world.relay.key_packages[ben.device.id] = world.relay.key_packages[chloe.device.id];
  world.request(world.create_request({&amy, &ben}));
  amy.catch_up();
  EXPECT_EQ(group().mls.members().size(), 2u);
}

TEST_F(BotSteward, AddedMemberReadsOnlyWhatComesAfter) {
  world.make_group({&amy, &ben});
  amy.send("Before.");
  chloe.publish_key_package();
  world.request(change("add", chloe));
  amy.catch_up();
  amy.send("After.");
  chloe.catch_up();
  ben.catch_up();
  EXPECT_EQ(chloe.shown, std::vector<std::string>{"After."});
  EXPECT_EQ(ben.shown, (std::vector<std::string>{"Before.", "After."}));
}

TEST_F(BotSteward, RemovedMemberReadsNothingFurther_I9) {
  world.make_group({&amy, &ben, &chloe});
  world.request(change("remove", chloe));
  amy.catch_up();
  ben.catch_up();
  EXPECT_EQ(group().mls.members().size(), 3u);
  amy.receipt(amy.send("Without her."));
  ben.catch_up();
  EXPECT_EQ(ben.shown.size(), 1u);
  chloe.catch_up();
  EXPECT_TRUE(chloe.removed);
  EXPECT_FALSE(chloe.mls->unprotect(as_bytes(world.relay.delivered.back().ciphertext())));
}

TEST_F(BotSteward, RevokedDeviceIsRemovedAtOnceAndRefused_I9) {
  world.make_group({&amy, &ben, &chloe});
  world.revoke(chloe.device);
  EXPECT_EQ(group().mls.members().size(), 3u);
  amy.catch_up();
  EXPECT_EQ(amy.roster.members.size(), 3u);
  const std::size_t delivered = world.relay.delivered.size();
  chloe.send("Let me in.");
  EXPECT_EQ(world.relay.delivered.size(), delivered);
  EXPECT_TRUE(world.relay.mail_of(chloe.device.id, v1::REPLY).empty());
}

TEST_F(BotSteward, RevokedWhileTheBotWasAwayIsRemovedOnReturn_I9) {
  world.make_group({&amy, &ben, &chloe});
  world.kill();
  world.revoke(chloe.device);
  world.start();
  EXPECT_EQ(group().mls.members().size(), 3u);
}

TEST_F(BotSteward, MessagesAcceptedBeforeACommitAreJudgedBeforeIt) {
  world.make_group({&amy, &ben});
  world.kill();
  amy.send("In the old epoch.");
  chloe.publish_key_package();
  const auto wish = change("add", chloe);
  world.request(wish);
  world.start();
  ben.catch_up();
  chloe.catch_up();
  EXPECT_EQ(ben.shown, std::vector<std::string>{"In the old epoch."});
  EXPECT_TRUE(chloe.mls.has_value());
  EXPECT_TRUE(chloe.shown.empty());
}

TEST_F(BotSteward, ManyWithheldGenerationsBringAFreshEpoch) {
  world.make_group({&amy, &ben});
  for (std::size_t i = 0; i + 1 < limits::kWithheldGenerationsMax; ++i) amy.send("a badword");
  EXPECT_EQ(group().mls.epoch(), Epoch(1));
  amy.send("a badword");
  EXPECT_EQ(group().mls.epoch(), Epoch(2));
  amy.catch_up();
  ben.catch_up();
  amy.receipt(amy.send("Clean again."));
  ben.catch_up();
  EXPECT_EQ(ben.shown, std::vector<std::string>{"Clean again."});
}

TEST_F(BotSteward, MemberThatCannotFollowIsAddedAgain) {
  world.make_group({&amy, &ben});
  messages::FailureReport report;
  report.group = world.group;
  report.epoch = Epoch(1);
  report.message_id = world.dice.id<MessageId>();
  report.device = ben.device.id;
  report.time = world.clock.now();
  messages::ToBot mail;
  mail.type = messages::ToBotType::failure_report;
  mail.body = SecretBytes::copy_of(report.sign(ben.device.signing));
  const auto id = world.dice.id<messages::MailId>();
  ben.publish_key_package();
  ben.mls.reset();
  world.relay.mail_to_bot(id.view(),
                          mail.seal(world.keys->sealing.public_key(), id, world.dice).value());
  world.run();
  EXPECT_EQ(group().mls.epoch(), Epoch(2));
  EXPECT_EQ(group().mls.members().size(), 3u);
  amy.catch_up();
  ben.catch_up();
  amy.receipt(amy.send("There you are."));
  ben.catch_up();
  EXPECT_EQ(ben.shown, std::vector<std::string>{"There you are."});
}

TEST_F(BotSteward, AddsFitOneFrame) {
  EXPECT_EQ(bot::adds_per_commit_max(2), 16u);
  EXPECT_GE(bot::adds_per_commit_max(1000), 1u);
  EXPECT_LT(bot::adds_per_commit_max(1000), 3u);
}

}  // namespace
}  // namespace candour::tests
