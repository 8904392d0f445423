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
  bot::Group& group() { return *world.robot().groups().find(world.group); }
  MessageId last_commit() const {
    return *MessageId::from(as_bytes(world.relay.delivered.back().message_id()));
  }
  /// Says that the commit, sent in this epoch, could not be processed.
  void report(const Officer& by, std::uint64_t epoch, const MessageId& commit) {
    messages::FailureReport report;
    report.group = world.group;
    report.epoch = Epoch(epoch);
    report.message_id = commit;
    report.device = by.device.id;
    report.time = world.clock.now();
    world.mail_to_bot(messages::ToBotType::failure_report,
                      SecretBytes::copy_of(report.sign(by.device.signing)));
    world.run();
  }

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

TEST_F(BotSteward, RequestThatFailsHalfwayLeavesNothing_I12) {
  // There is no retention key for the next year, so the request cannot be put on record.
  constexpr std::uint64_t kToNextYearMs = 120ull * 24 * 3'600'000;
  world.advance(kToNextYearMs);
  world.request(world.create_request({&amy, &ben}));
  EXPECT_EQ(world.robot().groups().find(world.group), nullptr);
  EXPECT_TRUE(world.relay.groups.empty());
  EXPECT_TRUE(world.relay.bot_mail.empty());
  world.kill();
  world.start();
  EXPECT_EQ(world.robot().groups().find(world.group), nullptr);
  world.clock.time_ms -= kToNextYearMs;
  world.make_group({&amy, &ben});
  amy.receipt(amy.send("In the year there is."));
}

TEST_F(BotSteward, RequestWithoutARegistrarsSignatureChangesNothing_I12) {
  identity::SignedNote note{world.create_request({&amy}).print(), {}};
  identity::sign_note(note, "registrar-1", world.author);
  world.mail_to_bot(messages::ToBotType::group_request,
                    SecretBytes::copy_of(as_bytes(note.print())));
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

TEST_F(BotSteward, SkippedGenerationsBringAFreshEpochToo) {
  world.make_group({&amy, &ben});
  amy.skip_generations(static_cast<int>(limits::kWithheldGenerationsMax) - 1);
  amy.receipt(amy.send("Still near enough."));
  EXPECT_EQ(group().mls.epoch(), Epoch(1));
  amy.skip_generations(static_cast<int>(limits::kWithheldGenerationsMax));
  amy.receipt(amy.send("Far off."));
  EXPECT_EQ(group().mls.epoch(), Epoch(2));
  amy.catch_up();
  ben.catch_up();
  EXPECT_EQ(ben.shown.size(), 2u);
}

TEST_F(BotSteward, MessageMembersCouldNotFollowIsRefused_I12) {
  world.make_group({&amy, &ben});
  amy.receipt(amy.send("First."));
  // Each is near enough to the one before, the second too far from the last one released.
  world.kill();
  amy.skip_generations(149);
  amy.send("a badword");
  amy.skip_generations(59);
  const auto far = amy.send("Too far.");
  world.start();
  EXPECT_EQ(amy.rejection(far), "mls_invalid");
  // A fresh epoch lets the sender begin again, and nobody has lost the conversation.
  EXPECT_EQ(group().mls.epoch(), Epoch(2));
  amy.catch_up();
  ben.catch_up();
  amy.receipt(amy.send("Clean again."));
  ben.catch_up();
  EXPECT_EQ(ben.shown, (std::vector<std::string>{"First.", "Clean again."}));
}

TEST_F(BotSteward, SenderTooFarAheadToBeReadGetsAFreshEpochAndNotOften_I12) {
  world.make_group({&amy, &ben});
  amy.skip_generations(static_cast<int>(limits::kRatchetForwardStepsMax) + 1);
  EXPECT_EQ(amy.rejection(amy.send("Too far, and the keys are new.")), "mls_invalid");
  EXPECT_EQ(group().mls.epoch(), Epoch(1));
  world.advance(60'000);
  EXPECT_EQ(group().mls.epoch(), Epoch(1));
  EXPECT_EQ(amy.rejection(amy.send("Too far.")), "mls_invalid");
  EXPECT_EQ(group().mls.epoch(), Epoch(2));
  amy.catch_up();
  ben.catch_up();
  amy.receipt(amy.send("Clean again."));
  ben.catch_up();
  EXPECT_EQ(ben.shown, std::vector<std::string>{"Clean again."});
  // A member that always claims to be far ahead brings no more than that.
  amy.skip_generations(static_cast<int>(limits::kRatchetForwardStepsMax) + 1);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(amy.rejection(amy.send("Far again.")), "mls_invalid");
  EXPECT_EQ(group().mls.epoch(), Epoch(2));
}

TEST_F(BotSteward, MemberThatCannotFollowIsAddedAgain) {
  world.make_group({&amy, &ben});
  ben.publish_key_package();
  ben.mls.reset();
  report(ben, 0, last_commit());
  EXPECT_EQ(group().mls.epoch(), Epoch(2));
  EXPECT_EQ(group().mls.members().size(), 3u);
  amy.catch_up();
  ben.catch_up();
  amy.receipt(amy.send("There you are."));
  ben.catch_up();
  EXPECT_EQ(ben.shown, std::vector<std::string>{"There you are."});
}

TEST_F(BotSteward, ReportsOfOtherCommitsAreRefused_I12) {
  world.make_group({&amy, &ben});
  ben.publish_key_package();
  report(ben, 0, world.dice.id<MessageId>());  // no commit of the bot
  report(ben, 1, last_commit());               // of another epoch
  report(ben, 7, last_commit());
  EXPECT_EQ(group().mls.epoch(), Epoch(1));
  const MessageId first = last_commit();
  chloe.publish_key_package();
  world.request(change("add", chloe));
  ASSERT_EQ(group().mls.epoch(), Epoch(2));
  report(ben, 0, first);  // there is a newer one
  EXPECT_EQ(group().mls.epoch(), Epoch(2));
}

TEST_F(BotSteward, CommitIsReportedOnceByEachDevice_I12) {
  world.make_group({&amy, &ben});
  report(ben, 0, last_commit());
  ASSERT_TRUE(group().wanted.at(ben.device.id).readd);
  group().wanted.at(ben.device.id).readd = false;  // as when it was added again
  report(ben, 0, last_commit());
  EXPECT_FALSE(group().wanted.at(ben.device.id).readd);
}

TEST_F(BotSteward, MemberWhoseCertificateExpiresIsRemoved_I9) {
  world.certificate_days = 2;
  Officer guest(world, "p-110");
  world.make_group({&amy, &ben, &guest});
  ASSERT_EQ(group().mls.members().size(), 4u);
  world.advance(3ull * 24 * 3'600'000);
  EXPECT_EQ(group().mls.members().size(), 3u);
  amy.catch_up();
  EXPECT_EQ(amy.roster.members.size(), 3u);
  EXPECT_FALSE(group().wanted.contains(guest.device.id));
}

TEST_F(BotSteward, CommitThatAddsARevokedDeviceIsAbandoned_I9) {
  world.make_group({&amy, &ben});
  Officer dave(world, "p-104");
  chloe.publish_key_package();
  dave.publish_key_package();
  auto wish = change("add", chloe);
  wish.members.push_back(dave.device.id);
  world.mail_request(wish);
  for (int i = 0; i < 20 && !(group().commit && group().commit->submitted); ++i) {
    ASSERT_TRUE(world.robot().turn(*world.process->connection, 0));
  }
  ASSERT_TRUE(group().commit && !group().commit->judged);
  const MessageId abandoned = group().commit->plan.message_id;
  dave.publish_key_package();
  world.revoke(chloe.device);
  world.advance(5'000);
  for (const v1::Deliver& deliver : world.relay.delivered) {
    EXPECT_NE(MessageId::from(as_bytes(deliver.message_id())), abandoned);
  }
  EXPECT_TRUE(world.relay.mail_of(chloe.device.id, v1::WELCOME).empty());
  // The others get in all the same.
  EXPECT_EQ(group().mls.epoch(), Epoch(2));
  amy.catch_up();
  ben.catch_up();
  dave.catch_up();
  ASSERT_TRUE(dave.mls.has_value());
  amy.receipt(amy.send("Without her."));
  dave.catch_up();
  EXPECT_EQ(dave.shown, std::vector<std::string>{"Without her."});
}

TEST_F(BotSteward, AddsFitOneFrame) {
  EXPECT_EQ(bot::adds_per_commit_max(2), 16u);
  EXPECT_GE(bot::adds_per_commit_max(1000), 1u);
  EXPECT_LT(bot::adds_per_commit_max(1000), 3u);
}

}  // namespace
}  // namespace candour::tests
