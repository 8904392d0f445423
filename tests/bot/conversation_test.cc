// Goal: what a person writes comes out as the right verdict, delivered, logged and answered as the
// design says. Method: officers with real MLS groups talk through a relay double; each checks what
// a client must check, and the replies and records are looked at.
#include "base/encoding.h"
#include "crypto/hash.h"
#include "tests/bot/world.h"
#include "tlog/leaf.h"

namespace candour::tests {
namespace {

using messages::BotField;
using messages::BotFieldType;

class BotConversation : public ::testing::Test {
 protected:
  void SetUp() override {
    world.publish_policy();
    world.start();
    world.make_group({&amy, &ben});
  }
  std::size_t records() const { return world.relay.records.size(); }

  World world;
  Officer amy{world, "p-101"};
  Officer ben{world, "p-102"};
};

TEST_F(BotConversation, GroupHasTheBotAtLeafZeroAndItsName_I2) {
  EXPECT_NE(ben.mls->own_leaf(), mls::LeafIndex(0));
  EXPECT_EQ(bot::device_of(*ben.mls->member(mls::LeafIndex(0))), world.keys->device);
  EXPECT_EQ(ben.group_name, "Team A");
  ASSERT_EQ(ben.roster.members.size(), 3u);
  EXPECT_EQ(ben.roster.members[0].device, world.keys->device);
  int owners = 0;
  for (const auto& member : ben.roster.members) owners += member.owner ? 1 : 0;
  EXPECT_EQ(owners, 1);
}

TEST_F(BotConversation, CleanMessageIsReleasedLoggedAndReceipted_I2_I5) {
  const std::size_t before = records();
  const auto draft = amy.send("Briefing at nine.");
  ben.catch_up();
  amy.catch_up();
  EXPECT_EQ(ben.shown, std::vector<std::string>{"Briefing at nine."});
  ASSERT_EQ(records(), before + 1);

  const auto receipt = amy.receipt(draft);
  const auto token =
      identity::ReleaseToken::decode(as_bytes(world.relay.delivered.back().token())).value();
  EXPECT_EQ(receipt.seq, token.seq);
  EXPECT_EQ(receipt.leaf_hash, token.leaf_hash);
  EXPECT_EQ(token.content_commitment,
            messages::content_commitment(draft.key, draft.content.view()));

  // The log entry commits to the sealed record, the ciphertext and the content.
  const v1::LogEntry& entry = world.relay.records.back();
  const auto opening = tlog::LeafOpening::decode(receipt.opening).value();
  EXPECT_EQ(opening.kind, tlog::LeafKind::message);
  EXPECT_EQ(opening.object_hash, crypto::sha256(as_bytes(entry.record())));
  EXPECT_EQ(opening.ciphertext_hash, token.ciphertext_hash);
  EXPECT_EQ(opening.content_commitment, token.content_commitment);
  EXPECT_EQ(tlog::leaf_hash(opening.entry(tlog::LeafClass::ordinary)), token.leaf_hash);
  const auto sealed = warrant::SealedRecord::decode(as_bytes(entry.record()));
  ASSERT_TRUE(sealed);
  EXPECT_TRUE(warrant::verify_sealed(sealed.value()));
  EXPECT_EQ(sealed.value().label.sender, amy.device.id);
}

TEST_F(BotConversation, EveryTokenCitesThePolicyThatJudged_I10) {
  amy.send("One.");
  amy.send("Two.");
  for (const v1::Deliver& deliver : world.relay.delivered) {
    EXPECT_EQ(identity::ReleaseToken::decode(as_bytes(deliver.token())).value().policy_digest,
              world.pack.digest);
  }
}

TEST_F(BotConversation, NoticeIsReleasedWithoutWarning) {
  const auto draft = amy.send("Blimey, that took long.");
  EXPECT_GT(amy.receipt(draft).seq.value, 0u);
}

TEST_F(BotConversation, WarnedMessageIsWithheldRecordedAndExplained) {
  const std::size_t delivered = world.relay.delivered.size();
  const std::size_t before = records();
  const auto draft = amy.send("That is a badword.");
  EXPECT_EQ(world.relay.delivered.size(), delivered);
  EXPECT_EQ(records(), before + 1);
  const auto warning = amy.warning(draft);
  EXPECT_FALSE(warning.block);
  const auto findings = messages::decode_findings(warning.findings).value();
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].rule, "warn");
  EXPECT_EQ(findings[0].start, 10u);
  EXPECT_EQ(findings[0].end, 17u);
  const auto verified =
      messages::Warning::verify(warning.signed_warning, world.keys->signing.public_key()).value();
  EXPECT_EQ(verified.policy_digest, world.pack.digest);
  EXPECT_EQ(verified.findings_hash, crypto::sha256(warning.findings));
  EXPECT_EQ(verified.device, amy.device.id);
}

TEST_F(BotConversation, AttemptsLeaveNoRecordWhereConfiguredSo) {
  world.kill();
  world.log_attempts = false;
  world.start();
  const std::size_t before = records();
  amy.warning(amy.send("That is a badword."));
  EXPECT_EQ(records(), before);
  amy.receipt(amy.send("Fine words."));
  EXPECT_EQ(records(), before + 1);
}

TEST_F(BotConversation, OverrideReleasesTheSameContentOnce_I5) {
  const auto draft = amy.send("That is a badword.");
  const auto warning = amy.warning(draft);
  const auto again =
      amy.answer(draft, override_field(warning, "quoted from the statement of a witness"));
  EXPECT_TRUE(amy.receipt(again).overridden);
  ben.catch_up();
  EXPECT_EQ(ben.shown, std::vector<std::string>{"That is a badword."});
  const auto twice =
      amy.answer(draft, override_field(warning, "quoted from the statement of a witness"));
  EXPECT_EQ(amy.rejection(twice), "warning_invalid");
}

TEST_F(BotConversation, OverrideIsForThisContentDeviceAndGroupOnly) {
  const auto draft = amy.send("That is a badword.");
  const auto warning = amy.warning(draft);
  Officer::Options other;
  other.field = override_field(warning, "a good reason to say so");
  EXPECT_EQ(amy.rejection(amy.send("Another badword.", std::move(other))), "warning_invalid");

  // Ben takes Amy's warning and her content.
  Officer::Draft stolen{draft.id, draft.content.clone(), draft.key.clone(), ben.device.id};
  EXPECT_EQ(ben.rejection(ben.answer(stolen, override_field(warning, "a good reason to say so"))),
            "warning_invalid");
}

TEST_F(BotConversation, ExpiredWarningCannotBeAnswered) {
  const auto draft = amy.send("That is a badword.");
  const auto warning = amy.warning(draft);
  world.advance(24ull * 3600 * 1000 + 1);
  EXPECT_EQ(amy.rejection(amy.answer(draft, override_field(warning, "a good reason to say so"))),
            "warning_invalid");
}

TEST_F(BotConversation, ForgedWarningCannotBeAnswered) {
  const auto draft = amy.send("That is a badword.");
  const auto warning = amy.warning(draft);
  auto forged =
      messages::Warning::verify(warning.signed_warning, world.keys->signing.public_key()).value();
  forged.expires = TimeMs(forged.expires.value + 1);
  messages::WarningReply own = warning;
  own.signed_warning = forged.sign(amy.device.signing);
  EXPECT_EQ(amy.rejection(amy.answer(draft, override_field(own, "a good reason to say so"))),
            "warning_invalid");
}

TEST_F(BotConversation, JustificationMustBeLongEnough) {
  const auto draft = amy.send("That is a badword.");
  const auto warning = amy.warning(draft);
  EXPECT_EQ(amy.rejection(amy.answer(draft, override_field(warning, "because   "))),
            "justification_invalid");
  // The warning is still good for a real reason.
  EXPECT_TRUE(amy.receipt(amy.answer(draft, override_field(warning, "because it is a quotation")))
                  .overridden);
}

TEST_F(BotConversation, BlockedMessageCannotBeSentAnyway) {
  const auto draft = amy.send("The worstword of all.");
  const auto block = amy.warning(draft);
  EXPECT_TRUE(block.block);
  EXPECT_EQ(amy.rejection(amy.answer(draft, override_field(block, "a good reason to say so"))),
            "warning_invalid");
  ben.catch_up();
  EXPECT_TRUE(ben.shown.empty());
}

TEST_F(BotConversation, DisputeIsRecordedAndGetsTheSameWarning) {
  const auto draft = amy.send("That is a badword.");
  const auto warning = amy.warning(draft);
  const std::size_t before = records();
  auto field = override_field(warning, "this is the name of a street");
  field.type = BotFieldType::dispute;
  const auto disputed = amy.answer(draft, std::move(field));
  EXPECT_EQ(amy.warning(disputed).signed_warning, warning.signed_warning);
  EXPECT_EQ(records(), before + 1);
  ben.catch_up();
  EXPECT_TRUE(ben.shown.empty());
}

TEST_F(BotConversation, EveryReplyHasTheSameSize) {
  std::set<std::size_t> sizes;
  const auto warned = amy.send("That is a badword.");
  amy.answer(warned, override_field(amy.warning(warned), "a good reason to say so"));
  amy.send("Fine.");
  amy.send("The worstword of all.");
  amy.answer(warned, override_field(amy.warning(warned), "short"));
  for (const v1::Mail& mail : world.relay.mail_of(amy.device.id, v1::REPLY)) {
    sizes.insert(mail.body().size());
  }
  EXPECT_EQ(sizes, std::set<std::size_t>{messages::kReplySize});
  EXPECT_EQ(world.relay.mail_of(amy.device.id, v1::REPLY).size(), 5u);
}

TEST_F(BotConversation, NothingOfTheTextStaysInTheBotsFiles_I1) {
  const std::string planted = "xylophone-canary-badword";
  amy.warning(amy.send("A " + planted + " sits here."));
  amy.receipt(amy.send("A xylophone-canary sits there."));
  world.kill();
  const Bytes disk = world.everything_on_disk();
  ASSERT_GT(disk.size(), 10'000u);
  const std::string_view all = as_text(disk);
  EXPECT_EQ(all.find("xylophone-canary"), std::string_view::npos);
  EXPECT_EQ(all.find("Team A"), std::string_view::npos);
  // Positive control: ids are there in the clear, so the search looks in the right place.
  EXPECT_NE(all.find(as_text(amy.device.id.view())), std::string_view::npos);
}

TEST(BotPolicy, JudgesNothingBeforeItsPolicyIsInTheLog_I10_I11) {
  World world;
  world.start();
  EXPECT_FALSE(world.robot().ready());
  EXPECT_EQ(world.robot().policy_in_log().error().code, ErrorCode::policy_invalid);
  Officer amy(world, "p-101");
  amy.publish_key_package();
  world.request(world.create_request({&amy}));
  EXPECT_TRUE(world.relay.records.empty());
  EXPECT_TRUE(world.relay.verdicts.empty());

  world.publish_policy();
  world.run();
  EXPECT_TRUE(world.robot().ready());
  amy.catch_up();
  ASSERT_TRUE(amy.mls.has_value());
  amy.receipt(amy.send("Now it goes."));
}

TEST(BotPolicy, PolicyVersionThatWasNotLogged_I10) {
  World world;
  // Both signatures, in the relay's directory, and in no tree.
  world.relay.publish(v1::POLICY, world.pack.raw_note, false);
  world.start();
  EXPECT_FALSE(world.robot().ready());
  Officer amy(world, "p-101");
  amy.publish_key_package();
  world.request(world.create_request({&amy}));
  world.advance(120'000);
  EXPECT_FALSE(world.robot().ready());
  EXPECT_TRUE(world.relay.records.empty());
  EXPECT_EQ(world.robot().policy_in_log().error().code, ErrorCode::policy_invalid);

  for (std::size_t i = 0; i < world.relay.directory.size(); ++i) {
    if (world.relay.directory[i].kind() == v1::POLICY) world.relay.log_object(i + 1);
  }
  world.advance(2'000);
  EXPECT_TRUE(world.robot().ready());
  amy.catch_up();
  ASSERT_TRUE(amy.mls.has_value());
}

TEST(BotMembers, GhostDeviceCertificateIsNotAdded) {
  World world;
  world.publish_policy();
  world.start();
  Officer amy(world, "p-101");
  Officer ghost(world, "p-102");
  // Valid signatures of two registrars, and no proof that it is in the log.
  const auto opening =
      tlog::LeafOpening::decode(as_bytes(world.relay.directory.back().opening())).value();
  world.relay.hidden = {tlog::leaf_hash(opening.entry(tlog::LeafClass::directory))};
  amy.publish_key_package();
  ghost.publish_key_package();
  world.request(world.create_request({&amy, &ghost}));
  world.advance(120'000);
  amy.catch_up();
  ASSERT_TRUE(amy.mls.has_value());
  EXPECT_EQ(amy.roster.members.size(), 2u) << "the bot and Amy";
  EXPECT_TRUE(world.relay.mail_of(ghost.device.id, v1::WELCOME).empty());
  world.relay.hidden.clear();
  world.advance(10'000);
  EXPECT_FALSE(world.relay.mail_of(ghost.device.id, v1::WELCOME).empty());
}

TEST(BotPolicy, WaitingMessagesAreJudgedWhenTheBotReturns_I11) {
  World world;
  world.publish_policy();
  world.start();
  Officer amy(world, "p-101");
  Officer ben(world, "p-102");
  world.make_group({&amy, &ben});
  world.kill();
  const auto draft = amy.send("Written while the bot was away.");
  ben.catch_up();
  EXPECT_TRUE(ben.shown.empty());
  world.start();
  ben.catch_up();
  EXPECT_EQ(ben.shown.size(), 1u);
  amy.receipt(draft);
}

}  // namespace
}  // namespace candour::tests
