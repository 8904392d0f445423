#include "policy/pack_note.h"

#include <sodium.h>

#include <algorithm>
#include <utility>

#include "base/bytes.h"

namespace candour::policy {
namespace {

Error invalid(std::string message) { return error(ErrorCode::policy_invalid, std::move(message)); }

// Line `number` (from 1) of the note was expected to be `expected`.
Error note_error(std::size_t number, const std::string& expected) {
  return invalid("pack.note:" + std::to_string(number) + ": expected " + expected);
}

Status parse_hash_line(std::string_view line, std::size_t number, std::string& last,
                       PackNote& note) {
  constexpr std::string_view kPrefix = "sha256 ";
  constexpr std::size_t kHexSize = 64;
  const bool shaped = line.starts_with(kPrefix) && line.size() > kPrefix.size() + kHexSize + 1 &&
                      line[kPrefix.size() + kHexSize] == ' ';
  const std::string hex(shaped ? line.substr(kPrefix.size(), kHexSize) : std::string_view());
  if (!shaped || hex.find_first_not_of("0123456789abcdef") != std::string::npos) {
    return note_error(number, "'sha256 <64 hex digits> <path>'");
  }
  std::string path(line.substr(kPrefix.size() + kHexSize + 1));
  if (path <= last) return note_error(number, "the paths in order, each once");
  last = path;
  note.hashes.emplace(std::move(path), hex);
  return ok();
}

}  // namespace

bool is_plain_line(std::string_view text) {
  return !text.empty() && text.size() <= kPackNameSizeMax && text.front() != ' ' &&
         text.back() != ' ' && std::all_of(text.begin(), text.end(), [](char c) {
           return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f;
         });
}

Result<PackNote> parse_pack_note(std::string_view raw) {
  PackNote note;
  const std::size_t blank = raw.find("\n\n");
  std::string_view rest = blank == std::string_view::npos ? raw : raw.substr(0, blank + 1);
  note.text = std::string(rest);
  std::string last;
  std::size_t number = 0;
  while (!rest.empty()) {
    ++number;
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos) return note_error(number, "a newline at the end");
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    if (number == 1) {
      if (line != kPackNoteFirstLine)
        return note_error(number, "'" + std::string(kPackNoteFirstLine) + "'");
    } else if (number == 2 || number == 3) {
      if (!is_plain_line(line)) {
        return note_error(number, number == 2 ? "the pack's name" : "the pack's version");
      }
      (number == 2 ? note.name : note.version) = std::string(line);
    } else {
      CANDOUR_TRY(parse_hash_line(line, number, last, note));
    }
  }
  if (number < 4) return note_error(number + 1, "first line, name, version and files");
  return note;
}

Digest text_digest(std::string_view note_text) {
  Digest digest;
  crypto_hash_sha256(digest.mutable_view().data(), as_bytes(note_text).data(), note_text.size());
  return digest;
}

}  // namespace candour::policy
