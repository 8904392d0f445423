// How configuration files are read: strictly. Every key is named by the loader, has a type, a
// range, and either a default or must be there; whatever else stands in the file is an error. Each
// error is config_invalid and says "file:line:column: key 'listen.port': what is wrong".
//
// Every key can be overridden by an environment variable: CANDOUR_SECTION__KEY for
// `section.key`, CANDOUR_KEY for a key at the top, upper case. Strings are taken as they are,
// numbers in decimal, booleans as true or false, lists of paths with ':' between them; the keys of
// existing array elements as CANDOUR_WITNESSES__0__HOST. An error in one names the variable instead
// of the file.
//
// Used by the loaders of this folder; not thread-safe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace candour::config {

/// The value of an environment variable, or nothing.
class Environment {
 public:
  virtual ~Environment() = default;
  virtual const char* get(const std::string& name) const = 0;
};
/// The process's own; lives for the whole process.
const Environment& process_environment();

/// A table of a configuration file. Reading a key marks it as known; `finish` of the file refuses
/// all others. A reader leaves `out` as it is when the key is absent or wrong, so that defaults
/// stay; whether something was wrong shows in `finish`. Must not outlive its file.
class Section {
 public:
  enum class Presence { required, optional };

  void text(std::string_view key, std::string& out, Presence presence = Presence::required);
  void boolean(std::string_view key, bool& out, Presence presence = Presence::optional);
  void number(std::string_view key, std::uint64_t& out, std::uint64_t min, std::uint64_t max,
              Presence presence = Presence::required);
  /// `min` is 0 where any free port may be taken, else 1.
  void port(std::string_view key, std::uint16_t& out, std::uint16_t min,
            Presence presence = Presence::required);
  /// One of `allowed`.
  void choice(std::string_view key, std::string& out,
              std::initializer_list<std::string_view> allowed,
              Presence presence = Presence::optional);
  /// From the environment with spaces between them.
  void texts(std::string_view key, std::vector<std::string>& out,
             Presence presence = Presence::optional);
  /// Relative paths are taken from the file's folder.
  void path(std::string_view key, std::filesystem::path& out,
            Presence presence = Presence::required);
  void paths(std::string_view key, std::vector<std::filesystem::path>& out,
             Presence presence = Presence::optional);
  /// A table below this one; absent tables read as empty ones, so that defaults, environment and
  /// missing keys work as if it stood there.
  Section table(std::string_view key);
  /// The tables of an array "[[key]]" or "key = [{...}]", none when absent.
  std::vector<Section> tables(std::string_view key);

 private:
  friend class File;
  struct Place;
  explicit Section(std::shared_ptr<Place> place) : place_(std::move(place)) {}
  std::shared_ptr<Place> place_;
};

/// One configuration file being read. The first error met is kept; reading goes on with defaults.
class File {
 public:
  /// Reads and parses; not_found, or config_invalid with the place of a syntax error.
  static Result<File> open(const std::filesystem::path& path, const Environment& environment);
  File(File&&) noexcept;
  File& operator=(File&&) noexcept;
  ~File();

  Section root();
  /// The first error in file order, of all reads and of keys nobody read; missing keys come last.
  Status finish();

 private:
  struct State;
  friend class Section;
  explicit File(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace candour::config
