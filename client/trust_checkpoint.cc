// The log as this endpoint sees it: checkpoints, and proofs against them.
#include <algorithm>

#include "client/trust.h"
#include "client/trust_proofs.h"
#include "tlog/checkpoint.h"

namespace candour::client {
namespace {

// A member's claim, or a proof that was on its way, is mostly of one of the last few.
constexpr std::size_t kKnownCheckpointsMax = 64;

Result<v1::Proof> ask_proof(v1::GetProof question, Connection& connection) {
  v1::ClientFrame frame;
  *frame.mutable_get_proof() = std::move(question);
  CANDOUR_TRY(v1::ServerFrame answer, connection.request(std::move(frame)));
  if (answer.body_case() != v1::ServerFrame::kProof) {
    return error(ErrorCode::frame_malformed, "the relay did not answer with a proof");
  }
  return std::move(*answer.mutable_proof());
}

Error split_view(std::uint64_t size) {
  return error(ErrorCode::log_inconsistent,
               "two checkpoints of the same log of size " + std::to_string(size) +
                   " have different roots: the relay shows different logs to different people; "
                   "keep this device's state and tell the auditor");
}

}  // namespace

Result<SeenCheckpoint> Trust::read_checkpoint(std::string_view note) const {
  CANDOUR_TRY(need_statement());
  // Proofs come in batches in one checkpoint; its signatures are checked once.
  if (checkpoint_.size != 0 && note == checkpoint_note_) return checkpoint_;
  CANDOUR_TRY(auto verified, tlog::verify_checkpoint(note, *statement_));
  SeenCheckpoint seen;
  seen.origin = verified.checkpoint.origin;
  seen.size = verified.checkpoint.size;
  seen.root = verified.checkpoint.root;
  seen.witnessed = verified.quorum;
  return seen;
}

Status Trust::adopt_checkpoint(std::string_view note, const SeenCheckpoint& checkpoint) {
  CANDOUR_TRY(store_.put_checkpoint(as_bytes(note)));
  const SeenCheckpoint before = std::exchange(checkpoint_, checkpoint);
  remember_checkpoint(before);
  checkpoint_note_ = std::string(note);
  return ok();
}

Status Trust::compare_checkpoint(const SeenCheckpoint& other) const {
  if (other.size == 0 || checkpoint_.size == 0 || !statement_) return ok();
  if (other.origin != statement_->log.name) {
    return error(ErrorCode::log_inconsistent, "a member saw a checkpoint of log \"" + other.origin +
                                                  "\", not of this organisation's");
  }
  if (other.size == checkpoint_.size && other.root != checkpoint_.root) {
    return split_view(other.size);
  }
  return ok();
}

Status Trust::see_checkpoint(std::string_view note, Connection& connection) {
  if (checkpoint_.size != 0 && note == checkpoint_note_) return ok();
  CANDOUR_TRY(SeenCheckpoint shown, read_checkpoint(note));
  CANDOUR_TRY(compare_checkpoint(shown));
  // The same tree again may carry more cosignatures than the note kept.
  if (shown.size == checkpoint_.size && shown.witnessed && !checkpoint_.witnessed) {
    return adopt_checkpoint(note, shown);
  }
  if (shown.size <= checkpoint_.size) return ok();
  if (checkpoint_.size == 0) return adopt_checkpoint(note, shown);

  v1::GetProof question;
  question.set_consistency_from(checkpoint_.size);
  auto answered = ask_proof(std::move(question), connection);
  // No proof yet: the checkpoint kept stays the one relied on, and nothing newer is believed.
  if (!answered && (answered.error().code == ErrorCode::not_found ||
                    answered.error().code == ErrorCode::input_invalid)) {
    return ok();
  }
  CANDOUR_TRY(v1::Proof proof, std::move(answered));
  CANDOUR_TRY(SeenCheckpoint newest, read_checkpoint(proof.checkpoint()));
  CANDOUR_TRY(tlog::Proof hashes, proof_hashes(proof));
  // The proof is to the newest witnessed checkpoint, which another device may have seen earlier
  // than this one: nothing new then.
  if (newest.size < checkpoint_.size) return ok();
  CANDOUR_TRY(tlog::verify_consistency(checkpoint_.size, checkpoint_.root, newest.size, newest.root,
                                       hashes));
  if (newest.size == shown.size && newest.root != shown.root) return split_view(shown.size);
  return adopt_checkpoint(proof.checkpoint(), newest);
}

// An older checkpoint says something about this log only when the one kept contains it. The relay
// proves towards its newest one, so that this must be the one kept, or become it.
Status Trust::prove_prefix(const SeenCheckpoint& older, Connection& connection) {
  v1::GetProof question;
  question.set_consistency_from(older.size);
  CANDOUR_TRY(v1::Proof answer, ask_proof(std::move(question), connection));
  CANDOUR_TRY(SeenCheckpoint newest, read_checkpoint(answer.checkpoint()));
  CANDOUR_TRY(tlog::Proof hashes, proof_hashes(answer));
  CANDOUR_TRY(tlog::verify_consistency(older.size, older.root, newest.size, newest.root, hashes));
  CANDOUR_TRY(see_checkpoint(answer.checkpoint(), connection));
  if (newest.size == checkpoint_.size && newest.root == checkpoint_.root) {
    remember_checkpoint(older);
    return ok();
  }
  return error(ErrorCode::not_found,
               "the relay does not yet prove that the log this device knows contains its older "
               "checkpoint of size " +
                   std::to_string(older.size));
}

Status Trust::check_claim(const SeenCheckpoint& other, Connection& connection) {
  CANDOUR_TRY(compare_checkpoint(other));
  if (other.size == 0 || knows_checkpoint(other)) return ok();
  if (other.size >= checkpoint_.size) {
    return error(ErrorCode::not_found, "the claim is of a larger log than this device has seen");
  }
  return prove_prefix(other, connection);
}

bool Trust::knows_checkpoint(const SeenCheckpoint& other) const {
  if (!statement_ || other.origin != statement_->log.name) return false;
  const auto is_other = [&](const SeenCheckpoint& known) {
    return known.size == other.size && known.root == other.root;
  };
  return is_other(checkpoint_) || std::any_of(known_.begin(), known_.end(), is_other);
}

void Trust::remember_checkpoint(const SeenCheckpoint& checkpoint) {
  if (checkpoint.size == 0 || knows_checkpoint(checkpoint)) return;
  known_.push_back(checkpoint);
  if (known_.size() > kKnownCheckpointsMax) known_.pop_front();
}

}  // namespace candour::client
