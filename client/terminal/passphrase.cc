#include "client/terminal/passphrase.h"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <cstdlib>

#include "base/files.h"
#include "crypto/hash.h"

namespace candour::terminal {
namespace {

constexpr std::size_t kPassphraseSizeMax = 1024;

SecretText without_line_end(const SecretBytes& bytes) {
  std::string_view text = as_text(bytes.view());
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  return SecretText::copy_of(text);
}

Result<SecretText> ask(int terminal, std::string_view question) {
  termios before{};
  if (::tcgetattr(terminal, &before) != 0) {
    return error(ErrorCode::usage, "the terminal does not take a passphrase");
  }
  termios silent = before;
  silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  ::tcsetattr(terminal, TCSAFLUSH, &silent);
  bool read_well = ::write(terminal, question.data(), question.size()) >= 0;
  SecretBytes::Buffer typed;
  for (std::uint8_t c = 0; read_well && typed.size() < kPassphraseSizeMax;) {
    read_well = ::read(terminal, &c, 1) == 1;
    if (!read_well || c == '\n') break;
    typed.push_back(c);
  }
  ::tcsetattr(terminal, TCSAFLUSH, &before);
  if (::write(terminal, "\n", 1) < 0) read_well = false;
  if (!read_well) return error(ErrorCode::usage, "no passphrase was typed");
  return without_line_end(SecretBytes(std::move(typed)));
}

}  // namespace

Result<SecretText> get_passphrase(const std::filesystem::path& file, bool twice) {
  std::filesystem::path from = file;
  if (const char* named = std::getenv("CANDOUR_PASSPHRASE_FILE");
      from.empty() && named != nullptr) {
    from = named;
  }
  if (!from.empty()) {
    CANDOUR_TRY(SecretBytes bytes, read_secret_file(from, kPassphraseSizeMax));
    SecretText passphrase = without_line_end(bytes);
    if (passphrase.empty()) {
      return error(ErrorCode::usage, "the passphrase file " + from.string() + " is empty");
    }
    return passphrase;
  }
  const int terminal = ::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
  if (terminal < 0) {
    return error(ErrorCode::usage,
                 "a passphrase is needed: give --passphrase-file or set CANDOUR_PASSPHRASE_FILE");
  }
  auto passphrase = ask(terminal, "Passphrase: ");
  if (passphrase && twice) {
    auto again = ask(terminal, "Passphrase again: ");
    if (!again || !crypto::equal(again.value().view(), passphrase.value().view())) {
      passphrase = error(ErrorCode::usage, "the two passphrases differ");
    }
  }
  ::close(terminal);
  if (passphrase && passphrase.value().empty()) {
    return error(ErrorCode::usage, "the passphrase is empty");
  }
  return passphrase;
}

}  // namespace candour::terminal
