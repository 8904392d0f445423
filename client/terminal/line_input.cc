#include "client/terminal/line_input.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace candour::terminal {

bool LineInput::read_some() {
  pollfd input{STDIN_FILENO, POLLIN, 0};
  if (::poll(&input, 1, 0) <= 0) return true;
  std::array<std::uint8_t, 1024> chunk{};
  const ssize_t got = ::read(STDIN_FILENO, chunk.data(), chunk.size());
  if (got <= 0) return false;
  pending_.insert(pending_.end(), chunk.begin(), chunk.begin() + got);
  wipe(chunk.data(), chunk.size());
  return true;
}

std::optional<SecretText> LineInput::take_line() {
  const auto end = std::find(pending_.begin(), pending_.end(), std::uint8_t{'\n'});
  if (end == pending_.end()) return std::nullopt;
  SecretBytes::Buffer line(pending_.begin(), end);
  SecretBytes::Buffer rest(end + 1, pending_.end());
  pending_.swap(rest);
  return SecretText(SecretBytes(std::move(line)));
}

}  // namespace candour::terminal
