// Key files, one form for every party: NAME.key holds 32 secret bytes (an Ed25519 seed, an X25519
// private key or a symmetric key) as one line of 64 hex digits, mode 0600; NAME.vkey holds a C2SP
// verifier key, one line. Spaces and line ends after the line are ignored. Thread-safe.
//
// Every failure names the file: not_found; state_damaged for a secret file that others can read or
// that is no key file; input_invalid for a public one that holds no key.
#pragma once

#include <filesystem>

#include "crypto/hpke.h"
#include "crypto/sign.h"
#include "identity/note.h"

namespace candour::identity {

/// already_exists rather than overwrite.
Status write_key_file(const std::filesystem::path& file, ByteView secret);
Result<Secret<32>> read_key_file(const std::filesystem::path& file);

Result<crypto::SigningKey> load_signing_key(const std::filesystem::path& file);
Result<crypto::SealingKey> load_sealing_key(const std::filesystem::path& file);
Result<NoteKey> load_vkey(const std::filesystem::path& file);
/// A public sealing key: one line of 64 hex digits.
Result<SealingPublicKey> load_sealing_public_key(const std::filesystem::path& file);

}  // namespace candour::identity
