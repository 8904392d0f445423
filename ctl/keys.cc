#include "ctl/keys.h"

#include "base/encoding.h"
#include "base/files.h"
#include "identity/note_text.h"

namespace candour::ctl {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kKeyFileSizeMax = 4096;
constexpr std::string_view kHexDigits = "0123456789abcdef";

/// The key as a line of hex, never in a string.
SecretBytes hex_line(const Secret<32>& seed) {
  SecretBytes out(2 * seed.kSize + 1);
  const MutableByteView text = out.mutable_view();
  for (std::size_t i = 0; i < seed.kSize; ++i) {
    text[2 * i] = static_cast<std::uint8_t>(kHexDigits[seed.view()[i] >> 4]);
    text[2 * i + 1] = static_cast<std::uint8_t>(kHexDigits[seed.view()[i] & 0xF]);
  }
  text[text.size() - 1] = '\n';
  return out;
}

/// Fills `seed` from 64 hex digits and at most one newline.
bool read_hex_line(ByteView text, Secret<32>& seed) {
  constexpr std::size_t kDigits = 2 * Secret<32>::kSize;
  if (text.size() != kDigits && (text.size() != kDigits + 1 || text[kDigits] != '\n')) return false;
  for (std::size_t i = 0; i < kDigits; ++i) {
    const auto digit = kHexDigits.find(static_cast<char>(text[i]));
    if (digit == kHexDigits.npos) return false;
    std::uint8_t& byte = seed.mutable_view()[i / 2];
    byte = static_cast<std::uint8_t>(byte << 4 | digit);
  }
  return true;
}

std::string trimmed(ByteView bytes) {
  std::string text(as_text(bytes));
  while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
  return text;
}

Status make_folder_for(const fs::path& dir, const std::string& stem) {
  if (stem.empty() || stem.find('/') != stem.npos || stem.starts_with('.')) {
    return error(ErrorCode::usage, "'" + stem + "' cannot name a key file");
  }
  std::error_code failed;
  fs::create_directories(dir, failed);
  if (!failed) return ok();
  return error(ErrorCode::storage_failed,
               dir.string() + ": cannot create the folder: " + failed.message());
}

Result<Secret<32>> read_key_file(const fs::path& file) {
  CANDOUR_TRY(auto text, read_secret_file(file, kKeyFileSizeMax));
  Secret<32> seed;
  if (!read_hex_line(text.view(), seed)) {
    return error(ErrorCode::state_damaged,
                 file.string() + ": not a key file (one line of 64 lower-case hex digits)");
  }
  return seed;
}

}  // namespace

Result<identity::NoteKey> make_key(const fs::path& dir, const std::string& stem,
                                   const std::string& name, identity::NoteKeyType type,
                                   Random& random) {
  if (!identity::valid_key_name(name)) {
    return error(ErrorCode::usage, "'" + name +
                                       "' is no key name: it must not be empty or hold a "
                                       "space, a plus sign or a control character");
  }
  CANDOUR_TRY(make_folder_for(dir, stem));
  if (fs::exists(dir / (stem + ".vkey"))) {
    return error(ErrorCode::already_exists, (dir / (stem + ".vkey")).string() + ": exists already");
  }
  const crypto::SigningSeed seed = random.secret<32>();
  const identity::NoteKey key{name, type, crypto::SigningKey::from_seed(seed).public_key()};
  CANDOUR_TRY(write_secret_file(dir / (stem + ".key"), hex_line(seed).view()));
  CANDOUR_TRY(write_file(dir / (stem + ".vkey"), as_bytes(key.vkey() + "\n")));
  return key;
}

Result<crypto::SigningKey> load_key(const fs::path& file) {
  CANDOUR_TRY(const auto seed, read_key_file(file));
  return crypto::SigningKey::from_seed(seed);
}

Result<SealingPublicKey> make_sealing_key(const fs::path& dir, const std::string& stem,
                                          Random& random) {
  CANDOUR_TRY(make_folder_for(dir, stem));
  const auto key = crypto::SealingKey::generate(random);
  CANDOUR_TRY(write_secret_file(dir / (stem + ".sealing.key"), hex_line(key.private_key()).view()));
  CANDOUR_TRY(write_file(dir / (stem + ".sealing.pub"), as_bytes(key.public_key().hex() + "\n")));
  return key.public_key();
}

Result<crypto::SealingKey> load_sealing_key(const fs::path& file) {
  CANDOUR_TRY(auto key, read_key_file(file));
  return crypto::SealingKey::from_private(std::move(key));
}

Result<SealingPublicKey> load_sealing_public_key(const fs::path& file) {
  CANDOUR_TRY(auto text, read_file(file, kKeyFileSizeMax));
  const auto key = SealingPublicKey::from_hex(trimmed(text));
  if (key) return *key;
  return error(ErrorCode::input_invalid,
               file.string() + ": not a public sealing key (one line of 64 hex digits)");
}

Result<identity::NoteKey> load_vkey(const fs::path& file) {
  CANDOUR_TRY(auto text, read_file(file, kKeyFileSizeMax));
  auto key = identity::NoteKey::parse(trimmed(text));
  if (!key) return error(ErrorCode::input_invalid, file.string() + ": " + key.error().message);
  return key;
}

Result<NamedKey> load_named_key(const fs::path& file, const std::string& name,
                                identity::NoteKeyType type) {
  CANDOUR_TRY(auto key, load_key(file));
  if (!name.empty()) {
    if (!identity::valid_key_name(name)) {
      return error(ErrorCode::usage, "'" + name + "' is no key name");
    }
    identity::NoteKey verifier{name, type, key.public_key()};
    return NamedKey{std::move(key), std::move(verifier)};
  }
  fs::path beside = file;
  beside.replace_extension(".vkey");
  auto verifier = load_vkey(beside);
  if (!verifier) {
    return error(verifier.error().code, verifier.error().message +
                                            "; give the key's name with --name when there is no "
                                            ".vkey file beside it");
  }
  if (verifier.value().public_key != key.public_key()) {
    return error(ErrorCode::input_invalid,
                 beside.string() + ": belongs to another key than " + file.string());
  }
  return NamedKey{std::move(key), std::move(verifier.value())};
}

}  // namespace candour::ctl
