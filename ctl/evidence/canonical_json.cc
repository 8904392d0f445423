#include "ctl/evidence/canonical_json.h"

#include "base/assert.h"
#include "client/messages/utf8.h"

namespace candour::ctl {
namespace {

constexpr std::uint64_t kExactIntegerMax = (std::uint64_t{1} << 53) - 1;
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr char kHex[] = "0123456789abcdef";

}  // namespace

void CanonicalJson::raw(std::string_view ascii) {
  out_.insert(out_.end(), ascii.begin(), ascii.end());
}

void CanonicalJson::begin_value() {
  if (after_key_) {
    after_key_ = false;
    return;
  }
  if (levels_.empty()) return;
  CANDOUR_ASSERT(!levels_.back().object);  // a member needs its name first
  if (!levels_.back().empty) raw(",");
  levels_.back().empty = false;
}

void CanonicalJson::open(char bracket, bool object) {
  begin_value();
  raw({&bracket, 1});
  levels_.push_back({object, true, {}});
}

CanonicalJson& CanonicalJson::close(char bracket) {
  CANDOUR_ASSERT(!after_key_);
  raw({&bracket, 1});
  levels_.pop_back();
  return *this;
}

CanonicalJson& CanonicalJson::key(std::string_view name) {
  CANDOUR_ASSERT(!levels_.empty() && levels_.back().object && !after_key_);
  Level& level = levels_.back();
  CANDOUR_ASSERT(level.empty || level.last_key < name);
  if (!level.empty) raw(",");
  level.empty = false;
  level.last_key = name;
  quoted(name);
  raw(":");
  after_key_ = true;
  return *this;
}

void CanonicalJson::escaped(std::uint32_t code_point, std::string_view bytes) {
  switch (code_point) {
    case '"':
      return raw("\\\"");
    case '\\':
      return raw("\\\\");
    case '\b':
      return raw("\\b");
    case '\t':
      return raw("\\t");
    case '\n':
      return raw("\\n");
    case '\f':
      return raw("\\f");
    case '\r':
      return raw("\\r");
    default:
      break;
  }
  const bool html = escape_ == Escape::inside_html &&
                    (code_point == '<' || code_point == '>' || code_point == '&');
  if (code_point >= 0x20 && !html) return raw(bytes);
  raw("\\u00");
  const char digits[] = {kHex[code_point >> 4], kHex[code_point & 15]};
  raw({digits, sizeof digits});
}

void CanonicalJson::quoted(std::string_view utf8) {
  raw("\"");
  while (!utf8.empty()) {
    std::string_view rest = utf8;
    const auto code_point = messages::take_code_point(rest);
    if (code_point) {
      escaped(*code_point, utf8.substr(0, utf8.size() - rest.size()));
      utf8 = rest;
    } else {
      raw(kReplacement);
      utf8.remove_prefix(1);
    }
  }
  raw("\"");
}

CanonicalJson& CanonicalJson::text(std::string_view utf8) {
  begin_value();
  quoted(utf8);
  return *this;
}

CanonicalJson& CanonicalJson::number(std::uint64_t value) {
  const std::string digits = std::to_string(value);
  if (value > kExactIntegerMax) return text(digits);
  begin_value();
  raw(digits);
  return *this;
}

CanonicalJson& CanonicalJson::boolean(bool value) {
  begin_value();
  raw(value ? "true" : "false");
  return *this;
}

CanonicalJson& CanonicalJson::null() {
  begin_value();
  raw("null");
  return *this;
}

void CanonicalJson::end_line() {
  CANDOUR_ASSERT(levels_.empty() && !after_key_);
  raw("\n");
}

}  // namespace candour::ctl
