#include "ctl/json_line.h"

#include <array>
#include <cstdio>

#include "base/json_text.h"

namespace candour::ctl {

JsonLine& JsonLine::raw(std::string_view name, std::string_view json) {
  if (!fields_.empty()) fields_ += ",";
  fields_ += json_quote(name) + ":" + std::string(json);
  return *this;
}

JsonLine& JsonLine::text(std::string_view name, std::string_view value) {
  return raw(name, json_quote(value));
}

JsonLine& JsonLine::number(std::string_view name, std::uint64_t value) {
  return raw(name, std::to_string(value));
}

JsonLine& JsonLine::decimal(std::string_view name, double value) {
  std::array<char, 32> digits{};
  std::snprintf(digits.data(), digits.size(), "%.6g", value);
  return raw(name, digits.data());
}

JsonLine& JsonLine::boolean(std::string_view name, bool value) {
  return raw(name, value ? "true" : "false");
}

JsonArray& JsonArray::raw(std::string_view json) {
  if (!elements_.empty()) elements_ += ",";
  elements_ += json;
  return *this;
}

JsonArray& JsonArray::add(std::string_view text) { return raw(json_quote(text)); }

}  // namespace candour::ctl
