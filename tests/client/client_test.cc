// Goal: a whole client keeps its promises: what it shows was released and kept, what it sends is
// kept first and sent again unchanged, and what is refused changes nothing (I2, I4, I5, I12).
// Method: a client with its real store talks to a relay in memory and a bot with real keys; it is
// thrown away without warning and opened again, and the relay lies to it.
#include <unistd.h>

#include <algorithm>

#include "tests/client/client_fixture.h"

namespace candour::client::test {
namespace {

TEST_F(ClientTest, KeyPackagesAreFilledUpToTheGoal) {
  EXPECT_EQ(relay_.key_packages.size(), limits::kKeyPackagesPerDeviceGoal);
  EXPECT_EQ(store_->key_package_count().value(), limits::kKeyPackagesPerDeviceGoal);
}

TEST_F(ClientTest, JoinsByWelcomeAndEachSideReadsTheOther) {
  form();
  send("from amy");
  release_last();
  pump();
  EXPECT_EQ(sink_.count(EventType::released), 1u);
  relay_.push(bot_.release(ben_->write("from ben")));
  pump();
  EXPECT_EQ(sink_.delivered, std::vector<std::string>{"from ben"});
  EXPECT_EQ(history(), 2u);
  ASSERT_VALUE(client_->sync(kTimeoutMs));
  EXPECT_EQ(relay_.acknowledged[bot_.id], bot_.chain.seq.value);
  EXPECT_EQ(relay_.mail_acknowledged, mails_);
}

TEST_F(ClientTest, I4SameBytesAreSentAgainAfterACrash) {
  form();
  relay_.break_at_submit = true;
  messages::Content content;
  content.text = SecretText::copy_of("kept before sent");
  ASSERT_VALUE(client_->send(bot_.id, content));
  ASSERT_EQ(relay_.submissions.size(), 1u);
  crash();
  ASSERT_EQ(relay_.submissions.size(), 2u);
  EXPECT_EQ(relay_.submissions[0].SerializeAsString(), relay_.submissions[1].SerializeAsString());
  release_last();
  pump();
  EXPECT_EQ(sink_.count(EventType::released), 1u);
  EXPECT_EQ(client_->undecided(), 0u);
}

TEST_F(ClientTest, I4SubmissionThatTheRelayCannotStoreIsSentAgainTheSame) {
  form();
  relay_.refuse_next(ErrorCode::storage_failed);  // it may have it or not
  send("on a full disk");
  ASSERT_EQ(relay_.submissions.size(), 1u);
  EXPECT_EQ(sink_.count(EventType::rejected), 0u);
  EXPECT_EQ(client_->undecided(), 1u);
  crash();
  ASSERT_EQ(relay_.submissions.size(), 2u);
  EXPECT_EQ(relay_.submissions[0].SerializeAsString(), relay_.submissions[1].SerializeAsString());
  release_last();
  pump();
  EXPECT_EQ(sink_.count(EventType::released), 1u);
}

TEST_F(ClientTest, I4CrashNeverUsesAGenerationTwice) {
  form();
  for (int i = 0; i < 3; ++i) {
    send("again");
    release_last();
    pump();
    crash();
  }
  // Ben, who keeps the ratchet, opened all three.
  EXPECT_EQ(ben_->session->progress().seq, bot_.chain.seq);
  EXPECT_EQ(history(), 3u);
}

TEST_F(ClientTest, I4RedeliveryAfterACrashShowsNothingTwice) {
  form();
  const auto delivered = bot_.release(ben_->write("once"));
  relay_.push(delivered);
  pump();
  crash();
  relay_.push(delivered);
  pump();
  EXPECT_EQ(sink_.delivered.size(), 1u);
  EXPECT_EQ(history(), 1u);
  relay_.push(bot_.release(ben_->write("twice")));
  pump();
  EXPECT_EQ(history(), 2u);
}

TEST_F(ClientTest, I2MessageWithoutTokenStopsTheGroupAndIsNotShown) {
  form();
  auto delivered = bot_.release(ben_->write("unchecked"));
  delivered.clear_token();
  relay_.push(delivered);
  pump();
  EXPECT_TRUE(sink_.delivered.empty());
  EXPECT_EQ(history(), 0u);
  ASSERT_EQ(sink_.count(EventType::stopped), 1u);
  EXPECT_EQ(sink_.seen.back().code, "token_missing");
  messages::Content content;
  content.text = SecretText::copy_of("text");
  EXPECT_CODE(client_->send(bot_.id, content), "group_stopped");
  crash();
  EXPECT_TRUE(client_->groups().at(bot_.id).progress().is_stopped());
}

TEST_F(ClientTest, I8MembersClaimOfAnotherLogIsAnAlarmAndStopsNothing) {
  form();
  SeenCheckpoint claimed = client_->trust().newest_checkpoint();
  claimed.root = random_.id<Digest>();
  relay_.push(bot_.release(ben_->write("fork", claimed)));
  relay_.push(bot_.release(ben_->write("after")));
  pump();
  EXPECT_EQ(sink_.count(EventType::stopped), 0u);
  ASSERT_EQ(sink_.alarms("log_inconsistent"), 1u);
  const auto alarm = std::find_if(sink_.seen.begin(), sink_.seen.end(),
                                  [](const auto& seen) { return seen.type == EventType::alarm; });
  EXPECT_EQ(alarm->sender, ben_->keys.device);
  EXPECT_EQ(sink_.delivered, (std::vector<std::string>{"fork", "after"}));
}

TEST_F(ClientTest, MessageIdOfAnotherGroupStopsNothing) {
  form();
  const MessageId own = send("in team a");
  release_last();
  pump();
  // Cat, of another group, sends under Amy's id in another group.
  FakeBot other(organisation_, "Team B");
  Officer cat(organisation_, "cat");
  for (const auto& object : organisation_.objects) ASSERT_VALUE(cat.trust->add(object));
  DeviceKeys& keys = const_cast<DeviceKeys&>(store_->keys());
  auto added = other.add({{&keys, relay_.key_packages[1]}, cat.key_package(organisation_)});
  ASSERT_VALUE(cat.join(added.welcomes[cat.keys.device]));
  relay_.push(welcome_mail(added.welcomes[keys.device]));
  relay_.push(other.release(cat.write("in team b", own)));
  pump();
  EXPECT_EQ(sink_.delivered, std::vector<std::string>{"in team b"});
  // The same with a submission that has no outcome yet.
  const MessageId pending = send("still open");
  relay_.push(other.release(cat.write("in team b again", pending)));
  pump();
  EXPECT_EQ(sink_.delivered.size(), 2u);
  EXPECT_EQ(sink_.count(EventType::stopped), 0u);
  release_last();
  pump();
  EXPECT_EQ(sink_.count(EventType::released), 2u);
  EXPECT_TRUE(store_->history(own).value()->own);
  // In the same group it is refused as ever.
  relay_.push(other.release(cat.write("twice", own)));
  pump();
  EXPECT_EQ(sink_.count(EventType::stopped), 1u);
  EXPECT_EQ(sink_.seen.back().code, "message_id_reused");
}

TEST_F(ClientTest, WarnedDraftIsKeptAndSentAnywayWithTheSameCommitment) {
  form();
  const MessageId first = send("a warned text");
  relay_.push(bot_.warn(relay_.submissions.back(), store_->keys(), ++mails_));
  pump();
  ASSERT_EQ(sink_.count(EventType::warned), 1u);
  EXPECT_EQ(sink_.seen.back().findings, 1u);
  auto warned = store_->draft(first);
  ASSERT_VALUE(warned);
  ASSERT_TRUE(warned.value());
  const Digest commitment = warned.value()->commitment();

  EXPECT_CODE(client_->override_warning(first, SecretText::copy_of("short")),
              "justification_invalid");
  auto sent = client_->override_warning(first, SecretText::copy_of("a reason that is long enough"));
  ASSERT_VALUE(sent);
  EXPECT_NE(sent.value(), first);
  // Until it has an outcome there is one text under way, not two.
  const SecretText again = SecretText::copy_of("a reason that is long enough");
  EXPECT_CODE(client_->override_warning(first, again.clone()), "input_invalid");
  EXPECT_CODE(client_->dispute(first, again.clone()), "input_invalid");
  EXPECT_CODE(client_->edit(first, SecretText::copy_of("other words")), "input_invalid");
  EXPECT_CODE(client_->withdraw(first), "input_invalid");
  pump();
  EXPECT_CODE(client_->withdraw(first), "input_invalid");
  const v1::Submit submit = relay_.submissions.back();
  auto field = messages::BotField::open(as_bytes(submit.bot_field()), organisation_.bot.sealing,
                                        crypto::sha256(as_bytes(submit.ciphertext())), bot_.id,
                                        sent.value());
  ASSERT_VALUE(field);
  EXPECT_EQ(field.value().type, messages::BotFieldType::override_warning);
  EXPECT_EQ(field.value().warning, warned.value()->signed_warning);
  const auto delivered = release_last();
  EXPECT_EQ(identity::ReleaseToken::decode(as_bytes(delivered.token())).value().content_commitment,
            commitment);
  pump();
  EXPECT_EQ(sink_.count(EventType::overridden), 1u);
  EXPECT_FALSE(store_->draft(first).value());
}

TEST_F(ClientTest, DisputeAnsweredWithTheSameWarningIsSettled) {
  form();
  const MessageId first = send("a warned text");
  const auto mail = bot_.warn(relay_.submissions.back(), store_->keys(), ++mails_);
  relay_.push(mail);
  pump();
  auto opened = messages::open_reply(as_bytes(mail.body()), store_->keys().sealing, bot_.id, first,
                                     organisation_.bot.signing.public_key());
  ASSERT_VALUE(opened);
  const auto& warning = std::get<messages::WarningReply>(opened.value());
  auto disputed = client_->dispute(first, SecretText::copy_of("the word is a surname here"));
  ASSERT_VALUE(disputed);
  pump();
  // The bot upholds its findings: the same signed warning, about the message first warned about.
  v1::MailItem answer;
  answer.set_number(++mails_);
  answer.set_kind(v1::REPLY);
  answer.set_about(wire_bytes(disputed.value().view()));
  answer.set_body(
      wire_bytes(messages::seal_reply(warning, store_->keys().sealing.public_key(), bot_.id,
                                      disputed.value(), organisation_.bot.signing, random_)
                     .value()));
  relay_.push(answer);
  pump();
  EXPECT_EQ(sink_.count(EventType::refused), 0u);
  EXPECT_EQ(sink_.count(EventType::warned), 2u);
  EXPECT_EQ(client_->undecided(), 0u);
  EXPECT_FALSE(store_->draft(first).value());
  auto draft = store_->draft(disputed.value());
  ASSERT_VALUE(draft);
  ASSERT_TRUE(draft.value());
  EXPECT_EQ(draft.value()->state, DraftState::warned);
  EXPECT_TRUE(draft.value()->disputed());
  EXPECT_EQ(draft.value()->signed_warning, warning.signed_warning);
  const std::size_t sent = relay_.submissions.size();
  crash();
  EXPECT_EQ(relay_.submissions.size(), sent);
  EXPECT_VALUE(client_->override_warning(disputed.value(),
                                         SecretText::copy_of("a reason that is long enough")));
}

TEST_F(ClientTest, I10NewPolicyIsFetchedBeforeItsMessagesAreRefused) {
  form();
  organisation_.policy = organisation_.publish_policy("second");
  relay_.push(bot_.release(ben_->write("by the new policy")));
  pump();
  EXPECT_EQ(sink_.delivered, std::vector<std::string>{"by the new policy"});
  organisation_.policy = random_.id<Digest>();
  relay_.push(bot_.release(ben_->write("by no policy")));
  pump();
  EXPECT_EQ(sink_.delivered.size(), 1u);
  ASSERT_EQ(sink_.count(EventType::stopped), 1u);
  EXPECT_EQ(sink_.seen.back().code, "token_invalid");
}

TEST_F(ClientTest, EditAndWithdrawOfWarnedDrafts) {
  form();
  const MessageId first = send("a warned text");
  relay_.push(bot_.warn(relay_.submissions.back(), store_->keys(), ++mails_));
  pump();
  auto edited = client_->edit(first, SecretText::copy_of("a better text"));
  ASSERT_VALUE(edited);
  EXPECT_FALSE(store_->draft(first).value());
  pump();
  relay_.push(bot_.warn(relay_.submissions.back(), store_->keys(), ++mails_, true));
  pump();
  EXPECT_EQ(sink_.count(EventType::blocked), 1u);
  EXPECT_CODE(
      client_->override_warning(edited.value(), SecretText::copy_of("a long enough reason")),
      "warning_invalid");
  ASSERT_VALUE(client_->withdraw(edited.value()));
  EXPECT_EQ(sink_.count(EventType::withdrawn), 1u);
  EXPECT_TRUE(store_->drafts().value().empty());
}

TEST_F(ClientTest, WarningAboutAnotherContentIsRefused) {
  form();
  send("first text");
  auto mail = bot_.warn(relay_.submissions.back(), store_->keys(), ++mails_);
  const MessageId second = send("second text");
  // The reply is sealed for its message: put under another it does not open.
  mail.set_about(wire_bytes(second.view()));
  relay_.push(mail);
  pump();
  EXPECT_EQ(sink_.count(EventType::warned), 0u);
  EXPECT_EQ(sink_.count(EventType::refused), 1u);
}

TEST_F(ClientTest, I12RefusedMessageIsTold) {
  form();
  relay_.refuse_next(ErrorCode::not_a_member);
  send("text");
  ASSERT_EQ(sink_.count(EventType::rejected), 1u);
  EXPECT_EQ(sink_.seen.back().code, "not_a_member");
  EXPECT_EQ(client_->undecided(), 0u);
}

TEST_F(ClientTest, I5ReceiptIsCheckedAgainstTheToken) {
  form();
  const MessageId id = send("text");
  const auto delivered = release_last();
  const auto receipt = bot_.receipt(delivered, store_->keys(), ++mails_);
  relay_.push(receipt);
  pump();
  auto row = store_->history(id);
  ASSERT_VALUE(row);
  EXPECT_FALSE(row.value()->receipt.empty());

  send("second");
  const auto second = release_last();
  const auto second_id = *MessageId::from(as_bytes(second.message_id()));
  bot_.openings[second_id].content_commitment = Digest();
  relay_.push(bot_.receipt(second, store_->keys(), ++mails_));
  pump();
  ASSERT_EQ(sink_.count(EventType::stopped), 1u);
  EXPECT_EQ(sink_.seen.back().code, "log_inconsistent");
}

TEST_F(ClientTest, I2GroupPutBackByTheRelayIsStopped) {
  form();
  relay_.push(bot_.release(ben_->write("one")));
  relay_.push(bot_.release(ben_->write("two")));
  pump();
  claimed_seq_ = 1;
  crash();
  EXPECT_TRUE(client_->groups().at(bot_.id).progress().is_stopped());
}

TEST_F(ClientTest, I8ForkedCheckpointIsRefusedAtLogin) {
  client_->disconnect();
  relay_.false_checkpoint =
      organisation_.checkpoint_of(organisation_.frontier.size(), random_.id<Digest>());
  EXPECT_CODE(client_->connect(relay_.connect(), kTimeoutMs), "log_inconsistent");
}

TEST_F(ClientTest, WelcomeIsNotLostWhenTheRelayDoesNotAnswer) {
  Officer cat(organisation_, "cat");  // whom Amy's directory does not have yet
  DeviceKeys& keys = const_cast<DeviceKeys&>(store_->keys());
  auto added = bot_.add({{&keys, relay_.key_packages.front()}, cat.key_package(organisation_)});
  const auto mail = welcome_mail(added.welcomes[keys.device]);
  const std::size_t packages = store_->key_package_count().value();
  relay_.refuse_directory = ErrorCode::disconnected;
  relay_.push(mail);
  EXPECT_CODE(client_->pump(0), "disconnected");
  EXPECT_EQ(sink_.count(EventType::refused), 0u);
  EXPECT_EQ(store_->key_package_count().value(), packages);
  EXPECT_EQ(relay_.mail_acknowledged, 0u);
  ASSERT_VALUE(client_->connect(relay_.connect(), kTimeoutMs));
  relay_.push(mail);
  pump();
  EXPECT_EQ(client_->groups().count(bot_.id), 1u);
}

TEST_F(ClientTest, CommitStopsNothingWhenTheRelayDoesNotAnswer) {
  form();
  Officer cat(organisation_, "cat");
  const auto added = bot_.add({cat.key_package(organisation_)});
  relay_.refuse_directory = ErrorCode::rate_limited;
  relay_.push(added.commit);
  EXPECT_CODE(client_->pump(0), "disconnected");
  EXPECT_EQ(sink_.count(EventType::stopped), 0u);
  relay_.groups[0].set_seq(bot_.chain.seq.value);
  ASSERT_VALUE(client_->connect(relay_.connect(), kTimeoutMs));
  relay_.push(added.commit);
  pump();
  EXPECT_EQ(sink_.count(EventType::stopped), 0u);
  EXPECT_EQ(client_->groups().at(bot_.id).mls().members().size(), 4u);
}

TEST_F(ClientTest, I2AlertsStateIsNotPutBackByAnUpdateHandedOverAgain) {
  const auto id = random_.id<messages::AlertId>();
  messages::AlertBody body;
  body.time = kNow;
  body.group = bot_.id;
  body.group_name = "Team A";
  body.category = "misogyny";
  body.rule = "rule-1";
  body.standard = "standard 4";
  body.message_id = random_.id<MessageId>();
  body.subject = {"", ben_->keys.device, "ben", "PC Ben"};
  body.excerpt = SecretText::copy_of("the words in question");
  const auto& signing = organisation_.bot.signing;
  const auto sealed = messages::SealedAlert::seal(id, body, signing, random_);
  const auto envelope = sealed.envelope_for(store_->keys().sealing.public_key(), random_);
  ASSERT_VALUE(envelope);
  const auto push = [&](const Bytes& bytes) {
    v1::MailItem mail;
    mail.set_number(++mails_);
    mail.set_kind(v1::ALERT);
    mail.set_body(wire_bytes(bytes));
    relay_.push(mail);
    pump();
  };
  const auto update = [&](std::uint64_t after, messages::AlertState state,
                          messages::AlertAction action) {
    messages::AlertUpdate told;
    told.time = TimeMs(kNow.value + after);
    told.state = state;
    told.action = action;
    told.person = "insp";
    return messages::update_mail(id, told, sealed.update_key(), signing, random_);
  };
  const Bytes acknowledged =
      update(1, messages::AlertState::acknowledged, messages::AlertAction::acknowledge);
  const Bytes escalated =
      update(2, messages::AlertState::escalated, messages::AlertAction::escalate);
  push(messages::alert_mail(id, envelope.value(), sealed.body()));
  push(acknowledged);
  push(escalated);
  ASSERT_EQ(sink_.count(EventType::alert), 3u);
  push(acknowledged);
  crash();
  push(acknowledged);
  EXPECT_EQ(sink_.count(EventType::alert), 3u);
  EXPECT_EQ(sink_.count(EventType::refused), 0u);
  const auto kept = store_->alert(id).value();
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->state(), messages::AlertState::escalated);
  EXPECT_EQ(kept->steps.size(), 2u);
}

TEST_F(ClientTest, WhoseStepLedToAnAlertsStateIsNamed) {
  AlertRecord record;
  record.id = random_.id<messages::AlertId>();
  record.bot = organisation_.bot.device;
  const auto take = [&](messages::AlertAction action, const char* person) {
    AlertStepSeen step;
    step.time = TimeMs(kNow.value + record.steps.size());
    step.action = action;
    step.state = messages::AlertState::acknowledged;
    step.person = person;
    record.steps.push_back(std::move(step));
  };
  take(messages::AlertAction::acknowledge, "grace");
  take(messages::AlertAction::share, "hugh");
  take(messages::AlertAction::want, "");
  ASSERT_VALUE(store_->put_alert(record));
  const auto again = client_->alert_step(record.id, messages::AlertAction::acknowledge, {});
  ASSERT_FALSE(again);
  EXPECT_NE(again.error().message.find("acknowledged, by grace at "), std::string::npos)
      << again.error().message;
}

TEST_F(ClientTest, DeliveredBeforeItsWelcomeIsShownAfterwards) {
  DeviceKeys& keys = const_cast<DeviceKeys&>(store_->keys());
  auto added = bot_.add({{&keys, relay_.key_packages.front()}, ben_->key_package(organisation_)});
  ASSERT_VALUE(ben_->join(added.welcomes[ben_->keys.device]));
  relay_.push(bot_.release(ben_->write("early")));
  pump();
  EXPECT_TRUE(sink_.delivered.empty());
  relay_.push(welcome_mail(added.welcomes[keys.device]));
  pump();
  EXPECT_EQ(sink_.delivered, std::vector<std::string>{"early"});
}

TEST_F(ClientTest, SyncWaitsForWhatTheRelayHasAndNamesATimeout) {
  form();
  claimed_seq_ = bot_.chain.seq.value + 1;
  crash();
  EXPECT_CODE(client_->sync(50), "timed_out");
  relay_.push(bot_.release(ben_->write("late")));
  EXPECT_VALUE(client_->sync(kTimeoutMs));
  EXPECT_EQ(sink_.delivered, std::vector<std::string>{"late"});
}

}  // namespace
}  // namespace candour::client::test
