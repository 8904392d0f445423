// What the browser app is made of: each file with its digest, signed and logged, so that anybody
// can compare it with what a server gives out (candourctl web verify).
//
//   candour-web/v1                signed note, signed by two registrars, two people
//   organisation example-constabulary
//   version 1                         grows with each bundle
//   issued <time>
//   file <sha256 hex> <size> <path>   one line a file, sorted by path; index.html is there
//
// Values; functions are pure and thread-safe.
#pragma once

#include "identity/statement.h"

namespace candour::identity {

struct WebFile {
  std::string path;  // as in the URL, without the first '/'
  std::uint64_t size = 0;
  Digest sha256;
};

struct WebBundle {
  std::string organisation;
  std::uint64_t version = 1;
  TimeMs issued;
  std::vector<WebFile> files;

  std::string print() const;
  /// note_malformed with the line at fault.
  static Result<WebBundle> parse(std::string_view text);
  /// Also signed for the organisation of `statement`: foreign_certificate, signature_invalid.
  static Result<WebBundle> verify(std::string_view note, const Statement& statement);
};

/// At most 200 characters: names of A-Z a-z 0-9 "._-" with '/' between them, none of which begins
/// with a dot. So it cannot lead out of a folder, and means the same in a URL as on a disk.
bool valid_web_path(std::string_view path);

}  // namespace candour::identity
