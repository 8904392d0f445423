// Goal: what is missing from the log, or contradicts it, reaches a person, once; what is in the log
// is known to be there (attack rows 1, 5, 12 and 15). Method: a whole client, a relay in memory
// that leaves things out, and a clock of the test.
#include <fstream>

#include "base/files.h"
#include "tests/client/client_fixture.h"
#include "tlog/proof_file.h"

namespace candour::client::test {
namespace {

class WatchTest : public ClientTest {
 protected:
  /// Amy's message, released, with its receipt unless the test says otherwise.
  Digest say(const char* text, bool receipt = true) {
    send(text);
    const auto delivered = release_last();
    if (receipt) relay_.push(bot_.receipt(delivered, store_->keys(), ++mails_));
    pump();
    return identity::ReleaseToken::decode(as_bytes(delivered.token())).value().leaf_hash;
  }
  WatchRecord watched(const Digest& leaf) {
    auto found = client_->watched(leaf);
    EXPECT_VALUE(found);
    EXPECT_TRUE(found.value().has_value());
    return found.value().value_or(WatchRecord());
  }
};

TEST_F(WatchTest, OwnMessageIsProvenInTheBackgroundAndRemembered) {
  form();
  const Digest leaf = say("on record");
  EXPECT_FALSE(watched(leaf).included);
  wait(5'000);
  EXPECT_TRUE(watched(leaf).included);
  EXPECT_EQ(watched(leaf).index, organisation_.leaves.at(leaf));
  EXPECT_GT(watched(leaf).size, watched(leaf).index);
  const std::size_t asked = relay_.proofs_asked;
  crash();
  wait(70'000);
  EXPECT_TRUE(watched(leaf).included);
  EXPECT_EQ(relay_.proofs_asked, asked) << "once is enough";
  EXPECT_EQ(sink_.count(EventType::alarm), 0u);
}

TEST_F(WatchTest, DroppedLeafOfAnOwnMessageIsAnAlarmOnce) {
  form();
  bot_.logs = false;
  const Digest leaf = say("left out");
  wait(kInclusionLateMs / 2);
  EXPECT_EQ(sink_.count(EventType::alarm), 0u);
  wait(kInclusionLateMs);
  EXPECT_EQ(sink_.alarms("inclusion_late"), 1u);
  EXPECT_TRUE(watched(leaf).late);
  crash();
  wait(2 * kInclusionLateMs);
  EXPECT_EQ(sink_.count(EventType::alarm), 1u);
  ASSERT_EQ(store_->alarms().value().size(), 1u);
  EXPECT_EQ(store_->alarms().value()[0].code, "inclusion_late");
  // Recorded after all, which the alarm stays beside.
  organisation_.append_leaf(leaf);
  wait(2 * kInclusionLateMs);
  EXPECT_TRUE(watched(leaf).included);
}

TEST_F(WatchTest, TimeWithoutConnectionIsNotCountedAndTimeBeforeARestartIs) {
  form();
  bot_.logs = false;
  say("left out");
  clock_.time = TimeMs(clock_.time.value + 10 * kInclusionLateMs);
  crash();
  wait(kInclusionLateMs * 2 / 3);
  EXPECT_EQ(sink_.count(EventType::alarm), 0u);
  crash();
  wait(kInclusionLateMs * 2 / 3);
  EXPECT_EQ(sink_.alarms("inclusion_late"), 1u);
}

TEST_F(WatchTest, RelayThatDoesNotAnswerIsLateToo) {
  form();
  say("no answer");
  relay_.ignore_proofs = true;
  wait(kInclusionLateMs + 5'000);
  EXPECT_EQ(sink_.alarms("inclusion_late"), 1u);
}

TEST_F(WatchTest, LeafInACheckpointWithoutQuorumIsNotYetThere) {
  form();
  const Digest leaf = say("unwitnessed");
  organisation_.cosigned = false;
  wait(kInclusionLateMs + 5'000);
  EXPECT_EQ(sink_.alarms("inclusion_late"), 1u);
  organisation_.cosigned = true;
  wait(60'000);
  EXPECT_TRUE(watched(leaf).included);
}

TEST_F(WatchTest, WrongProofIsAnAlarmAtOnce) {
  form();
  const Digest leaf = say("one");
  v1::Proof wrong = organisation_.inclusion(leaf);
  wrong.set_leaf_index(0);
  relay_.other_proof = wrong;
  wait(5'000);
  EXPECT_EQ(sink_.alarms("log_inconsistent"), 1u);
}

TEST_F(WatchTest, SomeReceivedMessagesAreWatchedToo) {
  form();
  bot_.logs = false;
  for (int i = 0; i < 100; ++i) relay_.push(bot_.release(ben_->write("from ben")));
  pump();
  EXPECT_EQ(sink_.delivered.size(), 100u);
  const std::size_t watched = client_->unproven_leaves();
  EXPECT_GT(watched, 0u);
  EXPECT_LT(watched, 50u);
  wait(kInclusionLateMs + 10'000);
  EXPECT_EQ(sink_.alarms("inclusion_late"), watched);
}

TEST_F(WatchTest, MissingReceiptIsAnAlarm) {
  form();
  say("no receipt", false);
  wait(kInclusionLateMs + 5'000);
  EXPECT_EQ(sink_.alarms("receipt_missing"), 1u);
  EXPECT_EQ(sink_.alarms("inclusion_late"), 0u);
}

TEST_F(WatchTest, ReceiptOfAnotherContentIsAnAlarm) {
  form();
  send("text");
  const auto delivered = release_last();
  const auto id = *MessageId::from(as_bytes(delivered.message_id()));
  bot_.openings[id].content_commitment = Digest();
  relay_.push(bot_.receipt(delivered, store_->keys(), ++mails_));
  pump();
  EXPECT_EQ(sink_.alarms("receipt_invalid"), 1u);
}

TEST_F(WatchTest, SplitViewBetweenMembersIsAnAlarm) {
  form();
  relay_.push_checkpoint();
  pump();
  // Ben saw another log of a size that Amy's device has passed.
  SeenCheckpoint claimed = client_->trust().newest_checkpoint();
  claimed.size -= 1;
  claimed.root = random_.id<Digest>();
  relay_.push(bot_.release(ben_->write("fork", claimed)));
  relay_.push(bot_.release(ben_->write("fork again", claimed)));
  pump();
  wait(5'000);
  EXPECT_EQ(sink_.alarms("log_inconsistent"), 1u);
  EXPECT_EQ(sink_.delivered.size(), 2u);
  EXPECT_EQ(sink_.count(EventType::stopped), 0u);
}

TEST_F(WatchTest, HonestClaimsOfOtherSizesAreNoAlarm) {
  form();
  SeenCheckpoint old = client_->trust().newest_checkpoint();
  old.size = 1;
  old.root = tlog::tree_hash(1, organisation_.hashes).value();
  relay_.push(bot_.release(ben_->write("old", old)));
  organisation_.enrol(organisation_.make_keys(), "eve", "officer");
  const SeenCheckpoint ahead{organisation_.statement.log.name, organisation_.frontier.size(),
                             organisation_.frontier.root(), true};
  relay_.push(bot_.release(ben_->write("ahead", ahead)));
  relay_.push_checkpoint();
  pump();
  wait(30'000);
  EXPECT_EQ(sink_.count(EventType::alarm), 0u);
}

TEST_F(WatchTest, ForkedCheckpointIsAnAlarmThatStays) {
  client_->disconnect();
  relay_.false_checkpoint =
      organisation_.checkpoint_of(organisation_.frontier.size(), random_.id<Digest>());
  EXPECT_CODE(client_->connect(relay_.connect(), kTimeoutMs), "log_inconsistent");
  EXPECT_EQ(sink_.alarms("log_inconsistent"), 1u);
  EXPECT_CODE(client_->connect(relay_.connect(), kTimeoutMs), "log_inconsistent");
  EXPECT_EQ(sink_.alarms("log_inconsistent"), 1u);
  EXPECT_EQ(store_->alarms().value().size(), 1u);
}

TEST_F(WatchTest, GhostDeviceCertificateIsAnAlarmOfItsOwnPersonOnce) {
  const DeviceKeys ghost = organisation_.make_keys();
  organisation_.enrol(ghost, "amy", "officer", false);
  relay_.push_directory();
  pump();
  ASSERT_EQ(sink_.alarms("device_added"), 1u);
  EXPECT_EQ(sink_.seen.back().sender, ghost.device);
  organisation_.enrol(organisation_.make_keys(), "ben", "officer");
  relay_.push_directory();
  pump();
  crash();
  pump();
  EXPECT_EQ(sink_.alarms("device_added"), 1u);
}

TEST_F(WatchTest, GhostDeviceCertificateThatIsNotInTheLogGetsNoMessage) {
  // Valid signatures of both registrars, in the relay's directory and in no tree; and a bot that
  // added it all the same.
  ben_.emplace(organisation_, "carl");
  organisation_.objects.pop_back();
  organisation_.enrol(ben_->keys, "carl", "officer", false);
  for (const auto& object : organisation_.objects) ASSERT_VALUE(ben_->trust->add(object));
  relay_.push_directory();
  pump();
  form();
  messages::Content content;
  content.text = SecretText::copy_of("not for a ghost");
  ASSERT_VALUE(client_->send(bot_.id, content));
  pump();
  EXPECT_TRUE(relay_.submissions.empty());
  EXPECT_FALSE(client_->waiting_for().empty());
  for (int i = 0; i < 40; ++i) wait(2'500);
  EXPECT_TRUE(relay_.submissions.empty());
  EXPECT_EQ(sink_.alarms("device_unproven"), 1u);
}

TEST_F(WatchTest, AlarmRaisedWhereNobodySeesItIsToldLater) {
  class Blind : public EventSink {
   public:
    void on_event(const Event& event) override { EXPECT_NE(event.type, EventType::alarm); }
    bool shows_alarms() const override { return false; }
  } blind;
  organisation_.enrol(organisation_.make_keys(), "amy", "officer");
  client_.reset();
  auto client = Client::open(*store_, clock_, random_, blind);
  ASSERT_VALUE(client);
  client_ = std::move(client).value();
  ASSERT_VALUE(client_->connect(relay_.connect(), kTimeoutMs));
  pump();
  ASSERT_EQ(store_->alarms().value().size(), 1u);
  crash();
  EXPECT_EQ(sink_.alarms("device_added"), 1u);
  crash();
  EXPECT_EQ(sink_.alarms("device_added"), 1u);
}

TEST_F(WatchTest, PolicyVersionThatWasNotLoggedHoldsItsMessagesBack) {
  form();
  const Digest first = organisation_.policy;
  organisation_.policy = organisation_.publish_policy("secret", false);
  const std::size_t number = organisation_.objects.size();
  relay_.push(bot_.release(ben_->write("by a secret policy")));
  relay_.push(bot_.release(ben_->write("after it")));
  pump();
  EXPECT_TRUE(sink_.delivered.empty());
  EXPECT_EQ(sink_.count(EventType::stopped), 0u);
  EXPECT_FALSE(client_->trust().policy_in_force(organisation_.policy));
  EXPECT_TRUE(client_->trust().policy_in_force(first));
  wait(kInclusionLateMs + 5'000);
  EXPECT_EQ(sink_.alarms("directory_unproven"), 1u);
  // Logged after all: what waited is shown, in order.
  organisation_.log_object(number);
  wait(5'000);
  EXPECT_EQ(sink_.delivered, (std::vector<std::string>{"by a secret policy", "after it"}));
  EXPECT_EQ(sink_.count(EventType::alarm), 1u);
}

TEST_F(WatchTest, HeldMessagesComeAgainAfterARestart) {
  form();
  organisation_.policy = organisation_.publish_policy("secret", false);
  const std::size_t number = organisation_.objects.size();
  const auto delivered = bot_.release(ben_->write("held"));
  relay_.push(delivered);
  pump();
  ASSERT_VALUE(client_->sync(kTimeoutMs));
  EXPECT_LT(relay_.acknowledged[bot_.id], bot_.chain.seq.value) << "not acknowledged while held";
  crash();
  organisation_.log_object(number);
  relay_.push(delivered);
  pump();
  EXPECT_EQ(sink_.delivered, std::vector<std::string>{"held"});
}

TEST_F(WatchTest, NewNoticeTakesEffectOnceItIsProven) {
  organisation_.publish_notice(1, false);
  const std::size_t number = organisation_.objects.size();
  relay_.push_directory();
  pump();
  EXPECT_EQ(client_->trust().notice(), nullptr);
  EXPECT_TRUE(client_->notice_acknowledged());
  organisation_.log_object(number);
  wait(5'000);
  ASSERT_NE(client_->trust().notice(), nullptr);
  EXPECT_EQ(client_->trust().notice()->version, 1u);
  EXPECT_EQ(sink_.count(EventType::notice), 1u);
  EXPECT_FALSE(client_->notice_acknowledged());
  EXPECT_EQ(sink_.count(EventType::alarm), 0u);
}

TEST_F(WatchTest, NewStatementTakesEffectOnceItIsProvenAndTakesAwayAtOnce) {
  form();
  const DeviceKeys second = organisation_.make_keys();
  organisation_.statement.bots = {second.device};
  organisation_.publish_statement(false);
  const std::size_t number = organisation_.objects.size();
  relay_.push_directory();
  pump();
  EXPECT_EQ(client_->trust().statement()->version, 1u);
  EXPECT_FALSE(client_->trust().lists_bot(second.device)) << "not proven yet";
  EXPECT_FALSE(client_->trust().lists_bot(organisation_.bot.device)) << "no longer listed";
  organisation_.log_object(number);
  wait(5'000);
  EXPECT_EQ(client_->trust().statement()->version, 2u);
  EXPECT_TRUE(client_->trust().lists_bot(second.device));
}

TEST_F(WatchTest, SecretRevocationActsAtOnceAndIsAnAlarm) {
  const DeviceKeys carl = organisation_.make_keys();
  organisation_.enrol(carl, "carl", "officer");
  identity::Revocation revocation{organisation_.statement.id, carl.device, "lost", kNow};
  organisation_.revoke(carl.device);
  // Shown to this device only: out of the tree again.
  relay_.withhold_proofs = true;
  relay_.push_directory();
  pump();
  EXPECT_TRUE(client_->trust().revoked(carl.device));
  wait(kInclusionLateMs + 5'000);
  EXPECT_EQ(sink_.alarms("directory_unproven"), 1u);
}

TEST_F(WatchTest, FirstDirectoryOfADeviceIsUsedBeforeItsProof) {
  // A fresh organisation: no checkpoint has a quorum yet.
  organisation_.cosigned = false;
  organisation_.publish_notice(1);
  TemporaryFolder folder;
  Profile profile = {};
  profile.root = organisation_.root;
  profile.organisation = "example";
  profile.person = "dora";
  auto store = Store::create(folder.path() / "state", passphrase_, profile, random_);
  ASSERT_VALUE(store);
  ASSERT_VALUE(store.value()->put_certificate(
      organisation_.enrol(store.value()->keys(), "dora", "officer")));
  RecordingSink sink;
  auto client = Client::open(*store.value(), clock_, random_, sink);
  ASSERT_VALUE(client);
  ASSERT_VALUE(client.value()->connect(relay_.connect(), kTimeoutMs));
  EXPECT_TRUE(client.value()->trust().policy_in_force(organisation_.policy));
  EXPECT_FALSE(client.value()->trust().policy_proven(organisation_.policy));
  ASSERT_NE(client.value()->trust().notice(), nullptr);
  organisation_.cosigned = true;
  clock_.time = TimeMs(clock_.time.value + 2'500);
  ASSERT_VALUE(client.value()->pump(0));
  clock_.time = TimeMs(clock_.time.value + 2'500);
  ASSERT_VALUE(client.value()->pump(0));
  EXPECT_TRUE(client.value()->trust().policy_proven(organisation_.policy));
  EXPECT_TRUE(client.value()->trust().unproven().empty());
  EXPECT_EQ(sink.count(EventType::alarm), 0u);
}

}  // namespace
}  // namespace candour::client::test
