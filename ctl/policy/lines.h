// Reading lines and JSON that hold text of people, into memory that is wiped.
#pragma once

#include <cstddef>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>

#include "base/secret.h"

namespace candour::ctl {

struct Line {
  SecretText text;        // without its line end; empty when it was too long
  bool too_long = false;  // the rest of the line was skipped
};

/// Splits a stream into lines of at most `size_max` bytes.
class LineReader {
 public:
  LineReader(std::istream& in, std::size_t size_max) : in_(in), size_max_(size_max) {}
  /// Nothing at the end of the stream.
  std::optional<Line> next();

 private:
  std::istream& in_;
  std::size_t size_max_;
};

/// All of the stream, without one newline at its end; nothing when it is longer than `size_max`.
std::optional<SecretText> read_text(std::istream& in, std::size_t size_max);

/// One JSON object of a line that holds a message.
struct MessageLine {
  std::string id_json = "null";  // as it goes into an answer
  std::string id;                // the same for people; empty when the line has none
  SecretText text;
  std::string group_class;
  std::string label;
  std::optional<std::string> error;  // what is wrong with the line
};

/// {"id", "text", "group_class"?} and, where `label` names one, a field more. Lone surrogates in
/// escapes are read as U+FFFD; unknown keys are ignored. Without `id_needed` a line may have no id.
MessageLine parse_message_line(const Line& line, bool id_needed, std::string_view label = {});

}  // namespace candour::ctl
