// That what this endpoint relies on is in the log: single leaves, certificates, and the objects
// that take effect only once they are proven.
#include "client/trust_proofs.h"

#include "client/error_kinds.h"
#include "client/trust.h"
#include "tlog/checkpoint.h"

namespace candour::client {
namespace {

constexpr std::size_t kProofHashesMax = 63;
// Questions sent at once; each answer is a few kilobytes at most.
constexpr std::size_t kProofBatchMax = 64;

v1::ClientFrame leaf_question(const Digest& leaf_hash) {
  v1::ClientFrame frame;
  frame.mutable_get_proof()->set_leaf_hash(wire_bytes(leaf_hash.view()));
  return frame;
}

/// Failures that say no more than "not now".
bool is_not_yet(const Error& e) {
  return e.code == ErrorCode::not_found || e.code == ErrorCode::rate_limited ||
         e.code == ErrorCode::queue_full;
}

Error not_witnessed(std::uint64_t number) {
  return error(ErrorCode::not_found, "directory object " + std::to_string(number) +
                                         " is not yet in a checkpoint that the witnesses cosigned");
}

}  // namespace

Result<tlog::Proof> proof_hashes(const v1::Proof& proof) {
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

Result<LeafProof> Trust::prove_leaf(const Digest& leaf_hash, Connection& connection) {
  CANDOUR_TRY(v1::ServerFrame answer, connection.request(leaf_question(leaf_hash)));
  if (answer.body_case() != v1::ServerFrame::kProof) {
    return error(ErrorCode::frame_malformed, "the relay did not answer with a proof");
  }
  return check_leaf_proof(leaf_hash, answer.proof(), connection);
}

Result<LeafProof> Trust::check_leaf_proof(const Digest& leaf_hash, const v1::Proof& answer,
                                          Connection& connection) {
  LeafProof proof;
  CANDOUR_TRY(proof.checkpoint, read_checkpoint(answer.checkpoint()));
  CANDOUR_TRY(proof.hashes, proof_hashes(answer));
  proof.index = answer.leaf_index();
  proof.note = answer.checkpoint();
  CANDOUR_TRY(tlog::verify_inclusion(leaf_hash, proof.index, proof.checkpoint.size, proof.hashes,
                                     proof.checkpoint.root));
  if (knows_checkpoint(proof.checkpoint)) {
    CANDOUR_TRY(see_checkpoint(proof.note, connection));
    return proof;
  }
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

Status Trust::prove(const DeviceId& device, Connection& connection) {
  return prove_devices({device}, connection);
}

Status Trust::prove_devices(const std::vector<DeviceId>& devices, Connection& connection) {
  std::vector<Question> questions;
  for (const DeviceId& device : devices) {
    auto found = certificates_.find(device);
    if (found == certificates_.end()) {
      return error(ErrorCode::unknown_device,
                   "device " + device.hex() + " has no certificate in the directory");
    }
    if (proven_.contains(found->second.number)) continue;
    questions.push_back({found->second.number, found->second.leaf_hash});
  }
  return prove_objects(questions, connection, true);
}

Status Trust::prove_pending(Connection& connection) {
  // From where the last batch ended, so that objects without a proof do not hold back the others.
  std::vector<Question> questions;
  for (auto next = unproven_.upper_bound(asked_through_);
       next != unproven_.end() && questions.size() < kProofBatchMax; ++next) {
    questions.push_back({next->first, next->second.leaf_hash});
  }
  asked_through_ = questions.size() < kProofBatchMax ? 0 : questions.back().number;
  return prove_objects(questions, connection, false);
}

// Every answer is used before the first failure is returned: one object without a proof must not
// keep the others from theirs.
Status Trust::prove_objects(const std::vector<Question>& questions, Connection& connection,
                            bool all_needed) {
  Status worst = ok();
  for (std::size_t begin = 0; begin < questions.size(); begin += kProofBatchMax) {
    const std::size_t end = std::min(questions.size(), begin + kProofBatchMax);
    std::vector<v1::ClientFrame> frames;
    for (std::size_t i = begin; i < end; ++i) {
      frames.push_back(leaf_question(questions[i].leaf_hash));
    }
    CANDOUR_TRY(auto answers, connection.request_all(std::move(frames)));
    for (std::size_t i = begin; i < end; ++i) {
      const Question& question = questions[i];
      const v1::ServerFrame& answer = answers[i - begin];
      Status proven = failure_of(answer);
      if (proven) {
        auto checked = check_leaf_proof(question.leaf_hash, answer.proof(), connection);
        const bool witnessed =
            checked && (checked.value().checkpoint.witnessed ||
                        quorum_of_pending(question.number, checked.value().note));
        proven = !checked    ? Status(checked.error())
                 : witnessed ? mark_proven(question.number)
                             : Status(not_witnessed(question.number));
      }
      if (proven || (!all_needed && is_not_yet(proven.error()))) continue;
      if (is_final(proven.error())) return proven;
      if (worst || is_not_yet(worst.error())) worst = proven;
    }
  }
  return worst;
}

// A statement may replace witnesses that will never sign again: then its own quorum decides.
bool Trust::quorum_of_pending(std::uint64_t number, const std::string& note) const {
  const auto pending = pending_statements_.find(number);
  if (pending == pending_statements_.end()) return false;
  const auto verified = tlog::verify_checkpoint(note, pending->second);
  return verified && verified.value().quorum;
}

Status Trust::mark_proven(std::uint64_t number) {
  CANDOUR_TRY(store_.put_proven(number));
  proven_.insert(number);
  unproven_.erase(number);
  ++revision_;
  if (auto statement = pending_statements_.find(number); statement != pending_statements_.end()) {
    if (statement->second.version > statement_->version) {
      enact_statement(std::move(statement->second));
    }
    pending_statements_.erase(number);
  }
  if (auto notice = pending_notices_.find(number); notice != pending_notices_.end()) {
    if (!notice_ || notice->second.first.version > notice_->version) {
      notice_ = std::move(notice->second.first);
      notice_digest_ = notice->second.second;
    }
    pending_notices_.erase(number);
  }
  return ok();
}

bool Trust::proven(const DeviceId& device) const {
  auto found = certificates_.find(device);
  return found != certificates_.end() && proven_.contains(found->second.number);
}

}  // namespace candour::client
