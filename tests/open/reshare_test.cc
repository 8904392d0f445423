// Goal: k custodians hand their group's key on to the same or other people, with the same or
// another threshold; the key stays, old and new shares do not combine, and whoever hands on
// something else is named. Method: reshare a dealt key, combine old and new shares in every way,
// then spoil one thing at a time.
#include "warrant/open/reshare.h"

#include "tests/seal/fixtures.h"
#include "warrant/open/dkg_signature.h"

namespace candour::warrant {
namespace {

using namespace testing_only;
using crypto::Point;
using crypto::Scalar;

class Reshare : public testing::Test {
 protected:
  Reshare() : random_(31), old_(deal(2, "internal", key_names(3), random_)) {
    for (int i = 0; i < 8; ++i) keys_.push_back(StaticKey::generate(random_));
  }

  /// Custodian i of the old group has static key i - 1; receivers are any of the keys.
  void start(std::vector<std::uint32_t> dealers, std::uint32_t threshold,
             std::vector<std::size_t> receivers) {
    session_ = {};
    session_.session_id = to_bytes(as_bytes("session"));
    session_.public_key = old_.shares[0].public_key;
    session_.threshold = threshold;
    for (const std::uint32_t i : dealers) {
      session_.dealers.push_back({{"old-" + std::to_string(i), keys_[i - 1].public_key},
                                  i,
                                  old_.shares[0].verification_keys[i - 1]});
    }
    receivers_ = std::move(receivers);
    for (const std::size_t i : receivers_) {
      session_.receivers.push_back({"new-" + std::to_string(i), keys_[i].public_key});
    }
    dealings_.clear();
    for (const std::uint32_t i : dealers) {
      auto dealing = reshare_deal(session_, keys_[i - 1], old_.shares[i - 1], random_);
      ASSERT_TRUE(dealing.has_value()) << dealing.error().message;
      dealings_.push_back(std::move(dealing.value()));
    }
  }
  std::vector<EscrowShare> finish() {
    std::vector<EscrowShare> out;
    for (const std::size_t i : receivers_) {
      auto outcome = reshare_finish(session_, keys_[i], dealings_);
      EXPECT_TRUE(outcome.has_value()) << outcome.error().message;
      out.push_back(std::move(outcome.value()).share("internal", session_.threshold));
      EXPECT_TRUE(out.back().check().has_value());
    }
    return out;
  }
  bool makes_the_key(const std::vector<const EscrowShare*>& shares) const {
    const auto key = combine(Point::base(), shares);
    return key && *key == old_.shares[0].public_key;
  }
  void expect_blame(const std::string& name) {
    const auto outcome = reshare_finish(session_, keys_[receivers_[0]], dealings_);
    ASSERT_FALSE(outcome.has_value());
    EXPECT_EQ(outcome.error().code, ErrorCode::share_invalid);
    EXPECT_NE(outcome.error().message.find("'" + name + "'"), std::string::npos)
        << outcome.error().message;
  }
  /// Also by who gets no share.
  void expect_blame_by_all(const std::string& name) {
    expect_blame(name);
    const Status checked = reshare_check(session_, dealings_);
    ASSERT_FALSE(checked.has_value());
    EXPECT_NE(checked.error().message.find("'" + name + "'"), std::string::npos);
  }

  SeededRandom random_;
  DealtKey old_;
  std::vector<StaticKey> keys_;
  ReshareSession session_;
  std::vector<std::size_t> receivers_;
  std::vector<Dealing> dealings_;
};

TEST_F(Reshare, RefreshKeepsTheKeyAndParesOldFromNewShares) {
  start({1, 3}, 2, {0, 1, 2});
  const auto fresh = finish();
  EXPECT_EQ(fresh[0].public_key, old_.shares[0].public_key);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_FALSE(same(fresh[i].value.encoded(), old_.shares[i].value.encoded()));
    for (std::size_t j = 0; j < 3; ++j) {
      if (i == j) continue;
      EXPECT_TRUE(makes_the_key({&fresh[i], &fresh[j]}));
      EXPECT_FALSE(makes_the_key({&fresh[i], &old_.shares[j]})) << i << " " << j;
    }
  }
}

TEST_F(Reshare, OtherPeopleAndAnotherThresholdTakeOver) {
  start({2, 3}, 3, {4, 1, 5, 6, 7});
  const auto fresh = finish();
  ASSERT_EQ(fresh.size(), 5u);
  for (unsigned subset = 1; subset < 32; ++subset) {
    std::vector<const EscrowShare*> chosen;
    for (std::size_t i = 0; i < 5; ++i) {
      if (subset >> i & 1u) chosen.push_back(&fresh[i]);
    }
    EXPECT_EQ(makes_the_key(chosen), chosen.size() >= 3) << subset;
  }
  // And once more, down to two.
  old_.shares.clear();
  for (const EscrowShare& share : fresh) {
    old_.shares.push_back({share, share.value.clone()});
  }
  std::swap(keys_[0], keys_[4]);  // index 1 of the group has key 4, and so on
  std::swap(keys_[2], keys_[5]);
  std::swap(keys_[3], keys_[6]);
  start({1, 2, 3}, 2, {0, 7});
  const auto last = finish();
  EXPECT_TRUE(makes_the_key({&last[0], &last[1]}));
  EXPECT_FALSE(makes_the_key({&last[0]}));
}

TEST_F(Reshare, RecordsSealedBeforeOpenAfterwards) {
  RetentionKeys retention;
  ASSERT_TRUE(retention.add_missing({"ordinary"}, {"2026"}, random_).has_value());
  SealingPool pool(old_.shares[0].public_key, 1);
  const auto sealed = SealedRecord::decode(
      seal_record(make_record(), kOrigin, "ordinary", retention, pool, random_).value());
  start({1, 2}, 2, {2, 5, 6});
  const auto fresh = finish();
  EXPECT_TRUE(open_with(sealed.value(), {&fresh[0], &fresh[2]},
                        *retention.find("ordinary", TimeMs(kNow)).value())
                  .has_value());
}

TEST_F(Reshare, WhoeverHandsOnSomethingElseIsNamed) {
  start({1, 3}, 2, {0, 1, 2});
  const std::vector<Dealing> good = dealings_;
  ASSERT_TRUE(reshare_check(session_, dealings_).has_value());
  // A secret of its own choice, proven and shared honestly.
  dealings_[1] =
      make_dealing(session_.terms(), keys_[2], random_polynomial(1, random_), {}, random_);
  expect_blame_by_all("old-3");
  // Its share without the coefficient.
  Polynomial plain = random_polynomial(1, random_);
  plain[0] = old_.shares[2].value.clone();
  dealings_[1] = make_dealing(session_.terms(), keys_[2], plain, {}, random_);
  expect_blame_by_all("old-3");
  dealings_ = good;
  dealings_[0].commitments[1] = Point::base();
  expect_blame("old-1");
  dealings_ = good;
  dealings_[0].commitments.push_back(Point::base());
  expect_blame("old-1");
  dealings_ = good;
  dealings_[1].ciphertexts[0][3] = static_cast<std::uint8_t>(dealings_[1].ciphertexts[0][3] ^ 1u);
  expect_blame("old-3");
  dealings_ = good;
  std::swap(dealings_[0], dealings_[1]);
  expect_blame("old-1");
  dealings_ = good;
  dealings_.pop_back();
  EXPECT_EQ(reshare_finish(session_, keys_[0], dealings_).error().code, ErrorCode::input_invalid);
}

TEST_F(Reshare, ImpossibleSessionsAreRefused) {
  start({1, 3}, 2, {0, 1, 2});
  const auto refused = [&](const auto& change) {
    ReshareSession session = session_;
    change(session);
    const auto dealt = reshare_deal(session, keys_[0], old_.shares[0], random_);
    const auto finished = reshare_finish(session, keys_[0], dealings_);
    return !dealt && !finished && dealt.error().code == ErrorCode::input_invalid;
  };
  EXPECT_TRUE(refused([](ReshareSession& s) { s.threshold = 4; }));
  EXPECT_TRUE(refused([](ReshareSession& s) { s.receivers[0] = s.receivers[1]; }));
  EXPECT_TRUE(refused([](ReshareSession& s) { s.dealers.clear(); }));
  EXPECT_TRUE(refused([](ReshareSession& s) { s.dealers.pop_back(); }));  // fewer than k
  EXPECT_TRUE(refused([](ReshareSession& s) { s.dealers[1] = s.dealers[0]; }));
  EXPECT_TRUE(refused([](ReshareSession& s) { s.dealers[1].index = 2; }));
  EXPECT_TRUE(refused([](ReshareSession& s) { s.dealers[1].index = 0; }));
  EXPECT_TRUE(refused([](ReshareSession& s) { s.public_key = Point::base(); }));
  EXPECT_TRUE(refused([](ReshareSession& s) { s.dealers[0].verification_key = Point::base(); }));
}

TEST_F(Reshare, DealerHandsOnOnlyTheShareTheSessionIsAbout) {
  start({1, 3}, 2, {0, 1, 2});
  EXPECT_EQ(reshare_deal(session_, keys_[1], old_.shares[1], random_).error().code,
            ErrorCode::not_found);
  EXPECT_EQ(reshare_deal(session_, keys_[0], old_.shares[2], random_).error().code,
            ErrorCode::share_invalid);
  const auto fresh = finish();  // after a refresh the old session's shares are of no use
  EXPECT_EQ(reshare_deal(session_, keys_[0], fresh[0], random_).error().code,
            ErrorCode::share_invalid);
  EXPECT_EQ(reshare_finish(session_, keys_[5], dealings_).error().code, ErrorCode::not_found);
}

TEST_F(Reshare, SplitViewIsFoundWhenTheTranscriptIsCertified) {
  start({1, 3}, 2, {0, 1, 2});
  const Bytes transcript = reshare_transcript(session_, dealings_, {});
  std::vector<Bytes> signatures;
  for (const std::size_t i : receivers_) {
    signatures.push_back(dkg_sign(keys_[i].secret, transcript));
  }
  EXPECT_TRUE(dkg_certify(session_.receivers, transcript, signatures).has_value());
  std::vector<Dealing> other = dealings_;
  other[0] = reshare_deal(session_, keys_[0], old_.shares[0], random_).value();
  signatures[2] = dkg_sign(keys_[2].secret, reshare_transcript(session_, other, {}));
  const auto certified = dkg_certify(session_.receivers, transcript, signatures);
  ASSERT_FALSE(certified.has_value());
  EXPECT_NE(certified.error().message.find("'new-2'"), std::string::npos);
  // A dealing belongs to its session alone.
  session_.session_id.push_back(1);
  expect_blame("old-1");
}

}  // namespace
}  // namespace candour::warrant
