#include "identity/note.h"

#include <algorithm>

#include "base/encoding.h"
#include "crypto/hash.h"
#include "identity/note_text.h"

namespace candour::identity {
namespace {

constexpr std::string_view kDash = "\xE2\x80\x94 ";  // em dash, space

Error malformed(std::string message) {
  return error(ErrorCode::note_malformed, std::move(message));
}

std::uint32_t key_id_of(std::string_view name, NoteKeyType type, const SigningPublicKey& key) {
  const std::uint8_t separator[] = {'\n', static_cast<std::uint8_t>(type)};
  const Digest digest = crypto::sha256({as_bytes(name), ByteView(separator), key.view()});
  const ByteView d = digest.view();
  return std::uint32_t{d[0]} << 24 | std::uint32_t{d[1]} << 16 | std::uint32_t{d[2]} << 8 | d[3];
}

Bytes big_endian(std::uint64_t value, int size) {
  Bytes out;
  for (int i = size - 1; i >= 0; --i) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
  return out;
}

/// What a witness signs (C2SP tlog-cosignature, "Ed25519 signed message").
Bytes cosigned_message(std::string_view text, std::uint64_t time_s) {
  Bytes message = to_bytes("cosignature/v1\ntime " + std::to_string(time_s) + "\n");
  append(message, as_bytes(text));
  return message;
}

bool verifies(const NoteSignature& line, const NoteKey& key, std::string_view text) {
  if (key.type == NoteKeyType::ed25519) {
    const auto signature = Signature::from(line.signature);
    return signature && crypto::verify(key.public_key, as_bytes(text), *signature);
  }
  const auto time_s = cosignature_time_s(line);
  if (!time_s) return false;
  const auto signature = Signature::from(ByteView(line.signature).subspan(8));
  return signature && crypto::verify(key.public_key, cosigned_message(text, *time_s), *signature);
}

enum class Finding { absent, good, bad };

/// Every line that carries the key's name and id must verify.
Finding look_for(const SignedNote& note, const NoteKey& key) {
  Finding finding = Finding::absent;
  const std::uint32_t id = key.key_id();
  for (const NoteSignature& line : note.signatures) {
    if (line.name != key.name || line.key_id != id) continue;
    if (!verifies(line, key, note.text)) return Finding::bad;
    finding = Finding::good;
  }
  return finding;
}

}  // namespace

std::uint32_t NoteKey::key_id() const { return key_id_of(name, type, public_key); }

std::string NoteKey::vkey() const {
  Bytes material{static_cast<std::uint8_t>(type)};
  append(material, public_key.view());
  return name + "+" + hex_encode(big_endian(key_id(), 4)) + "+" + base64_encode(material);
}

Result<NoteKey> NoteKey::parse(std::string_view vkey) {
  // Base64 may hold a '+' itself: only the first two separate.
  const auto first = vkey.find('+');
  const auto second = first == vkey.npos ? vkey.npos : vkey.find('+', first + 1);
  if (second == vkey.npos) {
    return malformed("a verifier key reads name+id+base64; this one has fewer parts");
  }
  NoteKey key;
  key.name = std::string(vkey.substr(0, first));
  if (!valid_key_name(key.name)) {
    return malformed("the name of a verifier key is empty or holds a space or control character");
  }
  const std::string_view id_hex = vkey.substr(first + 1, second - first - 1);
  const auto material = base64_decode(vkey.substr(second + 1));
  if (!material || material->size() != 1 + SigningPublicKey::kSize) {
    return malformed("verifier key '" + key.name + "': its key part is not base64 of 33 bytes");
  }
  const std::uint8_t type = material->front();
  if (type != static_cast<std::uint8_t>(NoteKeyType::ed25519) &&
      type != static_cast<std::uint8_t>(NoteKeyType::cosignature)) {
    return malformed("verifier key '" + key.name + "' has signature type " + std::to_string(type) +
                     "; types 1 (Ed25519) and 4 (Ed25519 cosignature) are understood");
  }
  key.type = static_cast<NoteKeyType>(type);
  key.public_key = *SigningPublicKey::from(ByteView(*material).subspan(1));
  if (id_hex != hex_encode(big_endian(key.key_id(), 4))) {
    return malformed("verifier key '" + key.name + "': the key id does not fit name and key");
  }
  return key;
}

std::string print_signature(const NoteSignature& signature) {
  Bytes blob = big_endian(signature.key_id, 4);
  append(blob, signature.signature);
  return std::string(kDash) + signature.name + " " + base64_encode(blob);
}

Result<NoteSignature> parse_signature(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (!line.starts_with(kDash)) {
    return malformed("a signature line begins with an em dash and a space");
  }
  line.remove_prefix(kDash.size());
  const auto space = line.find(' ');
  if (space == line.npos) return malformed("a signature line lacks the signature after the name");
  NoteSignature out;
  out.name = std::string(line.substr(0, space));
  if (!valid_key_name(out.name)) return malformed("a signature line has an invalid key name");
  const auto blob = base64_decode(line.substr(space + 1));
  if (!blob || blob->size() < 5) {
    return malformed("the signature of '" + out.name +
                     "' is not base64 of a key id and a signature");
  }
  const Bytes& b = *blob;
  out.key_id =
      std::uint32_t{b[0]} << 24 | std::uint32_t{b[1]} << 16 | std::uint32_t{b[2]} << 8 | b[3];
  out.signature.assign(b.begin() + 4, b.end());
  return out;
}

Result<SignedNote> SignedNote::parse(std::string_view note) {
  if (note.size() > kSignedNoteSizeMax) {
    return malformed("the note is larger than " + std::to_string(kSignedNoteSizeMax) + " bytes");
  }
  if (!valid_note_text(note)) {
    return malformed("the note is not valid UTF-8 or holds a control character");
  }
  const auto split = note.rfind("\n\n");
  if (split == note.npos) return malformed("the note has no empty line before its signatures");
  SignedNote out;
  out.text = std::string(note.substr(0, split + 1));
  std::string_view rest = note.substr(split + 2);
  if (rest.empty()) return malformed("the note has no signature line");
  std::size_t line_number =
      static_cast<std::size_t>(std::count(out.text.begin(), out.text.end(), '\n')) + 1;
  while (!rest.empty()) {
    ++line_number;
    const auto end = rest.find('\n');
    if (end == rest.npos) return malformed("the last line of the note does not end with a newline");
    auto line = parse_signature(rest.substr(0, end));
    if (!line) {
      return malformed("line " + std::to_string(line_number) + ": " + line.error().message);
    }
    if (out.signatures.size() == kNoteSignaturesMax) {
      return malformed("the note has more than " + std::to_string(kNoteSignaturesMax) +
                       " signatures");
    }
    out.signatures.push_back(std::move(line.value()));
    rest.remove_prefix(end + 1);
  }
  return out;
}

std::string SignedNote::print() const {
  std::string out = text + "\n";
  for (const NoteSignature& line : signatures) out += print_signature(line) + "\n";
  return out;
}

bool SignedNote::signed_by(const NoteKey& key) const {
  return look_for(*this, key) == Finding::good;
}

Result<std::vector<NoteKey>> SignedNote::verify(const std::vector<NoteKey>& keys) const {
  std::vector<NoteKey> signers;
  for (const NoteKey& key : keys) {
    const Finding finding = look_for(*this, key);
    if (finding == Finding::bad) {
      return error(ErrorCode::signature_invalid,
                   "the signature of '" + key.name + "' does not fit the text of the note");
    }
    if (finding == Finding::good) signers.push_back(key);
  }
  return signers;
}

void sign_note(SignedNote& note, std::string_view name, const crypto::SigningKey& key) {
  const Signature signature = key.sign(as_bytes(note.text));
  note.signatures.push_back({std::string(name),
                             key_id_of(name, NoteKeyType::ed25519, key.public_key()),
                             to_bytes(signature.view())});
}

void cosign_note(SignedNote& note, std::string_view name, const crypto::SigningKey& key,
                 std::uint64_t time_s) {
  Bytes timestamped = big_endian(time_s, 8);
  append(timestamped, key.sign(cosigned_message(note.text, time_s)).view());
  note.signatures.push_back({std::string(name),
                             key_id_of(name, NoteKeyType::cosignature, key.public_key()),
                             std::move(timestamped)});
}

std::optional<std::uint64_t> cosignature_time_s(const NoteSignature& signature) {
  if (signature.signature.size() != 8 + Signature::kSize) return std::nullopt;
  std::uint64_t time_s = 0;
  for (std::size_t i = 0; i < 8; ++i) time_s = time_s << 8 | signature.signature[i];
  if (time_s > INT64_MAX) return std::nullopt;
  return time_s;
}

Result<NoteFields> NoteFields::parse(std::string_view text, std::string_view format,
                                     std::initializer_list<std::string_view> known) {
  if (!valid_note_text(text)) {
    return malformed("the text is not valid UTF-8 or holds a control character");
  }
  NoteFields out;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::string where = "line " + std::to_string(number) + ": ";
    const auto end = text.find('\n');
    if (end == text.npos) return malformed(where + "the text does not end with a newline");
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (number == 1) {
      if (line != format) {
        return malformed("line 1: expected '" + std::string(format) + "', found '" +
                         std::string(line.substr(0, 80)) + "'");
      }
      continue;
    }
    if (line.empty()) return malformed(where + "empty lines are not allowed in the text");
    const auto space = line.find(' ');
    const std::string_view key = line.substr(0, space);
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      return malformed(where + "unknown field '" + std::string(key.substr(0, 80)) + "'");
    }
    if (space == line.npos) {
      return malformed(where + "field '" + std::string(key) + "' has no value");
    }
    out.fields_.emplace_back(key, line.substr(space + 1));
    if (text.empty()) return out;
  }
  return malformed("the text has no fields; expected '" + std::string(format) +
                   "' and lines after it");
}

Result<std::string> NoteFields::one(std::string_view key) const {
  const std::string* value = nullptr;
  for (const auto& [name, field] : fields_) {
    if (name != key) continue;
    if (value != nullptr) return malformed("field '" + std::string(key) + "' occurs twice");
    value = &field;
  }
  if (value == nullptr) return malformed("field '" + std::string(key) + "' is missing");
  return *value;
}

std::optional<std::string> NoteFields::maybe(std::string_view key) const {
  for (const auto& [name, field] : fields_) {
    if (name == key) return field;
  }
  return std::nullopt;
}

std::vector<std::string> NoteFields::all(std::string_view key) const {
  std::vector<std::string> out;
  for (const auto& [name, field] : fields_) {
    if (name == key) out.push_back(field);
  }
  return out;
}

}  // namespace candour::identity
