// Goal: every kind of bad submission is withheld with a specific code in its reply and changes
// nothing else (I12). Method: one test for each kind, then a good message that still goes through.
#include "crypto/hash.h"
#include "tests/bot/world.h"

namespace candour::tests {
namespace {

class BotRefusal : public ::testing::Test {
 protected:
  void SetUp() override {
    world.publish_policy();
    world.start();
    world.make_group({&amy, &ben});
    records = world.relay.records.size();
    delivered = world.relay.delivered.size();
  }
  void TearDown() override {
    if (HasFatalFailure()) return;
    EXPECT_EQ(world.relay.records.size(), records) << "a refusal left a record";
    EXPECT_EQ(world.relay.delivered.size(), delivered) << "a refused message was delivered";
    // The conversation goes on.
    amy.receipt(amy.send("All well."));
    ben.catch_up();
    ASSERT_FALSE(ben.shown.empty());
    EXPECT_EQ(ben.shown.back(), "All well.");
  }
  static Officer::Options options() { return {}; }

  World world;
  Officer amy{world, "p-101"};
  Officer ben{world, "p-102"};
  std::size_t records = 0;
  std::size_t delivered = 0;
};

TEST_F(BotRefusal, AnotherMessageIdInsideThanOutside_I12) {
  auto bad = options();
  bad.inner_id = world.dice.id<MessageId>();
  EXPECT_EQ(amy.rejection(amy.send("Hello.", std::move(bad))), "frame_malformed");
}

TEST_F(BotRefusal, AnotherEpochThanTheHeader_I12) {
  auto bad = options();
  bad.epoch = 7;
  EXPECT_EQ(amy.rejection(amy.send("Hello.", std::move(bad))), "frame_malformed");
}

TEST_F(BotRefusal, AnotherSenderThanTheLeaf_I12) {
  auto bad = options();
  bad.claimed_sender = ben.device.id;
  const auto draft = amy.send("Hello.", std::move(bad));
  EXPECT_EQ(ben.rejection(draft), "not_permitted");
  EXPECT_FALSE(world.relay.mail_about(amy.device.id, draft.id.view()));
}

TEST_F(BotRefusal, SenderWhoseCertificateIsNotValidYetIsTold_I12) {
  world.clock.time_ms -= 3'600'000;
  EXPECT_EQ(amy.rejection(amy.send("Hello.")), "certificate_expired");
  world.clock.time_ms += 3'600'000;
}

TEST_F(BotRefusal, UnknownSender_I12) {
  auto bad = options();
  bad.claimed_sender = world.dice.id<DeviceId>();
  amy.send("Hello.", std::move(bad));
  EXPECT_EQ(world.relay.verdicts.size(), 2u);  // the commit's and this one
}

TEST_F(BotRefusal, ReusedMessageId_I12) {
  const auto draft = amy.send("First.");
  records = world.relay.records.size();
  delivered = world.relay.delivered.size();
  auto bad = options();
  bad.id = draft.id;
  amy.send("Second.", std::move(bad));
  const auto replies = world.relay.mail_of(amy.device.id, v1::REPLY);
  ASSERT_EQ(replies.size(), 2u);
  const auto reply = messages::open_reply(as_bytes(replies[1].body()), amy.device.sealing,
                                          world.group, draft.id, world.keys->signing.public_key());
  EXPECT_EQ(std::get<messages::Rejected>(reply.value()).code, "message_id_reused");
}

TEST_F(BotRefusal, ReplayedCiphertext_I12) {
  amy.send("Once.");
  records = world.relay.records.size();
  delivered = world.relay.delivered.size();
  const v1::Deliver first = world.relay.delivered.back();
  v1::Submit replay;
  const auto id = world.dice.id<MessageId>();
  replay.set_version(1);
  replay.set_group(first.group());
  replay.set_message_id(client::wire_bytes(id.view()));
  replay.set_epoch(first.epoch());
  replay.set_kind(v1::APPLICATION);
  replay.set_ciphertext(first.ciphertext());
  world.relay.submit(replay, amy.device.id);
  world.run();
  Officer::Draft draft{id, SecretBytes(), {}, amy.device.id};
  EXPECT_EQ(amy.rejection(draft), "frame_malformed");  // the id inside is the first one's
}

TEST_F(BotRefusal, CounterThatDoesNotGrow_I12) {
  amy.send("Once.");
  records = world.relay.records.size();
  delivered = world.relay.delivered.size();
  auto bad = options();
  bad.counter = amy.counter;
  EXPECT_EQ(amy.rejection(amy.send("Again.", std::move(bad))), "message_id_reused");
}

TEST_F(BotRefusal, OlderGenerationThanOneSeen_I12) {
  const SecretBytes before = amy.mls->save();
  amy.skip_generations(1);
  amy.receipt(amy.send("Second."));
  records = world.relay.records.size();
  delivered = world.relay.delivered.size();
  world.kill();  // what was seen is known after a restart, too
  world.start();
  amy.mls = mls::Group::restore(before.view(), amy.device.signing).value();
  EXPECT_EQ(amy.rejection(amy.send("First.")), "mls_invalid");
  amy.skip_generations(1);
}

TEST_F(BotRefusal, EpochThatIsOver_I12) {
  Officer chloe(world, "p-103");
  chloe.publish_key_package();
  messages::GroupRequest wish = world.create_request({&chloe});
  wish.action = "add";
  wish.name = wish.group_class = wish.unit = "";
  wish.members = std::exchange(wish.owners, {});
  world.request(wish);
  ASSERT_EQ(world.relay.groups[world.group].epoch, 2u);
  records = world.relay.records.size();
  delivered = world.relay.delivered.size();
  EXPECT_EQ(amy.rejection(amy.send("Late.")), "epoch_stale");
  amy.catch_up();
}

TEST_F(BotRefusal, MessageIdOfAnotherGroup_I12) {
  const GroupId first = world.group;
  Officer chloe(world, "p-103");
  world.group = world.dice.id<GroupId>();
  const GroupId second = world.group;
  world.make_group({&chloe});
  world.group = first;
  const auto draft = amy.send("First.");
  world.group = second;
  auto bad = options();
  bad.id = draft.id;
  EXPECT_EQ(chloe.rejection(chloe.send("Second.", std::move(bad))), "message_id_reused");
  world.group = first;
  records = world.relay.records.size();
  delivered = world.relay.delivered.size();
  EXPECT_EQ(delivered, 3u);
  ben.skip_delivered(2);  // the other group's commit stands between
}

TEST_F(BotRefusal, CheckpointOfAnotherLog_I12) {
  const client::SeenCheckpoint known = world.process->trust->newest_checkpoint();
  ASSERT_NE(known.size, 0u);
  auto bad = options();
  bad.checkpoint = {"elsewhere.example/log", known.size, known.root};
  EXPECT_EQ(amy.rejection(amy.send("Hello.", std::move(bad))), "log_inconsistent");
  bad = options();
  bad.checkpoint = {known.origin, known.size, world.dice.id<Digest>()};
  EXPECT_EQ(amy.rejection(amy.send("Hello.", std::move(bad))), "log_inconsistent");
  // The same, and one the bot has not seen yet, are fine.
  auto good = options();
  good.checkpoint = {known.origin, known.size, known.root};
  amy.receipt(amy.send("Hello.", std::move(good)));
  good = options();
  good.checkpoint = {known.origin, known.size + 1000, world.dice.id<Digest>()};
  amy.receipt(amy.send("Hello again.", std::move(good)));
  records = world.relay.records.size();
  delivered = world.relay.delivered.size();
}

TEST_F(BotRefusal, MentionOfNobody_I12) {
  const auto mentioning = [&](const std::string& person) {
    messages::Content content;
    content.text = SecretText::copy_of("Ask them.");
    content.mentions = {"p-102", person};
    return amy.answer(
        {world.dice.id<MessageId>(), content.encode(), world.dice.secret<32>(), amy.device.id}, {});
  };
  EXPECT_EQ(amy.rejection(mentioning("you worstword")), "input_invalid");
  EXPECT_EQ(amy.rejection(mentioning("p-999")), "input_invalid");
  EXPECT_EQ(amy.rejection(mentioning(std::string(65, 'p'))), "input_invalid");
  amy.receipt(mentioning("p-101"));
  records = world.relay.records.size();
  delivered = world.relay.delivered.size();
}

TEST_F(BotRefusal, BotFieldThatDoesNotOpen_I12) {
  auto bad = options();
  bad.broken_field = true;
  EXPECT_EQ(amy.rejection(amy.send("Hello.", std::move(bad))), "decryption_failed");
}

TEST_F(BotRefusal, RandomBytesInsteadOfAMessage_I12) {
  for (std::size_t size : {0u, 1u, 20u, 3000u}) {
    Bytes noise(size);
    world.dice.fill(noise);
    v1::Submit submit;
    const auto id = world.dice.id<MessageId>();
    submit.set_group(client::wire_bytes(world.group.view()));
    submit.set_message_id(client::wire_bytes(id.view()));
    submit.set_epoch(1);
    submit.set_kind(v1::APPLICATION);
    submit.set_ciphertext(client::wire_bytes(noise));
    world.relay.submit(submit, amy.device.id);
    world.run();
    Officer::Draft draft{id, SecretBytes(), {}, amy.device.id};
    EXPECT_EQ(amy.rejection(draft), "frame_malformed") << size;
  }
}

TEST_F(BotRefusal, CommitOfAMember_I12) {
  auto prepared = ben.mls->commit({}, world.clock.now(), world.dice).value();
  v1::Submit submit;
  const auto id = world.dice.id<MessageId>();
  submit.set_group(client::wire_bytes(world.group.view()));
  submit.set_message_id(client::wire_bytes(id.view()));
  submit.set_epoch(1);
  submit.set_kind(v1::COMMIT);
  submit.set_ciphertext(client::wire_bytes(prepared.commit));
  world.relay.submit(submit, ben.device.id);
  world.run();
  Officer::Draft draft{id, SecretBytes(), {}, ben.device.id};
  EXPECT_EQ(ben.rejection(draft), "not_permitted");
}

TEST_F(BotRefusal, CommitDressedAsApplicationMessage_I12) {
  auto prepared = ben.mls->commit({}, world.clock.now(), world.dice).value();
  v1::Submit submit;
  const auto id = world.dice.id<MessageId>();
  submit.set_group(client::wire_bytes(world.group.view()));
  submit.set_message_id(client::wire_bytes(id.view()));
  submit.set_epoch(1);
  submit.set_kind(v1::APPLICATION);
  submit.set_ciphertext(client::wire_bytes(prepared.commit));
  world.relay.submit(submit, ben.device.id);
  world.run();
  Officer::Draft draft{id, SecretBytes(), {}, ben.device.id};
  EXPECT_EQ(ben.rejection(draft), "frame_malformed");
}

TEST_F(BotRefusal, GroupTheBotIsNotIn_I12) {
  const auto elsewhere = world.dice.id<GroupId>();
  auto bad = options();
  bad.group = elsewhere;
  const auto draft = amy.send("Hello.", std::move(bad));
  const auto mail = world.relay.mail_about(amy.device.id, draft.id.view());
  ASSERT_TRUE(mail);
  const auto reply = messages::open_reply(as_bytes(mail->body()), amy.device.sealing, elsewhere,
                                          draft.id, world.keys->signing.public_key());
  EXPECT_EQ(std::get<messages::Rejected>(reply.value()).code, "group_unknown");
}

TEST_F(BotRefusal, ChangesOfOtherPeoplesMessages_I12) {
  const auto said = amy.send("Morning.");
  records = world.relay.records.size();
  delivered = world.relay.delivered.size();
  ben.catch_up();
  for (const auto type : {messages::ContentType::edit, messages::ContentType::deletion}) {
    messages::Content change;
    change.type = type;
    change.about = said.id;
    if (type == messages::ContentType::edit) change.text = SecretText::copy_of("Evening.");
    EXPECT_EQ(ben.rejection(ben.send(change)), "not_permitted");
  }
}

TEST_F(BotRefusal, AttachmentsAreSaidToBeUnsupported_I12) {
  // Type 7 of the content is reserved: a client that sends it is told so.
  SecretWriter content;
  content.u8(1);
  content.u8(7);
  Officer::Draft draft{world.dice.id<MessageId>(), SecretBytes(content.take()),
                       world.dice.secret<32>(), amy.device.id};
  EXPECT_EQ(amy.rejection(amy.answer(draft, {})), "input_invalid");
}

}  // namespace
}  // namespace candour::tests
