// Goal: one value has one encoding, and a reader never goes past its input. Method: the length
// prefixes of RFC 9420 section 2.1.2 at each border, non-minimal forms, truncation at every byte,
// and random bytes.
#include "base/codec.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace candour {
namespace {

TEST(Codec, IntegersAreBigEndianAndComeBack) {
  Writer out;
  out.u8(0x01);
  out.u16(0x0203);
  out.u32(0x04050607);
  out.u64(0x08090a0b0c0d0e0f);
  EXPECT_EQ(hex_encode(out.view()), "0102030405060708090a0b0c0d0e0f");
  Reader in(out.view());
  EXPECT_EQ(in.u8(), 0x01);
  EXPECT_EQ(in.u16(), 0x0203);
  EXPECT_EQ(in.u32(), 0x04050607u);
  EXPECT_EQ(in.u64(), 0x08090a0b0c0d0e0full);
  EXPECT_TRUE(in.finish());
}

TEST(Codec, LengthsTakeTheShortestForm) {
  const std::pair<std::size_t, std::string> cases[] = {
      {0, "00"},       {63, "3f"},          {64, "4040"},
      {16383, "7fff"}, {16384, "80004000"}, {(1u << 30) - 1, "bfffffff"},
  };
  for (const auto& [length, encoded] : cases) {
    Writer out;
    out.length(length);
    EXPECT_EQ(hex_encode(out.view()), encoded);
    if (length > 20000) continue;
    Bytes with_body = out.take();
    with_body.resize(with_body.size() + length);
    Reader in(with_body);
    EXPECT_EQ(in.length(), length);
    EXPECT_TRUE(in.ok());
  }
}

TEST(Codec, I12LengthsInALongerFormOrBeyondTheInputAreRefused) {
  for (const char* bad : {"4000", "403f", "80000000", "80003fff", "c0", "ff", "01", "4040", "40",
                          "80", "8000", "800040", "bfffffff", ""}) {
    const Bytes bytes = hex_decode(bad).value();
    Reader in(bytes);
    EXPECT_EQ(in.length(), 0u) << bad;
    EXPECT_FALSE(in.ok()) << bad;
    Reader vector(bytes);
    EXPECT_TRUE(vector.vec().empty()) << bad;
    EXPECT_FALSE(vector.ok()) << bad;
  }
}

TEST(Codec, I12EveryTruncationFailsAndStaysFailed) {
  Writer out;
  out.u16(7);
  out.vec(Bytes(100, 1));
  out.id(GroupId());
  out.u64(9);
  const ByteView whole = out.view();
  for (std::size_t n = 0; n <= whole.size(); ++n) {
    Reader in(whole.first(n));
    in.u16();
    in.vec();
    in.id<GroupId>();
    const std::uint64_t last = in.u64();
    EXPECT_EQ(in.finish(), n == whole.size()) << n;
    if (n == whole.size()) continue;
    EXPECT_EQ(last, 0u);
    EXPECT_EQ(in.u8(), 0u);
    EXPECT_FALSE(in.ok());
  }
}

TEST(Codec, FinishRefusesTrailingBytesAndVectorsKeepTheirLimit) {
  const Bytes bytes = {2, 5, 6, 7};
  Reader in(bytes);
  EXPECT_EQ(to_bytes(in.vec()), (Bytes{5, 6}));
  EXPECT_TRUE(in.ok());
  EXPECT_FALSE(in.finish());
  EXPECT_EQ(in.left(), 1u);
  Reader limited(bytes);
  EXPECT_TRUE(limited.vec(1).empty());
  EXPECT_FALSE(limited.ok());
}

TEST(Codec, WhatRandomBytesDecodeToEncodesToTheSameBytes) {
  for (int round = 0; round < 20000; ++round) {
    Bytes bytes(8);
    system_random().fill(bytes);
    Reader in(bytes);
    const ByteView body = in.vec();
    if (!in.ok()) continue;
    Writer out;
    out.vec(body);
    out.raw(in.rest());
    EXPECT_EQ(out.view().size(), bytes.size());
    EXPECT_TRUE(same(out.view(), bytes)) << hex_encode(bytes);
  }
}

}  // namespace
}  // namespace candour
