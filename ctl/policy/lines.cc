#include "ctl/policy/lines.h"

#include <boost/json.hpp>
#include <cstddef>
#include <istream>
#include <string_view>
#include <utility>

#include "base/assert.h"

namespace candour::ctl {
namespace {

namespace json = boost::json;

// Everything a parser holds of the text passes through here and is wiped on its way out.
class WipingResource final : public json::memory_resource {
 private:
  void* do_allocate(std::size_t bytes, std::size_t alignment) override {
    CANDOUR_ASSERT(alignment <= alignof(std::max_align_t));
    return ::operator new(bytes);
  }
  void do_deallocate(void* p, std::size_t bytes, std::size_t) override {
    wipe(p, bytes);
    ::operator delete(p);
  }
  bool do_is_equal(const json::memory_resource& other) const noexcept override {
    return this == &other;
  }
};

int hex_value(std::uint8_t c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The code unit of the escape \uXXXX at `i`, or -1.
int escaped_unit(const SecretBytes::Buffer& bytes, std::size_t i) {
  if (i + 6 > bytes.size() || bytes[i] != '\\' || bytes[i + 1] != 'u') return -1;
  int unit = 0;
  for (std::size_t k = i + 2; k < i + 6; ++k) {
    const int value = hex_value(bytes[k]);
    if (value < 0) return -1;
    unit = unit * 16 + value;
  }
  return unit;
}

// Replaces escapes of surrogates that have no partner by \ufffd, in place.
void mend_surrogates(SecretBytes::Buffer& bytes) {
  constexpr std::string_view kReplacement = "\\ufffd";
  for (std::size_t i = 0; i < bytes.size();) {
    if (bytes[i] != '\\') {
      ++i;
      continue;
    }
    const int unit = escaped_unit(bytes, i);
    if (unit < 0) {
      i += 2;
      continue;
    }
    const bool high = unit >= 0xD800 && unit <= 0xDBFF;
    const bool low = unit >= 0xDC00 && unit <= 0xDFFF;
    if (high) {
      const int next = escaped_unit(bytes, i + 6);
      if (next >= 0xDC00 && next <= 0xDFFF) {
        i += 12;
        continue;
      }
    }
    if (high || low) std::copy(kReplacement.begin(), kReplacement.end(), &bytes[i]);
    i += 6;
  }
}

std::string_view view(const json::string& s) { return {s.data(), s.size()}; }

std::string plain(const json::value& value) {
  return value.is_string() ? std::string(view(value.get_string())) : json::serialize(value);
}

void read_id(const json::object& object, bool needed, MessageLine& out) {
  const json::value* id = object.if_contains("id");
  if (id == nullptr && !needed) return;
  if (id == nullptr || !(id->is_string() || id->is_number())) {
    out.error = "\"id\" must be a string or a number";
    return;
  }
  out.id_json = json::serialize(*id);
  out.id = plain(*id);
}

void read_object(const json::object& object, std::string_view label, MessageLine& out) {
  const json::value* text = object.if_contains("text");
  if (text == nullptr || !text->is_string()) {
    out.error = "\"text\" must be a string";
    return;
  }
  const json::value* group_class = object.if_contains("group_class");
  if (group_class != nullptr && !group_class->is_string()) {
    out.error = "\"group_class\" must be a string";
    return;
  }
  out.text = SecretText::copy_of(view(text->get_string()));
  if (group_class != nullptr) out.group_class = std::string(view(group_class->get_string()));
  if (label.empty()) return;
  const json::value* said = object.if_contains(json::string_view(label.data(), label.size()));
  if (said != nullptr && (said->is_string() || said->is_number())) out.label = plain(*said);
}

}  // namespace

std::optional<Line> LineReader::next() {
  SecretBytes::Buffer bytes;
  Line line;
  std::streambuf* source = in_.rdbuf();
  using Traits = std::istream::traits_type;
  Traits::int_type c = source->sbumpc();
  if (Traits::eq_int_type(c, Traits::eof())) return std::nullopt;
  for (; !Traits::eq_int_type(c, Traits::eof()); c = source->sbumpc()) {
    const char byte = Traits::to_char_type(c);
    if (byte == '\n') break;
    if (bytes.size() == size_max_) {
      line.too_long = true;
      continue;
    }
    bytes.push_back(static_cast<std::uint8_t>(byte));
  }
  if (line.too_long) bytes.clear();
  line.text = SecretText(SecretBytes(std::move(bytes)));
  return line;
}

std::optional<SecretText> read_text(std::istream& in, std::size_t size_max) {
  SecretBytes::Buffer bytes;
  std::streambuf* source = in.rdbuf();
  using Traits = std::istream::traits_type;
  for (Traits::int_type c = source->sbumpc(); !Traits::eq_int_type(c, Traits::eof());
       c = source->sbumpc()) {
    if (bytes.size() > size_max) return std::nullopt;
    bytes.push_back(static_cast<std::uint8_t>(Traits::to_char_type(c)));
  }
  if (!bytes.empty() && bytes.back() == '\n') bytes.pop_back();
  if (bytes.size() > size_max) return std::nullopt;
  return SecretText(SecretBytes(std::move(bytes)));
}

MessageLine parse_message_line(const Line& line, bool id_needed, std::string_view label) {
  MessageLine out;
  if (line.too_long) {
    out.error = "the line is too long";
    return out;
  }
  const ByteView raw = line.text.view();
  SecretBytes::Buffer bytes(raw.begin(), raw.end());
  mend_surrogates(bytes);
  WipingResource memory;
  json::error_code code;
  const std::string_view source(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const json::value value = json::parse(json::string_view(source.data(), source.size()), code,
                                        json::storage_ptr(&memory));
  if (code) {
    out.error = "not a JSON object: " + code.message();
  } else if (!value.is_object()) {
    out.error = "not a JSON object";
  } else {
    read_id(value.get_object(), id_needed, out);
    if (!out.error) read_object(value.get_object(), label, out);
  }
  return out;
}

}  // namespace candour::ctl
