// Goal: a group that the bot forms again goes on for its members: nothing released before is lost,
// nothing of their own either, and nobody and nothing new comes in by that way. Method: a client
// with its real store, a bot with real keys that drops its MLS group for a new one, and a relay in
// memory that delivers commit, welcome and older messages in the orders in which they can come.
#include <algorithm>

#include "mls/key_package_bundle.h"
#include "tests/client/client_fixture.h"

namespace candour::client::test {
namespace {

class FormedAgain : public ClientTest {
 protected:
  /// The bot begins a new MLS group for the same group with its first commit.
  FakeBot::Added form_again(const std::vector<Officer*>& others = {}) {
    FakeBot begun(organisation_, "Team A");
    bot_.group = std::move(begun.group);
    DeviceKeys& keys = const_cast<DeviceKeys&>(store_->keys());
    std::vector<std::pair<DeviceKeys*, Bytes>> joiners{
        {&keys, relay_.key_packages[next_package_++]}, ben_->key_package(organisation_)};
    for (Officer* other : others) joiners.push_back(other->key_package(organisation_));
    FakeBot::Added added = bot_.add(joiners);
    const std::uint64_t counter = ben_->session->progress().counter;
    ben_->session.reset();
    EXPECT_VALUE(ben_->join(added.welcomes[ben_->keys.device]));
    // This Ben forgets; a client goes on counting.
    while (ben_->session->progress().counter < counter) ben_->write("never sent");
    return added;
  }
  void push_welcome(FakeBot::Added& added) {
    relay_.push(welcome_mail(added.welcomes[store_->keys().device]));
  }
  const GroupSession& session() const { return client_->groups().at(bot_.id); }
  void expect_stopped(const char* code) {
    pump();
    EXPECT_EQ(sink_.count(EventType::stopped), 1u);
    EXPECT_EQ(sink_.count(EventType::refused), 1u);
    EXPECT_EQ(sink_.seen.back().code, code) << sink_.seen.back().message;
    EXPECT_TRUE(session().progress().is_stopped());
  }

  std::size_t next_package_ = 1;
};

TEST_F(FormedAgain, GoesOnWithItsHistory) {
  form();
  send("before");
  release_last();
  pump();
  const Bytes old_group = session().mls().group_id();
  auto added = form_again();
  relay_.push(added.commit);
  push_welcome(added);
  pump();
  EXPECT_NE(session().mls().group_id(), old_group);
  EXPECT_EQ(session().progress().seq, bot_.chain.seq);
  send("and on");
  release_last();
  relay_.push(bot_.release(ben_->write("after")));
  pump();
  EXPECT_EQ(sink_.delivered, std::vector<std::string>{"after"});
  pump();
  EXPECT_EQ(sink_.count(EventType::released), 2u);
  EXPECT_EQ(history(), 3u);
  crash();
  relay_.push(bot_.release(ben_->write("kept")));
  pump();
  EXPECT_EQ(history(), 4u);
  EXPECT_EQ(sink_.count(EventType::stopped), 0u);
}

TEST_F(FormedAgain, WhatWasReleasedBeforeIsReadFirst) {
  form();
  const auto before = bot_.release(ben_->write("with the old keys"));
  auto added = form_again();
  const auto after = bot_.release(ben_->write("with the new keys"));
  push_welcome(added);  // the mail overtakes the deliveries
  pump();
  ASSERT_VALUE(client_->sync(kTimeoutMs));
  EXPECT_EQ(relay_.mail_acknowledged, mails_ - 1);
  relay_.push(before);
  relay_.push(added.commit);
  relay_.push(after);
  pump();
  EXPECT_EQ(sink_.delivered, (std::vector<std::string>{"with the old keys", "with the new keys"}));
  ASSERT_VALUE(client_->sync(kTimeoutMs));
  EXPECT_EQ(relay_.mail_acknowledged, mails_);
  EXPECT_EQ(sink_.count(EventType::stopped), 0u);
}

TEST_F(FormedAgain, WhoMissedMessagesBeforeItGoesOnAfterAGap) {
  for (const bool told_first : {true, false}) {
    if (told_first) form();
    const std::size_t rows = history();
    for (int i = 0; i < 2; ++i) (void)bot_.release(ben_->write("missed"));
    const std::uint64_t oldest = bot_.chain.seq.value;
    auto added = form_again();
    if (!told_first) push_welcome(added);
    relay_.push_resynchronise(bot_.id, oldest);
    pump();
    if (told_first) push_welcome(added);
    relay_.push(bot_.release(ben_->write("after the gap")));
    pump();
    ASSERT_FALSE(sink_.delivered.empty());
    EXPECT_EQ(sink_.delivered.back(), "after the gap");
    EXPECT_EQ(history(), rows + 2) << "the line of the gap, and the message";
    std::uint64_t missed = 0;
    EXPECT_VALUE(store_->each_history(bot_.id, [&](HistoryRow row) -> Status {
      missed += row.missed;
      return ok();
    }));
    EXPECT_EQ(missed, told_first ? 2u : 4u);
    ASSERT_VALUE(client_->sync(kTimeoutMs));
    EXPECT_EQ(relay_.mail_acknowledged, mails_) << "nothing waits behind the welcome";
  }
  EXPECT_EQ(sink_.delivered.size(), 2u);
  EXPECT_EQ(sink_.count(EventType::stopped), 0u);
}

TEST_F(FormedAgain, DeliveriesThatComeBeforeTheWelcomeWait) {
  form();
  auto added = form_again();
  relay_.push(added.commit);
  relay_.push(bot_.release(ben_->write("with the new keys")));
  pump();
  EXPECT_TRUE(sink_.delivered.empty());
  push_welcome(added);
  pump();
  EXPECT_EQ(sink_.delivered, std::vector<std::string>{"with the new keys"});
}

TEST_F(FormedAgain, InANewLogDeliveriesWaitForTheWelcomeWithoutTheCommit) {
  form();
  relay_.push(bot_.release(ben_->write("before the fire")));
  pump();
  organisation_.lose_log();
  ben_->trust_store = std::make_unique<MemoryTrustStore>();
  ben_->trust = Trust::load(organisation_.root, *ben_->trust_store, ben_->clock).value();
  for (const auto& object : organisation_.objects) ASSERT_VALUE(ben_->trust->add(object));
  auto added = form_again();
  const auto first = bot_.release(ben_->write("after the fire"));
  const auto second = bot_.release(ben_->write("we go on"));
  relay_.groups[0].set_seq(bot_.chain.seq.value);
  start();
  // The new relay has this device begin just after the commit, and its mail comes when it comes.
  relay_.push(first);
  pump();
  relay_.push(second);
  push_welcome(added);
  pump();
  EXPECT_EQ(sink_.count(EventType::new_log), 1u);
  EXPECT_EQ(sink_.count(EventType::stopped), 0u);
  EXPECT_EQ(sink_.delivered,
            (std::vector<std::string>{"before the fire", "after the fire", "we go on"}));
  ASSERT_VALUE(client_->sync(kTimeoutMs));
  EXPECT_EQ(relay_.acknowledged[bot_.id], bot_.chain.seq.value);
}

TEST_F(FormedAgain, WhoIsAddedAnewReadsWhatCameBeforeTheWelcome) {
  form();
  DeviceKeys& keys = const_cast<DeviceKeys&>(store_->keys());
  const auto at_ben = [&](const v1::Deliver& delivered) {
    EXPECT_VALUE(ben_->session->accept(delivered, *ben_->trust, ben_->log, kNow));
  };
  // The relay has dropped what this device was to read, and the bot adds it anew.
  at_ben(bot_.remove(keys.device));
  auto added = bot_.add({{&keys, relay_.key_packages[1]}});
  at_ben(added.commit);
  relay_.push(bot_.release(ben_->write("one")));
  relay_.push(bot_.release(ben_->write("two")));
  pump();
  EXPECT_EQ(sink_.count(EventType::stopped), 1u);
  EXPECT_TRUE(sink_.delivered.empty());
  push_welcome(added);
  pump();
  EXPECT_EQ(sink_.delivered, (std::vector<std::string>{"one", "two"}));
  EXPECT_FALSE(session().progress().is_stopped());
}

TEST_F(FormedAgain, AWelcomeForALostKeyPackageStopsTheGroup) {
  form();
  auto added = form_again();
  const auto& welcome = added.welcomes[store_->keys().device];
  const auto references = mls::welcome_references(as_bytes(welcome.welcome()));
  ASSERT_VALUE(references);
  for (const Digest& each : references.value()) ASSERT_VALUE(store_->erase_key_package(each));
  relay_.push(added.commit);
  push_welcome(added);
  expect_stopped("not_found");
}

TEST_F(FormedAgain, OwnMessagesWithoutAnOutcomeAreEncryptedAnew) {
  form();
  const MessageId id = send("in between");
  const std::string bytes = relay_.submissions.back().ciphertext();
  auto added = form_again();
  relay_.push(added.commit);
  push_welcome(added);
  pump();
  ASSERT_EQ(relay_.submissions.back().message_id(), wire_bytes(id.view()));
  EXPECT_NE(relay_.submissions.back().ciphertext(), bytes);
  release_last();
  pump();
  EXPECT_EQ(sink_.count(EventType::released), 1u);
  EXPECT_EQ(client_->undecided(), 0u);
}

TEST_F(FormedAgain, NobodyElseMayBeInIt) {
  form();
  Officer cat(organisation_, "cat");
  for (const auto& object : organisation_.objects) {
    ASSERT_VALUE(cat.trust->add(object));
    ASSERT_VALUE(ben_->trust->add(object));
  }
  auto added = form_again({&cat});
  relay_.push(added.commit);
  push_welcome(added);
  expect_stopped("not_permitted");
  messages::Content content;
  content.text = SecretText::copy_of("to whom?");
  EXPECT_CODE(client_->send(bot_.id, content), "group_stopped");
}

TEST_F(FormedAgain, FewerMayBeInIt) {
  form();
  FakeBot begun(organisation_, "Team A");
  bot_.group = std::move(begun.group);
  DeviceKeys& keys = const_cast<DeviceKeys&>(store_->keys());
  auto added = bot_.add({{&keys, relay_.key_packages[1]}});
  relay_.push(added.commit);
  push_welcome(added);
  pump();
  EXPECT_EQ(sink_.count(EventType::stopped), 0u);
  EXPECT_EQ(session().mls().members().size(), 2u);
}

TEST_F(FormedAgain, ItMustFollowTheLastToken) {
  form();
  bot_.chain.previous = random_.id<Digest>();
  auto added = form_again();
  relay_.push(added.commit);
  push_welcome(added);
  expect_stopped("token_invalid");
}

TEST_F(FormedAgain, OnlyACertifiedBotMayDoIt) {
  form();
  DeviceKeys stranger = organisation_.make_keys();
  std::swap(organisation_.bot, stranger);
  FakeBot begun(organisation_, "Team A");
  bot_.group = std::move(begun.group);
  DeviceKeys& keys = const_cast<DeviceKeys&>(store_->keys());
  auto added = bot_.add({{&keys, relay_.key_packages[1]}});
  relay_.push(added.commit);
  push_welcome(added);
  expect_stopped("bot_leaf_missing");
  std::swap(organisation_.bot, stranger);
}

}  // namespace
}  // namespace candour::client::test
