#include "ctl/keys.h"

#include "base/files.h"
#include "identity/key_file.h"
#include "identity/note_text.h"

namespace candour::ctl {
namespace {

namespace fs = std::filesystem;

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
  CANDOUR_TRY(identity::write_key_file(dir / (stem + ".key"), seed.view()));
  CANDOUR_TRY(write_file(dir / (stem + ".vkey"), as_bytes(key.vkey() + "\n")));
  return key;
}

Result<SealingPublicKey> make_sealing_key(const fs::path& dir, const std::string& stem,
                                          Random& random) {
  CANDOUR_TRY(make_folder_for(dir, stem));
  const auto key = crypto::SealingKey::generate(random);
  CANDOUR_TRY(identity::write_key_file(dir / (stem + ".sealing.key"), key.private_key().view()));
  CANDOUR_TRY(write_file(dir / (stem + ".sealing.pub"), as_bytes(key.public_key().hex() + "\n")));
  return key.public_key();
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
