// Reads the notes of this folder line by line. Their fields stand in one fixed order and every
// value has one spelling, so that a text which was read prints the same again and its digest means
// one thing only. For this folder's own files.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/result.h"

namespace candour::warrant {

/// Takes fields off the front of a text that outlives it. Every error names the line. Not
/// thread-safe.
class NoteLines {
 public:
  /// Checks the first line. `code` is what every error carries, `what` names the note in it.
  static Result<NoteLines> open(std::string_view text, std::string_view format,
                                std::string_view what, ErrorCode code);

  /// The value of the next line, which must be of field `key`.
  Result<std::string> one(std::string_view key);
  /// The same, or nothing when the next line is of another field.
  std::optional<std::string> maybe(std::string_view key);
  /// All lines of field `key` that come next, from `min` to `max` of them.
  Result<std::vector<std::string>> all(std::string_view key, std::size_t min, std::size_t max);

  /// Whether the next line is of this field.
  bool next_is(std::string_view key) const { return peek(key).has_value(); }

  /// As `one`, of this form: identity::valid_identifier, valid_line, valid_key_name, a time as
  /// time_encode prints it, 64 lower-case hex digits, a decimal number.
  Result<std::string> identifier(std::string_view key);
  Result<std::string> line(std::string_view key, std::size_t size_max);
  Result<std::string> key_name(std::string_view key);
  Result<TimeMs> time(std::string_view key);
  Result<Digest> digest(std::string_view key);
  Result<std::uint64_t> number(std::string_view key);

  /// Nothing may be left.
  Status end();
  /// What is wrong with the line taken last.
  Error wrong(const std::string& why) const;

 private:
  NoteLines(std::string_view rest, std::string_view what, ErrorCode code)
      : rest_(rest), what_(what), code_(code) {}
  std::optional<std::string_view> peek(std::string_view key) const;
  void advance();

  std::string_view rest_;
  std::string what_;
  ErrorCode code_;
  std::size_t number_ = 1;  // of the line taken last
};

/// The words of a value, separated by single spaces; the last of `count` takes the rest.
std::vector<std::string> split_words(const std::string& value, std::size_t count);
/// Lower-case hex only.
std::optional<Bytes> lower_hex(std::string_view text);

}  // namespace candour::warrant
