// Goal: a record opens with k custodians of every group and the retention part, and with nothing
// less; whoever contributes something false is named. Method: seal records to one and to two
// groups of custodians, combine every subset, then spoil one thing at a time.
#include "warrant/open/combine.h"

#include "tests/seal/fixtures.h"

namespace candour::warrant {
namespace {

using namespace testing_only;
using crypto::Point;

// Records sealed to the custodians of a statement, and what each custodian makes of them.
class Opening : public testing::Test {
 protected:
  Opening() : random_(21) {
    EXPECT_TRUE(keys_.add_missing({"ordinary"}, {"2026"}, random_).has_value());
  }

  void add_group(const std::string& name, std::uint32_t threshold, std::size_t count) {
    dealt_.push_back(deal(threshold, name, key_names(count), random_));
    statement_.custodians.push_back(dealt_.back().custodians);
  }

  void seal_records(std::size_t count) {
    SealingPool pool(escrow_key(statement_).value(), 1);
    for (std::size_t i = 0; i < count; ++i) {
      Record record = make_record();
      record.id = filled<RecordId>(static_cast<std::uint8_t>(i + 1));
      const Bytes sealed = seal_record(record, kOrigin, "ordinary", keys_, pool, random_).value();
      records_.push_back(SealedRecord::decode(sealed).value());
      us_.push_back(records_.back().u);
    }
    for (const DealtKey& dealt : dealt_) {
      for (const EscrowShare& share : dealt.shares) {
        parts_.push_back(decrypt_partially(share, us_, random_).value());
      }
    }
  }

  Contribution contribution(std::size_t group, std::size_t index) const {
    std::size_t at = index;
    for (std::size_t i = 0; i < group; ++i) at += dealt_[i].shares.size();
    return {dealt_[group].custodians.name, static_cast<std::uint32_t>(index + 1), &parts_[at]};
  }

  Result<Record> open(std::vector<Contribution> contributions, std::size_t record = 0) {
    CANDOUR_TRY(const auto combiner,
                Combiner::create(statement_, std::move(contributions), us_.size()));
    CANDOUR_TRY(const auto shared, combiner.shared(record));
    const RetentionKey* key = keys_.find("ordinary", TimeMs(kNow)).value();
    return open_record(records_[record], shared,
                       retention_part(*key, records_[record].label.record),
                       escrow_key(statement_).value());
  }

  ErrorCode failure(std::vector<Contribution> contributions, std::size_t record = 0) {
    const auto opened = open(std::move(contributions), record);
    EXPECT_FALSE(opened.has_value());
    return opened ? ErrorCode::internal : opened.error().code;
  }

  SeededRandom random_;
  RetentionKeys keys_;
  std::vector<DealtKey> dealt_;
  identity::Statement statement_;
  std::vector<SealedRecord> records_;
  std::vector<Point> us_;
  std::vector<PartialDecryptions> parts_;
};

TEST_F(Opening, EverySubsetOfTheThresholdOpensAndNoSmallerOne) {
  add_group("internal", 3, 5);
  seal_records(2);
  int opened = 0;
  for (unsigned subset = 0; subset < 32; ++subset) {
    std::vector<Contribution> chosen;
    for (std::size_t i = 0; i < 5; ++i) {
      if (subset >> i & 1u) chosen.push_back(contribution(0, i));
    }
    if (chosen.size() < 3) {
      EXPECT_EQ(failure(chosen), ErrorCode::custodians_too_few) << subset;
      continue;
    }
    const auto record = open(chosen, 1);
    ASSERT_TRUE(record.has_value()) << record.error().message;
    EXPECT_EQ(record.value().id, filled<RecordId>(2));
    ++opened;
  }
  EXPECT_EQ(opened, 16);
}

TEST_F(Opening, AnyNumberOfZerosIsPaddingAndNothingElseIs) {
  add_group("internal", 2, 3);
  seal_records(1);
  const std::vector<Contribution> chosen{contribution(0, 0), contribution(0, 1)};
  SealedRecord& sealed = records_[0];
  const auto shared = Combiner::create(statement_, chosen, 1).value().shared(0).value();
  const RetentionKey* key = keys_.find("ordinary", TimeMs(kNow)).value();
  const Bytes label = sealed.label.encode();
  const RecordKeys derived =
      derive_record_keys(shared.view(), retention_part(*key, sealed.label.record),
                         escrow_key(statement_).value(), sealed.u, label);
  const std::array<std::uint8_t, crypto::kXAeadNonceSize> nonce{};
  const SecretBytes record = open(chosen).value().encode();
  const auto pad_with = [&](std::size_t zeros, std::uint8_t last) {
    Writer padded;
    padded.u32(static_cast<std::uint32_t>(record.size()));
    padded.raw(record.view());
    padded.raw(Bytes(zeros));
    padded.u8(last);
    sealed.body = crypto::xaead_seal(derived.key.view(), nonce, label, padded.view());
  };
  for (const std::size_t zeros : {0u, 100u, 2048u, 5000u}) {
    pad_with(zeros, 0);
    EXPECT_TRUE(open(chosen).has_value()) << zeros;
    pad_with(zeros, 1);
    EXPECT_EQ(failure(chosen), ErrorCode::input_invalid) << zeros;
  }
}

TEST_F(Opening, BothGroupsAreNeeded) {
  add_group("internal", 2, 3);
  add_group("independent", 2, 3);
  seal_records(1);
  const auto internal = {contribution(0, 0), contribution(0, 2)};
  const auto independent = {contribution(1, 1), contribution(1, 2)};
  std::vector<Contribution> both = internal;
  both.insert(both.end(), independent.begin(), independent.end());
  EXPECT_TRUE(open(both).has_value());
  EXPECT_EQ(failure(internal), ErrorCode::custodians_too_few);
  EXPECT_EQ(failure(independent), ErrorCode::custodians_too_few);
  std::vector<Contribution> short_of_one = internal;
  short_of_one.push_back(contribution(1, 0));
  EXPECT_EQ(failure(short_of_one), ErrorCode::custodians_too_few);
  // A statement that forgets a group does not open what was sealed to both.
  statement_.custodians.pop_back();
  EXPECT_EQ(failure(internal), ErrorCode::decryption_failed);
}

TEST_F(Opening, FalsePartsAreNoticedAndTheirCustodianNamed) {
  add_group("internal", 2, 3);
  seal_records(3);
  parts_[1].parts[2] = *parts_[1].parts[2].plus(Point::base());
  const std::vector<Contribution> chosen{contribution(0, 0), contribution(0, 1)};
  EXPECT_TRUE(open(chosen, 0).has_value());
  EXPECT_EQ(failure(chosen, 2), ErrorCode::decryption_failed);
  EXPECT_TRUE(verify_contribution(statement_, us_, chosen[0]).has_value());
  const auto verified = verify_contribution(statement_, us_, chosen[1]);
  ASSERT_FALSE(verified.has_value());
  EXPECT_EQ(verified.error().code, ErrorCode::partial_proof_invalid);
  EXPECT_NE(verified.error().message.find("custodian-2"), std::string::npos);
  EXPECT_TRUE(open({contribution(0, 0), contribution(0, 2)}, 2).has_value());
}

TEST_F(Opening, FalseShareIsNamed) {
  add_group("internal", 2, 3);
  seal_records(2);
  EscrowShare forged{dealt_[0].shares[2], crypto::Scalar::from_u64(77)};
  parts_[2] = decrypt_partially(forged, us_, random_).value();
  EXPECT_EQ(failure({contribution(0, 0), contribution(0, 2)}), ErrorCode::decryption_failed);
  EXPECT_EQ(verify_contribution(statement_, us_, contribution(0, 2)).error().code,
            ErrorCode::partial_proof_invalid);
  // A true share under another custodian's index is no better.
  const Contribution borrowed{"internal", 2, &parts_[0]};
  EXPECT_EQ(verify_contribution(statement_, us_, borrowed).error().code,
            ErrorCode::partial_proof_invalid);
}

TEST_F(Opening, ContributionsThatDoNotFitAreRefused) {
  add_group("internal", 2, 3);
  seal_records(2);
  const Contribution first = contribution(0, 0);
  EXPECT_EQ(failure({first, first}), ErrorCode::input_invalid);
  EXPECT_EQ(failure({first, {"internal", 4, &parts_[1]}}), ErrorCode::not_found);
  EXPECT_EQ(failure({first, {"internal", 0, &parts_[1]}}), ErrorCode::not_found);
  EXPECT_EQ(failure({first, {"stranger", 1, &parts_[1]}}), ErrorCode::not_found);
  EXPECT_EQ(failure({first, {"internal", 2, nullptr}}), ErrorCode::input_invalid);
  parts_[1].parts.pop_back();
  EXPECT_EQ(failure({first, contribution(0, 1)}), ErrorCode::input_invalid);
  EXPECT_EQ(verify_contribution(statement_, us_, contribution(0, 1)).error().code,
            ErrorCode::partial_proof_invalid);
  statement_.custodians.clear();
  EXPECT_EQ(failure({}), ErrorCode::statement_invalid);
}

TEST_F(Opening, PartsThatCancelEachOtherAreRefused) {
  add_group("internal", 2, 2);
  seal_records(1);
  // lambda_1 = 2, lambda_2 = -1: twice the first as the second leaves nothing.
  parts_[1].parts[0] = *parts_[0].parts[0].plus(parts_[0].parts[0]);
  EXPECT_EQ(failure({contribution(0, 0), contribution(0, 1)}), ErrorCode::decryption_failed);
}

TEST_F(Opening, RecordOpensUnderItsOwnLabelKeyAndRetentionPartOnly) {
  add_group("internal", 2, 2);
  seal_records(2);
  const std::vector<Contribution> all{contribution(0, 0), contribution(0, 1)};
  const auto shared = Combiner::create(statement_, all, 2).value().shared(0).value();
  const Point key = escrow_key(statement_).value();
  const RetentionKey* retention = keys_.find("ordinary", TimeMs(kNow)).value();
  const Secret<32> part = retention_part(*retention, records_[0].label.record);
  EXPECT_TRUE(open_record(records_[0], shared, part, key).has_value());
  const auto fails = [&](const SealedRecord& record, const Secret<32>& with, const Point& under) {
    const auto opened = open_record(record, shared, with, under);
    return !opened && opened.error().code == ErrorCode::decryption_failed;
  };
  EXPECT_TRUE(fails(records_[1], part, key));
  EXPECT_TRUE(fails(records_[0], retention_part(*retention, records_[1].label.record), key));
  EXPECT_TRUE(fails(records_[0], part, Point::base()));
  SealedRecord relabelled = records_[0];
  relabelled.label.group = filled<GroupId>(99);
  EXPECT_TRUE(fails(relabelled, part, key));
  SealedRecord altered = records_[0];
  altered.body[40] = static_cast<std::uint8_t>(altered.body[40] ^ 1u);
  EXPECT_TRUE(fails(altered, part, key));
}

TEST_F(Opening, I12PartsAreDecodedStrictly) {
  add_group("internal", 2, 2);
  seal_records(3);
  const Bytes good = parts_[0].encode();
  ASSERT_EQ(good.size(), 3u * 32 + 64);
  const auto decoded = PartialDecryptions::decode(good, 3);
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(decoded.value().parts, parts_[0].parts);
  EXPECT_EQ(decoded.value().proofs, parts_[0].proofs);
  for (std::size_t i = 0; i < good.size(); ++i) {
    EXPECT_FALSE(PartialDecryptions::decode(ByteView(good).first(i), 3).has_value());
  }
  EXPECT_FALSE(PartialDecryptions::decode(good, 2).has_value());
  EXPECT_FALSE(PartialDecryptions::decode(good, 4).has_value());
  EXPECT_FALSE(PartialDecryptions::decode({}, 0).has_value());
  Bytes identity = good;
  std::fill(identity.begin() + 32, identity.begin() + 64, std::uint8_t{0});
  EXPECT_FALSE(PartialDecryptions::decode(identity, 3).has_value());
  Bytes top_bit = good;
  top_bit[31] |= 0x80;
  EXPECT_FALSE(PartialDecryptions::decode(top_bit, 3).has_value());
  Bytes above_order = good;
  std::fill(above_order.end() - 32, above_order.end(), std::uint8_t{0xFF});
  EXPECT_FALSE(PartialDecryptions::decode(above_order, 3).has_value());
}

TEST_F(Opening, NumberOfRecordsIsBounded) {
  add_group("internal", 2, 2);
  const std::vector<Point> too_many(limits::kReleaseRecordsMax + 1, Point::base());
  EXPECT_FALSE(decrypt_partially(dealt_[0].shares[0], too_many, random_).has_value());
  EXPECT_FALSE(decrypt_partially(dealt_[0].shares[0], {}, random_).has_value());
}

}  // namespace
}  // namespace candour::warrant
