// Goal: points and scalars from outside have one encoding each and are never the identity, and the
// group's laws hold. Method: RFC 9496 appendix A.1 (multiples of the generator) and A.2 (encodings
// that must be refused), scalars at and above the order, and laws on random values.
#include "crypto/ristretto.h"

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "crypto/hash.h"

namespace candour::crypto {
namespace {

Bytes hex(std::string_view text) { return hex_decode(text).value(); }

// 2^252 + 27742317777372353535851937790883648493, little-endian.
const char* const kOrder = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";
const char* const kOrderMinusOne =
    "ecd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";

TEST(Ristretto, MultiplesOfTheGeneratorAreTheRfcs) {
  EXPECT_EQ(hex_encode(Point::base().encoded()),
            "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76");
  EXPECT_EQ(hex_encode(Scalar::from_u64(2).times_base()->encoded()),
            "6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919");
  EXPECT_EQ(hex_encode(Point::base().times(Scalar::from_u64(3))->encoded()),
            "94741f5d5d52755ece4f23f044ee27d5d1ea1e2bd196b462166b16152a9d0259");
}

TEST(Ristretto, I12BadEncodingsAndTheIdentityAreRefused) {
  const char* const bad[] = {
      // the identity
      "0000000000000000000000000000000000000000000000000000000000000000",
      // non-canonical field elements
      "00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
      "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "f3ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      // negative field elements
      "0100000000000000000000000000000000000000000000000000000000000000",
      "01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "ed57ffd8c914fb201471d1c3d245ce3c746fcbe63a3679d51b6a516ebebe0e20",
      // non-square x^2
      "26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371",
      // negative xy
      "3eb858e78f5a7254d8c9731174a94f76755fd3941c0ac93735c07ba14579630e",
      // s = -1, y = 0
      "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  };
  for (const char* encoding : bad) EXPECT_FALSE(Point::decode(hex(encoding))) << encoding;
  const Bytes good = to_bytes(Point::base().encoded());
  EXPECT_TRUE(Point::decode(good));
  EXPECT_FALSE(Point::decode(ByteView(good).first(31)));
  Bytes longer = good;
  longer.push_back(0);
  EXPECT_FALSE(Point::decode(longer));
  Bytes top_bit = good;
  top_bit[31] |= 0x80;
  EXPECT_FALSE(Point::decode(top_bit));
}

TEST(Ristretto, I12ScalarsHaveOneEncodingEach) {
  EXPECT_TRUE(Scalar::decode(Bytes(32, 0)));
  EXPECT_TRUE(Scalar::decode(hex(kOrderMinusOne)));
  EXPECT_FALSE(Scalar::decode(hex(kOrder)));
  Bytes above = hex(kOrder);
  ++above[0];
  EXPECT_FALSE(Scalar::decode(above));
  EXPECT_FALSE(Scalar::decode(Bytes(32, 0xff)));
  Bytes top_bit(32, 0);
  top_bit[31] = 0x80;
  EXPECT_FALSE(Scalar::decode(top_bit));
  EXPECT_FALSE(Scalar::decode(Bytes(31, 0)));
  EXPECT_FALSE(Scalar::decode(Bytes(33, 0)));
}

TEST(Ristretto, ResultsThatWouldBeTheIdentityAreNothing) {
  const Point& g = Point::base();
  const Scalar zero = Scalar::from_u64(0);
  const Scalar minus_one = *Scalar::decode(hex(kOrderMinusOne));
  EXPECT_TRUE(zero.is_zero());
  EXPECT_FALSE(zero.times_base());
  EXPECT_FALSE(g.times(zero));
  EXPECT_FALSE(g.minus(g));
  EXPECT_FALSE(g.plus(*g.times(minus_one)));
  EXPECT_TRUE(minus_one.plus(Scalar::from_u64(1)).is_zero());
}

TEST(Ristretto, GroupLawsHold) {
  for (int round = 0; round < 20; ++round) {
    const Scalar a = Scalar::random(system_random());
    const Scalar b = Scalar::random(system_random());
    const Point p = *Scalar::random(system_random()).times_base();
    const Point q = *Scalar::random(system_random()).times_base();
    EXPECT_EQ(*p.plus(q), *q.plus(p));
    EXPECT_EQ(*p.plus(q)->minus(q), p);
    EXPECT_EQ(*p.times(a.plus(b)), *p.times(a)->plus(*p.times(b)));
    EXPECT_EQ(*p.times(a.minus(b)), *p.times(a)->minus(*p.times(b)));
    EXPECT_EQ(*p.times(a.times(b)), *p.times(a)->times(b));
    EXPECT_EQ(*p.plus(q)->times(a), *p.times(a)->plus(*q.times(a)));
    EXPECT_EQ(*p.times(a)->times(a.inverse()), p);
    EXPECT_TRUE(same(a.times(a.inverse()).encoded(), Scalar::from_u64(1).encoded()));
    EXPECT_EQ(*Scalar::decode(a.encoded())->times_base(), *a.clone().times_base());
    EXPECT_EQ(*Point::decode(p.encoded()), p);
  }
}

TEST(Ristretto, ReductionIsModuloTheOrder) {
  Bytes wide = hex(kOrder);
  wide.resize(64);
  EXPECT_TRUE(Scalar::reduce(wide).is_zero());
  ++wide[0];
  EXPECT_TRUE(same(Scalar::reduce(wide).encoded(), Scalar::from_u64(1).encoded()));
}

TEST(Ristretto, HashToGroupIsTheRfcs) {  // RFC 9496 appendix A.3, first vector
  const auto digest =
      sha512({as_bytes("Ristretto is traditionally a short shot of espresso coffee")});
  EXPECT_EQ(hex_encode(Point::from_uniform(digest.view()).encoded()),
            "3066f82a1a747d45120d1740f14358531a8f04bbffe6a819f86dfe50f44a0a46");
}

}  // namespace
}  // namespace candour::crypto
