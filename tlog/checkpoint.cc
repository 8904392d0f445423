#include "tlog/checkpoint.h"

#include <algorithm>

#include "base/encoding.h"
#include "identity/note_text.h"
#include "tlog/hash_lines.h"
#include "tlog/tree.h"

namespace candour::tlog {
namespace {

Error malformed(std::string message) {
  return error(ErrorCode::note_malformed, "checkpoint: " + std::move(message));
}

const identity::NoteSignature* line_of(const identity::SignedNote& note,
                                       const identity::NoteKey& key) {
  const auto found = std::find_if(note.signatures.begin(), note.signatures.end(),
                                  [&](const identity::NoteSignature& line) {
                                    return line.name == key.name && line.key_id == key.key_id();
                                  });
  return found == note.signatures.end() ? nullptr : &*found;
}

}  // namespace

std::string Checkpoint::print() const {
  std::string out = origin + "\n" + std::to_string(size) + "\n" + base64_encode(root.view()) + "\n";
  for (const std::string& line : extensions) out += line + "\n";
  return out;
}

Result<Checkpoint> Checkpoint::parse(std::string_view text) {
  if (!identity::valid_note_text(text)) {
    return malformed("it is not valid UTF-8 or holds a control character");
  }
  const auto origin = take_line(text);
  const auto size_line = take_line(text);
  const auto root_line = take_line(text);
  if (!root_line) return malformed("it has fewer than three lines");
  if (origin->empty()) return malformed("line 1: the origin is empty");
  const auto size = identity::parse_decimal(*size_line);
  if (!size || *size > kTreeSizeMax) return malformed("line 2: the tree size is not a number");
  const auto root_bytes = base64_decode(*root_line);
  const auto root = root_bytes ? Digest::from(*root_bytes) : std::nullopt;
  if (!root) return malformed("line 3: the root is not base64 of 32 bytes");
  Checkpoint out{std::string(*origin), *size, *root, {}};
  while (!text.empty()) {
    const auto line = take_line(text);
    if (!line) return malformed("the last line does not end with a newline");
    if (line->empty()) return malformed("extension lines must not be empty");
    out.extensions.emplace_back(*line);
  }
  return out;
}

identity::SignedNote sign_checkpoint(const Checkpoint& checkpoint,
                                     const crypto::SigningKey& log_key) {
  identity::SignedNote note{checkpoint.print(), {}};
  identity::sign_note(note, checkpoint.origin, log_key);
  return note;
}

Result<Checkpoint> verify_log_signature(const identity::SignedNote& note,
                                        const identity::NoteKey& log) {
  CANDOUR_TRY(auto checkpoint, Checkpoint::parse(note.text));
  if (checkpoint.origin != log.name) {
    return error(ErrorCode::log_inconsistent, "the checkpoint is of log '" + checkpoint.origin +
                                                  "', expected '" + log.name + "'");
  }
  CANDOUR_TRY(auto signers, note.verify({log}));
  if (signers.empty()) {
    return error(ErrorCode::signature_invalid,
                 "the checkpoint is not signed by the key of log '" + log.name + "'");
  }
  return checkpoint;
}

identity::NoteSignature make_cosignature(const identity::SignedNote& checkpoint,
                                         std::string_view witness_name,
                                         const crypto::SigningKey& key, std::uint64_t time_s) {
  identity::SignedNote copy{checkpoint.text, {}};
  identity::cosign_note(copy, witness_name, key, time_s);
  return std::move(copy.signatures.front());
}

Result<VerifiedCheckpoint> verify_checkpoint(std::string_view note,
                                             const identity::Statement& statement) {
  CANDOUR_TRY(auto signed_note, identity::SignedNote::parse(note));
  VerifiedCheckpoint out;
  CANDOUR_TRY(out.checkpoint, verify_log_signature(signed_note, statement.log));
  CANDOUR_TRY(auto witnesses, signed_note.verify(statement.witnesses));
  for (const identity::NoteKey& witness : witnesses) {
    const identity::NoteSignature* line = line_of(signed_note, witness);
    out.cosigned_by.push_back({witness.name, identity::cosignature_time_s(*line).value_or(0)});
  }
  out.quorum = out.cosigned_by.size() >= statement.quorum;
  return out;
}

Status add_cosignature(identity::SignedNote& checkpoint, std::string_view line,
                       const identity::Statement& statement) {
  CANDOUR_TRY(auto signature, identity::parse_signature(line));
  const auto witness = std::find_if(
      statement.witnesses.begin(), statement.witnesses.end(), [&](const identity::NoteKey& key) {
        return key.name == signature.name && key.key_id() == signature.key_id;
      });
  if (witness == statement.witnesses.end()) {
    return error(ErrorCode::signature_invalid,
                 "'" + signature.name + "' is not a witness of this organisation");
  }
  const identity::SignedNote alone{checkpoint.text, {signature}};
  if (!alone.signed_by(*witness)) {
    return error(ErrorCode::signature_invalid,
                 "the cosignature of '" + signature.name + "' does not fit this checkpoint");
  }
  const auto have = std::find_if(
      checkpoint.signatures.begin(), checkpoint.signatures.end(), [&](const auto& one) {
        return one.name == signature.name && one.key_id == signature.key_id;
      });
  if (have == checkpoint.signatures.end()) {
    checkpoint.signatures.push_back(std::move(signature));
  } else if (identity::cosignature_time_s(*have) < identity::cosignature_time_s(signature)) {
    *have = std::move(signature);
  }
  return ok();
}

}  // namespace candour::tlog
