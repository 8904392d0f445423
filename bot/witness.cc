#include "bot/witness.h"

#include "base/limits.h"
#include "base/log.h"

namespace candour::bot {
namespace {

using client::wire_bytes;

constexpr std::string_view kNote = "witnessed";
constexpr std::string_view kAcknowledged = "leaves_acknowledged";
constexpr std::size_t kProofsInFlightMax = 16;
constexpr std::uint64_t kProofPauseMs = 1'000;
constexpr std::uint64_t kProofLateMs = 60'000;
constexpr std::uint64_t kRefusalPauseMs = 10'000;

Result<tlog::Proof> read_proof(const google::protobuf::RepeatedPtrField<std::string>& hashes) {
  tlog::Proof proof;
  for (const std::string& hash : hashes) {
    const auto digest = Digest::from(as_bytes(hash));
    if (!digest || proof.size() >= 63) {
      return error(ErrorCode::frame_malformed, "the proof is malformed");
    }
    proof.push_back(*digest);
  }
  return proof;
}

}  // namespace

Status Witness::load() {
  CANDOUR_TRY(const Bytes note, context_.store.note(kNote));
  if (!note.empty()) {
    CANDOUR_TRY(state_, tlog::WitnessState::load(as_text(note), context_.trust.statement()->log));
  }
  CANDOUR_TRY(acknowledged_, context_.store.number(kAcknowledged));
  CANDOUR_TRY(const auto leaves, context_.store.leaves());
  for (const storage::BotLeaf& leaf : leaves) {
    if (leaf.acknowledged) unproven_[leaf.leaf_hash] = *leaf.acknowledged;
  }
  return ok();
}

std::uint64_t Witness::leaves_due() const {
  const std::uint64_t now = context_.clock.now().value;
  std::uint64_t recent = 0;
  for (const auto& [leaf, time] : unproven_) {
    if (time.value + limits::kCheckpointLatestMs > now) ++recent;
  }
  return acknowledged_ - recent;
}

Status Witness::refuse() {
  answer_at_ = TimeMs(context_.clock.now().value + kRefusalPauseMs);
  return ok();
}

void Witness::answer(std::string line) {
  v1::ClientFrame frame;
  frame.mutable_cosignature()->set_size(state_.size);
  frame.mutable_cosignature()->set_line(std::move(line));
  Expected expected;
  expected.purpose = Purpose::cosignature;
  outbox_.ask(std::move(frame), std::move(expected));
}

Status Witness::cosign(const v1::CosignRequest& request) {
  tlog::AddCheckpoint add;
  add.old_size = request.old_size();
  add.checkpoint = request.checkpoint();
  auto proof = read_proof(request.proof());
  if (proof) add.proof = std::move(proof).value();

  const tlog::WitnessIdentity self{context_.keys.witness_name, context_.keys.witness};
  const std::uint64_t now_s = context_.clock.now().value / 1000;
  tlog::WitnessAnswer decided =
      tlog::decide(add, &context_.trust.statement()->log, state_, self, now_s);
  if (!decided.new_state) {
    // 409 is how a log learns where this witness stands; anything else is the log's fault.
    if (decided.status == 409) {
      answer(std::string());
      return ok();
    }
    log::error("checkpoint_refused",
               {{"status", std::uint64_t{decided.status}}, {"why", log::LogSafe(decided.body)}});
    return refuse();
  }
  if (decided.new_state->size < leaves_due() || alarmed()) {
    log::error("checkpoint_lacks_records",
               {{"size", decided.new_state->size}, {"records", leaves_due()}});
    return refuse();
  }
  state_ = std::move(*decided.new_state);
  CANDOUR_TRY(context_.store.put_note(kNote, as_bytes(state_.note)));
  std::string line = std::move(decided.body);
  if (!line.empty() && line.back() == '\n') line.pop_back();
  answer(std::move(line));
  return ok();
}

Status Witness::acknowledged(const std::vector<Digest>& leaves) {
  if (leaves.empty()) return ok();
  const TimeMs now = context_.clock.now();
  for (const Digest& leaf : leaves) unproven_[leaf] = now;
  acknowledged_ += leaves.size();
  return context_.store.put_number(kAcknowledged, acknowledged_);
}

Status Witness::tick() {
  const TimeMs now = context_.clock.now();
  if (answer_at_ && *answer_at_ <= now) {
    answer_at_.reset();
    answer(std::string());
  }
  if (now < ask_at_) return ok();
  for (const auto& [leaf, time] : unproven_) {
    if (in_flight_.size() >= kProofsInFlightMax) break;
    if (time.value + limits::kCheckpointLatestMs > now.value || in_flight_.contains(leaf)) continue;
    v1::ClientFrame frame;
    frame.mutable_get_proof()->set_leaf_hash(wire_bytes(leaf.view()));
    Expected expected;
    expected.purpose = Purpose::proof;
    expected.leaves = {leaf};
    outbox_.ask(std::move(frame), std::move(expected));
    in_flight_.insert(leaf);
  }
  if (unproven_.empty() || in_flight_.empty()) ask_at_ = TimeMs(now.value + kProofPauseMs);
  return ok();
}

Status Witness::check_proof(const Digest& leaf, const v1::Proof& proof) const {
  CANDOUR_TRY(const auto note, identity::SignedNote::parse(proof.checkpoint()));
  CANDOUR_TRY(const auto checkpoint,
              tlog::verify_log_signature(note, context_.trust.statement()->log));
  const identity::NoteKey self{context_.keys.witness_name, identity::NoteKeyType::cosignature,
                               context_.keys.witness.public_key()};
  if (!note.signed_by(self)) {
    return error(ErrorCode::not_found, "the checkpoint of the proof is not cosigned by this bot");
  }
  CANDOUR_TRY(const tlog::Proof hashes, read_proof(proof.hashes()));
  return tlog::verify_inclusion(leaf, proof.leaf_index(), checkpoint.size, hashes, checkpoint.root);
}

Status Witness::proven(const Expected& expected, const v1::Proof* proof, const Status& failure) {
  const Digest& leaf = expected.leaves.front();
  in_flight_.erase(leaf);
  const Status checked = proof != nullptr ? check_proof(leaf, *proof) : failure;
  if (checked) {
    unproven_.erase(leaf);
    missing_.erase(leaf);
    return context_.store.drop_leaf(leaf);
  }
  const TimeMs now = context_.clock.now();
  ask_at_ = TimeMs(now.value + kProofPauseMs);
  const auto known = unproven_.find(leaf);
  if (proof != nullptr && checked.error().code != ErrorCode::not_found) {
    log::error("record_not_in_log", {{"leaf", leaf}, {"code", checked.error().code}});
    missing_.insert(leaf);
  } else if (known != unproven_.end() && known->second.value + kProofLateMs < now.value) {
    log::warning("record_not_proven_yet", {{"leaf", leaf}, {"code", checked.error().code}});
    ask_at_ = TimeMs(now.value + kProofLateMs);
  }
  return ok();
}

}  // namespace candour::bot
