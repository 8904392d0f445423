#include "policy/pack.h"

#include <sodium.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/encoding.h"
#include "base/files.h"
#include "base/limits.h"
#include "policy/pack_toml.h"

namespace candour::policy {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFirstLine = "candour-policy/v1";
constexpr std::string_view kNoteName = "pack.note";
constexpr std::size_t kFilesMax = 64;
constexpr std::size_t kFileSizeMax = 1024 * 1024;
constexpr std::size_t kNameSizeMax = 100;

Error invalid(std::string message) { return error(ErrorCode::policy_invalid, std::move(message)); }

Digest sha256(std::string_view text) {
  Digest digest;
  crypto_hash_sha256(digest.mutable_view().data(), as_bytes(text).data(), text.size());
  return digest;
}

Result<std::string> read_text(const fs::path& path) {
  auto bytes = read_file(path, kFileSizeMax);
  if (!bytes) return invalid(bytes.error().message);
  return std::string(as_text(bytes.value()));
}

Result<PackFiles> read_files(const fs::path& folder) {
  std::error_code failure;
  if (!fs::is_directory(folder, failure)) return invalid(folder.string() + ": not a folder");
  PackFiles files;
  fs::recursive_directory_iterator at(folder, failure);
  for (; !failure && at != fs::recursive_directory_iterator(); at.increment(failure)) {
    if (at->path().extension() != ".toml" || !at->is_regular_file(failure)) continue;
    if (files.size() == kFilesMax) {
      return invalid(folder.string() + ": more than " + std::to_string(kFilesMax) + " TOML files");
    }
    CANDOUR_TRY(std::string text, read_text(at->path()));
    files.emplace(at->path().lexically_relative(folder).generic_string(), std::move(text));
  }
  if (failure) return invalid(folder.string() + ": cannot read the folder: " + failure.message());
  if (files.empty()) return invalid(folder.string() + ": there are no TOML files in it");
  return files;
}

bool is_plain_line(std::string_view text) {
  return !text.empty() && text.size() <= kNameSizeMax && text.front() != ' ' &&
         text.back() != ' ' && std::all_of(text.begin(), text.end(), [](char c) {
           return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f;
         });
}

struct Note {
  std::string name;
  std::string version;
  std::string text;
  std::map<std::string, std::string> hashes;  // path to lower-case hex
};

// Line `number` (from 1) of the note was expected to be `expected`.
Error note_error(std::size_t number, const std::string& expected) {
  return invalid("pack.note:" + std::to_string(number) + ": expected " + expected);
}

Status parse_hash_line(std::string_view line, std::size_t number, std::string& last, Note& note) {
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

Result<Note> parse_note(std::string_view raw) {
  Note note;
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
      if (line != kFirstLine) return note_error(number, "'" + std::string(kFirstLine) + "'");
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

Status check_hashes(const Note& note, const PackFiles& files) {
  for (const auto& [path, hex] : note.hashes) {
    if (!files.contains(path)) {
      return invalid(path + ": listed in pack.note, but not in the folder");
    }
  }
  for (const auto& [path, text] : files) {
    const auto listed = note.hashes.find(path);
    if (listed == note.hashes.end()) return invalid(path + ": not listed in pack.note");
    if (listed->second != sha256(text).hex()) {
      return invalid(path +
                     ": its SHA-256 is not the one in pack.note; the file was changed after "
                     "the pack was made");
    }
  }
  return ok();
}

// Errors of files name them within the pack; this puts the folder in front.
Error in_folder(const fs::path& folder, const Error& inner) {
  return {inner.code, (folder / "").string() + inner.message};
}

Status load_rules(const PackFiles& files, Pack& pack) {
  CANDOUR_TRY(RuleSet set, rules_from_toml(files));
  CANDOUR_TRY(pack.engine, Engine::build(std::move(set)));
  return ok();
}

Status fill_pack(const fs::path& folder, const PackFiles& files, Pack& pack) {
  auto raw = read_file(folder / kNoteName, limits::kNoteSizeMax);
  if (!raw) return invalid(std::string(kNoteName) + ": cannot be read, or is too large");
  pack.raw_note = std::string(as_text(raw.value()));
  CANDOUR_TRY(Note note, parse_note(pack.raw_note));
  CANDOUR_TRY(check_hashes(note, files));
  CANDOUR_TRY(load_rules(files, pack));
  CANDOUR_TRY(pack.engine->check_examples());
  pack.name = std::move(note.name);
  pack.version = std::move(note.version);
  pack.digest = sha256(note.text);
  pack.note_text = std::move(note.text);
  return ok();
}

}  // namespace

Result<std::shared_ptr<const Pack>> load_pack(const fs::path& folder) {
  CANDOUR_TRY(const PackFiles files, read_files(folder));
  auto pack = std::make_shared<Pack>();
  const Status filled = fill_pack(folder, files, *pack);
  if (!filled) return in_folder(folder, filled.error());
  return std::shared_ptr<const Pack>(std::move(pack));
}

Result<std::shared_ptr<const Pack>> load_draft(const fs::path& folder) {
  CANDOUR_TRY(const PackFiles files, read_files(folder));
  auto pack = std::make_shared<Pack>();
  const Status loaded = load_rules(files, *pack);
  if (!loaded) return in_folder(folder, loaded.error());
  return std::shared_ptr<const Pack>(std::move(pack));
}

Result<std::string> make_note_text(const fs::path& folder, const std::string& name,
                                   const std::string& version) {
  if (!is_plain_line(name) || !is_plain_line(version)) {
    return invalid("a pack's name and version are one line each of at most " +
                   std::to_string(kNameSizeMax) + " characters");
  }
  CANDOUR_TRY(const PackFiles files, read_files(folder));
  std::string text = std::string(kFirstLine) + "\n" + name + "\n" + version + "\n";
  for (const auto& [path, content] : files) {
    if (!is_plain_line(path)) return invalid(path + ": a path the note cannot hold; rename it");
    text += "sha256 " + sha256(content).hex() + " " + path + "\n";
  }
  return text;
}

Status write_pack_note(const fs::path& folder, const std::string& name,
                       const std::string& version) {
  CANDOUR_TRY(const std::string text, make_note_text(folder, name, version));
  return write_file(folder / kNoteName, as_bytes(text));
}

}  // namespace candour::policy
