// The only way a program of ours writes a log line: one JSON object per line on standard error,
// with an event name and fields that cannot carry text of people. There is deliberately no
// overload for std::string: wrap what is known to be safe (an id, a literal, an error message of
// ours) in LogSafe and say by that that you looked.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/ids.h"

namespace candour::log {

/// Text vouched for as free of content and secrets.
struct LogSafe {
  explicit LogSafe(std::string_view t) : text(t) {}
  std::string text;
};

struct Field {
  std::string_view name;
  std::string json;  // already encoded

  Field(std::string_view n, const LogSafe& v);
  Field(std::string_view n, std::uint64_t v);
  Field(std::string_view n, bool v);
  template <class Tag, std::size_t N>
  Field(std::string_view n, const Id<Tag, N>& v) : Field(n, LogSafe(v.hex())) {}
  template <class Tag>
  Field(std::string_view n, Number<Tag> v) : Field(n, v.value) {}
  Field(std::string_view n, ErrorCode v) : Field(n, LogSafe(code_name(v))) {}
};

enum class Level { debug, info, warning, error };

/// Lines below this level are dropped. Thread-safe.
void set_level(Level level);
void write(Level level, std::string_view event, std::initializer_list<Field> fields = {});

inline void info(std::string_view e, std::initializer_list<Field> f = {}) { write(Level::info, e, f); }
inline void debug(std::string_view e, std::initializer_list<Field> f = {}) { write(Level::debug, e, f); }
inline void warning(std::string_view e, std::initializer_list<Field> f = {}) {
  write(Level::warning, e, f);
}
inline void error(std::string_view e, std::initializer_list<Field> f = {}) {
  write(Level::error, e, f);
}

}  // namespace candour::log
