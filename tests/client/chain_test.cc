// Goal: a member shows nothing that the bot did not release in exactly this place, and sends
// nothing into a group without the bot (I2, I5). Method: a bot with real keys releases messages to
// two officers; each test changes one thing that a dishonest relay, bot or member could change and
// expects the error that names it and that nothing was accepted.
#include "tests/client/fixture.h"

namespace candour::client::test {
namespace {

class Chain : public ::testing::Test {
 protected:
  Chain() : random_(7), organisation_(random_), bot_(organisation_, "Team A") {
    amy_.emplace(organisation_, "amy");
    ben_.emplace(organisation_, "ben");
    refresh();
    auto added = bot_.add({amy_->key_package(organisation_), ben_->key_package(organisation_)});
    EXPECT_VALUE(amy_->join(added.welcomes[amy_->keys.device]));
    EXPECT_VALUE(ben_->join(added.welcomes[ben_->keys.device]));
  }

  void refresh() {
    for (Officer* officer : {&*amy_, &*ben_}) {
      for (const auto& object : organisation_.objects) EXPECT_VALUE(officer->trust->add(object));
    }
  }
  Result<Accepted> accept(Officer& officer, const v1::Deliver& delivered, TimeMs now = kNow) {
    return officer.session->accept(delivered, *officer.trust, officer.log, now);
  }
  /// A message of Amy's, released, with `change` applied to its token before it is signed.
  v1::Deliver released(const std::function<void(identity::ReleaseToken&)>& change,
                       const v1::Submit& submit) {
    const messages::Inner inner = bot_.open(submit);
    auto token = bot_.token_for(submit, inner.commitment());
    change(token);
    return bot_.deliver(submit, token);
  }
  void refused(const v1::Deliver& delivered, const char* code) {
    const Seq before = ben_->session->progress().seq;
    EXPECT_CODE(accept(*ben_, delivered), code);
    EXPECT_EQ(ben_->session->progress().seq, before);
  }

  SeededRandom random_;
  Organisation organisation_;
  FakeBot bot_;
  std::optional<Officer> amy_, ben_;
};

TEST_F(Chain, ReleasedMessageIsAcceptedByAllInOrder) {
  for (const char* text : {"one", "two", "three"}) {
    const auto delivered = bot_.release(amy_->write(text));
    auto at_ben = accept(*ben_, delivered);
    ASSERT_VALUE(at_ben);
    const auto& message = std::get<AcceptedMessage>(at_ben.value());
    EXPECT_FALSE(message.own);
    EXPECT_EQ(message.sender, amy_->keys.device);
    auto content = messages::Content::decode(message.content.view());
    ASSERT_VALUE(content);
    EXPECT_EQ(content.value().text.expose(), text);
    auto at_amy = accept(*amy_, delivered);
    ASSERT_VALUE(at_amy);
    EXPECT_TRUE(std::get<AcceptedMessage>(at_amy.value()).own);
  }
}

TEST_F(Chain, I2MessageWithoutTokenIsRefused) {
  auto delivered = bot_.release(amy_->write("unchecked"));
  delivered.clear_token();
  refused(delivered, "token_missing");
}

TEST_F(Chain, I2TokenByAnotherKeyIsRefused) {
  const auto submit = amy_->write("text");
  auto token = bot_.token_for(submit, bot_.open(submit).commitment());
  auto delivered = bot_.deliver(submit, token);
  delivered.set_token(wire_bytes(token.sign(amy_->keys.signing)));
  refused(delivered, "token_invalid");
}

TEST_F(Chain, I2TokenOfAnotherLogIsRefused) {
  refused(released([](auto& token) { token.log_origin = "other.org/log"; }, amy_->write("text")),
          "log_inconsistent");
}

TEST_F(Chain, I2SkippedSequenceNumberIsRefused) {
  refused(released([](auto& token) { token.seq = token.seq.next(); }, amy_->write("text")),
          "token_invalid");
}

TEST_F(Chain, I2WrongPreviousTokenIsRefused) {
  refused(released([](auto& token) { token.previous = Digest(); }, amy_->write("text")),
          "token_invalid");
}

TEST_F(Chain, I2DroppedMessageIsNoticedAtTheNext) {
  const auto first = bot_.release(amy_->write("first"));
  const auto second = bot_.release(amy_->write("second"));
  refused(second, "token_invalid");
  EXPECT_VALUE(accept(*ben_, first));
}

TEST_F(Chain, I5TokenOverAnotherCiphertextIsRefused) {
  refused(released([](auto& token) { token.ciphertext_hash = Digest(); }, amy_->write("text")),
          "token_invalid");
}

TEST_F(Chain, I5ExchangedCiphertextIsRefused) {
  const auto other = amy_->write("other");
  auto delivered = bot_.release(amy_->write("text"));
  delivered.set_ciphertext(other.ciphertext());
  refused(delivered, "token_invalid");
}

TEST_F(Chain, I5TokenOverAnotherCommitmentIsRefused) {
  refused(released([](auto& token) { token.content_commitment = Digest(); }, amy_->write("text")),
          "token_invalid");
}

TEST_F(Chain, I5TokenOverAnotherCommitmentIsRefusedByTheSenderToo) {
  const auto delivered =
      released([](auto& token) { token.content_commitment = Digest(); }, amy_->write("text"));
  EXPECT_CODE(accept(*amy_, delivered), "token_invalid");
}

TEST_F(Chain, TokenOfAnotherEpochIsRefused) {
  refused(released([](auto& token) { token.epoch = token.epoch.next(); }, amy_->write("text")),
          "token_invalid");
}

TEST_F(Chain, TokenOfAnotherMessageIdIsRefused) {
  refused(released([&](auto& token) { token.message_id = random_.id<MessageId>(); },
                   amy_->write("text")),
          "token_invalid");
}

TEST_F(Chain, AuthenticatedDataThatIsNotTheMessageIdIsRefused) {
  auto submit = amy_->write("text");
  submit.set_message_id(wire_bytes(random_.id<MessageId>().view()));
  refused(released([](auto&) {}, submit), "mls_invalid");
}

TEST_F(Chain, ReplayedSenderCounterIsRefused) {
  const auto delivered = bot_.release(amy_->write("text"));
  ben_->log.counters[amy_->keys.device] = 1;
  refused(delivered, "mls_invalid");
}

TEST_F(Chain, MessageIdShownBeforeIsRefused) {
  const auto id = random_.id<MessageId>();
  ben_->log.seen_ids.insert(id);
  refused(bot_.release(amy_->write("text", id)), "message_id_reused");
}

TEST_F(Chain, RedeliveredMessageIsNotShownTwice) {
  const auto delivered = bot_.release(amy_->write("text"));
  ASSERT_VALUE(accept(*ben_, delivered));
  auto again = accept(*ben_, delivered);
  ASSERT_VALUE(again);
  EXPECT_TRUE(std::holds_alternative<Repeated>(again.value()));
}

TEST_F(Chain, StoppedGroupAcceptsAndSendsNothing) {
  ben_->session->stop(error(ErrorCode::token_invalid, "a reason"));
  EXPECT_CODE(accept(*ben_, bot_.release(amy_->write("text"))), "group_stopped");
  EXPECT_CODE(ben_->session->may_send(*ben_->trust), "group_stopped");
}

TEST_F(Chain, CommitMovesEveryoneToTheNextEpoch) {
  Officer cat(organisation_, "cat");
  refresh();
  for (const auto& object : organisation_.objects) ASSERT_VALUE(cat.trust->add(object));
  auto added = bot_.add({cat.key_package(organisation_)});
  auto at_ben = accept(*ben_, added.commit);
  ASSERT_VALUE(at_ben);
  EXPECT_EQ(std::get<AcceptedCommit>(at_ben.value()).joined,
            std::vector<DeviceId>{cat.keys.device});
  ASSERT_VALUE(accept(*amy_, added.commit));
  ASSERT_VALUE(cat.join(added.welcomes[cat.keys.device]));
  EXPECT_EQ(cat.session->epoch(), ben_->session->epoch());
  EXPECT_EQ(cat.session->record().name, "Team A");
  ASSERT_VALUE(accept(cat, bot_.release(ben_->write("welcome"))));
}

TEST_F(Chain, OldCommitOfADeviceRevokedSinceIsFollowed) {
  Officer cat(organisation_, "cat");
  auto added = bot_.add({cat.key_package(organisation_)});
  organisation_.revoke(cat.keys.device);
  refresh();
  ASSERT_VALUE(accept(*ben_, added.commit));
  EXPECT_EQ(ben_->session->epoch(), Epoch(2));
}

TEST_F(Chain, OldCommitIsFollowedAfterItsKeyPackagesEnded) {
  Officer cat(organisation_, "cat");
  refresh();
  auto added = bot_.add({cat.key_package(organisation_)});
  const TimeMs late(kNow.value + 400 * kDayMs);
  ben_->clock.time = late;
  ASSERT_VALUE(accept(*ben_, added.commit, late));
  EXPECT_EQ(ben_->session->epoch(), Epoch(2));
}

TEST_F(Chain, GroupWithAMemberRevokedSinceIsJoined) {
  Officer cat(organisation_, "cat");
  auto added = bot_.add({cat.key_package(organisation_)});
  organisation_.revoke(amy_->keys.device);
  for (const auto& object : organisation_.objects) ASSERT_VALUE(cat.trust->add(object));
  EXPECT_VALUE(cat.join(added.welcomes[cat.keys.device]));
}

TEST_F(Chain, WelcomeOfAnotherClassThanTheRosterIsRefused) {
  Officer cat(organisation_, "cat");
  for (const auto& object : organisation_.objects) ASSERT_VALUE(cat.trust->add(object));
  auto added = bot_.add({cat.key_package(organisation_)});
  auto welcome = added.welcomes[cat.keys.device];
  const messages::GroupInfo other{bot_.id, "Team A", "covert", "team-a"};
  welcome.set_group_info(wire_bytes(
      other.seal(cat.keys.sealing.public_key(), organisation_.bot.signing, random_).value()));
  EXPECT_CODE(cat.join(welcome), "input_invalid");
}

TEST_F(Chain, WelcomeWithANameTheBotDidNotSignIsRefused) {
  Officer cat(organisation_, "cat");
  for (const auto& object : organisation_.objects) ASSERT_VALUE(cat.trust->add(object));
  auto added = bot_.add({cat.key_package(organisation_)});
  auto welcome = added.welcomes[cat.keys.device];
  const messages::GroupInfo other{bot_.id, "Team B", "ordinary", "team-a"};
  welcome.set_group_info(
      wire_bytes(other.seal(cat.keys.sealing.public_key(), amy_->keys.signing, random_).value()));
  EXPECT_CODE(cat.join(welcome), "signature_invalid");
}

TEST_F(Chain, I2TokenOfARevokedBotIsRefused) {
  organisation_.revoke(organisation_.bot.device);
  refresh();
  const auto delivered = bot_.release(amy_->write("text"));
  const auto accepted = accept(*ben_, delivered);
  EXPECT_CODE(accepted, "token_invalid");
  EXPECT_NE(accepted.error().message.find("revoked"), std::string::npos);
}

TEST_F(Chain, I2TokenOfABotNoLongerListedIsRefused) {
  organisation_.delist_bot();
  refresh();
  const auto delivered = bot_.release(amy_->write("text"));
  const auto accepted = accept(*ben_, delivered);
  EXPECT_CODE(accepted, "token_invalid");
  EXPECT_NE(accepted.error().message.find("no longer lists"), std::string::npos);
}

TEST_F(Chain, I10TokenOfAnUnknownPolicyIsRefused) {
  refused(released([&](auto& token) { token.policy_digest = random_.id<Digest>(); },
                   amy_->write("text")),
          "token_invalid");
}

TEST_F(Chain, I10WelcomeUnderAnUnknownPolicyIsRefused) {
  Officer cat(organisation_, "cat");
  for (const auto& object : organisation_.objects) ASSERT_VALUE(cat.trust->add(object));
  organisation_.policy = random_.id<Digest>();
  auto added = bot_.add({cat.key_package(organisation_)});
  EXPECT_CODE(cat.join(added.welcomes[cat.keys.device]), "token_invalid");
}

TEST_F(Chain, CommitThatAddsAnUncertifiedDeviceIsRefused) {
  Officer cat(organisation_, "cat");  // its certificate does not reach Ben
  auto added = bot_.add({cat.key_package(organisation_)});
  refused(added.commit, "unknown_device");
  EXPECT_EQ(ben_->session->epoch(), Epoch(1));
}

TEST_F(Chain, CommitWhoseRosterIsNotTheTreeIsRefused) {
  Officer cat(organisation_, "cat");
  refresh();
  auto added = bot_.add({cat.key_package(organisation_)});
  auto roster = identity::Roster::verify(as_bytes(added.commit.roster()),
                                         organisation_.bot.signing.public_key())
                    .value();
  roster.members.pop_back();
  added.commit.set_roster(wire_bytes(roster.sign(organisation_.bot.signing)));
  refused(added.commit, "mls_invalid");
}

TEST_F(Chain, RemovedMemberReadsAndSendsNoMore) {
  const auto removal = bot_.remove(ben_->keys.device);
  auto accepted = accept(*ben_, removal);
  ASSERT_VALUE(accepted);
  EXPECT_TRUE(std::get<AcceptedCommit>(accepted.value()).self_removed);
  EXPECT_CODE(ben_->session->may_send(*ben_->trust), "not_a_member");
  ASSERT_VALUE(accept(*amy_, removal));
  EXPECT_FALSE(accept(*ben_, bot_.release(amy_->write("after"))));
}

TEST_F(Chain, I2GroupOfAForeignBotIsNotJoined) {
  SeededRandom other_random(8);
  Organisation other(other_random);
  // A bot with a certificate of this organisation that the statement does not list.
  DeviceKeys false_bot = organisation_.make_keys();
  organisation_.enrol(false_bot, "false-bot", "bot");
  Officer dan(organisation_, "dan");
  for (const auto& object : organisation_.objects) ASSERT_VALUE(dan.trust->add(object));
  std::swap(organisation_.bot, false_bot);
  FakeBot group(organisation_, "Ghosts");
  auto added = group.add({dan.key_package(organisation_)});
  EXPECT_CODE(dan.join(added.welcomes[dan.keys.device]), "bot_leaf_missing");
}

TEST_F(Chain, I2NothingIsSentWhenTheBotIsRevoked) {
  ASSERT_VALUE(amy_->session->may_send(*amy_->trust));
  organisation_.revoke(organisation_.bot.device);
  refresh();
  EXPECT_CODE(amy_->session->may_send(*amy_->trust), "bot_leaf_missing");
}

TEST_F(Chain, WelcomeWithoutTokenIsRefused) {
  Officer cat(organisation_, "cat");
  for (const auto& object : organisation_.objects) ASSERT_VALUE(cat.trust->add(object));
  auto added = bot_.add({cat.key_package(organisation_)});
  v1::WelcomeMail welcome = added.welcomes[cat.keys.device];
  welcome.clear_token();
  EXPECT_CODE(cat.join(welcome), "token_missing");
}

}  // namespace
}  // namespace candour::client::test
