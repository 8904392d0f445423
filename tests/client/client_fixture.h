// A whole client with its real store, a relay in memory and a bot with real keys.
#pragma once

#include "tests/client/fake_relay.h"

namespace candour::client::test {

inline constexpr std::uint64_t kTimeoutMs = 1'000;

class ClientTest : public ::testing::Test {
 protected:
  ClientTest()
      : random_(11), organisation_(random_), relay_(organisation_), bot_(organisation_, "Team A") {
    Profile profile;
    profile.root = organisation_.root;
    profile.organisation = "example";
    profile.person = "amy";
    profile.name = "PC Amy Shaw";
    auto store = Store::create(folder_.path() / "state", passphrase_, profile, random_);
    EXPECT_VALUE(store);
    store_ = std::move(store).value();
    EXPECT_VALUE(store_->put_certificate(organisation_.enrol(store_->keys(), "amy", "officer")));
    ben_.emplace(organisation_, "ben");
    for (const auto& object : organisation_.objects) EXPECT_VALUE(ben_->trust->add(object));
    start();
  }

  void start() {
    auto client = Client::open(*store_, clock_, random_, sink_);
    ASSERT_VALUE(client);
    client_ = std::move(client).value();
    ASSERT_VALUE(client_->connect(relay_.connect(), kTimeoutMs));
  }
  /// As after kill -9: nothing but the files is left.
  void crash() {
    if (!relay_.groups.empty()) {
      relay_.groups[0].set_seq(claimed_seq_ ? *claimed_seq_ : bot_.chain.seq.value);
    }
    client_.reset();
    store_.reset();
    auto store = Store::open(folder_.path() / "state", passphrase_, random_);
    ASSERT_VALUE(store);
    store_ = std::move(store).value();
    start();
  }
  void pump() {
    for (;;) {
      auto pumped = client_->pump(0);
      ASSERT_VALUE(pumped);
      if (!pumped.value()) return;
    }
  }
  v1::MailItem welcome_mail(const v1::WelcomeMail& welcome) {
    v1::MailItem mail;
    mail.set_number(++mails_);
    mail.set_kind(v1::WELCOME);
    mail.set_body(welcome.SerializeAsString());
    return mail;
  }
  /// Amy and Ben in one group.
  void form() {
    DeviceKeys& keys = const_cast<DeviceKeys&>(store_->keys());
    auto added = bot_.add({{&keys, relay_.key_packages.front()}, ben_->key_package(organisation_)});
    ASSERT_VALUE(ben_->join(added.welcomes[ben_->keys.device]));
    relay_.push(welcome_mail(added.welcomes[keys.device]));
    pump();
    ASSERT_EQ(client_->groups().count(bot_.id), 1u);
    v1::GroupState state;
    state.set_group(wire_bytes(bot_.id.view()));
    relay_.groups = {state};
  }
  MessageId send(const char* text) {
    messages::Content content;
    content.text = SecretText::copy_of(text);
    auto sent = client_->send(bot_.id, content);
    EXPECT_VALUE(sent);
    pump();
    return sent ? sent.value() : MessageId();
  }
  /// Releases Amy's newest submission to Amy and Ben.
  v1::Deliver release_last() {
    EXPECT_FALSE(relay_.submissions.empty());
    if (relay_.submissions.empty()) return {};
    const auto delivered = bot_.release(relay_.submissions.back());
    EXPECT_TRUE(ben_->session->accept(delivered, *ben_->trust, ben_->log, kNow));
    relay_.push(delivered);
    return delivered;
  }
  std::size_t history() {
    std::size_t rows = 0;
    EXPECT_VALUE(store_->each_history(bot_.id, [&](HistoryRow) -> Status {
      ++rows;
      return ok();
    }));
    return rows;
  }

  SeededRandom random_;
  /// Time passes for a connected client.
  void wait(std::uint64_t ms) {
    for (std::uint64_t step = 0; step < ms; step += 2'500) {
      clock_.time = TimeMs(clock_.time.value + 2'500);
      pump();
    }
  }

  FixedClock clock_;
  TemporaryFolder folder_;
  SecretText passphrase_ = SecretText::copy_of("passphrase");
  Organisation organisation_;
  FakeRelay relay_;
  FakeBot bot_;
  RecordingSink sink_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Client> client_;
  std::optional<Officer> ben_;
  std::uint64_t mails_ = 0;
  std::optional<std::uint64_t> claimed_seq_;  // what the relay says it has
};

}  // namespace candour::client::test
