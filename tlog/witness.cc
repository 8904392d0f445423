#include "tlog/witness.h"

#include <algorithm>

#include "crypto/hash.h"
#include "identity/note_text.h"
#include "tlog/hash_lines.h"

namespace candour::tlog {
namespace {

Error malformed(std::string message) {
  return error(ErrorCode::note_malformed, "add-checkpoint request: " + std::move(message));
}

WitnessAnswer refuse(unsigned status, std::string why) {
  WitnessAnswer answer;
  answer.status = status;
  answer.body = std::move(why) + "\n";
  return answer;
}

WitnessAnswer conflict(std::uint64_t stored_size) {
  WitnessAnswer answer;
  answer.status = 409;
  answer.content_type = "text/x.tlog.size";
  answer.body = std::to_string(stored_size) + "\n";
  return answer;
}

/// The log's own signature lines; what else stands in the note is nothing the witness vouches for.
identity::SignedNote with_signatures_of(const identity::SignedNote& note,
                                        const identity::NoteKey& log) {
  identity::SignedNote out{note.text, {}};
  for (const identity::NoteSignature& line : note.signatures) {
    if (line.name == log.name && line.key_id == log.key_id()) out.signatures.push_back(line);
  }
  return out;
}

}  // namespace

std::string AddCheckpoint::print() const {
  return "old " + std::to_string(old_size) + "\n" + print_hash_lines(proof) + "\n" + checkpoint;
}

Result<AddCheckpoint> AddCheckpoint::parse(std::string_view body) {
  constexpr std::string_view kOld = "old ";
  const auto first = take_line(body);
  if (!first || !first->starts_with(kOld)) return malformed("line 1: expected 'old <size>'");
  const auto old_size = identity::parse_decimal(first->substr(kOld.size()));
  if (!old_size || *old_size > kTreeSizeMax) return malformed("line 1: the old size is no number");
  AddCheckpoint out;
  out.old_size = *old_size;
  unsigned line = 2;
  CANDOUR_TRY(out.proof, take_hash_lines(body, line));
  if (body.empty()) return malformed("the checkpoint is missing");
  out.checkpoint = std::string(body);
  return out;
}

Result<WitnessState> WitnessState::load(std::string_view note, const identity::NoteKey& log) {
  const auto damaged = [&](const Error& cause) {
    return error(ErrorCode::state_damaged, "the stored checkpoint of log '" + log.name +
                                               "' cannot be trusted: " + cause.message);
  };
  auto parsed = identity::SignedNote::parse(note);
  if (!parsed) return damaged(parsed.error());
  auto checkpoint = verify_log_signature(parsed.value(), log);
  if (!checkpoint) return damaged(checkpoint.error());
  return WitnessState{checkpoint.value().size, checkpoint.value().root, std::string(note)};
}

const identity::NoteKey* log_of(const AddCheckpoint& request,
                                const std::vector<identity::NoteKey>& logs) {
  std::string_view text = request.checkpoint;
  const auto origin = take_line(text);
  if (!origin) return nullptr;
  const auto found = std::find_if(
      logs.begin(), logs.end(), [&](const identity::NoteKey& log) { return log.name == *origin; });
  return found == logs.end() ? nullptr : &*found;
}

WitnessAnswer decide(const AddCheckpoint& request, const identity::NoteKey* log,
                     const WitnessState& stored, const WitnessIdentity& witness,
                     std::uint64_t time_s) {
  const auto note = identity::SignedNote::parse(request.checkpoint);
  if (!note) return refuse(400, note.error().message);
  const auto parsed = Checkpoint::parse(note.value().text);
  if (!parsed) return refuse(400, parsed.error().message);
  if (log == nullptr || log->name != parsed.value().origin) {
    return refuse(404, "log '" + parsed.value().origin + "' is not known to this witness");
  }
  const auto checkpoint = verify_log_signature(note.value(), *log);
  if (!checkpoint) return refuse(403, checkpoint.error().message);
  const std::uint64_t size = checkpoint.value().size;
  if (request.old_size > size) return refuse(400, "the old size is larger than the checkpoint's");
  if (request.old_size != stored.size) return conflict(stored.size);
  const Status consistent = verify_consistency(request.old_size, stored.root, size,
                                               checkpoint.value().root, request.proof);
  if (!consistent) return refuse(422, consistent.error().message);

  WitnessAnswer answer;
  identity::SignedNote cosigned = with_signatures_of(note.value(), *log);
  cosigned.signatures.push_back(make_cosignature(note.value(), witness.name, witness.key, time_s));
  answer.body = identity::print_signature(cosigned.signatures.back()) + "\n";
  answer.new_state = WitnessState{size, checkpoint.value().root, cosigned.print()};
  return answer;
}

std::string origin_hash(std::string_view origin) { return crypto::sha256(as_bytes(origin)).hex(); }

}  // namespace candour::tlog
