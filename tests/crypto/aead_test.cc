// Goal: boxes for state at rest open only under their key and in their context. Method: swap,
// change and cut.
#include "crypto/aead.h"

#include <gtest/gtest.h>

namespace candour::crypto {
namespace {

TEST(Box, OpensOnlyUnderItsKeyAndContext) {
  const AeadKey key = system_random().secret<32>();
  const AeadKey other = system_random().secret<32>();
  const Bytes plaintext = to_bytes("state at rest");
  const Bytes box = box_seal(key, as_bytes("row 1"), plaintext, system_random());
  const auto opened = box_open(key, as_bytes("row 1"), box);
  ASSERT_TRUE(opened.has_value());
  EXPECT_TRUE(same(opened.value().view(), plaintext));
  EXPECT_FALSE(box_open(key, as_bytes("row 2"), box).has_value());
  EXPECT_FALSE(box_open(other, as_bytes("row 1"), box).has_value());
  for (std::size_t i = 0; i < box.size(); ++i) {
    Bytes bad = box;
    bad[i] ^= 1;
    EXPECT_FALSE(box_open(key, as_bytes("row 1"), bad).has_value()) << i;
    const auto cut = box_open(key, as_bytes("row 1"), ByteView(box).first(i));
    ASSERT_FALSE(cut.has_value()) << i;
    EXPECT_EQ(cut.error().code, ErrorCode::decryption_failed);
  }
  EXPECT_FALSE(same(box, box_seal(key, as_bytes("row 1"), plaintext, system_random())));
}

}  // namespace
}  // namespace candour::crypto
