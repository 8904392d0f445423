// Lines from standard input as they come, without waiting for them.
#pragma once

#include <optional>

#include "base/secret.h"

namespace candour::terminal {

class LineInput {
 public:
  /// Reads what is there; false at the end of the input.
  bool read_some();
  /// The next whole line, without its end.
  std::optional<SecretText> take_line();

 private:
  SecretBytes::Buffer pending_;
};

}  // namespace candour::terminal
