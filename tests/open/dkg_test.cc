// Goal: key generation is C2SP cocktail-dkg byte for byte; it ends with a key that any k of n can
// use; whoever deviates is named, and a coordinator that shows different things to different
// custodians is found. Method: the vectors with every intermediate; then whole sessions in which
// one thing is spoiled.
#include "warrant/open/dkg.h"

#include "crypto/hash.h"
#include "tests/open/vectors.h"
#include "tests/seal/fixtures.h"
#include "warrant/open/dkg_signature.h"

namespace candour::warrant {
namespace {

using namespace testing_only;
using crypto::Point;
using crypto::Scalar;
namespace json = boost::json;

constexpr const char* kFile = "cocktail-dkg/cocktail-dkg-ristretto255-sha512.json";

// The random stream of the vectors: SHA-512 of the derivation's parts and a block number.
class VectorStream : public Random {
 public:
  VectorStream(const json::value& file, const json::value& vector, const std::string& label)
      : prefix_(hex(file.at("seed"))) {
    const std::string suite = text(file.at("ciphersuite"));
    prefix_.insert(prefix_.end(), suite.begin(), suite.end());
    for (const char* key : {"t", "n"}) {
      const auto value = static_cast<std::uint32_t>(vector.at(key).as_int64());
      for (int i = 0; i < 4; ++i) prefix_.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
    }
    prefix_.insert(prefix_.end(), label.begin(), label.end());
  }
  void fill(MutableByteView out) override {
    ASSERT_EQ(out.size(), 64u);
    Bytes block(8);
    for (std::size_t i = 0; i < 8; ++i) block[i] = static_cast<std::uint8_t>(next_ >> (8 * i));
    ++next_;
    const auto hash = crypto::sha512({prefix_, block});
    std::copy(hash.view().begin(), hash.view().end(), out.begin());
  }

 private:
  Bytes prefix_;
  std::uint64_t next_ = 0;
};

struct VectorSession {
  VectorSession(const json::value& file, const json::value& vector) {
    session.threshold = static_cast<std::uint32_t>(vector.at("t").as_int64());
    const auto& secrets = vector.at("config").at("static_secret_keys").as_array();
    const auto& publics = vector.at("config").at("static_public_keys").as_array();
    for (std::size_t i = 0; i < secrets.size(); ++i) {
      keys.push_back(std::move(*StaticKey::from_secret(scalar(secrets[i]))));
      EXPECT_EQ(keys.back().public_key, point(publics[i]));
      session.members.push_back({"member-" + std::to_string(i + 1), point(publics[i])});
    }
    session.context = dkg_context(hex(vector.at("session_tag")), session.members);
    if (const json::value* all = vector.as_object().if_contains("payloads")) {
      for (const auto& payload : all->as_array()) {
        payloads.push_back(hex(payload.is_string() ? payload : payload.at("payload")));
      }
    }
    for (std::size_t i = 0; i < keys.size(); ++i) {
      VectorStream stream(file, vector, "round1_participant_" + std::to_string(i + 1));
      const std::vector<Bytes> mine(payloads.empty() ? 0 : keys.size(),
                                    payloads.empty() ? Bytes() : payloads[i]);
      auto dealing = dkg_deal(session, keys[i], mine, stream);
      EXPECT_TRUE(dealing.has_value());
      dealings.push_back(std::move(dealing.value()));
    }
  }
  DkgSession session;
  std::vector<StaticKey> keys;
  std::vector<Bytes> payloads;
  std::vector<Dealing> dealings;
};

void check_round1(const json::value& vector, const VectorSession& run) {
  for (std::size_t i = 0; i < run.dealings.size(); ++i) {
    const json::value& expected = vector.at("round1").as_array()[i];
    const Dealing& dealing = run.dealings[i];
    EXPECT_EQ(dealing.ephemeral, point(expected.at("ephemeral_public_key")));
    const auto& commitments = expected.at("vss_commitment").as_array();
    ASSERT_EQ(dealing.commitments.size(), commitments.size());
    for (std::size_t k = 0; k < commitments.size(); ++k) {
      EXPECT_EQ(dealing.commitments[k], point(commitments[k]));
    }
    EXPECT_EQ(dealing.proof, hex(expected.at("pop")));
    const auto& shares = expected.at("encrypted_shares").as_array();
    ASSERT_EQ(dealing.ciphertexts.size(), shares.size());
    for (std::size_t k = 0; k < shares.size(); ++k) {
      EXPECT_EQ(dealing.ciphertexts[k], hex(shares[k]));
    }
    const Bytes encoded = dealing.encode();
    const auto decoded = Dealing::decode(encoded, run.session.threshold, shares.size(), "x");
    ASSERT_TRUE(decoded.has_value()) << decoded.error().message;
    EXPECT_EQ(decoded.value(), dealing);
  }
}

// The vectors list what goes into each hash of the proof of possession.
void check_proofs(const json::value& vector) {
  for (const json::value& expected : vector.at("round1").as_array()) {
    const json::value& step = expected.at("pop_intermediate");
    const Bytes nonce_input = hex(step.at("nonce_input"));
    const Bytes challenge_input = hex(step.at("challenge_input"));
    const Scalar nonce = Scalar::reduce(crypto::sha512({nonce_input}).view());
    EXPECT_TRUE(same(nonce.encoded(), hex(step.at("nonce"))));
    EXPECT_EQ(*nonce.times_base(), point(step.at("nonce_commitment")));
    const Scalar challenge = Scalar::reduce(crypto::sha512({challenge_input}).view());
    EXPECT_TRUE(same(challenge.encoded(), hex(step.at("challenge"))));
    const std::string_view prefix = "COCKTAIL-DKG-Ristretto255-SHA512-NONCE";
    ASSERT_EQ(as_text(ByteView(nonce_input).first(prefix.size())), prefix);
    const auto secret = Scalar::decode(ByteView(nonce_input).subspan(prefix.size(), 32));
    EXPECT_EQ(dkg_sign(*secret, hex(step.at("message"))), hex(expected.at("pop")));
  }
}

void check_recovery(const json::value& vector, const VectorSession& run, ByteView transcript,
                    const std::vector<Bytes>& signatures) {
  const json::value* recovery = vector.as_object().if_contains("recovery");
  if (recovery == nullptr) return;
  Writer bundle;
  for (const auto& ciphertext : recovery->at("ciphertexts").as_array()) {
    bundle.u64(hex(ciphertext).size());
    bundle.raw(hex(ciphertext));
  }
  EXPECT_TRUE(same(bundle.view(), dkg_bundle(run.dealings, 1)));
  const auto recovered = dkg_recover(run.keys[0], transcript, signatures, bundle.view());
  ASSERT_TRUE(recovered.has_value()) << recovered.error().message;
  EXPECT_TRUE(same(recovered.value().value.encoded(), hex(recovery->at("recovered_secret_share"))));
  EXPECT_EQ(recovered.value().verification_keys[0],
            point(recovery->at("recovered_verification_share")));
  EXPECT_EQ(recovered.value().public_key, point(vector.at("group_public_key")));
}

TEST(DkgVectors, EveryStepIsThatOfTheSpecification) {
  const auto file = read_vectors(kFile);
  if (file.is_null()) GTEST_SKIP() << "no DKG vectors: set CANDOUR_VECTORS to their folder";
  std::size_t signatures_seen = 0;
  for (const json::value& vector : file.at("vectors").as_array()) {
    SCOPED_TRACE(text(vector.at("group_public_key")));
    const VectorSession run(file, vector);
    EXPECT_EQ(run.session.context, hex(vector.at("context")));
    check_round1(vector, run);
    check_proofs(vector);
    for (std::size_t i = 0; i < run.keys.size(); ++i) {
      const json::value& expected = vector.at("round2").as_array()[i];
      const auto outcome = dkg_finish(run.session, run.keys[i], run.dealings);
      ASSERT_TRUE(outcome.has_value()) << outcome.error().message;
      EXPECT_TRUE(same(outcome.value().value.encoded(), hex(expected.at("secret_share"))));
      EXPECT_EQ(outcome.value().verification_keys[i], point(expected.at("verification_share")));
      EXPECT_EQ(outcome.value().public_key, point(vector.at("group_public_key")));
      for (std::size_t j = 0; j < run.payloads.size(); ++j) {
        EXPECT_TRUE(same(outcome.value().payloads[j].view(), run.payloads[j]));
      }
    }
    const Bytes transcript = dkg_transcript(run.session, run.dealings, hex(vector.at("extension")));
    const json::value& round3 = vector.at("round3");
    EXPECT_EQ(crypto::sha512({transcript}).hex(), text(round3.at("transcript_hash")));
    std::vector<Bytes> signatures;
    for (const json::value& expected : round3.at("signatures").as_array()) {
      signatures.push_back(dkg_sign(run.keys[signatures.size()].secret, transcript));
      EXPECT_EQ(signatures.back(), hex(expected.at("signature")));
      ++signatures_seen;
    }
    EXPECT_TRUE(dkg_certify(run.session.members, transcript, signatures).has_value());
    check_recovery(vector, run, transcript, signatures);
  }
  EXPECT_EQ(signatures_seen, 3u + 5 + 14 + 3);
}

// A session of n custodians with fixed randomness.
class Dkg : public testing::Test {
 protected:
  Dkg() : random_(5) { start(2, 3); }

  void start(std::uint32_t threshold, std::size_t count) {
    keys_.clear();
    dealings_.clear();
    session_ = {};
    session_.threshold = threshold;
    for (std::size_t i = 1; i <= count; ++i) {
      keys_.push_back(StaticKey::generate(random_));
      session_.members.push_back({"member-" + std::to_string(i), keys_.back().public_key});
    }
    session_.context = dkg_context(as_bytes("session 1"), session_.members);
    for (const StaticKey& key : keys_) {
      dealings_.push_back(dkg_deal(session_, key, {}, random_).value());
    }
  }

  Error failure(std::size_t member) {
    auto outcome = dkg_finish(session_, keys_[member], dealings_);
    EXPECT_FALSE(outcome.has_value());
    return outcome ? error(ErrorCode::internal, "") : outcome.error();
  }
  /// Member 2 is at fault, and it is said so.
  void expect_blame(std::size_t member) {
    const Error blamed = failure(member);
    EXPECT_EQ(blamed.code, ErrorCode::share_invalid);
    EXPECT_NE(blamed.message.find("'member-2'"), std::string::npos) << blamed.message;
  }
  std::vector<Bytes> sign(ByteView transcript) {
    std::vector<Bytes> out;
    for (const StaticKey& key : keys_) out.push_back(dkg_sign(key.secret, transcript));
    return out;
  }

  SeededRandom random_;
  DkgSession session_;
  std::vector<StaticKey> keys_;
  std::vector<Dealing> dealings_;
};

TEST_F(Dkg, AnyThresholdOfSharesUsesTheKeyAndFewerDoNot) {
  start(3, 5);
  std::vector<EscrowShare> shares;
  for (const StaticKey& key : keys_) {
    auto outcome = dkg_finish(session_, key, dealings_);
    ASSERT_TRUE(outcome.has_value()) << outcome.error().message;
    shares.push_back(std::move(outcome.value()).share("internal", 3));
    EXPECT_TRUE(shares.back().check().has_value());
    EXPECT_EQ(shares.back().public_key, shares[0].public_key);
  }
  for (unsigned subset = 1; subset < 32; ++subset) {
    std::vector<const EscrowShare*> chosen;
    for (std::size_t i = 0; i < 5; ++i) {
      if (subset >> i & 1u) chosen.push_back(&shares[i]);
    }
    const auto with_key = combine(Point::base(), chosen);
    EXPECT_EQ(with_key && *with_key == shares[0].public_key, chosen.size() >= 3);
  }
}

TEST_F(Dkg, WhoeverDealsWronglyIsNamed) {
  const std::vector<Dealing> good = dealings_;
  Dealing& bad = dealings_[1];
  // Threshold elevation: one commitment more than the session's threshold.
  bad.commitments.push_back(Point::base());
  expect_blame(0);
  bad = good[1];
  bad.commitments.pop_back();
  expect_blame(0);
  bad = good[1];
  bad.commitments[1] = Point::base();  // the proof covers all of them
  expect_blame(0);
  bad = good[1];
  bad.ephemeral = Point::base();
  expect_blame(0);
  bad = good[1];
  bad.proof = good[0].proof;  // possession of somebody else's secret
  expect_blame(0);
  bad = good[1];
  bad.ciphertexts[0][40] = static_cast<std::uint8_t>(bad.ciphertexts[0][40] ^ 1u);
  expect_blame(0);
  EXPECT_TRUE(dkg_finish(session_, keys_[2], dealings_).has_value());  // its own share is good
  bad = good[1];
  std::swap(bad.ciphertexts[0], bad.ciphertexts[1]);
  expect_blame(0);
  bad = good[1];
  bad.ciphertexts.pop_back();
  expect_blame(0);
  bad = good[0];  // another's dealing as one's own
  expect_blame(2);
  bad = good[1];
  EXPECT_TRUE(dkg_finish(session_, keys_[0], dealings_).has_value());
}

TEST_F(Dkg, ShareThatDoesNotFitItsCommitmentsIsFound) {
  // Encrypts the value for member 2 to member 1, and says it is member 1's.
  DealingTerms swapped = session_.terms();
  std::swap(swapped.receivers[0], swapped.receivers[1]);
  Dealing dealing = make_dealing(swapped, keys_[1], random_polynomial(1, random_), {}, random_);
  std::swap(dealing.ciphertexts[0], dealing.ciphertexts[1]);
  dealings_[1] = dealing;
  expect_blame(0);
  EXPECT_NE(failure(0).message.find("commitments"), std::string::npos);
}

TEST_F(Dkg, MessagesOfAnotherSessionAreRefused) {
  DkgSession other = session_;
  other.context = dkg_context(as_bytes("session 2"), other.members);
  dealings_[1] = dkg_deal(other, keys_[1], {}, random_).value();
  expect_blame(0);
}

TEST_F(Dkg, ImpossibleSessionsAreRefused) {
  const auto refused = [&](const DkgSession& session) {
    return !dkg_deal(session, keys_[0], {}, random_).has_value() &&
           !dkg_finish(session, keys_[0], dealings_).has_value();
  };
  DkgSession session = session_;
  session.threshold = 4;
  EXPECT_TRUE(refused(session));
  session.threshold = 0;
  EXPECT_TRUE(refused(session));
  session = session_;
  session.members[2] = session.members[1];
  EXPECT_TRUE(refused(session));
  session = session_;
  session.members.erase(session.members.begin());
  EXPECT_TRUE(refused(session));  // without the own key
  dealings_.pop_back();
  EXPECT_EQ(failure(0).code, ErrorCode::input_invalid);
}

TEST_F(Dkg, SplitViewIsFoundWhenTheTranscriptIsCertified) {
  const Bytes transcript = dkg_transcript(session_, dealings_, {});
  std::vector<Bytes> signatures = sign(transcript);
  EXPECT_TRUE(dkg_certify(session_.members, transcript, signatures).has_value());
  // The coordinator shows member 2 another, well-formed dealing of member 3.
  std::vector<Dealing> other = dealings_;
  other[2] = dkg_deal(session_, keys_[2], {}, random_).value();
  EXPECT_TRUE(dkg_finish(session_, keys_[1], other).has_value());
  signatures[1] = dkg_sign(keys_[1].secret, dkg_transcript(session_, other, {}));
  const auto certified = dkg_certify(session_.members, transcript, signatures);
  ASSERT_FALSE(certified.has_value());
  EXPECT_NE(certified.error().message.find("'member-2'"), std::string::npos);
  // So is another extension, and a missing or doubled signature.
  signatures = sign(transcript);
  signatures[2] = dkg_sign(keys_[2].secret, dkg_transcript(session_, dealings_, as_bytes("x")));
  EXPECT_FALSE(dkg_certify(session_.members, transcript, signatures).has_value());
  signatures[2] = signatures[1];
  EXPECT_FALSE(dkg_certify(session_.members, transcript, signatures).has_value());
  signatures.pop_back();
  EXPECT_FALSE(dkg_certify(session_.members, transcript, signatures).has_value());
}

TEST_F(Dkg, I12DealingsAreDecodedStrictly) {
  const Bytes good = dealings_[1].encode();
  const auto decode = [](ByteView bytes, std::uint32_t threshold = 2, std::size_t count = 3) {
    return Dealing::decode(bytes, threshold, count, "member-2");
  };
  ASSERT_TRUE(decode(good).has_value());
  for (std::size_t i = 0; i < good.size(); ++i) {
    EXPECT_FALSE(decode(ByteView(good).first(i)).has_value()) << i;
  }
  Bytes longer = good;
  longer.push_back(0);
  EXPECT_FALSE(decode(longer).has_value());
  EXPECT_FALSE(decode(good, 1).has_value());
  EXPECT_FALSE(decode(good, 3).has_value());
  EXPECT_FALSE(decode(good, 2, 2).has_value());
  EXPECT_FALSE(decode(good, 2, 4).has_value());
  Bytes identity = good;
  std::fill(identity.begin(), identity.begin() + 32, std::uint8_t{0});
  EXPECT_FALSE(decode(identity).has_value());
  Bytes huge = good;
  huge[2 * 32 + 64 + 32] = 0xFF;  // the size of the first ciphertext
  EXPECT_FALSE(decode(huge).has_value());
}

TEST_F(Dkg, SignatureHoldsForItsMessageAndKeyOnly) {
  const Bytes signature = dkg_sign(keys_[0].secret, as_bytes("message"));
  EXPECT_TRUE(dkg_verify(keys_[0].public_key, as_bytes("message"), signature));
  EXPECT_FALSE(dkg_verify(keys_[1].public_key, as_bytes("message"), signature));
  EXPECT_FALSE(dkg_verify(keys_[0].public_key, as_bytes("massage"), signature));
  for (std::size_t bit = 0; bit < 8 * signature.size(); ++bit) {
    Bytes bad = signature;
    bad[bit / 8] = static_cast<std::uint8_t>(bad[bit / 8] ^ (1u << (bit % 8)));
    EXPECT_FALSE(dkg_verify(keys_[0].public_key, as_bytes("message"), bad)) << bit;
  }
  EXPECT_FALSE(dkg_verify(keys_[0].public_key, as_bytes("message"), Bytes(64, 0)));
  EXPECT_FALSE(dkg_verify(keys_[0].public_key, as_bytes("message"), Bytes(63, 1)));
}

TEST_F(Dkg, RecoveryGivesTheSameShareAndRefusesWhatDoesNotFit) {
  const Bytes transcript = dkg_transcript(session_, dealings_, as_bytes("extension"));
  const std::vector<Bytes> signatures = sign(transcript);
  const auto expected = dkg_finish(session_, keys_[1], dealings_);
  const Bytes bundle = dkg_bundle(dealings_, 2);
  const auto recovered = dkg_recover(keys_[1], transcript, signatures, bundle);
  ASSERT_TRUE(recovered.has_value()) << recovered.error().message;
  EXPECT_TRUE(same(recovered.value().value.encoded(), expected.value().value.encoded()));
  EXPECT_EQ(recovered.value().verification_keys, expected.value().verification_keys);

  EXPECT_FALSE(dkg_recover(keys_[0], transcript, signatures, bundle).has_value());
  const StaticKey stranger = StaticKey::generate(random_);
  EXPECT_FALSE(dkg_recover(stranger, transcript, signatures, bundle).has_value());
  for (std::size_t i = 0; i < transcript.size(); i += 3) {
    Bytes bad = transcript;
    bad[i] = static_cast<std::uint8_t>(bad[i] ^ 1u);
    EXPECT_FALSE(dkg_recover(keys_[1], bad, signatures, bundle).has_value()) << i;
    EXPECT_FALSE(
        dkg_recover(keys_[1], ByteView(transcript).first(i), signatures, bundle).has_value());
  }
  for (std::size_t i = 0; i < bundle.size(); ++i) {
    Bytes bad = bundle;
    bad[i] = static_cast<std::uint8_t>(bad[i] ^ 1u);
    EXPECT_FALSE(dkg_recover(keys_[1], transcript, signatures, bad).has_value()) << i;
  }
  Bytes longer = bundle;
  longer.push_back(0);
  EXPECT_FALSE(dkg_recover(keys_[1], transcript, signatures, longer).has_value());
}

}  // namespace
}  // namespace candour::warrant
