// The log as this endpoint sees it: checkpoints, and proofs against them.
#include "client/trust.h"
#include "tlog/checkpoint.h"
#include "tlog/tree.h"

namespace candour::client {
namespace {

constexpr std::size_t kProofHashesMax = 63;

Result<v1::Proof> ask_proof(v1::GetProof question, Connection& connection) {
  v1::ClientFrame frame;
  *frame.mutable_get_proof() = std::move(question);
  CANDOUR_TRY(v1::ServerFrame answer, connection.request(std::move(frame)));
  if (answer.body_case() != v1::ServerFrame::kProof) {
    return error(ErrorCode::frame_malformed, "the relay did not answer with a proof");
  }
  return std::move(*answer.mutable_proof());
}

Result<tlog::Proof> hashes_of(const v1::Proof& proof) {
  if (static_cast<std::size_t>(proof.hashes_size()) > kProofHashesMax) {
    return error(ErrorCode::log_inconsistent, "the relay's proof has more than 63 hashes");
  }
  tlog::Proof hashes;
  for (const std::string& bytes : proof.hashes()) {
    auto hash = Digest::from(as_bytes(bytes));
    if (!hash)
      return error(ErrorCode::log_inconsistent, "a hash of the relay's proof is not 32 bytes");
    hashes.push_back(*hash);
  }
  return hashes;
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
  checkpoint_ = checkpoint;
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
  CANDOUR_TRY(tlog::Proof hashes, hashes_of(proof));
  // The proof is to the newest witnessed checkpoint, which another device may have seen earlier
  // than this one: nothing new then.
  if (newest.size < checkpoint_.size) return ok();
  CANDOUR_TRY(tlog::verify_consistency(checkpoint_.size, checkpoint_.root, newest.size, newest.root,
                                       hashes));
  if (newest.size == shown.size && newest.root != shown.root) return split_view(shown.size);
  return adopt_checkpoint(proof.checkpoint(), newest);
}

Result<LeafProof> Trust::prove_leaf(const Digest& leaf_hash, Connection& connection) {
  v1::GetProof question;
  question.set_leaf_hash(wire_bytes(leaf_hash.view()));
  CANDOUR_TRY(v1::Proof answer, ask_proof(std::move(question), connection));
  LeafProof proof;
  CANDOUR_TRY(proof.checkpoint, read_checkpoint(answer.checkpoint()));
  CANDOUR_TRY(proof.hashes, hashes_of(answer));
  proof.index = answer.leaf_index();
  proof.note = answer.checkpoint();
  CANDOUR_TRY(tlog::verify_inclusion(leaf_hash, proof.index, proof.checkpoint.size, proof.hashes,
                                     proof.checkpoint.root));
  CANDOUR_TRY(see_checkpoint(proof.note, connection));
  if (proof.checkpoint.size > checkpoint_.size) {
    return error(
        ErrorCode::not_found,
        "the relay does not yet prove that its newest checkpoint continues the one seen before");
  }
  if (proof.checkpoint.size < checkpoint_.size) {
    CANDOUR_TRY(prove_prefix(proof.checkpoint, connection));
  }
  return proof;
}

// An older checkpoint says something about this log only when the one kept contains it. The relay
// proves towards its newest one, so that this must be the one kept, or become it.
Status Trust::prove_prefix(const SeenCheckpoint& older, Connection& connection) {
  v1::GetProof question;
  question.set_consistency_from(older.size);
  CANDOUR_TRY(v1::Proof answer, ask_proof(std::move(question), connection));
  CANDOUR_TRY(SeenCheckpoint newest, read_checkpoint(answer.checkpoint()));
  CANDOUR_TRY(tlog::Proof hashes, hashes_of(answer));
  CANDOUR_TRY(tlog::verify_consistency(older.size, older.root, newest.size, newest.root, hashes));
  CANDOUR_TRY(see_checkpoint(answer.checkpoint(), connection));
  if (newest.size == checkpoint_.size && newest.root == checkpoint_.root) return ok();
  return error(ErrorCode::not_found,
               "the relay does not yet prove that the log this device knows contains its older "
               "checkpoint of size " +
                   std::to_string(older.size));
}

Status Trust::prove(const DeviceId& device, Connection& connection) {
  auto found = certificates_.find(device);
  if (found == certificates_.end()) {
    return error(ErrorCode::unknown_device,
                 "device " + device.hex() + " has no certificate in the directory");
  }
  const std::uint64_t number = found->second.number;
  if (proven_.contains(number)) return ok();
  CANDOUR_TRY(LeafProof proof, prove_leaf(found->second.leaf_hash, connection));
  if (!proof.checkpoint.witnessed) {
    return error(ErrorCode::not_found,
                 "the certificate of device " + device.hex() +
                     " is not yet in a checkpoint that the witnesses cosigned");
  }
  CANDOUR_TRY(store_.put_proven(number));
  proven_.insert(number);
  return ok();
}

}  // namespace candour::client
