#include "identity/web_bundle.h"

#include <algorithm>

#include "base/limits.h"
#include "identity/note_text.h"
#include "identity/signers.h"

namespace candour::identity {
namespace {

constexpr std::string_view kFormat = "candour-web/v1";
constexpr std::size_t kPathSizeMax = 200;

Error malformed(std::string message) {
  return error(ErrorCode::note_malformed, "web bundle: " + std::move(message));
}

bool valid_name(std::string_view name) {
  return !name.empty() && name.front() != '.' && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
}

Result<WebFile> parse_file(std::string_view line) {
  const auto wrong = [&] {
    return malformed("'file " + std::string(line.substr(0, 300)) +
                     "' is not a SHA-256, a size and a path");
  };
  const auto first = line.find(' ');
  const auto second = first == line.npos ? line.npos : line.find(' ', first + 1);
  if (second == line.npos) return wrong();
  const auto digest = Digest::from_hex(line.substr(0, first));
  const auto size = parse_decimal(line.substr(first + 1, second - first - 1));
  const auto path = line.substr(second + 1);
  if (!digest || !size || *size > limits::kWebFileSizeMax || !valid_web_path(path)) return wrong();
  return WebFile{std::string(path), *size, *digest};
}

}  // namespace

bool valid_web_path(std::string_view path) {
  if (path.size() > kPathSizeMax) return false;
  for (;;) {
    const auto slash = path.find('/');
    if (!valid_name(path.substr(0, slash))) return false;
    if (slash == path.npos) return true;
    path.remove_prefix(slash + 1);
  }
}

std::string WebBundle::print() const {
  std::string out = std::string(kFormat) + "\norganisation " + organisation + "\nversion " +
                    std::to_string(version) + "\nissued " + time_encode(issued.value) + "\n";
  for (const WebFile& file : files) {
    out += "file " + file.sha256.hex() + " " + std::to_string(file.size) + " " + file.path + "\n";
  }
  return out;
}

Result<WebBundle> WebBundle::parse(std::string_view text) {
  CANDOUR_TRY(auto fields,
              NoteFields::parse(text, kFormat, {"organisation", "version", "issued", "file"}));
  WebBundle out;
  CANDOUR_TRY(out.organisation, fields.one("organisation"));
  CANDOUR_TRY(const auto version_text, fields.one("version"));
  const auto version = parse_decimal(version_text);
  if (!version || *version == 0) return malformed("'version' is not a number from 1");
  out.version = *version;
  CANDOUR_TRY(const auto issued, fields.one("issued"));
  const auto time_ms = time_decode(issued);
  if (!time_ms) return malformed("'issued' is not a time such as 2026-01-31T08:00:00.000Z");
  out.issued = TimeMs(*time_ms);
  for (const std::string& line : fields.all("file")) {
    CANDOUR_TRY(auto file, parse_file(line));
    if (!out.files.empty() && out.files.back().path >= file.path) {
      return malformed("the file '" + file.path + "' is listed twice or not in order");
    }
    out.files.push_back(std::move(file));
  }
  const bool has_start = std::any_of(out.files.begin(), out.files.end(),
                                     [](const WebFile& file) { return file.path == "index.html"; });
  if (!has_start) return malformed("it has no file 'index.html'");
  return out;
}

Result<WebBundle> WebBundle::verify(std::string_view note, const Statement& statement) {
  CANDOUR_TRY(const auto signed_note, SignedNote::parse(note));
  CANDOUR_TRY(auto bundle, parse(signed_note.text));
  if (bundle.organisation != statement.id) {
    return error(ErrorCode::foreign_certificate, "the web bundle is of organisation '" +
                                                     bundle.organisation + "', not of '" +
                                                     statement.id + "'");
  }
  CANDOUR_TRY(signed_by_two_people(signed_note, statement, "registrar", "registrar"));
  return bundle;
}

}  // namespace candour::identity
