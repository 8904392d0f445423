// Check digits and ranges against examples worked out by hand or published as tests, and against
// the same numbers with one digit changed.
#include "policy/identifier.h"

#include <gtest/gtest.h>

#include <string>

namespace candour::policy {
namespace {

TEST(Identifier, KnowsItsNames) {
  EXPECT_TRUE(is_validator("nhs_number"));
  EXPECT_FALSE(is_validator("shoe_size"));
  EXPECT_FALSE(is_validator(""));
}

TEST(Identifier, NhsNumber) {
  EXPECT_TRUE(validate("nhs_number", "943 476 5919"));
  EXPECT_TRUE(validate("nhs_number", "943-476-5919"));
  EXPECT_FALSE(validate("nhs_number", "943 476 5918"));
  EXPECT_FALSE(validate("nhs_number", "943 476 591"));
}

TEST(Identifier, CardNumber) {
  EXPECT_TRUE(validate("card_number", "4111 1111 1111 1111"));
  EXPECT_TRUE(validate("card_number", "378282246310005"));
  EXPECT_FALSE(validate("card_number", "4111 1111 1111 1112"));
  EXPECT_FALSE(validate("card_number", "0000000000000000"));  // passes Luhn, is none
  EXPECT_FALSE(validate("card_number", "42"));
}

TEST(Identifier, EverySingleDigitErrorOfACardIsFound) {
  const std::string good = "5500005555555559";
  ASSERT_TRUE(validate("card_number", good));
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = bad[i] == '9' ? '0' : static_cast<char>(bad[i] + 1);
    EXPECT_FALSE(validate("card_number", bad)) << bad;
  }
}

TEST(Identifier, NationalInsurance) {
  EXPECT_TRUE(validate("national_insurance", "AB 12 34 56 C"));
  EXPECT_TRUE(validate("national_insurance", "jt640525c"));
  EXPECT_FALSE(validate("national_insurance", "QQ 12 34 56 C"));  // the form's own specimen
  EXPECT_FALSE(validate("national_insurance", "AO123456C"));
  EXPECT_FALSE(validate("national_insurance", "GB123456A"));
  EXPECT_FALSE(validate("national_insurance", "AB123456E"));
}

TEST(Identifier, PncAndCroLetters) {
  // 98 * 10^7 + 3909333 = 983909333; modulus 23 is 16: Q (counting Z as 0).
  EXPECT_TRUE(validate("pnc_id", "98/3909333Q"));
  EXPECT_TRUE(validate("pnc_id", "1998/3909333q"));
  EXPECT_FALSE(validate("pnc_id", "98/3909334Q"));
  EXPECT_FALSE(validate("pnc_id", "98-3909333Q"));
  // 91 * 10^6 + 455458 = 91455458; modulus 23 is 6: F.
  EXPECT_TRUE(validate("cro_number", "455458/91F"));
  EXPECT_FALSE(validate("cro_number", "455459/91F"));
  EXPECT_FALSE(validate("cro_number", "/91F"));
}

TEST(Identifier, DrivingLicence) {
  EXPECT_TRUE(validate("driving_licence", "MORGA657054SM9IJ"));
  EXPECT_TRUE(validate("driving_licence", "FOX99 651019 A99AB"));
  EXPECT_FALSE(validate("driving_licence", "MORGA633054SM9IJ"));  // month 33
  EXPECT_FALSE(validate("driving_licence", "MORGA657404SM9IJ"));  // day 40
  EXPECT_FALSE(validate("driving_licence", "F9X99651019A99AB"));
}

TEST(Identifier, VehicleMark) {
  EXPECT_TRUE(validate("vehicle_mark", "LK19 XTP"));
  EXPECT_TRUE(validate("vehicle_mark", "ab51dvl"));
  EXPECT_TRUE(validate("vehicle_mark", "W414 RTB"));
  EXPECT_FALSE(validate("vehicle_mark", "AB50 XYZ"));  // no half-year has this number
  EXPECT_FALSE(validate("vehicle_mark", "AB01 XYZ"));
}

TEST(Identifier, Phone) {
  EXPECT_TRUE(validate("uk_phone", "07700 900123"));
  EXPECT_TRUE(validate("uk_phone", "+44 (0)7700 900 123"));
  EXPECT_TRUE(validate("uk_phone", "020 7946 0123"));
  EXPECT_FALSE(validate("uk_phone", "07700 90012"));
  EXPECT_FALSE(validate("uk_phone", "09 123"));
}

TEST(Identifier, Date) {
  EXPECT_TRUE(validate("date", "29/02/1996"));
  EXPECT_TRUE(validate("date", "1979-08-23"));
  EXPECT_TRUE(validate("date", "7 June 2002"));
  EXPECT_TRUE(validate("date", "3rd March 1952"));
  EXPECT_FALSE(validate("date", "31/04/1991"));
  EXPECT_FALSE(validate("date", "12/13/1991"));
  EXPECT_FALSE(validate("date", "12/1991"));
  EXPECT_FALSE(validate("date", "1/1/1799"));
}

}  // namespace
}  // namespace candour::policy
