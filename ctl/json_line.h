// One JSON object on one line, fields in the order they were added. Public values only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace candour::ctl {

class JsonLine {
 public:
  JsonLine& text(std::string_view name, std::string_view value);
  JsonLine& number(std::string_view name, std::uint64_t value);
  /// With at most six significant digits.
  JsonLine& decimal(std::string_view name, double value);
  JsonLine& boolean(std::string_view name, bool value);
  /// `json` is already encoded.
  JsonLine& raw(std::string_view name, std::string_view json);
  std::string str() const { return "{" + fields_ + "}"; }

 private:
  std::string fields_;
};

/// A JSON array, element by element.
class JsonArray {
 public:
  JsonArray& add(const JsonLine& element) { return raw(element.str()); }
  JsonArray& add(std::string_view text);
  std::string str() const { return "[" + elements_ + "]"; }

 private:
  JsonArray& raw(std::string_view json);
  std::string elements_;
};

}  // namespace candour::ctl
