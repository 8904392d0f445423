// Goal: our HPKE is RFC 9180's. Method: the vector of appendix A.2.1 (DHKEM(X25519, HKDF-SHA256),
// HKDF-SHA256, ChaCha20-Poly1305, base mode, sequence number 0) sealed and opened byte for byte,
// and misuse refused.
#include "crypto/hpke.h"

#include <gtest/gtest.h>

#include "base/encoding.h"

namespace candour::crypto {
namespace {

Bytes hex(std::string_view text) { return hex_decode(text).value(); }

SealingKey key_of(std::string_view private_key) {
  const Bytes bytes = hex(private_key);
  return SealingKey::from_private(SealingPrivateKey::copy_of(ByteView(bytes).first<32>()));
}

// RFC 9180, appendix A.2.1.
const char* const kIkmE = "909a9b35d3dc4713a5e72a4da274b55d3d3821a37e5d099e74a647db583a904b";
const char* const kSkEm = "f4ec9b33b792c372c1d2c2063507b684ef925b8c75a42dbcbf57d63ccd381600";
const char* const kPkEm = "1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a";
const char* const kIkmR = "1ac01f181fdf9f352797655161c58b75c656a6cc2716dcb66372da835542e1df";
const char* const kSkRm = "8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb";
const char* const kPkRm = "4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a";
const char* const kInfo = "4f6465206f6e2061204772656369616e2055726e";
const char* const kAad = "436f756e742d30";
const char* const kPlaintext = "4265617574792069732074727574682c20747275746820626561757479";
const char* const kCiphertext =
    "1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28";

TEST(Hpke, DerivesTheKeysOfTheRfc) {
  EXPECT_TRUE(same(SealingKey::derive(hex(kIkmE)).private_key().view(), hex(kSkEm)));
  EXPECT_EQ(SealingKey::derive(hex(kIkmE)).public_key().hex(), kPkEm);
  EXPECT_TRUE(same(SealingKey::derive(hex(kIkmR)).private_key().view(), hex(kSkRm)));
  EXPECT_EQ(SealingKey::derive(hex(kIkmR)).public_key().hex(), kPkRm);
}

TEST(Hpke, SealsAndOpensTheVectorOfTheRfc) {
  const auto sealed = hpke_seal_with(key_of(kSkEm), key_of(kSkRm).public_key(), hex(kInfo),
                                     hex(kAad), hex(kPlaintext));
  ASSERT_TRUE(sealed.has_value());
  EXPECT_EQ(sealed.value().enc.hex(), kPkEm);
  EXPECT_EQ(hex_encode(sealed.value().ciphertext), kCiphertext);
  const auto opened = hpke_open(key_of(kSkRm), SealingPublicKey::from_hex(kPkEm).value(),
                                hex(kInfo), hex(kAad), hex(kCiphertext));
  ASSERT_TRUE(opened.has_value());
  EXPECT_EQ(hex_encode(opened.value().view()), kPlaintext);
}

TEST(Hpke, I12OpensWithNothingElse) {
  const SealingKey mine = SealingKey::generate(system_random());
  const SealingKey other = SealingKey::generate(system_random());
  const Bytes box =
      sealed_box(mine.public_key(), hex(kInfo), hex(kAad), hex(kPlaintext), system_random())
          .value();
  EXPECT_EQ(box.size(), hex(kPlaintext).size() + kSealedBoxOverhead);
  EXPECT_TRUE(open_sealed_box(mine, hex(kInfo), hex(kAad), box).has_value());
  EXPECT_FALSE(open_sealed_box(other, hex(kInfo), hex(kAad), box).has_value());
  EXPECT_FALSE(open_sealed_box(mine, hex(kAad), hex(kAad), box).has_value());
  EXPECT_FALSE(open_sealed_box(mine, hex(kInfo), hex(kInfo), box).has_value());
  for (std::size_t i = 0; i < box.size(); ++i) {
    Bytes bad = box;
    bad[i] ^= 1;
    EXPECT_FALSE(open_sealed_box(mine, hex(kInfo), hex(kAad), bad).has_value()) << i;
    const auto cut = open_sealed_box(mine, hex(kInfo), hex(kAad), ByteView(box).first(i));
    ASSERT_FALSE(cut.has_value()) << i;
    EXPECT_EQ(cut.error().code, ErrorCode::decryption_failed);
  }
}

TEST(Hpke, I12LowOrderKeysAreRefused) {
  for (const char* low : {"0000000000000000000000000000000000000000000000000000000000000000",
                          "0100000000000000000000000000000000000000000000000000000000000000",
                          "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"}) {
    const auto key = SealingPublicKey::from_hex(low).value();
    EXPECT_FALSE(sealed_box(key, {}, {}, hex(kPlaintext), system_random()).has_value()) << low;
  }
}

}  // namespace
}  // namespace candour::crypto
