// Checks on identifiers that a pattern alone cannot make: check digits, ranges, letter positions.
// Each takes the matched characters, in either case, with or without separators.
#pragma once

#include <string_view>

namespace candour::policy {

/// False for a name that validate() does not know.
bool is_validator(std::string_view name);

/// Whether `text` passes the named check:
///   nhs_number        ten digits, modulus 11
///   card_number       13 to 19 digits, Luhn
///   national_insurance  prefix letters as allocated (HMRC NIM39110)
///   pnc_id            YY/serial or YYYY/serial and letter, modulus 23
///   cro_number        serial/YY and letter, modulus 23
///   driving_licence   month, day and form of a DVLA driver number
///   vehicle_mark      age identifier and letters of a registration mark
///   uk_phone          number of digits and range for the area
///   date              a day that exists, 1900 to 2099
/// `name` must be known (asserted).
bool validate(std::string_view name, std::string_view text);

}  // namespace candour::policy
