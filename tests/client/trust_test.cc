// Goal: from one pinned root key everything else is believed only with the right signatures, in
// order, and in one unforked log. Method: an organisation with real keys publishes; the test
// exchanges single objects and proofs.
#include "tests/client/fake_relay.h"

namespace candour::client::test {
namespace {

class TrustTest : public ::testing::Test {
 protected:
  TrustTest()
      : random_(5),
        organisation_(random_),
        relay_(organisation_),
        keys_(organisation_.make_keys()) {
    certificate_ = organisation_.enrol(keys_, "amy", "officer");
    trust_ = Trust::load(organisation_.root, store_, clock_).value();
  }
  std::unique_ptr<Connection> connect() {
    LoginOptions options;
    options.as = DeviceLogin{keys_.device, &keys_.signing, certificate_};
    options.client_build = "test";
    auto connection = Connection::open(relay_.connect(), options);
    EXPECT_VALUE(connection);
    return std::move(connection).value();
  }

  SeededRandom random_;
  FixedClock clock_;
  Organisation organisation_;
  FakeRelay relay_;
  DeviceKeys keys_;
  Bytes certificate_;
  MemoryTrustStore store_;
  std::unique_ptr<Trust> trust_;
};

TEST_F(TrustTest, DirectoryIsTakenAndKept) {
  auto connection = connect();
  ASSERT_VALUE(trust_->refresh(*connection));
  EXPECT_EQ(trust_->directory_size(), organisation_.objects.size());
  EXPECT_VALUE(trust_->device(keys_.device));
  EXPECT_VALUE(trust_->bot());
  EXPECT_TRUE(trust_->newest_checkpoint().witnessed);
  auto again = Trust::load(organisation_.root, store_, clock_);
  ASSERT_VALUE(again);
  EXPECT_VALUE(again.value()->device(keys_.device));
  EXPECT_EQ(again.value()->newest_checkpoint().size, trust_->newest_checkpoint().size);
}

TEST_F(TrustTest, StatementOfAnotherRootIsRefused) {
  auto other = crypto::SigningKey::generate(random_);
  MemoryTrustStore store;
  auto trust =
      Trust::load({"root", identity::NoteKeyType::ed25519, other.public_key()}, store, clock_);
  ASSERT_VALUE(trust);
  EXPECT_CODE(trust.value()->add(organisation_.objects[0]), "wrong_root_key");
}

TEST_F(TrustTest, GapInTheDirectoryIsRefused) {
  EXPECT_CODE(trust_->add(organisation_.objects[1]), "input_invalid");
}

TEST_F(TrustTest, ObjectWithTheOpeningOfAnotherIsRefused) {
  ASSERT_VALUE(trust_->add(organisation_.objects[0]));
  v1::DirectoryObject object = organisation_.objects[1];
  object.set_opening(organisation_.objects[3].opening());
  EXPECT_CODE(trust_->add(object), "log_inconsistent");
}

TEST_F(TrustTest, OlderStatementIsRefused) {
  organisation_.publish(v1::STATEMENT, tlog::LeafKind::statement,
                        organisation_.objects[0].object());
  for (std::size_t i = 0; i + 1 < organisation_.objects.size(); ++i) {
    ASSERT_VALUE(trust_->add(organisation_.objects[i]));
  }
  EXPECT_CODE(trust_->add(organisation_.objects.back()), "statement_invalid");
}

TEST_F(TrustTest, RevokedAndExpiredDevicesAreNotReliedOn) {
  organisation_.revoke(keys_.device);
  auto connection = connect();
  ASSERT_VALUE(trust_->refresh(*connection));
  EXPECT_CODE(trust_->device(keys_.device), "device_revoked");
  clock_.time = TimeMs(kNow.value + 1000 * kDayMs);
  EXPECT_CODE(trust_->device(organisation_.bot.device), "certificate_expired");
  EXPECT_CODE(trust_->device(random_.id<DeviceId>()), "unknown_device");
}

TEST_F(TrustTest, OldCertificatePublishedAgainDoesNotWin) {
  const auto publish = [&](const char* role, TimeMs from, bool swapped) {
    organisation_.publish(v1::CERTIFICATE, tlog::LeafKind::certificate,
                          organisation_.certify(keys_, "amy", role, from,
                                                TimeMs(kNow.value + 100 * kDayMs), swapped));
  };
  publish("supervisor", TimeMs(kNow.value - kDayMs / 2), false);
  publish("officer", TimeMs(kNow.value - kDayMs), true);
  // Another that begins together with the one kept changes nothing either.
  publish("officer", TimeMs(kNow.value - kDayMs / 2), false);
  auto connection = connect();
  ASSERT_VALUE(trust_->refresh(*connection));
  EXPECT_EQ(trust_->find(keys_.device)->subject.role, "supervisor");
  EXPECT_EQ(trust_->directory_size(), organisation_.objects.size());
  ASSERT_VALUE(trust_->prove(keys_.device, *connection));
  auto again = Trust::load(organisation_.root, store_, clock_);
  ASSERT_VALUE(again);
  EXPECT_EQ(again.value()->find(keys_.device)->subject.role, "supervisor");
}

TEST_F(TrustTest, CertificateIsProvenInTheLogOnce) {
  auto connection = connect();
  ASSERT_VALUE(trust_->refresh(*connection));
  EXPECT_FALSE(trust_->proven(keys_.device));
  ASSERT_VALUE(trust_->prove(keys_.device, *connection));
  EXPECT_TRUE(trust_->proven(keys_.device));
}

TEST_F(TrustTest, I8GrowingLogMustContainTheOneSeenBefore) {
  auto connection = connect();
  ASSERT_VALUE(trust_->refresh(*connection));
  organisation_.enrol(organisation_.make_keys(), "ben", "officer");
  ASSERT_VALUE(trust_->see_checkpoint(organisation_.checkpoint(), *connection));
  const std::uint64_t grown = organisation_.frontier.size();
  EXPECT_EQ(trust_->newest_checkpoint().size, grown);
  // Another log of the same name and key, grown from other leaves.
  SeededRandom other_random(6);
  organisation_.frontier = tlog::Frontier();
  organisation_.hashes = tlog::MemoryHashes();
  for (int i = 0; i < 12; ++i) {
    organisation_.hashes.put(organisation_.frontier.append(other_random.id<Digest>()));
  }
  EXPECT_CODE(trust_->see_checkpoint(organisation_.checkpoint(), *connection), "log_inconsistent");
  EXPECT_EQ(trust_->newest_checkpoint().size, grown);
}

TEST_F(TrustTest, I8ProofInAnOlderCheckpointNeedsThatOneInTheLogKept) {
  auto connection = connect();
  ASSERT_VALUE(trust_->refresh(*connection));
  const Digest leaf = organisation_.leaves.begin()->first;
  const v1::Proof honest = organisation_.inclusion(leaf);
  organisation_.enrol(organisation_.make_keys(), "ben", "officer");
  ASSERT_VALUE(trust_->see_checkpoint(organisation_.checkpoint(), *connection));
  relay_.other_proof = honest;
  EXPECT_VALUE(trust_->prove_leaf(leaf, *connection));

  // A small tree of its own, signed and cosigned, with a leaf that is not in the log.
  const Digest absent = random_.id<Digest>();
  v1::Proof forked;
  forked.set_checkpoint(organisation_.checkpoint_of(1, absent));
  relay_.other_proof = forked;
  EXPECT_CODE(trust_->prove_leaf(absent, *connection), "log_inconsistent");
}

TEST_F(TrustTest, I8MemberWhoSawAnotherRootIsASplitView) {
  auto connection = connect();
  ASSERT_VALUE(trust_->refresh(*connection));
  SeenCheckpoint theirs = trust_->newest_checkpoint();
  EXPECT_VALUE(trust_->compare_checkpoint(theirs));
  theirs.root = random_.id<Digest>();
  EXPECT_CODE(trust_->compare_checkpoint(theirs), "log_inconsistent");
}

TEST_F(TrustTest, LoginToTheRelayOfAnotherLogIsRefused) {
  LoginOptions options;
  options.as = DeviceLogin{keys_.device, &keys_.signing, certificate_};
  options.log_origin = "other.org/log";
  EXPECT_CODE(Connection::open(relay_.connect(), options), "login_invalid");
}

}  // namespace
}  // namespace candour::client::test
