// Goal: any threshold of shares makes the key and fewer do not; a share file carries its share
// whole, opens under its passphrase only, and a damaged one is refused. Method: interpolate every
// subset; change single characters of the file.
#include "warrant/open/share.h"

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

DealtKey dealt_key(std::uint32_t threshold, std::size_t count) {
  SeededRandom random(7);
  return deal(threshold, "internal", key_names(count), random);
}

TEST(Share, EveryThresholdOfSharesMakesTheKeyAndFewerDoNot) {
  const DealtKey dealt = dealt_key(3, 5);
  const auto& shares = dealt.shares;
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
  identity::Statement statement;
  statement.custodians = {dealt.custodians};
  EXPECT_EQ(escrow_key(statement).value(), shares[0].public_key);
}

TEST(Share, IsCheckedAgainstTheVerificationKeys) {
  const auto refused = [](const auto& change) {
    EscrowShare share = std::move(dealt_key(2, 4).shares[1]);
    EXPECT_TRUE(share.check().has_value());
    change(share);
    const auto checked = share.check();
    return !checked.has_value() && checked.error().code == ErrorCode::share_invalid;
  };
  const crypto::Point other = *crypto::Scalar::from_u64(9).times_base();
  EXPECT_TRUE(refused([](EscrowShare& s) { s.value = crypto::Scalar::from_u64(3); }));
  EXPECT_TRUE(refused([](EscrowShare& s) { s.index = 3; }));
  EXPECT_TRUE(refused([](EscrowShare& s) { s.index = 5; }));
  EXPECT_TRUE(refused([](EscrowShare& s) {
    s.threshold = 3;
    s.verification_keys.pop_back();
  }));
  EXPECT_TRUE(refused([&](EscrowShare& s) { s.public_key = other; }));
  EXPECT_TRUE(refused([&](EscrowShare& s) { s.verification_keys[0] = other; }));
  EXPECT_TRUE(refused([&](EscrowShare& s) { s.verification_keys[3] = other; }));
}

TEST(Share, FileComesBackAsItWasUnderItsPassphraseOnly) {
  SeededRandom random(8);
  const SecretText passphrase = SecretText::copy_of("correct horse");
  for (const EscrowShare& share : dealt_key(2, 3).shares) {
    const auto text = seal_share(share, passphrase, random);
    ASSERT_TRUE(text.has_value());
    EXPECT_EQ(text.value().find(hex_encode(share.value.encoded())), std::string::npos);
    const auto opened = open_share(text.value(), passphrase);
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    EXPECT_TRUE(same(opened.value().value.encoded(), share.value.encoded()));
    EXPECT_EQ(opened.value().index, share.index);
    EXPECT_EQ(opened.value().group, "internal");
    const auto header = read_share_header(text.value());
    ASSERT_TRUE(header.has_value());
    EXPECT_EQ(header.value().verification_keys, share.verification_keys);
    const auto wrong = open_share(text.value(), SecretText::copy_of("correct horsf"));
    EXPECT_EQ(wrong.error().code, ErrorCode::decryption_failed);
  }
}

TEST(Share, I12DamagedFileIsRefused) {
  SeededRandom random(8);
  const SecretText passphrase = SecretText::copy_of("correct horse");
  const std::string good = seal_share(dealt_key(2, 2).shares[0], passphrase, random).value();
  std::size_t refused = 0;
  std::size_t steps = 0;
  for (std::size_t i = 0; i < good.size(); i += 13, ++steps) {
    std::string bad = good;
    bad[i] = bad[i] == '1' ? '2' : '1';
    const auto opened = open_share(bad, passphrase);
    ASSERT_FALSE(opened.has_value()) << "byte " << i << " changed:\n" << bad;
    EXPECT_TRUE(opened.error().code == ErrorCode::share_invalid ||
                opened.error().code == ErrorCode::decryption_failed);
    ++refused;
    EXPECT_FALSE(open_share(good.substr(0, i), passphrase).has_value()) << i;
  }
  EXPECT_EQ(refused, steps);
  EXPECT_FALSE(open_share(good + "more\n", passphrase).has_value());
  EXPECT_TRUE(open_share(good, passphrase).has_value());
}

}  // namespace
}  // namespace candour::warrant
