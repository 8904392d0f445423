// Goal: hashing in parts equals hashing at once, and equality looks at everything. Method: known
// answers of FIPS 180-4 and RFC 4231, splits at every place.
#include "crypto/hash.h"

#include <gtest/gtest.h>

#include "base/encoding.h"

namespace candour::crypto {
namespace {

TEST(Hash, KnownAnswers) {
  EXPECT_EQ(sha256(as_bytes("abc")).hex(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha512({as_bytes("abc")}).hex(),
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
            "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
  EXPECT_EQ(hmac_sha256_tag(Bytes(20, 0x0b), {as_bytes("Hi There")}).hex(),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
}

TEST(Hash, PartsAreHashedAsOneRun) {
  const Bytes data = to_bytes("a text of some length to be cut in two");
  const Digest whole = sha256(data);
  for (std::size_t cut = 0; cut <= data.size(); ++cut) {
    const ByteView view(data);
    EXPECT_EQ(sha256({view.first(cut), view.subspan(cut)}), whole);
    EXPECT_EQ(Sha256().update(view.first(cut)).update(view.subspan(cut)).finish(), whole);
    EXPECT_EQ(hmac_sha256_tag(data, {view.first(cut), view.subspan(cut)}),
              hmac_sha256_tag(data, {view}));
  }
}

TEST(Hash, EqualLooksAtEveryByteAndAtTheLength) {
  const Bytes a(64, 7);
  EXPECT_TRUE(equal(a, Bytes(64, 7)));
  EXPECT_TRUE(equal({}, {}));
  EXPECT_FALSE(equal(a, Bytes(63, 7)));
  for (std::size_t i = 0; i < a.size(); ++i) {
    Bytes b = a;
    b[i] ^= 0x80;
    EXPECT_FALSE(equal(a, b)) << i;
  }
}

TEST(HashDeathTest, MoreThanHkdfCanGiveIsABugOfTheCaller) {
  EXPECT_DEATH(hkdf_expand(Bytes(32, 1), {}, 255 * 32 + 1), "");
}

}  // namespace
}  // namespace candour::crypto
