// Goal: a log that was lost is followed by another one only with a newer statement of the root, a
// note by two people of the old statement about where the old log ended, no earlier than this
// device saw it, and everything revoked that was; a client then waits for its groups instead of
// leaving them. Method: an organisation with real keys begins a new log, right and in each wrong
// way.
#include "tests/client/client_fixture.h"

namespace candour::client::test {
namespace {

class SuccessionTest : public ::testing::Test {
 protected:
  SuccessionTest()
      : random_(5),
        organisation_(random_),
        relay_(organisation_),
        keys_(organisation_.make_keys()),
        lost_(organisation_.make_keys()) {
    certificate_ = organisation_.enrol(keys_, "amy", "officer");
    organisation_.enrol(lost_, "ben", "officer");
    organisation_.revoke(lost_.device);
    organisation_.publish_notice(1);
    trust_ = Trust::load(organisation_.root, store_, clock_).value();
    auto connection = connect();
    EXPECT_VALUE(trust_->refresh(*connection));
    EXPECT_VALUE(trust_->prove_pending(*connection));
    before_ = trust_->newest_checkpoint();
    objects_ = trust_->directory_size();
    note_ = trust_->checkpoint_note();
  }
  std::unique_ptr<Connection> connect() {
    LoginOptions options;
    options.as = DeviceLogin{keys_.device, &keys_.signing, certificate_};
    options.client_build = "test";
    if (trust_->statement() != nullptr) options.log_origin = trust_->statement()->log.name;
    options.may_follow = true;
    auto connection = Connection::open(relay_.connect(), options);
    EXPECT_VALUE(connection);
    return std::move(connection).value();
  }
  /// What the device knows of the old log is all it knows.
  void expect_refused(const LostLog& how, const std::string& code = "log_inconsistent") {
    organisation_.lose_log(how);
    auto connection = connect();
    EXPECT_CODE(trust_->refresh(*connection), code);
    EXPECT_EQ(trust_->statement()->log.name, "example.org/log");
    EXPECT_EQ(trust_->newest_checkpoint().size, before_.size);
    EXPECT_EQ(store_.kept().entries.size(), objects_);
    EXPECT_TRUE(store_.old_checkpoints().empty());
  }

  SeededRandom random_;
  FixedClock clock_;
  Organisation organisation_;
  FakeRelay relay_;
  DeviceKeys keys_;
  DeviceKeys lost_;
  Bytes certificate_;
  MemoryTrustStore store_;
  std::unique_ptr<Trust> trust_;
  SeenCheckpoint before_;
  std::uint64_t objects_ = 0;
  std::string note_;
};

TEST_F(SuccessionTest, IsFollowedAndKept) {
  organisation_.lose_log();
  auto connection = connect();
  ASSERT_VALUE(trust_->refresh(*connection));
  EXPECT_EQ(trust_->statement()->log.name, "example.org/log2");
  ASSERT_NE(trust_->succession(), nullptr);
  EXPECT_EQ(trust_->succession()->old_size, before_.size);
  EXPECT_TRUE(trust_->newest_checkpoint().witnessed);
  EXPECT_CODE(trust_->device(lost_.device), "device_revoked");
  // The old checkpoint is kept as evidence.
  ASSERT_EQ(store_.old_checkpoints().size(), 1u);
  EXPECT_EQ(as_text(store_.old_checkpoints().at("example.org/log")), note_);
  // The rest takes effect once it is proven, as always.
  EXPECT_EQ(trust_->notice(), nullptr);
  ASSERT_VALUE(trust_->prove_pending(*connection));
  EXPECT_NE(trust_->notice(), nullptr);
  EXPECT_TRUE(trust_->policy_proven(organisation_.policy));

  auto again = Trust::load(organisation_.root, store_, clock_);
  ASSERT_VALUE(again);
  EXPECT_EQ(again.value()->statement()->log.name, "example.org/log2");
  EXPECT_EQ(again.value()->newest_checkpoint().size, trust_->newest_checkpoint().size);
  organisation_.enrol(organisation_.make_keys(), "chloe", "officer");
  EXPECT_VALUE(trust_->refresh(*connection));
  EXPECT_EQ(trust_->directory_size(), organisation_.objects.size());
}

TEST_F(SuccessionTest, NewDeviceBeginsWithTheNewLog) {
  organisation_.lose_log();
  MemoryTrustStore store;
  auto trust = Trust::load(organisation_.root, store, clock_);
  ASSERT_VALUE(trust);
  auto connection = connect();
  ASSERT_VALUE(trust.value()->refresh(*connection));
  EXPECT_EQ(trust.value()->statement()->log.name, "example.org/log2");
}

TEST_F(SuccessionTest, OldLogThatWasCutIsRefused) { expect_refused({.cut = 1}); }
TEST_F(SuccessionTest, OldLogWithAnotherRootIsRefused) { expect_refused({.other_root = true}); }
TEST_F(SuccessionTest, WithoutANoteIsRefused) { expect_refused({.note = false}); }
TEST_F(SuccessionTest, OfOnePersonIsRefused) { expect_refused({.registrar = false}); }
TEST_F(SuccessionTest, ByWhoeverIsNewIsRefused) { expect_refused({.stranger = true}); }
TEST_F(SuccessionTest, WithoutANewerStatementIsRefused) { expect_refused({.newer = false}); }
TEST_F(SuccessionTest, ThatForgetsARevocationIsRefused) { expect_refused({.revocations = false}); }
TEST_F(SuccessionTest, NotAsTheFirstLeafIsRefused) { expect_refused({.first = false}); }

TEST_F(SuccessionTest, OldLogThatWentOnUnseenIsFine) {
  organisation_.append_leaf(random_.id<Digest>());
  organisation_.lose_log();
  auto connection = connect();
  EXPECT_VALUE(trust_->refresh(*connection));
}

TEST_F(SuccessionTest, WaitsForTheWitnessesButNotForOneself) {
  organisation_.cosigned = false;
  expect_refused({}, "checkpoint_stale");
  trust_->set_own_witness(organisation_.statement.witnesses.front());
  auto connection = connect();
  EXPECT_VALUE(trust_->refresh(*connection));
}

TEST_F(SuccessionTest, StatementOfAnotherLogInTheSameDirectoryIsRefused) {
  organisation_.statement.log.name = "example.org/log2";
  organisation_.publish_statement();
  EXPECT_CODE(trust_->add(organisation_.objects.back()), "statement_invalid");
}

class ClientSuccession : public ClientTest {};

TEST_F(ClientSuccession, GroupsWaitAndMailBeginsAnew) {
  form();
  ASSERT_VALUE(store_->put_mail_cursor(7));
  organisation_.lose_log();
  relay_.groups.clear();
  start();
  EXPECT_EQ(sink_.count(EventType::new_log), 1u);
  EXPECT_EQ(sink_.count(EventType::alarm), 0u);
  EXPECT_EQ(store_->mail_cursor().value(), 0u);
  ASSERT_EQ(client_->groups().size(), 1u);
  EXPECT_FALSE(client_->groups().begin()->second.progress().removed);
  const std::size_t sent = relay_.submissions.size();
  send("Into the old group?");
  EXPECT_EQ(relay_.submissions.size(), sent);
  EXPECT_EQ(client_->undecided(), 1u);
  EXPECT_EQ(sink_.count(EventType::rejected), 0u);
  // The next login finds it as it is.
  start();
  EXPECT_EQ(sink_.count(EventType::new_log), 1u);
}

TEST_F(ClientSuccession, CutLogRaisesTheAlarm) {
  organisation_.lose_log({.cut = 1});
  relay_.groups.clear();
  auto client = Client::open(*store_, clock_, random_, sink_);
  ASSERT_VALUE(client);
  EXPECT_CODE(client.value()->connect(relay_.connect(), kTimeoutMs), "log_inconsistent");
  EXPECT_EQ(sink_.alarms("log_inconsistent"), 1u);
  EXPECT_EQ(sink_.count(EventType::new_log), 0u);
}

}  // namespace
}  // namespace candour::client::test
