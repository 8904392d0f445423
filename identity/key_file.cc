#include "identity/key_file.h"

#include "base/files.h"

namespace candour::identity {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kKeyFileSizeMax = 4096;
constexpr std::string_view kHexDigits = "0123456789abcdef";

bool is_space(char c) { return c == '\n' || c == '\r' || c == ' '; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

int digit(char c) {
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  const auto found = kHexDigits.find(c);
  return found == kHexDigits.npos ? -1 : static_cast<int>(found);
}

}  // namespace

// Hex by hand: the characters of a key must not pass through a std::string.
Status write_key_file(const fs::path& file, ByteView secret) {
  SecretBytes line(2 * secret.size() + 1);
  const MutableByteView text = line.mutable_view();
  for (std::size_t i = 0; i < secret.size(); ++i) {
    text[2 * i] = static_cast<std::uint8_t>(kHexDigits[secret[i] >> 4]);
    text[2 * i + 1] = static_cast<std::uint8_t>(kHexDigits[secret[i] & 0xF]);
  }
  text[text.size() - 1] = '\n';
  return write_secret_file(file, line.view());
}

Result<Secret<32>> read_key_file(const fs::path& file) {
  CANDOUR_TRY(const SecretBytes bytes, read_secret_file(file, kKeyFileSizeMax));
  const std::string_view hex = trimmed(as_text(bytes.view()));
  Secret<32> key;
  const MutableByteView out = key.mutable_view();
  bool good = hex.size() == 2 * out.size();
  for (std::size_t i = 0; good && i < out.size(); ++i) {
    const int high = digit(hex[2 * i]);
    const int low = digit(hex[2 * i + 1]);
    good = high >= 0 && low >= 0;
    if (good) out[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  if (good) return key;
  return error(ErrorCode::state_damaged,
               file.string() + ": not a key file (one line of 64 hex digits)");
}

Result<crypto::SigningKey> load_signing_key(const fs::path& file) {
  CANDOUR_TRY(const auto seed, read_key_file(file));
  return crypto::SigningKey::from_seed(seed);
}

Result<crypto::SealingKey> load_sealing_key(const fs::path& file) {
  CANDOUR_TRY(auto key, read_key_file(file));
  return crypto::SealingKey::from_private(std::move(key));
}

Result<NoteKey> load_vkey(const fs::path& file) {
  CANDOUR_TRY(const Bytes text, read_file(file, kKeyFileSizeMax));
  auto key = NoteKey::parse(trimmed(as_text(text)));
  if (key) return key;
  return error(ErrorCode::input_invalid,
               file.string() + ": no verifier key: " + key.error().message);
}

Result<SealingPublicKey> load_sealing_public_key(const fs::path& file) {
  CANDOUR_TRY(const Bytes text, read_file(file, kKeyFileSizeMax));
  if (const auto key = SealingPublicKey::from_hex(trimmed(as_text(text)))) return *key;
  return error(ErrorCode::input_invalid,
               file.string() + ": not a public sealing key (one line of 64 hex digits)");
}

}  // namespace candour::identity
