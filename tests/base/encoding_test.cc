// Goal: text forms are strict: a decoder takes only what its encoder makes. Method: round trips of
// every length, and forms that differ in one respect.
#include "base/encoding.h"

#include <gtest/gtest.h>

#include "base/json_text.h"
#include "base/random.h"

namespace candour {
namespace {

TEST(Encoding, HexComesBack) {
  for (std::size_t n = 0; n < 100; ++n) {
    Bytes bytes(n);
    system_random().fill(bytes);
    EXPECT_EQ(hex_decode(hex_encode(bytes)), bytes);
  }
  EXPECT_EQ(hex_encode(Bytes{0x00, 0x0f, 0xa5, 0xff}), "000fa5ff");
  EXPECT_EQ(hex_decode("A5fF"), (Bytes{0xa5, 0xff}));
}

TEST(Encoding, I12HexIsStrict) {
  for (int byte = 0x80; byte <= 0xff; ++byte) {
    EXPECT_FALSE(hex_decode("a" + std::string(1, static_cast<char>(byte)))) << byte;
  }
  for (const char* bad : {"0", "0g", "0x00", " 00", "00 ", "00:11", "0\n"}) {
    EXPECT_FALSE(hex_decode(bad)) << bad;
  }
}

TEST(Encoding, Base64ComesBack) {
  for (std::size_t n = 0; n < 100; ++n) {
    Bytes bytes(n);
    system_random().fill(bytes);
    EXPECT_EQ(base64_decode(base64_encode(bytes)), bytes) << n;
  }
  EXPECT_EQ(base64_encode(as_bytes("foobar")), "Zm9vYmFy");
  EXPECT_EQ(base64_encode(as_bytes("foob")), "Zm9vYg==");
}

TEST(Encoding, I12Base64IsStrict) {
  // No padding, too much of it, trailing bits that are not zero, other alphabets, white space.
  for (const char* bad : {"Zm9vYg", "Zm9vYg=", "Zm9vYh==", "Zm9vYmE====", "Zm9-YmFy", "Zm9_YmFy",
                          "Zm9v YmFy", "Zm9vYmFy\n", "=", "===="}) {
    EXPECT_FALSE(base64_decode(bad)) << bad;
  }
  for (int byte = 0x80; byte <= 0xff; ++byte) {
    EXPECT_FALSE(base64_decode("Zm9vYm" + std::string(1, static_cast<char>(byte)) + "y")) << byte;
  }
}

TEST(Encoding, TimesComeBack) {
  for (const std::uint64_t time :
       {0ull, 1ull, 951782400000ull, 1772000000123ull, 4102444799999ull}) {
    EXPECT_EQ(time_decode(time_encode(time)), time);
  }
  EXPECT_EQ(time_encode(1769847330250), "2026-01-31T08:15:30.250Z");
  EXPECT_EQ(time_decode("2026-01-31T08:15:30Z"), 1769847330000ull);
  EXPECT_EQ(time_decode("2026-01-31T08:15:30.2Z"), 1769847330200ull);
  EXPECT_EQ(time_decode("2024-02-29T00:00:00Z"), 1709164800000ull);
}

TEST(Encoding, I12TimesAreStrict) {
  for (const char* bad :
       {"", "2026-01-31", "2026-01-31T08:15:30", "2026-01-31 08:15:30Z", "2026-1-31T08:15:30Z",
        "2026-02-29T08:15:30Z", "2026-13-01T08:15:30Z", "2026-01-31T24:00:00Z",
        "2026-01-31T08:60:00Z", "2026-01-31T08:15:60Z", "2026-01-31T08:15:30.Z",
        "2026-01-31T08:15:30.1234Z", "2026-01-31T08:15:30+00:00", "1969-12-31T23:59:59Z",
        "2026-01-31T08:15:30ZZ", "2026-01-31T08:15:-1Z"}) {
    EXPECT_FALSE(time_decode(bad)) << bad;
  }
}

TEST(JsonText, EscapesWhatEndsAStringOrALine) {
  EXPECT_EQ(json_quote("plain"), "\"plain\"");
  EXPECT_EQ(json_quote("a\"b\\c\nd\x01"), "\"a\\\"b\\\\c\\u000ad\\u0001\"");
}

}  // namespace
}  // namespace candour
