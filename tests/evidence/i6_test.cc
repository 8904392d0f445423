// Goal: invariant I6. With the complete disks and memory of relay, bot and keeper after the fact,
// plus k - 1 custodians, no record opens; with k custodians and no retention part, none opens.
// Method: hand an attacker everything these parties have, let it try every way the program's own
// parts can be put together, and check beside each that the same record opens to the right people.
#include "tests/evidence/case_world.h"
#include "warrant/open/polynomial.h"

namespace candour::tests {
namespace {

using crypto::Point;
using crypto::Scalar;
using warrant::open_record;
using warrant::SealedRecord;

class InvariantI6 : public testing::Test {
 protected:
  InvariantI6() {
    const GroupId group = world_.world.group_a;
    for (const char* text : {"one", "two", "three"}) {
      places_.push_back(world_.say(world_.world.amy, text, group));
    }
  }

  SealedRecord sealed(std::size_t place) const {
    return SealedRecord::decode(world_.world.records[place].sealed).value();
  }
  /// x_i u, what custodian i can make.
  Point part(std::size_t place, std::uint32_t custodian) const {
    return *sealed(place).u.times(world_.share(custodian).value);
  }
  static Secret<32> secret_of(const Point& point) {
    return Secret<32>::copy_of(point.encoded().first<32>());
  }
  Secret<32> combined(std::size_t place, const std::vector<std::uint32_t>& custodians) const {
    std::optional<Point> sum;
    for (const std::uint32_t i : custodians) {
      const auto term = part(place, i).times(warrant::lagrange_at_zero(custodians, i));
      sum = sum ? sum->plus(*term) : term;
    }
    return secret_of(*sum);
  }
  bool opens(std::size_t place, const Secret<32>& shared, const Secret<32>& retention) const {
    return open_record(sealed(place), shared, retention, world_.world.escrow).has_value();
  }

  CaseWorld world_;
  std::vector<std::size_t> places_;
};

TEST_F(InvariantI6, RightPeopleTogetherOpen) {
  for (const std::size_t place : places_) {
    for (const auto& pair : {std::vector{1u, 2u}, std::vector{1u, 3u}, std::vector{2u, 3u}}) {
      EXPECT_TRUE(opens(place, combined(place, pair), world_.retention_part(place)));
    }
  }
}

// Relay: sealed records, openings, the tree. Keeper and bot: every retention key. Bot: the escrow
// key and what it computed ahead for records to come. And one custodian.
TEST_F(InvariantI6, EverythingOfOursAndOneCustodianShortOpensNothing) {
  warrant::SealingPool pool(world_.world.escrow, 4);
  while (pool.precompute_one(world_.world.random)) {
  }
  std::vector<Secret<32>> guesses;
  while (pool.size() > 0) guesses.push_back(pool.take(world_.world.random).shared.clone());
  for (const std::size_t place : places_) {
    const SealedRecord record = sealed(place);
    guesses.push_back(secret_of(record.u));
    guesses.push_back(secret_of(record.ubar));
    guesses.push_back(secret_of(world_.world.escrow));
    guesses.push_back(secret_of(*record.u.plus(world_.world.escrow)));
    for (const std::uint32_t custodian : {1u, 2u, 3u}) {
      const Point mine = part(place, custodian);
      guesses.push_back(secret_of(mine));
      for (const std::uint32_t other : {1u, 2u, 3u}) {
        if (other == custodian) continue;
        const std::vector<std::uint32_t> both = {custodian, other};
        const Scalar weight = warrant::lagrange_at_zero(both, custodian);
        const Scalar rest = warrant::lagrange_at_zero(both, other);
        guesses.push_back(secret_of(*mine.times(weight)));
        // The other's part taken from what is public: nothing, u itself, the verification keys.
        guesses.push_back(secret_of(*mine.times(weight)->plus(*record.u.times(rest))));
        guesses.push_back(secret_of(*mine.times(weight)->plus(*mine.times(rest))));
        const Point& key = world_.world.shares[other - 1].verification_key;
        guesses.push_back(secret_of(*mine.times(weight)->plus(*key.times(rest))));
      }
    }
  }
  for (const std::size_t place : places_) {
    const Secret<32> retention = world_.retention_part(place);
    for (const Secret<32>& guess : guesses) EXPECT_FALSE(opens(place, guess, retention));
    // Positive control: it was not the attacker's tools that failed.
    EXPECT_TRUE(opens(place, combined(place, {1, 3}), retention));
  }
}

// The program itself refuses to combine too few, and one custodian counted twice.
TEST_F(InvariantI6, OneCustodianIsNotTwo) {
  const std::vector<Point> points = {sealed(places_[0]).u};
  const auto parts =
      warrant::decrypt_partially(world_.share(2), points, world_.world.random).value();
  const warrant::Contribution one{"internal", 2, &parts};
  const warrant::Contribution under_another_name{"internal", 3, &parts};
  EXPECT_EQ(code_of(warrant::Combiner::create(world_.world.statement, {one}, 1)),
            ErrorCode::custodians_too_few);
  EXPECT_EQ(code_of(warrant::Combiner::create(world_.world.statement, {one, one}, 1)),
            ErrorCode::input_invalid);
  EXPECT_EQ(
      code_of(warrant::verify_contribution(world_.world.statement, points, under_another_name)),
      ErrorCode::partial_proof_invalid);
  const auto combiner =
      warrant::Combiner::create(world_.world.statement, {one, under_another_name}, 1);
  ASSERT_TRUE(combiner);
  EXPECT_FALSE(
      opens(places_[0], combiner.value().shared(0).value(), world_.retention_part(places_[0])));
}

// All three custodians, with everything the relay has, after the retention key was erased.
TEST_F(InvariantI6, EveryCustodianWithoutTheRetentionPartOpensNothing) {
  warrant::RetentionKeys others;
  ASSERT_TRUE(others.add_missing({"ordinary", "statement"}, {"2025", "2026"}, world_.world.random));
  for (const std::size_t place : places_) {
    const Secret<32> shared = combined(place, {1, 2, 3});
    const RecordId record = sealed(place).label.record;
    std::vector<Secret<32>> guesses;
    guesses.emplace_back();
    guesses.push_back(Secret<32>::copy_of(shared.view().first<32>()));
    for (const warrant::RetentionKey& key : others.keys()) {
      guesses.push_back(warrant::retention_part(key, record));
      guesses.push_back(key.key.clone());
    }
    for (const std::size_t other : places_) {
      // The keeper gave the parts of other records in another case.
      if (other != place) guesses.push_back(world_.retention_part(other));
    }
    for (const Secret<32>& guess : guesses) EXPECT_FALSE(opens(place, shared, guess));
    EXPECT_TRUE(opens(place, shared, world_.retention_part(place)));
  }
}

// What a release gives away about one record opens no other.
TEST_F(InvariantI6, TheSecretsOfOneRecordOpenNoOther) {
  for (const std::size_t opened : places_) {
    const Secret<32> shared = combined(opened, {1, 2});
    for (const std::size_t other : places_) {
      if (other == opened) continue;
      EXPECT_FALSE(opens(other, shared, world_.retention_part(opened)));
      EXPECT_FALSE(opens(other, shared, world_.retention_part(other)));
      EXPECT_FALSE(opens(other, combined(other, {1, 2}), world_.retention_part(opened)));
    }
  }
}

}  // namespace
}  // namespace candour::tests
