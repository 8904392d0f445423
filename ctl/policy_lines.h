// Reading lines and JSON that hold text of people, into memory that is wiped.
#pragma once

#include <cstddef>
#include <iosfwd>
#include <optional>
#include <string>

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

/// One line of `policy eval --jsonl`.
struct EvalRequest {
  std::string id_json = "null";  // as it goes into the answer
  SecretText text;
  std::string group_class;
  std::optional<std::string> error;  // what is wrong with the line
};

/// Lone surrogates in escapes are read as U+FFFD; unknown keys are ignored.
EvalRequest parse_eval_line(const Line& line);

}  // namespace candour::ctl
