#include "warrant/open/note_lines.h"

#include "base/encoding.h"
#include "identity/note_text.h"

namespace candour::warrant {

Result<NoteLines> NoteLines::open(std::string_view text, std::string_view format,
                                  std::string_view what, ErrorCode code) {
  NoteLines out(text, what, code);
  if (!identity::valid_note_text(text) || !text.ends_with('\n')) {
    return error(code, std::string(what) +
                           ": it is not lines of UTF-8 without control characters, each with a "
                           "newline at its end");
  }
  const std::string_view first = text.substr(0, text.find('\n'));
  if (first != format) {
    return out.wrong("expected '" + std::string(format) + "', found '" +
                     std::string(first.substr(0, 80)) + "'");
  }
  out.rest_.remove_prefix(first.size() + 1);
  return out;
}

std::optional<std::string_view> NoteLines::peek(std::string_view key) const {
  const std::string_view line = rest_.substr(0, rest_.find('\n'));
  if (!line.starts_with(key) || line.size() < key.size() + 2 || line[key.size()] != ' ') {
    return std::nullopt;
  }
  return line.substr(key.size() + 1);
}

void NoteLines::advance() {
  rest_.remove_prefix(rest_.find('\n') + 1);
  ++number_;
}

Result<std::string> NoteLines::one(std::string_view key) {
  const auto value = peek(key);
  if (!value) {
    const std::string found(rest_.substr(0, std::min<std::size_t>(rest_.find('\n'), 80)));
    ++number_;
    return wrong("expected '" + std::string(key) + " ...', found " +
                 (rest_.empty() ? "the end" : "'" + found + "'"));
  }
  std::string out(*value);
  advance();
  return out;
}

std::optional<std::string> NoteLines::maybe(std::string_view key) {
  const auto value = peek(key);
  if (!value) return std::nullopt;
  std::string out(*value);
  advance();
  return out;
}

Result<std::vector<std::string>> NoteLines::all(std::string_view key, std::size_t min,
                                                std::size_t max) {
  std::vector<std::string> out;
  while (auto value = maybe(key)) {
    if (out.size() == max) {
      return wrong("more than " + std::to_string(max) + " lines of '" + std::string(key) + "'");
    }
    out.push_back(std::move(*value));
  }
  if (out.size() < min) {
    CANDOUR_TRY(one(key));
  }
  return out;
}

Result<std::string> NoteLines::identifier(std::string_view key) {
  CANDOUR_TRY(auto value, one(key));
  if (!identity::valid_identifier(value)) {
    return wrong("'" + std::string(key) + "' is 1 to 128 characters of A-Z a-z 0-9 -_./@:");
  }
  return value;
}

Result<std::string> NoteLines::line(std::string_view key, std::size_t size_max) {
  CANDOUR_TRY(auto value, one(key));
  if (!identity::valid_line(value, size_max)) {
    return wrong("'" + std::string(key) + "' is longer than " + std::to_string(size_max) +
                 " bytes or holds characters that mislead readers");
  }
  return value;
}

Result<std::string> NoteLines::key_name(std::string_view key) {
  CANDOUR_TRY(auto value, one(key));
  if (!identity::valid_key_name(value)) return wrong("'" + std::string(key) + "' is no key name");
  return value;
}

Result<TimeMs> NoteLines::time(std::string_view key) {
  CANDOUR_TRY(auto value, one(key));
  const auto time_ms = time_decode(value);
  if (!time_ms || time_encode(*time_ms) != value) {
    return wrong("'" + std::string(key) + "' is not a time written as 2026-01-31T08:00:00.000Z");
  }
  return TimeMs(*time_ms);
}

Result<Digest> NoteLines::digest(std::string_view key) {
  CANDOUR_TRY(auto value, one(key));
  const auto bytes = lower_hex(value);
  const auto out = bytes ? Digest::from(*bytes) : std::nullopt;
  if (!out) return wrong("'" + std::string(key) + "' is not 64 lower-case hex digits");
  return *out;
}

Result<std::uint64_t> NoteLines::number(std::string_view key) {
  CANDOUR_TRY(auto value, one(key));
  const auto out = identity::parse_decimal(value);
  if (!out) return wrong("'" + std::string(key) + "' is not a number");
  return *out;
}

Status NoteLines::end() {
  if (rest_.empty()) return ok();
  ++number_;
  return wrong("unexpected field '" + std::string(rest_.substr(0, rest_.find_first_of(" \n"))) +
               "': unknown, repeated or out of order");
}

Error NoteLines::wrong(const std::string& why) const {
  return error(code_, what_ + ", line " + std::to_string(number_) + ": " + why);
}

std::vector<std::string> split_words(const std::string& value, std::size_t count) {
  std::vector<std::string> out;
  std::string_view rest = value;
  while (out.size() + 1 < count) {
    const auto space = rest.find(' ');
    out.emplace_back(rest.substr(0, space));
    if (space == rest.npos) return out;
    rest.remove_prefix(space + 1);
  }
  out.emplace_back(rest);
  return out;
}

std::optional<Bytes> lower_hex(std::string_view text) {
  auto bytes = hex_decode(text);
  if (!bytes || hex_encode(*bytes) != text) return std::nullopt;
  return bytes;
}

}  // namespace candour::warrant
