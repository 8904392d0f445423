#include "bot/witness.h"

#include <algorithm>

#include "base/limits.h"
#include "base/log.h"

namespace candour::bot {
namespace {

using client::wire_bytes;

constexpr std::string_view kNote = "witnessed";
constexpr std::string_view kAcknowledged = "leaves_acknowledged";
constexpr std::size_t kProofsInFlightMax = 16;
constexpr std::size_t kProofsInFlightBusyMax = 2;
// The log signs a checkpoint each second; before this long there is little to ask for.
constexpr std::uint64_t kProofFirstMs = 2'500;
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
  // A new log after a lost one begins anew.
  if (!note.empty() && as_text(note).starts_with(context_.origin() + "\n")) {
    CANDOUR_TRY(state_, tlog::WitnessState::load(as_text(note), context_.trust.statement()->log));
  }
  CANDOUR_TRY(acknowledged_, context_.store.number(kAcknowledged));
  CANDOUR_TRY(const auto leaves, context_.store.leaves());
  for (const storage::BotLeaf& leaf : leaves) {
    if (leaf.acknowledged) unproven_[leaf.leaf_hash] = *leaf.acknowledged;
  }
  return ok();
}

Result<std::size_t> Witness::begin_anew(const std::string& before) {
  restart();
  CANDOUR_TRY(context_.store.put_note("witnessed of " + before, as_bytes(state_.note)));
  CANDOUR_TRY(context_.store.put_note(kNote, {}));
  state_ = {};
  acknowledged_ = 0;
  CANDOUR_TRY(context_.store.put_number(kAcknowledged, 0));
  const std::size_t unproven = unproven_.size();
  for (const auto& [leaf, time] : unproven_) {
    CANDOUR_TRY(context_.store.drop_leaf(leaf));
  }
  unproven_.clear();
  missing_.clear();
  return unproven;
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

std::vector<Digest> Witness::records_due() const {
  const std::uint64_t now = context_.clock.now().value;
  std::vector<std::pair<TimeMs, Digest>> due;
  for (const auto& [leaf, time] : unproven_) {
    if (time.value + limits::kCheckpointLatestMs <= now) due.emplace_back(time, leaf);
  }
  const std::size_t count = std::min(due.size(), kProvenPerCosignature);
  std::partial_sort(due.begin(), due.begin() + static_cast<std::ptrdiff_t>(count), due.end());
  std::vector<Digest> oldest;
  for (std::size_t i = 0; i < count; ++i) oldest.push_back(due[i].second);
  return oldest;
}

tlog::WitnessAnswer Witness::decide(const v1::CosignRequest& request) const {
  tlog::AddCheckpoint add;
  add.old_size = request.old_size();
  add.checkpoint = request.checkpoint();
  auto proof = read_proof(request.proof());
  if (proof) add.proof = std::move(proof).value();
  const tlog::WitnessIdentity self{context_.keys.witness_name, context_.keys.witness};
  const std::uint64_t now_s = context_.clock.now().value / 1000;
  return tlog::decide(add, &context_.trust.statement()->log, state_, self, now_s);
}

// A relay signs its newest checkpoint before it shows it, so what it shows never shrinks.
Status Witness::check_contradiction(const v1::CosignRequest& request) {
  CANDOUR_TRY(const auto note, identity::SignedNote::parse(request.checkpoint()));
  CANDOUR_TRY(const auto shown, tlog::verify_log_signature(note, context_.trust.statement()->log));
  if (shown.size > state_.size || state_.size == 0) return ok();
  if (shown.size == state_.size && shown.root == state_.root) return ok();
  contradicted_ = true;
  log::error("log_inconsistent",
             {{"witnessed", state_.size},
              {"shown", shown.size},
              {"hint", log::LogSafe("the relay shows a log that shrank or was split; "
                                    "nothing is released until it shows the one witnessed")}});
  return ok();
}

Status Witness::cosign(const v1::CosignRequest& request) {
  forget_request();
  (void)check_contradiction(request);
  tlog::WitnessAnswer decided = decide(request);
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
  if (decided.new_state->size < leaves_due()) {
    log::error("checkpoint_lacks_records",
               {{"size", decided.new_state->size}, {"records", leaves_due()}});
    return refuse();
  }
  const std::vector<Digest> due = records_due();
  if (due.empty()) return sign(std::move(decided));
  awaiting_.emplace();
  awaiting_->request = request;
  awaiting_->size = decided.new_state->size;
  awaiting_->root = decided.new_state->root;
  for (const Digest& leaf : due) {
    awaiting_->leaves.insert(leaf);
    ask(leaf, awaiting_->size);
  }
  return ok();
}

Status Witness::sign(tlog::WitnessAnswer decided) {
  state_ = std::move(*decided.new_state);
  CANDOUR_TRY(context_.store.put_note(kNote, as_bytes(state_.note)));
  std::string line = std::move(decided.body);
  if (!line.empty() && line.back() == '\n') line.pop_back();
  answer(std::move(line));
  return ok();
}

Status Witness::compare(client::Connection& connection) {
  if (state_.size == 0) return ok();
  v1::ClientFrame frame;
  frame.mutable_cosignature()->set_size(state_.size);
  frame.mutable_cosignature()->set_line(state_.note);
  const auto answered = connection.request(std::move(frame));
  // Another failure says nothing about the log; its next checkpoint will.
  if (answered || (answered.error().code != ErrorCode::log_inconsistent &&
                   answered.error().code != ErrorCode::disconnected &&
                   answered.error().code != ErrorCode::timed_out)) {
    return ok();
  }
  if (answered.error().code == ErrorCode::log_inconsistent) {
    log::error("log_inconsistent",
               {{"witnessed", state_.size}, {"why", log::LogSafe(answered.error().message)}});
  }
  return answered.error();
}

Status Witness::acknowledged(const std::vector<Digest>& leaves) {
  if (leaves.empty()) return ok();
  const TimeMs now = context_.clock.now();
  for (const Digest& leaf : leaves) unproven_[leaf] = now;
  acknowledged_ += leaves.size();
  return context_.store.put_number(kAcknowledged, acknowledged_);
}

void Witness::ask(const Digest& leaf, std::uint64_t tree_size) {
  v1::ClientFrame frame;
  frame.mutable_get_proof()->set_leaf_hash(wire_bytes(leaf.view()));
  frame.mutable_get_proof()->set_tree_size(tree_size);
  Expected expected;
  expected.purpose = Purpose::proof;
  expected.row = tree_size;  // 0 = in the background
  expected.leaves = {leaf};
  outbox_.ask(std::move(frame), std::move(expected));
}

Status Witness::tick(bool idle) {
  const TimeMs now = context_.clock.now();
  if (answer_at_ && *answer_at_ <= now) {
    answer_at_.reset();
    answer(std::string());
  }
  if (now < ask_at_) return ok();
  const std::size_t in_flight_max = idle ? kProofsInFlightMax : kProofsInFlightBusyMax;
  for (const auto& [leaf, time] : unproven_) {
    if (in_flight_.size() >= in_flight_max) break;
    if (time.value + kProofFirstMs > now.value || in_flight_.contains(leaf)) continue;
    ask(leaf, 0);
    in_flight_.insert(leaf);
  }
  if (unproven_.empty() || in_flight_.empty()) ask_at_ = TimeMs(now.value + kProofPauseMs);
  return ok();
}

// Many proofs come under one checkpoint.
Result<const Witness::Verified*> Witness::verify(const std::string& text) {
  const identity::NoteKey& log = context_.trust.statement()->log;
  if (verified_ && verified_->text == text && verified_->log == log.public_key) return &*verified_;
  CANDOUR_TRY(const auto note, identity::SignedNote::parse(text));
  CANDOUR_TRY(auto checkpoint, tlog::verify_log_signature(note, log));
  const identity::NoteKey self{context_.keys.witness_name, identity::NoteKeyType::cosignature,
                               context_.keys.witness.public_key()};
  verified_ = Verified{text, log.public_key, std::move(checkpoint), note.signed_by(self)};
  return &*verified_;
}

Status Witness::check_proof(const Digest& leaf, const v1::Proof& proof) {
  CANDOUR_TRY(const Verified* verified, verify(proof.checkpoint()));
  const tlog::Checkpoint& checkpoint = verified->checkpoint;
  const bool to_be_cosigned =
      awaiting_ && checkpoint.size == awaiting_->size && checkpoint.root == awaiting_->root;
  if (!to_be_cosigned && !verified->cosigned) {
    return error(ErrorCode::not_found, "the checkpoint of the proof is not cosigned by this bot");
  }
  CANDOUR_TRY(const tlog::Proof hashes, read_proof(proof.hashes()));
  return tlog::verify_inclusion(leaf, proof.leaf_index(), checkpoint.size, hashes, checkpoint.root);
}

Status Witness::proven(const Expected& expected, const v1::Proof* proof, const Status& failure) {
  const Digest& leaf = expected.leaves.front();
  const bool background = expected.row == 0;
  if (background) in_flight_.erase(leaf);
  const Status checked = proof != nullptr ? check_proof(leaf, *proof) : failure;
  if (checked) {
    unproven_.erase(leaf);
    missing_.erase(leaf);
    CANDOUR_TRY(context_.store.drop_leaf(leaf));
    if (!awaiting_ || awaiting_->leaves.erase(leaf) == 0 || !awaiting_->leaves.empty()) return ok();
    tlog::WitnessAnswer decided = decide(awaiting_->request);
    forget_request();
    return decided.new_state ? sign(std::move(decided)) : ok();
  }
  const TimeMs now = context_.clock.now();
  if (background) ask_at_ = TimeMs(now.value + kProofPauseMs);
  const bool wrong = proof != nullptr && checked.error().code != ErrorCode::not_found;
  const bool awaited = !background && awaiting_ && awaiting_->size == expected.row;
  const auto known = unproven_.find(leaf);
  if ((wrong || awaited) && known != unproven_.end()) {
    log::error("record_not_in_log", {{"leaf", leaf}, {"code", checked.error().code}});
    missing_.insert(leaf);
  } else if (known != unproven_.end() && known->second.value + kProofLateMs < now.value) {
    log::warning("record_not_proven_yet", {{"leaf", leaf}, {"code", checked.error().code}});
    ask_at_ = TimeMs(now.value + kProofLateMs);
  }
  if (!awaited) return ok();
  forget_request();
  return refuse();
}

}  // namespace candour::bot
