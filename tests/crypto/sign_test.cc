// Goal: signatures are RFC 8032's, and one made under one label is worthless under another. Method:
// a known answer, and every swap of label and message that keeps their joined bytes alike.
#include "crypto/sign.h"

#include <gtest/gtest.h>

#include "base/encoding.h"

namespace candour::crypto {
namespace {

SigningKey key_of(std::string_view seed) {
  const Bytes bytes = hex_decode(seed).value();
  return SigningKey::from_seed(SigningSeed::copy_of(ByteView(bytes).first<32>()));
}

TEST(Sign, KnownAnswerOfTheRfc) {  // RFC 8032 section 7.1, test 1
  const char* const seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
  const SigningKey key = key_of(seed);
  EXPECT_EQ(key.public_key().hex(),
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
  EXPECT_EQ(key.sign({}).hex(),
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39"
            "701cf9b46bd25bf5f0595bbe24655141438e7a100b");
  EXPECT_EQ(hex_encode(key.seed().view()), seed);
  EXPECT_EQ(key.clone().public_key(), key.public_key());
}

TEST(Sign, LabelsKeepUsesApart) {
  const SigningKey key = SigningKey::generate(system_random());
  const Bytes message = to_bytes("message");
  const Signature signature = key.sign_labelled("label one", message);
  EXPECT_TRUE(verify_labelled(key.public_key(), "label one", message, signature));
  EXPECT_FALSE(verify_labelled(key.public_key(), "label two", message, signature));
  EXPECT_FALSE(verify_labelled(key.public_key(), "label on", to_bytes("emessage"), signature));
  EXPECT_FALSE(verify(key.public_key(), message, signature));
  EXPECT_FALSE(verify_labelled(key.public_key(), "label one", message, key.sign(message)));
  const SigningKey other = SigningKey::generate(system_random());
  EXPECT_FALSE(verify_labelled(other.public_key(), "label one", message, signature));
}

}  // namespace
}  // namespace candour::crypto
