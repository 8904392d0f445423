#include "policy/pack.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/encoding.h"
#include "base/files.h"
#include "base/limits.h"
#include "policy/pack_note.h"
#include "policy/pack_toml.h"

namespace candour::policy {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kNoteName = "pack.note";
constexpr std::size_t kFilesMax = 64;
constexpr std::size_t kFileSizeMax = 1024 * 1024;

Error invalid(std::string message) { return error(ErrorCode::policy_invalid, std::move(message)); }

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

Status check_hashes(const PackNote& note, const PackFiles& files) {
  for (const auto& [path, hex] : note.hashes) {
    if (!files.contains(path) && !is_compiled_rules_path(path)) {
      return invalid(path + ": listed in pack.note, but not in the folder");
    }
  }
  for (const auto& [path, text] : files) {
    const auto listed = note.hashes.find(path);
    if (listed == note.hashes.end()) return invalid(path + ": not listed in pack.note");
    if (listed->second != text_digest(text).hex()) {
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
  CANDOUR_TRY(PackNote note, parse_pack_note(pack.raw_note));
  CANDOUR_TRY(check_hashes(note, files));
  CANDOUR_TRY(load_rules(files, pack));
  CANDOUR_TRY(pack.engine->check_examples());
  pack.name = std::move(note.name);
  pack.version = std::move(note.version);
  pack.digest = text_digest(note.text);
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
                   std::to_string(kPackNameSizeMax) + " characters");
  }
  CANDOUR_TRY(const PackFiles files, read_files(folder));
  std::map<std::string, std::string> hashes;
  for (const auto& [path, content] : files) {
    if (!is_plain_line(path)) return invalid(path + ": a path the note cannot hold; rename it");
    hashes[path] = text_digest(content).hex();
  }
  // Rules that do not build have no compiled form; whoever loads the pack is told why.
  Pack draft;
  if (load_rules(files, draft)) {
    const Bytes rules = draft.engine->compiled_rules();
    hashes[std::string(kCompiledRulesPath)] = text_digest(as_text(rules)).hex();
  }
  std::string text = std::string(kPackNoteFirstLine) + "\n" + name + "\n" + version + "\n";
  for (const auto& [path, hex] : hashes) text += "sha256 " + hex + " " + path + "\n";
  return text;
}

Status write_pack_note(const fs::path& folder, const std::string& name,
                       const std::string& version) {
  CANDOUR_TRY(const std::string text, make_note_text(folder, name, version));
  return write_file(folder / kNoteName, as_bytes(text));
}

}  // namespace candour::policy
