// The files of the browser app, and the policy packs that browsers check with while people type:
// read once, kept in memory, plain and compressed, and given out by exact name only. Nothing a
// request says is ever looked up on the disk.
//
// A pack's name is its digest. Only enrolled devices learn it, from the directory: who does not
// know the organisation's policy version cannot ask for its rules.
//
// Immutable after `load`; thread-safe.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "transport/net/server.h"

namespace candour::relay {

class WebFiles {
 public:
  /// Reads every file below `root`, which has an index.html. config_invalid names what is not a
  /// plain file, has a name no URL should have, has no known type, or is too large or too many
  /// (base/limits.h).
  static Result<WebFiles> load(const std::filesystem::path& root);
  /// Reads every `<digest in hex>.pack` in a folder, to be asked for as /policy/<name>; what is as
  /// it was in `before` is taken from there. config_invalid names any other file, one whose note
  /// has another digest than its name, or one that is too large or too many.
  static Result<WebFiles> load_packs(const std::filesystem::path& folder, const WebFiles& before);

  /// Whether the target (with a query, if it has one) is a file of the app. "/" is index.html.
  bool has(std::string_view target) const { return at(target) != nullptr; }
  /// The answer to GET or HEAD of a file; nothing when the target is none.
  std::optional<net::HttpResponse> find(const net::HttpRequest& request) const;
  std::size_t size() const { return files_.size(); }

 private:
  struct File {
    std::string content_type;
    std::string tag;      // ETag, with its quotes
    bool hashed = false;  // its name changes with its content
    net::SharedFrame plain;
    net::SharedFrame gzip;  // none where it is not smaller
  };
  const File* at(std::string_view target) const;
  static Result<File> read(const std::filesystem::path& path, const std::string& name,
                           const WebFiles* before);

  std::map<std::string, File, std::less<>> files_;  // by target
};

}  // namespace candour::relay
