// Goal: any threshold of the dealer's shares makes the key and fewer do not; share files carry a
// share whole and refuse a damaged one; real organisations get no dealer. Method: interpolate every
// subset; change single digits of the file.
#include "tests/seal/fixtures.h"

namespace candour::warrant {
namespace {

using namespace testing_only;

crypto::Scalar key_of(const std::vector<const EscrowShare*>& shares) {
  std::vector<std::uint32_t> indices;
  for (const EscrowShare* share : shares) indices.push_back(share->index);
  crypto::Scalar sum = crypto::Scalar::from_u64(0);
  for (const EscrowShare* share : shares) {
    sum = sum.plus(share->value.times(lagrange_at_zero(indices, share->index)));
  }
  return sum;
}

TEST(Dealer, EveryThresholdOfSharesMakesTheKeyAndFewerDoNot) {
  SeededRandom random(7);
  const auto dealt = deal(true, 3, "internal", key_names(5), random);
  ASSERT_TRUE(dealt.has_value());
  const auto& shares = dealt.value().shares;
  int makes_it = 0;
  for (unsigned subset = 1; subset < 32; ++subset) {
    std::vector<const EscrowShare*> chosen;
    for (std::size_t i = 0; i < 5; ++i) {
      if (subset >> i & 1u) chosen.push_back(&shares[i]);
    }
    const bool fits = *key_of(chosen).times_base() == shares[0].public_key;
    EXPECT_EQ(fits, chosen.size() >= 3) << subset;
    makes_it += fits ? 1 : 0;
  }
  EXPECT_EQ(makes_it, 10 + 5 + 1);
  EXPECT_EQ(dealt.value().custodians.threshold, 3u);
  ASSERT_EQ(dealt.value().custodians.members.size(), 5u);
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_TRUE(same(dealt.value().custodians.members[i].verification_key,
                     shares[i].value.times_base()->encoded()));
  }
  identity::Statement statement;
  statement.custodians = {dealt.value().custodians};
  const auto key = escrow_key(statement);
  ASSERT_TRUE(key.has_value());
  EXPECT_EQ(key.value(), shares[0].public_key);
}

TEST(Dealer, RefusesRealOrganisationsAndImpossibleNumbers) {
  SeededRandom random(7);
  const auto real = deal(false, 2, "internal", key_names(3), random);
  ASSERT_FALSE(real.has_value());
  EXPECT_EQ(real.error().code, ErrorCode::not_permitted);
  for (const auto& [k, n] : {std::pair{1u, 3u}, {4u, 3u}, {2u, 65u}, {0u, 0u}}) {
    const auto impossible = deal(true, k, "internal", key_names(n), random);
    ASSERT_FALSE(impossible.has_value());
    EXPECT_EQ(impossible.error().code, ErrorCode::input_invalid);
  }
}

TEST(Dealer, ShareFileComesBackAsItWas) {
  SeededRandom random(7);
  const auto dealt = deal(true, 2, "internal", key_names(3), random);
  for (const EscrowShare& share : dealt.value().shares) {
    const SecretBytes text = share.print();
    const auto parsed = EscrowShare::parse(text.view());
    ASSERT_TRUE(parsed.has_value()) << parsed.error().message;
    EXPECT_TRUE(same(parsed.value().print().view(), text.view()));
    EXPECT_EQ(parsed.value().index, share.index);
  }
}

TEST(Dealer, I12DamagedShareFileIsRefused) {
  SeededRandom random(7);
  const auto dealt = deal(true, 2, "internal", key_names(3), random);
  const std::string good(as_text(dealt.value().shares[0].print().view()));
  int refused = 0;
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = bad[i] == '1' ? '2' : '1';
    const auto parsed = EscrowShare::parse(as_bytes(bad));
    ASSERT_FALSE(parsed.has_value()) << "byte " << i << " changed:\n" << bad;
    EXPECT_EQ(parsed.error().code, ErrorCode::state_damaged);
    ++refused;
    EXPECT_FALSE(EscrowShare::parse(as_bytes(good.substr(0, i))).has_value()) << i;
  }
  EXPECT_EQ(refused, static_cast<int>(good.size()));
  EXPECT_TRUE(EscrowShare::parse(as_bytes(good)).has_value());
}

}  // namespace
}  // namespace candour::warrant
