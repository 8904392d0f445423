// Goal: AES-128-GCM is that of NIST SP 800-38D and refuses what was changed. Method: test cases 2
// and 4 of the specification byte for byte, then every byte of a ciphertext flipped and cut.
#include "crypto/aes_gcm.h"

#include <gtest/gtest.h>

#include "base/encoding.h"

namespace candour::crypto {
namespace {

Bytes hex(std::string_view text) { return hex_decode(text).value(); }

TEST(AesGcm, IsThatOfTheSpecification) {
  EXPECT_EQ(hex_encode(aes_gcm_seal(Bytes(16), Bytes(12), {}, Bytes(16))),
            "0388dace60b6a392f328c2b971b2fe78ab6e47d42cec13bdf53a67b21257bddf");
  const Bytes key = hex("feffe9928665731c6d6a8f9467308308");
  const Bytes nonce = hex("cafebabefacedbaddecaf888");
  const Bytes aad = hex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
  const Bytes plaintext =
      hex("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e24"
          "49a6b525b16aedf5aa0de657ba637b39");
  const Bytes sealed = aes_gcm_seal(key, nonce, aad, plaintext);
  EXPECT_EQ(
      hex_encode(sealed),
      "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5a"
      "ac84aa051ba30b396a0aac973d58e0915bc94fbc3221a5db94fae95ae7121a47");
  const auto opened = aes_gcm_open(key, nonce, aad, sealed);
  ASSERT_TRUE(opened.has_value());
  EXPECT_TRUE(same(opened.value().view(), plaintext));
}

TEST(AesGcm, I12RefusesWhatWasChanged) {
  const Bytes key(16, 1);
  const Bytes nonce(12, 2);
  const Bytes aad{3};
  const Bytes sealed = aes_gcm_seal(key, nonce, aad, Bytes(20, 4));
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    Bytes bad = sealed;
    bad[i] ^= 1;
    EXPECT_FALSE(aes_gcm_open(key, nonce, aad, bad).has_value());
    EXPECT_FALSE(aes_gcm_open(key, nonce, aad, ByteView(sealed).first(i)).has_value());
  }
  EXPECT_FALSE(aes_gcm_open(key, nonce, {}, sealed).has_value());
  EXPECT_FALSE(aes_gcm_open(Bytes(16, 9), nonce, aad, sealed).has_value());
  EXPECT_TRUE(aes_gcm_open(key, nonce, aad, sealed).has_value());
  EXPECT_TRUE(aes_gcm_open(key, nonce, aad, aes_gcm_seal(key, nonce, aad, {})).has_value());
}

}  // namespace
}  // namespace candour::crypto
