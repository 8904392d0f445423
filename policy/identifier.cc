#include "policy/identifier.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/assert.h"

namespace candour::policy {
namespace {

constexpr std::size_t kCharactersMax = 32;

// The letters and digits of an identifier, in capitals, without separators. Wiped by its owner's
// end of life: it holds text of people.
class Characters {
 public:
  explicit Characters(std::string_view text) {
    for (const char c : text) {
      const bool digit = c >= '0' && c <= '9';
      const bool lower = c >= 'a' && c <= 'z';
      const bool upper = c >= 'A' && c <= 'Z';
      if (!digit && !lower && !upper) continue;
      if (size_ == kCharactersMax) {
        overflow_ = true;
        return;
      }
      data_[size_++] = lower ? static_cast<char>(c - 'a' + 'A') : c;
    }
  }
  ~Characters() {
    volatile char* p = data_.data();
    for (std::size_t i = 0; i < kCharactersMax; ++i) p[i] = 0;
  }
  Characters(const Characters&) = delete;
  Characters& operator=(const Characters&) = delete;

  std::string_view view() const { return {data_.data(), overflow_ ? 0 : size_}; }

 private:
  std::array<char, kCharactersMax> data_{};
  std::size_t size_ = 0;
  bool overflow_ = false;
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool all_digits(std::string_view s) {
  return !s.empty() && std::all_of(s.begin(), s.end(), is_digit);
}
std::uint64_t number(std::string_view digits) {
  std::uint64_t value = 0;
  for (const char c : digits) value = value * 10 + static_cast<std::uint64_t>(c - '0');
  return value;
}
bool contains(std::string_view set, char c) { return set.find(c) != std::string_view::npos; }

bool nhs_number(std::string_view text) {
  const Characters characters(text);
  const std::string_view s = characters.view();
  if (s.size() != 10 || !all_digits(s)) return false;
  int sum = 0;
  for (int i = 0; i < 9; ++i) sum += (s[static_cast<std::size_t>(i)] - '0') * (10 - i);
  const int check = (11 - sum % 11) % 11;  // 10 is never issued
  return check != 10 && check == s[9] - '0';
}

bool card_number(std::string_view text) {
  const Characters characters(text);
  const std::string_view s = characters.view();
  if (s.size() < 13 || s.size() > 19 || !all_digits(s)) return false;
  if (std::all_of(s.begin(), s.end(), [&](char c) { return c == s[0]; })) return false;
  int sum = 0;
  bool twice = false;
  for (std::size_t i = s.size(); i-- > 0;) {
    int digit = s[i] - '0';
    if (twice) digit = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
    sum += digit;
    twice = !twice;
  }
  return sum % 10 == 0;
}

bool national_insurance(std::string_view text) {
  const Characters characters(text);
  const std::string_view s = characters.view();
  if (s.size() != 9 || !all_digits(s.substr(2, 6)) || !contains("ABCD", s[8])) return false;
  if (is_digit(s[0]) || is_digit(s[1])) return false;
  if (contains("DFIQUV", s[0]) || contains("DFIQUVO", s[1])) return false;
  constexpr std::array<std::string_view, 7> kNeverIssued = {"BG", "GB", "KN", "NK",
                                                            "NT", "TN", "ZZ"};
  return std::find(kNeverIssued.begin(), kNeverIssued.end(), s.substr(0, 2)) == kNeverIssued.end();
}

// The letter that ends PNC and CRO numbers: year and serial, read as one number with the serial in
// a fixed number of digits, modulus 23. Not confirmed against a published standard.
bool criminal_record_letter(std::uint64_t value, char letter) {
  constexpr std::string_view kLetters = "ZABCDEFGHJKLMNPQRTUVWXY";
  return kLetters[value % 23] == letter;
}
constexpr std::uint64_t kPncSerials = 10'000'000;  // seven digits
constexpr std::uint64_t kCroSerials = 1'000'000;   // six digits

// Splits "A/B" so that both halves keep only letters and digits.
bool halves(std::string_view text, std::string_view& left, std::string_view& right) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return false;
  left = text.substr(0, slash);
  right = text.substr(slash + 1);
  return true;
}

bool pnc_id(std::string_view text) {
  std::string_view left;
  std::string_view right;
  if (!halves(text, left, right)) return false;
  const Characters year_characters(left);
  const Characters serial_characters(right);
  const std::string_view year = year_characters.view();
  const std::string_view serial = serial_characters.view();
  if ((year.size() != 2 && year.size() != 4) || !all_digits(year)) return false;
  if (serial.size() < 2 || serial.size() > 8) return false;
  const std::string_view digits = serial.substr(0, serial.size() - 1);
  if (!all_digits(digits)) return false;
  return criminal_record_letter((number(year) % 100) * kPncSerials + number(digits), serial.back());
}

bool cro_number(std::string_view text) {
  std::string_view left;
  std::string_view right;
  if (!halves(text, left, right)) return false;
  const Characters serial_characters(left);
  const Characters year_characters(right);
  const std::string_view serial = serial_characters.view();
  const std::string_view year = year_characters.view();
  if (serial.empty() || serial.size() > 6 || !all_digits(serial)) return false;
  if (year.size() != 3 || !all_digits(year.substr(0, 2))) return false;
  return criminal_record_letter(number(year.substr(0, 2)) * kCroSerials + number(serial),
                                year.back());
}

bool driving_licence(std::string_view text) {
  const Characters characters(text);
  const std::string_view s = characters.view();
  if (s.size() != 16 || !all_digits(s.substr(5, 6))) return false;
  std::size_t letters = 0;  // the surname, padded with 9 at its end
  while (letters < 5 && !is_digit(s[letters])) ++letters;
  if (letters == 0) return false;
  for (std::size_t i = letters; i < 5; ++i) {
    if (s[i] != '9') return false;
  }
  std::uint64_t month = number(s.substr(6, 2));
  if (month > 50) month -= 50;
  const std::uint64_t day = number(s.substr(8, 2));
  if (month < 1 || month > 12 || day < 1 || day > 31) return false;
  if (is_digit(s[11]) || (is_digit(s[12]) && s[12] != '9')) return false;
  return !is_digit(s[14]) && !is_digit(s[15]);
}

bool vehicle_mark(std::string_view text) {
  const Characters characters(text);
  const std::string_view s = characters.view();
  if (s.size() < 2 || s.size() > 7) return false;
  if (contains(s, 'I') && !(s.size() >= 4 && is_digit(s.back()))) return false;  // I: only in NI
  if (contains(s, 'Q') && s[0] != 'Q') return false;
  if (s.size() != 7 || is_digit(s[1])) return true;
  if (is_digit(s[0]) || !is_digit(s[2]) || !is_digit(s[3])) return true;
  // AAdd AAA: two digits of the half-year of first registration.
  if (contains(s.substr(0, 2), 'Z')) return false;
  const std::uint64_t age = number(s.substr(2, 2));
  return (age >= 2 && age <= 49) || (age >= 51 && age <= 99);
}

bool uk_phone(std::string_view text) {
  const Characters characters(text);
  std::string_view s = characters.view();
  if (!all_digits(s)) return false;
  if (s.substr(0, 4) == "0044") {
    s.remove_prefix(4);
  } else if (s.substr(0, 2) == "44") {
    s.remove_prefix(2);
  }
  if (!s.empty() && s[0] == '0') s.remove_prefix(1);
  if (s.empty()) return false;
  if (s[0] == '7') return s.size() == 10;
  if (s[0] == '2' || s[0] == '3') return s.size() == 10;
  return s[0] == '1' && (s.size() == 10 || s.size() == 9);
}

// The number of the month that `name` begins with; the ending of an ordinal may stand before it.
std::uint64_t month_number(std::string_view name) {
  constexpr std::string_view kMonths = "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC";
  for (const std::string_view ending : {"ST", "ND", "RD", "TH"}) {
    if (name.starts_with(ending)) {
      name.remove_prefix(ending.size());
      break;
    }
  }
  if (name.size() < 3) return 0;
  for (std::size_t i = 0; i < 12; ++i) {
    if (kMonths.substr(i * 3, 3) == name.substr(0, 3)) return i + 1;
  }
  return 0;
}

bool date(std::string_view text) {
  // Three fields: day, month and year in either usual order, or day, name of month, year.
  std::array<std::uint64_t, 3> values{};
  std::array<std::size_t, 3> digits{};
  std::size_t fields = 0;
  for (std::size_t i = 0; i < text.size() && fields < 3;) {
    std::size_t end = i;
    if (is_digit(text[i])) {
      while (end < text.size() && is_digit(text[end])) ++end;
      if (end - i > 4) return false;
      values[fields] = number(text.substr(i, end - i));
      digits[fields++] = end - i;
    } else {
      while (end < text.size() && !is_digit(text[end])) ++end;
      const Characters letters(text.substr(i, end - i));
      const std::uint64_t month = month_number(letters.view());
      if (month != 0) {
        values[fields] = month;
        digits[fields++] = 2;
      }
    }
    i = end;
  }
  if (fields != 3) return false;
  const bool year_first = digits[0] == 4;
  const std::uint64_t day = year_first ? values[2] : values[0];
  const std::uint64_t year = year_first ? values[0] : values[2];
  const std::size_t year_digits = year_first ? digits[0] : digits[2];
  if (year_digits == 4 ? year < 1900 || year > 2099 : year_digits != 2) return false;
  constexpr std::array<std::uint64_t, 12> kDays = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return values[1] >= 1 && values[1] <= 12 && day >= 1 && day <= kDays[values[1] - 1];
}

struct Validator {
  std::string_view name;
  bool (*check)(std::string_view);
};

constexpr Validator kValidators[] = {
    {"nhs_number", nhs_number},
    {"card_number", card_number},
    {"national_insurance", national_insurance},
    {"pnc_id", pnc_id},
    {"cro_number", cro_number},
    {"driving_licence", driving_licence},
    {"vehicle_mark", vehicle_mark},
    {"uk_phone", uk_phone},
    {"date", date},
};

const Validator* find(std::string_view name) {
  for (const Validator& validator : kValidators) {
    if (validator.name == name) return &validator;
  }
  return nullptr;
}

}  // namespace

bool is_validator(std::string_view name) { return find(name) != nullptr; }

bool validate(std::string_view name, std::string_view text) {
  const Validator* validator = find(name);
  CANDOUR_ASSERT(validator != nullptr);
  return validator->check(text);
}

}  // namespace candour::policy
