// Goal: our wrappers agree with Wycheproof's vectors, case by case. Method: every case is run; for
// the "acceptable" ones, on which implementations differ, the tests pin which of them we accept:
//
//   X25519   ZeroSharedSecret (31 cases)   refused: RFC 9180 section 7.1.4 and RFC 7748 section 6
//            all others (223 cases)        accepted, with the result the vectors give
//
// Other files have no acceptable cases. Two kinds of invalid case cannot reach our code because its
// types have no room for them: AEAD nonces of other sizes (asserted) and HKDF outputs above 255
// blocks (asserted); they are counted, not run.
#include <gtest/gtest.h>

#include "base/encoding.h"
#include "crypto/aead.h"
#include "crypto/hash.h"
#include "crypto/hpke.h"
#include "crypto/sign.h"
#include "tests/crypto/vectors.h"

namespace candour::crypto {
namespace {

using testing_only::for_each_case;
using testing_only::VectorCase;

#define SKIP_WITHOUT_VECTORS(count) \
  if (!(count)) GTEST_SKIP() << "no Wycheproof vectors: set CANDOUR_VECTORS to their folder"

TEST(Wycheproof, Ed25519) {
  int accepted = 0;
  const auto count = for_each_case("ed25519_test.json", [&](const VectorCase& c) {
    const auto& public_key = c.group.at("publicKey").as_object();
    const auto key =
        SigningPublicKey::from_hex(std::string_view(public_key.at("pk").as_string())).value();
    const auto signature = Signature::from(c.bytes("sig"));
    const bool ok = signature && verify(key, c.bytes("msg"), *signature);
    EXPECT_EQ(ok, c.result() == "valid") << "case " << c.id();
    accepted += ok ? 1 : 0;
  });
  SKIP_WITHOUT_VECTORS(count);
  EXPECT_EQ(*count, 151);
  EXPECT_EQ(accepted, 88);
}

TEST(Wycheproof, X25519) {
  int refused = 0;
  int acceptable_accepted = 0;
  const auto count = for_each_case("x25519_test.json", [&](const VectorCase& c) {
    const Bytes private_key = c.bytes("private");
    const auto shared = x25519(SealingPrivateKey::copy_of(ByteView(private_key).first<32>()),
                               SealingPublicKey::from(c.bytes("public")).value());
    if (c.has_flag("ZeroSharedSecret")) {
      EXPECT_FALSE(shared.has_value()) << "case " << c.id();
      ++refused;
      return;
    }
    ASSERT_TRUE(shared.has_value()) << "case " << c.id();
    EXPECT_TRUE(same(shared.value().view(), c.bytes("shared"))) << "case " << c.id();
    acceptable_accepted += c.result() == "acceptable" ? 1 : 0;
  });
  SKIP_WITHOUT_VECTORS(count);
  EXPECT_EQ(*count, 518);
  EXPECT_EQ(refused, 31);
  EXPECT_EQ(acceptable_accepted, 223);
}

template <class Seal, class Open>
void check_aead(const VectorCase& c, std::size_t nonce_size, int& other_nonce_sizes, Seal seal,
                Open open) {
  const Bytes key = c.bytes("key");
  const Bytes nonce = c.bytes("iv");
  const Bytes aad = c.bytes("aad");
  const Bytes message = c.bytes("msg");
  Bytes sealed = c.bytes("ct");
  append(sealed, c.bytes("tag"));
  if (nonce.size() != nonce_size) {
    EXPECT_TRUE(c.has_flag("InvalidNonceSize")) << "case " << c.id();
    ++other_nonce_sizes;
    return;
  }
  const auto opened = open(key, nonce, aad, sealed);
  EXPECT_EQ(opened.has_value(), c.result() == "valid") << "case " << c.id();
  if (!opened.has_value()) return;
  EXPECT_TRUE(same(opened.value().view(), message)) << "case " << c.id();
  EXPECT_TRUE(same(seal(key, nonce, aad, message), sealed)) << "case " << c.id();
}

TEST(Wycheproof, ChaCha20Poly1305) {
  int other_nonce_sizes = 0;
  const auto count = for_each_case("chacha20_poly1305_test.json", [&](const VectorCase& c) {
    check_aead(c, kAeadNonceSize, other_nonce_sizes, aead_seal, aead_open);
  });
  SKIP_WITHOUT_VECTORS(count);
  EXPECT_EQ(*count, 325);
  EXPECT_EQ(other_nonce_sizes, 9);
}

TEST(Wycheproof, XChaCha20Poly1305) {
  int other_nonce_sizes = 0;
  const auto count = for_each_case("xchacha20_poly1305_test.json", [&](const VectorCase& c) {
    check_aead(c, kXAeadNonceSize, other_nonce_sizes, xaead_seal, xaead_open);
  });
  SKIP_WITHOUT_VECTORS(count);
  EXPECT_EQ(*count, 315);
  EXPECT_EQ(other_nonce_sizes, 9);
}

TEST(Wycheproof, HkdfSha256) {
  int too_large = 0;
  const auto count = for_each_case("hkdf_sha256_test.json", [&](const VectorCase& c) {
    const auto size = static_cast<std::size_t>(c.number("size"));
    if (c.result() == "invalid") {
      EXPECT_GT(size, 255u * 32u) << "case " << c.id();
      ++too_large;
      return;
    }
    const HashKey prk = hkdf_extract(c.bytes("salt"), c.bytes("ikm"));
    const SecretBytes okm = hkdf_expand(prk.view(), c.bytes("info"), size);
    EXPECT_TRUE(same(okm.view(), c.bytes("okm"))) << "case " << c.id();
  });
  SKIP_WITHOUT_VECTORS(count);
  EXPECT_EQ(*count, 86);
  EXPECT_EQ(too_large, 3);
}

TEST(Wycheproof, HmacSha256) {
  int accepted = 0;
  const auto count = for_each_case("hmac_sha256_test.json", [&](const VectorCase& c) {
    const Bytes tag = c.bytes("tag");
    const Bytes message = c.bytes("msg");
    const HashKey mine = hmac_sha256(c.bytes("key"), {message});
    EXPECT_TRUE(same(mine.view(), hmac_sha256_tag(c.bytes("key"), {message}).view()));
    const bool ok = tag.size() <= 32 && equal(mine.view().first(tag.size()), tag);
    EXPECT_EQ(ok, c.result() == "valid") << "case " << c.id();
    accepted += ok ? 1 : 0;
  });
  SKIP_WITHOUT_VECTORS(count);
  EXPECT_EQ(*count, 174);
  EXPECT_EQ(accepted, 66);
}

}  // namespace
}  // namespace candour::crypto
