// JSON in the one form of RFC 8785 (JSON Canonicalization Scheme), for evidence whose bytes are
// hashed: no white space, members in ascending order of their names, one escape for each character
// that needs one, integers only. The texts of people go through a wiping buffer.
//
//   CanonicalJson json;
//   json.object([&] { json.key("kind").text("message").key("seq").number(7); });
//
// Members must be written in ascending order; a member out of order is a bug and asserted.
// Not thread-safe; one owner.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/secret.h"

namespace candour::ctl {

class CanonicalJson {
 public:
  /// How strings are escaped: as RFC 8785 says, or also `<`, `>` and `&` as \u00xx, so that the
  /// JSON can stand inside an HTML page. Both read back as the same value.
  enum class Escape { canonical, inside_html };
  explicit CanonicalJson(Escape escape = Escape::canonical) : escape_(escape) {}

  /// A member's name; its value follows.
  CanonicalJson& key(std::string_view name);

  /// A string; what is not UTF-8 reads as U+FFFD.
  CanonicalJson& text(std::string_view utf8);
  /// Beyond 2^53 - 1, where JSON numbers lose digits, a string of decimal digits.
  CanonicalJson& number(std::uint64_t value);
  CanonicalJson& boolean(bool value);
  CanonicalJson& null();
  /// RFC 3339 with milliseconds.
  CanonicalJson& time(TimeMs time) { return text(time_encode(time.value)); }
  template <class Tag, std::size_t N>
  CanonicalJson& hex(const Id<Tag, N>& id) {
    return text(id.hex());
  }
  /// The id, or null when it is all zeros and so says nothing.
  template <class Tag, std::size_t N>
  CanonicalJson& hex_or_null(const Id<Tag, N>& id) {
    return id.is_zero() ? null() : hex(id);
  }

  template <class Members>
  CanonicalJson& object(Members&& members) {
    open('{', true);
    members();
    return close('}');
  }
  template <class Elements>
  CanonicalJson& array(Elements&& elements) {
    open('[', false);
    elements();
    return close(']');
  }

  /// Ends a line of JSON Lines. Nothing may be open (asserted).
  void end_line();

  SecretBytes take() { return SecretBytes(std::move(out_)); }
  ByteView view() const { return {out_.data(), out_.size()}; }

 private:
  struct Level {
    bool object = false;
    bool empty = true;
    std::string last_key;
  };

  void open(char bracket, bool object);
  CanonicalJson& close(char bracket);
  /// The comma before an element of an array.
  void begin_value();
  void raw(std::string_view ascii);
  void quoted(std::string_view utf8);
  void escaped(std::uint32_t code_point, std::string_view bytes);

  Escape escape_;
  SecretBytes::Buffer out_;
  std::vector<Level> levels_;
  bool after_key_ = false;
};

}  // namespace candour::ctl
