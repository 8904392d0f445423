// Goal: what is sealed opens with enough shares and the retention part and in no other way, and
// its public proof binds every byte. Method: seal with repeatable randomness, open with the tests'
// own combination of shares, change each byte, and transplant parts between records.
#include <set>

#include "tests/seal/fixtures.h"

namespace candour::warrant {
namespace {

using namespace testing_only;

class Seal : public testing::Test {
 protected:
  Seal()
      : random_(42),
        dealt_(deal(2, "internal", key_names(3), random_)),
        pool_(dealt_.shares[0].public_key, 2) {
    EXPECT_TRUE(keys_.add_missing({"ordinary", "statement"}, {"2026"}, random_).has_value());
  }

  Bytes seal(const Record& record) {
    auto sealed = seal_record(record, kOrigin, "ordinary", keys_, pool_, random_);
    EXPECT_TRUE(sealed.has_value()) << sealed.error().message;
    return sealed.value();
  }
  const RetentionKey& retention(std::string_view name = "ordinary") {
    return *keys_.find(name, TimeMs(kNow)).value();
  }
  std::vector<const EscrowShare*> shares(std::initializer_list<std::size_t> which) const {
    std::vector<const EscrowShare*> out;
    for (const std::size_t i : which) out.push_back(&dealt_.shares[i]);
    return out;
  }

  SeededRandom random_;
  DealtKey dealt_;
  SealingPool pool_;
  RetentionKeys keys_;
};

TEST_F(Seal, I6OpensWithAnyThresholdOfSharesAndTheRetentionPart) {
  const Record record = make_record();
  const auto sealed = SealedRecord::decode(seal(record));
  ASSERT_TRUE(sealed.has_value()) << sealed.error().message;
  for (const auto& chosen : {shares({0, 1}), shares({2, 0}), shares({1, 2}), shares({0, 1, 2})}) {
    const auto opened = open_with(sealed.value(), chosen, retention());
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    EXPECT_TRUE(same(opened.value().encode().view(), record.encode().view()));
  }
}

TEST_F(Seal, I6DoesNotOpenWithFewerSharesOrAnotherRetentionKey) {
  const auto sealed = SealedRecord::decode(seal(make_record()));
  for (const std::size_t alone : {0u, 1u, 2u}) {
    const auto opened = open_with(sealed.value(), shares({alone}), retention());
    ASSERT_FALSE(opened.has_value());
    EXPECT_EQ(opened.error().code, ErrorCode::decryption_failed);
  }
  const auto disposed = open_with(sealed.value(), shares({0, 1}), retention("statement"));
  ASSERT_FALSE(disposed.has_value());
  EXPECT_EQ(disposed.error().code, ErrorCode::decryption_failed);
}

TEST_F(Seal, KeyCommitmentTellsABadShareFromADamagedRecord) {
  const auto sealed = SealedRecord::decode(seal(make_record()));
  SeededRandom other_random(43);
  const auto other = deal(2, "internal", key_names(3), other_random);
  const auto opened = open_with(sealed.value(), {&dealt_.shares[0], &other.shares[1]}, retention());
  ASSERT_FALSE(opened.has_value());
  EXPECT_NE(opened.error().message.find("key commitment"), std::string::npos);
}

TEST_F(Seal, I5EveryChangedByteIsRefusedWithoutAnyKey) {
  const Bytes good = seal(make_record());
  ASSERT_TRUE(verify_sealed(SealedRecord::decode(good).value()).has_value());
  // Beyond the head one byte in 97 of the body is enough: it is one run under one hash.
  for (std::size_t i = 0; i < good.size(); i += i < 400 ? 1 : 97) {
    Bytes bad = good;
    bad[i] ^= 1;
    const auto decoded = SealedRecord::decode(bad);
    if (!decoded) {
      EXPECT_EQ(decoded.error().code, ErrorCode::input_invalid) << i;
      continue;
    }
    const auto verified = verify_sealed(decoded.value());
    ASSERT_FALSE(verified.has_value()) << "byte " << i;
    EXPECT_EQ(verified.error().code, ErrorCode::signature_invalid);
  }
}

TEST_F(Seal, CiphertextCannotBeMovedUnderAnotherLabel) {
  SealedRecord sealed = SealedRecord::decode(seal(make_record())).value();
  // Another author, group, time or class: what a custodian judges scope by.
  SealedRecord moved = sealed;
  moved.label.sender = filled<DeviceId>(99);
  EXPECT_FALSE(verify_sealed(moved).has_value());
  moved = sealed;
  moved.label.group = filled<GroupId>(99);
  EXPECT_FALSE(verify_sealed(moved).has_value());
  moved = sealed;
  moved.label.bot_time = TimeMs(kNow + 1);
  EXPECT_FALSE(verify_sealed(moved).has_value());
  moved = sealed;
  moved.label.retention_class = "statement";
  EXPECT_FALSE(verify_sealed(moved).has_value());
  // The proof of one record does not serve another.
  const SealedRecord second = SealedRecord::decode(seal(make_record())).value();
  moved = sealed;
  moved.e = second.e;
  moved.f = second.f;
  EXPECT_FALSE(verify_sealed(moved).has_value());
}

TEST_F(Seal, RerandomisedPointIsRefused) {
  // Plain ElGamal can be altered: u + G with the key changed to fit. The proof forbids it.
  SealedRecord sealed = SealedRecord::decode(seal(make_record())).value();
  sealed.u = *sealed.u.plus(crypto::Point::base());
  EXPECT_FALSE(verify_sealed(sealed).has_value());
  sealed.ubar = *sealed.ubar.plus(second_generator());
  EXPECT_FALSE(verify_sealed(sealed).has_value());
}

TEST_F(Seal, I12IdentityAndNonCanonicalValuesAreRefused) {
  const Bytes good = seal(make_record());
  const std::size_t label_size = SealedRecord::decode(good).value().label.encode().size();
  const std::size_t u_at = 3 + (label_size < 64 ? 1 : 2) + label_size;
  const auto with = [&](std::size_t at, std::uint8_t fill, std::uint8_t last) {
    Bytes bad = good;
    std::fill_n(bad.begin() + static_cast<std::ptrdiff_t>(at), 31, fill);
    bad[at + 31] = last;
    return SealedRecord::decode(bad);
  };
  for (const std::size_t field : {0u, 32u}) {  // u, ubar
    EXPECT_FALSE(with(u_at + field, 0x00, 0x00).has_value()) << "identity";
    EXPECT_FALSE(with(u_at + field, 0xff, 0x7f).has_value()) << "above the field's prime";
    Bytes top_bit = good;
    top_bit[u_at + field + 31] |= 0x80;
    EXPECT_FALSE(SealedRecord::decode(top_bit).has_value()) << "top bit set";
  }
  for (const std::size_t field : {64u, 96u}) {  // e, f
    EXPECT_FALSE(with(u_at + field, 0xff, 0x1f).has_value()) << "above the order";
    EXPECT_FALSE(with(u_at + field, 0x00, 0x80).has_value()) << "top bit set";
    EXPECT_TRUE(with(u_at + field, 0x00, 0x0f).has_value()) << "the place is the right one";
  }
}

TEST_F(Seal, I12EveryTruncationIsRefusedAndOtherSuitesAreNamed) {
  const Bytes good = seal(make_record());
  for (std::size_t n = 0; n < good.size(); n += n < 400 ? 1 : 131) {
    EXPECT_FALSE(SealedRecord::decode(ByteView(good).first(n)).has_value()) << n;
  }
  Bytes other = good;
  other[2] = 2;
  const auto decoded = SealedRecord::decode(other);
  ASSERT_FALSE(decoded.has_value());
  EXPECT_NE(decoded.error().message.find("suite 2"), std::string::npos);
  Bytes longer = good;
  longer.push_back(0);
  EXPECT_FALSE(SealedRecord::decode(longer).has_value());
}

TEST_F(Seal, LabelSaysWhatTheRecordSays) {
  const auto label = tlog::label_of(seal(make_record()));
  ASSERT_TRUE(label.has_value());
  EXPECT_EQ(label.value().log_origin, kOrigin);
  EXPECT_EQ(label.value().record, filled<RecordId>(1));
  EXPECT_EQ(label.value().group, filled<GroupId>(2));
  EXPECT_EQ(label.value().sender, filled<DeviceId>(7));
  EXPECT_EQ(label.value().bot_time, TimeMs(kNow));
  EXPECT_EQ(label.value().retention_class, "ordinary");
  EXPECT_EQ(label.value().period, "2026");
}

TEST_F(Seal, SealedTextShowsNothingOfThePlaintextAndNoTwoAreAlike) {
  const Bytes first = seal(make_record());
  const Bytes second = seal(make_record());
  EXPECT_EQ(as_text(first).find("signed content"), std::string_view::npos);
  EXPECT_EQ(as_text(first).find("warning is wrong"), std::string_view::npos);
  const SealedRecord a = SealedRecord::decode(first).value();
  const SealedRecord b = SealedRecord::decode(second).value();
  EXPECT_FALSE(a.u == b.u);
  EXPECT_FALSE(same(a.body, b.body));
  EXPECT_NE(a.key_commitment, b.key_commitment);
}

TEST_F(Seal, LengthsAreHiddenInFewSizes) {
  EXPECT_EQ(padded_size(0), kPaddedSizeMin);
  EXPECT_EQ(padded_size(kPaddedSizeMin - 4), kPaddedSizeMin);
  std::set<std::size_t> sizes;
  for (std::size_t n = 0; n <= kRecordPlaintextSizeMax; n += 13) {
    const std::size_t padded = padded_size(n);
    ASSERT_GE(padded, n + 4);
    ASSERT_LE(padded, std::max(kPaddedSizeMin, (n + 4) * 9 / 8));
    sizes.insert(padded);
  }
  EXPECT_LE(sizes.size(), 165u);
  Record shorter = make_record();
  shorter.evidence.clear();
  Record longer = make_record();
  longer.evidence.resize(500);
  EXPECT_EQ(seal(shorter).size(), seal(longer).size());
}

TEST_F(Seal, I12TooLargeRecordsAndMissingRetentionKeysAreRefused) {
  Record record = make_record();
  record.evidence.resize(kRecordPlaintextSizeMax);
  auto sealed = seal_record(record, kOrigin, "ordinary", keys_, pool_, random_);
  ASSERT_FALSE(sealed.has_value());
  EXPECT_EQ(sealed.error().code, ErrorCode::input_invalid);
  record.evidence.resize(kRecordPlaintextSizeMax - 1000);
  EXPECT_LE(seal(record).size(), limits::kRecordSizeMax);
  sealed = seal_record(make_record(), kOrigin, "elsewhere", keys_, pool_, random_);
  ASSERT_FALSE(sealed.has_value());
  EXPECT_EQ(sealed.error().code, ErrorCode::not_found);
}

TEST_F(Seal, PoolIsBoundedServesEachValueOnceAndWorksEmpty) {
  EXPECT_TRUE(pool_.precompute_one(random_));
  EXPECT_TRUE(pool_.precompute_one(random_));
  EXPECT_FALSE(pool_.precompute_one(random_));
  std::vector<Bytes> seen;
  for (int i = 0; i < 4; ++i) {
    const SealedRecord sealed = SealedRecord::decode(seal(make_record())).value();
    EXPECT_TRUE(verify_sealed(sealed).has_value());
    EXPECT_TRUE(open_with(sealed, shares({0, 2}), retention()).has_value());
    for (const Bytes& other : seen) EXPECT_FALSE(same(other, sealed.u.encoded()));
    seen.push_back(to_bytes(sealed.u.encoded()));
  }
  EXPECT_EQ(pool_.size(), 0u);
}

TEST_F(Seal, EscrowKeyOfAStatementIsChecked) {
  identity::Statement s;
  EXPECT_EQ(escrow_key(s).error().code, ErrorCode::statement_invalid);  // nobody to seal to
  s.custodians = {dealt_.custodians};
  ASSERT_TRUE(escrow_key(s).has_value());
  s.custodians[0].suite = 9;
  EXPECT_EQ(escrow_key(s).error().code, ErrorCode::statement_invalid);
  s.custodians = {dealt_.custodians};
  s.custodians[0].public_key = Bytes(32, 0);
  EXPECT_EQ(escrow_key(s).error().code, ErrorCode::statement_invalid);
}

TEST_F(Seal, EscrowKeyOfTwoGroupsIsTheirSum) {
  const DealtKey other = deal(2, "independent", key_names(3), random_);
  identity::Statement s;
  s.custodians = {dealt_.custodians, other.custodians};
  const auto key = escrow_key(s);
  ASSERT_TRUE(key.has_value());
  EXPECT_EQ(key.value(), *dealt_.shares[0].public_key.plus(other.shares[0].public_key));
  // A group could choose its key against the other's so that nothing is left of either.
  const auto opposite = dealt_.shares[0].public_key.times(
      crypto::Scalar::from_u64(0).minus(crypto::Scalar::from_u64(1)));
  s.custodians[1].public_key = to_bytes(opposite->encoded());
  EXPECT_EQ(escrow_key(s).error().code, ErrorCode::statement_invalid);
}

// The format is for keeps: records written now must open later. If this changes, the suite number
// has to; unless it is only the number of zeros the record is padded with, which nobody who reads
// relies on.
TEST_F(Seal, FormatOfSuiteOneIsFixed) {
  EXPECT_EQ(hex_encode(second_generator().encoded()),
            "5a67900cf134b2c70d6927269c1c71a84ef2438cd32340a17bffb1380d040a09");
  const Bytes sealed = seal(make_record());
  EXPECT_EQ(crypto::sha256(make_record().encode().view()).hex(),
            "97023b354885a27a7948dbfc651baf593f2ee5d76219b7ae46ab559d2d869ca5");
  EXPECT_EQ(crypto::sha256(sealed).hex(),
            "a95fa151688ed13b77b7dfe014742c80f2044c60da4af9f0586c7d0331615a34");
}

static_assert(!std::is_copy_constructible_v<Precomputed>);
static_assert(!std::is_copy_constructible_v<EscrowShare>);
static_assert(!std::is_copy_constructible_v<RetentionKey>);
static_assert(!std::is_copy_constructible_v<Record>);

}  // namespace
}  // namespace candour::warrant
