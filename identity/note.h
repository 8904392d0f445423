// Signed notes (C2SP signed-note): readable text with signature lines. Statements, certificates,
// revocations, notices, policy packs, group requests, checkpoints and warrants all are signed
// notes, so that one verifier serves them all.
//
//   <text, ends with a newline>
//   <empty line>
//   — <name> <base64(key id[4] || signature)>
//
// Values; functions are pure and thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "crypto/sign.h"

namespace candour::identity {

/// Ed25519 over the note text (type 01) or a timestamped witness cosignature (type 04).
enum class NoteKeyType : std::uint8_t { ed25519 = 0x01, cosignature = 0x04 };

/// Who may sign under which name. Printed as a C2SP verifier key:
/// "name+<8 hex digits of the key id>+base64(type || public key)".
struct NoteKey {
  std::string name;  // no spaces, no '+'
  NoteKeyType type = NoteKeyType::ed25519;
  SigningPublicKey public_key;

  std::uint32_t key_id() const;
  std::string vkey() const;
  static Result<NoteKey> parse(std::string_view vkey);
  bool operator==(const NoteKey&) const = default;
};

struct NoteSignature {
  std::string name;
  std::uint32_t key_id = 0;
  Bytes signature;  // without the key id
};

/// "— <name> <base64>" without newline, as it stands in a note and travels on its own (the answer
/// of a witness, the Cosignature frame).
std::string print_signature(const NoteSignature& signature);
/// One such line, with or without the final newline; note_malformed otherwise.
Result<NoteSignature> parse_signature(std::string_view line);

struct SignedNote {
  std::string text;  // with the final newline, without the empty line
  std::vector<NoteSignature> signatures;

  /// note_malformed with the line at fault. Accepts unknown signers; at least one signature line.
  static Result<SignedNote> parse(std::string_view note);
  std::string print() const;

  /// True when `key` signed the text; false when it did not or its signature is bad. A signature
  /// line that carries the key's name and id but does not verify makes the note invalid: use
  /// `verify` to tell the difference.
  bool signed_by(const NoteKey& key) const;
  /// The subset of `keys` that signed. Fails with signature_invalid when a line of a known key
  /// does not verify.
  Result<std::vector<NoteKey>> verify(const std::vector<NoteKey>& keys) const;
};

/// Adds a type 01 signature line by `key` under `name`.
void sign_note(SignedNote& note, std::string_view name, const crypto::SigningKey& key);

/// Adds a type 04 signature line: what a witness says about a checkpoint at `time_s` (seconds since
/// 1970, UTC). `note.text` must be a checkpoint.
void cosign_note(SignedNote& note, std::string_view name, const crypto::SigningKey& key,
                 std::uint64_t time_s);
/// The time inside a type 04 signature; nothing when it is not shaped like one.
std::optional<std::uint64_t> cosignature_time_s(const NoteSignature& signature);

/// Most signature lines a note may have; C2SP demands at least 16.
inline constexpr std::size_t kNoteSignaturesMax = 64;
/// Largest signed note, signatures included, in bytes.
inline constexpr std::size_t kSignedNoteSizeMax = 512 * 1024;

/// Lines "key value..." after a first line that names the format, for all notes of ours. Keeps
/// order; a key may repeat. Refuses unknown formats, empty lines and keys the caller did not name.
class NoteFields {
 public:
  /// `known` are the keys that may occur; `format` the exact first line. note_malformed otherwise,
  /// with the line number.
  static Result<NoteFields> parse(std::string_view text, std::string_view format,
                                  std::initializer_list<std::string_view> known);
  /// The one value of a key; note_malformed when it is absent or repeated.
  Result<std::string> one(std::string_view key) const;
  std::optional<std::string> maybe(std::string_view key) const;
  std::vector<std::string> all(std::string_view key) const;

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

}  // namespace candour::identity
