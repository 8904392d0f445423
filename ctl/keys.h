// Key files as every party keeps them: NAME.key (mode 0600, the Ed25519 seed as one line of 64 hex
// digits) and NAME.vkey beside it (one line, a C2SP verifier key).
#pragma once

#include <filesystem>

#include "crypto/hpke.h"
#include "crypto/sign.h"
#include "identity/key_file.h"
#include "identity/note.h"

namespace candour::ctl {

/// Makes both files in `dir` (created when missing). already_exists rather than overwrite.
Result<identity::NoteKey> make_key(const std::filesystem::path& dir, const std::string& stem,
                                   const std::string& name, identity::NoteKeyType type,
                                   Random& random);

// Reading them: identity/key_file.h.
inline Result<crypto::SigningKey> load_key(const std::filesystem::path& file) {
  return identity::load_signing_key(file);
}
using identity::load_sealing_key;
using identity::load_sealing_public_key;
using identity::load_vkey;

/// Makes STEM.sealing.key (the X25519 private key as load_key's form) and STEM.sealing.pub (the
/// public key, one line of 64 hex digits). already_exists rather than overwrite.
Result<SealingPublicKey> make_sealing_key(const std::filesystem::path& dir, const std::string& stem,
                                          Random& random);

/// A signing key and the name it signs under.
struct NamedKey {
  crypto::SigningKey key;
  identity::NoteKey verifier;
};

/// Loads `file`; the name and type are those of the .vkey beside it, or `name` and `type` when a
/// name is given. input_invalid when the .vkey belongs to another key.
Result<NamedKey> load_named_key(const std::filesystem::path& file, const std::string& name,
                                identity::NoteKeyType type = identity::NoteKeyType::ed25519);

}  // namespace candour::ctl
