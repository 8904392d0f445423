// Goal: the relay's cursor follows the device cheaply and never runs ahead of its disk; a device
// the relay has nothing more for comes back honestly; key packages of last resort; waits the relay
// asks for (I4). Method: a client with its real store against a relay in memory that repeats,
// forgets, refuses and stops, and a bot with real keys.
#include <algorithm>

#include "mls/key_package_bundle.h"
#include "tests/client/client_fixture.h"

namespace candour::client::test {
namespace {

class Resync : public ClientTest {
 protected:
  /// Released, and taken by Ben himself.
  v1::Deliver from_ben(const char* text) {
    const auto delivered = bot_.release(ben_->write(text));
    const auto token = identity::ReleaseToken::decode(as_bytes(delivered.token())).value();
    ben_->log.own[token.message_id] = {token.ciphertext_hash, token.content_commitment};
    EXPECT_TRUE(ben_->session->accept(delivered, *ben_->trust, ben_->log, kNow));
    return delivered;
  }
  std::vector<HistoryRow> rows() {
    std::vector<HistoryRow> all;
    EXPECT_VALUE(store_->each_history(bot_.id, [&](HistoryRow row) -> Status {
      all.push_back(std::move(row));
      return ok();
    }));
    return all;
  }
  std::size_t memberships(std::string_view action) {
    std::size_t found = 0;
    for (const auto& seen : sink_.seen) {
      found += seen.type == EventType::membership && seen.action == action ? 1 : 0;
    }
    return found;
  }
  std::optional<messages::LostReport> lost_report() {
    if (relay_.bot_mail.size() != 1) return std::nullopt;
    const auto id = *messages::MailId::from(as_bytes(relay_.bot_mail[0].mail_id()));
    const auto mail =
        messages::ToBot::open(as_bytes(relay_.bot_mail[0].sealed()), organisation_.bot.sealing, id);
    if (!mail || mail.value().type != messages::ToBotType::lost_group) return std::nullopt;
    auto report =
        messages::LostReport::verify(mail.value().body.view(), store_->keys().signing.public_key());
    return report ? std::optional(std::move(report).value()) : std::nullopt;
  }
  /// Amy out and in again, with a key package she has not used yet.
  FakeBot::Added add_again() {
    DeviceKeys& keys = const_cast<DeviceKeys&>(store_->keys());
    const auto gone = bot_.remove(keys.device);
    EXPECT_TRUE(ben_->session->accept(gone, *ben_->trust, ben_->log, kNow));
    auto added = bot_.add({{&keys, relay_.key_packages.back()}});
    EXPECT_TRUE(ben_->session->accept(added.commit, *ben_->trust, ben_->log, kNow));
    return added;
  }
};

TEST_F(Resync, DeliveriesAreAcknowledgedByTheDozenAndAtTheEnd) {
  form();
  ASSERT_VALUE(client_->sync(kTimeoutMs));
  const std::uint64_t before = relay_.acknowledged[bot_.id];
  relay_.acknowledgements = 0;
  for (int i = 0; i < 32; ++i) {
    relay_.push(from_ben("one of many"));
    pump();
  }
  EXPECT_GE(relay_.acknowledged[bot_.id], before + 1) << "at the latest after 32";
  relay_.push(from_ben("the last"));
  pump();
  client_->disconnect();
  EXPECT_EQ(relay_.acknowledged[bot_.id], before + 33);
  // One for each second that passed on a busy machine, but not one for each message.
  EXPECT_LT(relay_.acknowledgements, 20u);
}

TEST_F(Resync, I4WhatWasNotAcknowledgedBeforeACrashComesAgainAndIsShownOnce) {
  form();
  ASSERT_VALUE(client_->sync(kTimeoutMs));
  const std::uint64_t before = relay_.acknowledged[bot_.id];
  std::vector<v1::Deliver> sent;
  for (int i = 0; i < 5; ++i) sent.push_back(from_ben("kept, not acknowledged"));
  for (const auto& delivered : sent) relay_.push(delivered);
  pump();
  crash();
  EXPECT_EQ(relay_.acknowledged[bot_.id], before) << "a killed client acknowledges nothing";
  for (const auto& delivered : sent) relay_.push(delivered);
  relay_.push(from_ben("after"));
  pump();
  EXPECT_EQ(sink_.delivered.size(), 6u);
  ASSERT_VALUE(client_->sync(kTimeoutMs));
  EXPECT_EQ(relay_.acknowledged[bot_.id], before + 6);
  EXPECT_EQ(sink_.count(EventType::stopped), 0u);
}

TEST_F(Resync, WhoHasEverythingAcknowledgesAndGoesOn) {
  form();
  for (int i = 0; i < 3; ++i) relay_.push(from_ben("here already"));
  pump();
  crash();  // before it acknowledged any
  relay_.push_resynchronise(bot_.id, bot_.chain.seq.value + 1);
  pump();
  EXPECT_EQ(relay_.acknowledged[bot_.id], bot_.chain.seq.value);
  EXPECT_TRUE(relay_.bot_mail.empty());
  relay_.push(from_ben("goes on"));
  pump();
  EXPECT_EQ(sink_.delivered.back(), "goes on");
  EXPECT_EQ(memberships("lost"), 0u);
}

TEST_F(Resync, WhoMissedMessagesSaysSoSignedAndIsAddedAgain) {
  form();
  relay_.push(from_ben("read"));
  pump();
  const Seq last = client_->groups().at(bot_.id).progress().seq;
  const MessageId early = send("released while Amy is away");
  const auto submitted = relay_.submissions.back();
  client_->disconnect();
  const auto missed = bot_.release(submitted);
  ASSERT_TRUE(ben_->session->accept(missed, *ben_->trust, ben_->log, kNow));
  for (int i = 0; i < 3; ++i) from_ben("missed");
  crash();
  relay_.push_resynchronise(bot_.id, bot_.chain.seq.value);
  pump();
  EXPECT_EQ(memberships("lost"), 1u);
  const auto report = lost_report();
  ASSERT_TRUE(report);
  EXPECT_EQ(report->group, bot_.id);
  EXPECT_EQ(report->seq, last);

  // What is written now waits, and nothing of the group is shown that the device cannot follow.
  const std::size_t sent = relay_.submissions.size();
  const MessageId late = send("written meanwhile");
  EXPECT_EQ(relay_.submissions.size(), sent);
  crash();
  relay_.push_resynchronise(bot_.id, bot_.chain.seq.value);
  pump();
  EXPECT_EQ(memberships("lost"), 1u) << "told once";

  const auto added = add_again();
  const Seq again = bot_.chain.seq;
  relay_.push(from_ben("with the new keys"));  // overtakes the mail
  relay_.push(bot_.receipt(missed, store_->keys(), ++mails_));
  relay_.push(welcome_mail(added.welcomes.at(store_->keys().device)));
  pump();
  EXPECT_EQ(memberships("added again"), 1u);
  EXPECT_EQ(sink_.delivered.back(), "with the new keys");
  const auto all = rows();
  const auto gap = std::find_if(all.begin(), all.end(), [](const auto& r) { return r.is_gap(); });
  ASSERT_NE(gap, all.end());
  EXPECT_EQ(gap->missed, again.value - last.value - 1);
  const auto own =
      std::find_if(all.begin(), all.end(), [&](const auto& r) { return r.id == early; });
  ASSERT_NE(own, all.end()) << "its receipt says that it was released";
  EXPECT_EQ(own->seq, Seq(missed.seq()));
  const auto token = identity::ReleaseToken::decode(as_bytes(missed.token()));
  ASSERT_TRUE(token);
  EXPECT_EQ(messages::content_commitment(own->commitment_key, own->content.view()),
            token.value().content_commitment)
      << "what a proof of it needs is kept too";
  ASSERT_EQ(relay_.submissions.size(), sent + 1);
  EXPECT_EQ(MessageId::from(as_bytes(relay_.submissions.back().message_id())), late);
  release_last();
  pump();
  EXPECT_EQ(client_->undecided(), 0u);
  EXPECT_EQ(sink_.count(EventType::released), 2u);
  EXPECT_EQ(sink_.count(EventType::stopped), 0u);
}

TEST_F(Resync, WhoLostAGroupSaysSoAtEachLoginUntilAddedAgain) {
  form();
  for (int i = 0; i < 3; ++i) from_ben("missed");
  relay_.push_resynchronise(bot_.id, bot_.chain.seq.value);
  pump();
  ASSERT_TRUE(lost_report());
  ASSERT_VALUE(client_->sync(kTimeoutMs));
  EXPECT_EQ(relay_.bot_mail.size(), 1u) << "not twice on one connection";
  // The report came to nothing, and to the relay the device is behind no more.
  relay_.bot_mail.clear();
  crash();
  ASSERT_VALUE(client_->sync(kTimeoutMs));
  EXPECT_TRUE(lost_report());
  EXPECT_EQ(memberships("lost"), 1u);
  relay_.bot_mail.clear();
  crash();
  const auto added = add_again();
  relay_.push(welcome_mail(added.welcomes.at(store_->keys().device)));
  ASSERT_VALUE(client_->sync(kTimeoutMs));
  EXPECT_EQ(memberships("added again"), 1u);
  EXPECT_TRUE(relay_.bot_mail.empty()) << "the welcome was among the mail";
}

TEST_F(Resync, LastResortIsPublishedReplacedAndServesMoreThanOnce) {
  ASSERT_EQ(relay_.last_resorts.size(), 1u);
  const auto package = mls::verify_key_package(relay_.last_resorts[0], kNow);
  ASSERT_VALUE(package);
  EXPECT_TRUE(package.value().last_resort());
  EXPECT_FALSE(mls::verify_key_package(relay_.key_packages[0], kNow).value().last_resort());
  EXPECT_EQ(store_->key_package_count().value(), limits::kKeyPackagesPerDeviceGoal);
  DeviceKeys& keys = const_cast<DeviceKeys&>(store_->keys());
  FakeBot other(organisation_, "Team B");
  for (FakeBot* bot : {&bot_, &other}) {
    auto added = bot->add({{&keys, relay_.last_resorts[0]}});
    relay_.push(welcome_mail(added.welcomes[keys.device]));
    pump();
    EXPECT_EQ(client_->groups().count(bot->id), 1u);
  }
  crash();
  EXPECT_EQ(relay_.last_resorts.size(), 1u) << "not due";
  relay_.last_resort_due = true;
  for (int i = 0; i < 3; ++i) {
    crash();
    relay_.last_resort_due = true;
  }
  EXPECT_EQ(relay_.last_resorts.size(), 4u);
  EXPECT_EQ(store_->last_resort_key_packages().value().size(), 2u) << "older ones are gone";
}

TEST_F(Resync, FailedRefillsTakeNothingAwayAndLeaveNothingBehind) {
  relay_.key_packages.resize(2);
  relay_.last_resort_due = true;
  relay_.break_before_key_packages = 2;
  for (int i = 0; i < 2; ++i) {
    clock_.time = TimeMs(clock_.time.value + 1'000);
    EXPECT_FALSE(client_->connect(relay_.connect(), kTimeoutMs));
  }
  EXPECT_EQ(relay_.last_resorts.size(), 1u);
  DeviceKeys& keys = const_cast<DeviceKeys&>(store_->keys());
  const auto welcome = bot_.add({{&keys, relay_.last_resorts[0]}}).welcomes[keys.device];
  clock_.time = TimeMs(clock_.time.value + 1'000);
  crash();
  relay_.push(welcome_mail(welcome));
  pump();
  EXPECT_EQ(client_->groups().count(bot_.id), 1u) << "what the relay handed out meanwhile";
  EXPECT_EQ(relay_.key_packages.size(), limits::kKeyPackagesPerDeviceGoal);
  EXPECT_EQ(store_->key_package_count().value(), 2 * limits::kKeyPackagesPerDeviceGoal - 2);
  EXPECT_EQ(store_->last_resort_key_packages().value().size(), 2u);
}

TEST_F(Resync, WhoLostItsKeyPackagesReplacesThemAlsoAfterFailures) {
  const Bytes foreign(100, 1);
  relay_.key_packages.insert(relay_.key_packages.end(), 4, foreign);
  relay_.last_resort_due = true;
  relay_.break_before_key_packages = 2;
  for (int i = 0; i < 2; ++i) EXPECT_FALSE(client_->connect(relay_.connect(), kTimeoutMs));
  crash();
  EXPECT_EQ(relay_.key_packages.size(), limits::kKeyPackagesPerDeviceGoal);
  EXPECT_EQ(std::count(relay_.key_packages.begin(), relay_.key_packages.end(), foreign), 0);
}

TEST_F(Resync, KeyPackagesWhoseConfirmationIsLostArePutOnce) {
  relay_.key_packages.resize(2);
  relay_.break_after_key_packages = 1;
  EXPECT_FALSE(client_->connect(relay_.connect(), kTimeoutMs));
  crash();
  EXPECT_EQ(relay_.key_packages.size(), limits::kKeyPackagesPerDeviceGoal);
  EXPECT_FALSE(store_->key_package_batch().value());
}

TEST_F(Resync, WaitsAsLongAsTheRelayAsks) {
  form();
  relay_.refuse_next(ErrorCode::rate_limited, 600'000);
  send("too fast");
  ASSERT_EQ(relay_.submissions.size(), 1u);
  for (int i = 0; i < 20; ++i) pump();
  EXPECT_EQ(relay_.submissions.size(), 1u);
  EXPECT_EQ(client_->undecided(), 1u);
  relay_.stop("the relay stops; retry_after_ms=1234");
  EXPECT_FALSE(client_->pump(0));
  EXPECT_EQ(client_->retry_after_ms(), 1234u);
  EXPECT_EQ(retry_after_in("the relay stops; retry_after_ms=99999999"), kRetryAfterMaxMs);
  EXPECT_EQ(retry_after_in("the relay stops; retry_after_ms=12x"), 0u);
  EXPECT_EQ(retry_after_in("the relay stops"), 0u);
}

}  // namespace
}  // namespace candour::client::test
