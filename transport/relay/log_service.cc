#include "transport/relay/log_service.h"

#include <algorithm>

#include "base/log.h"
#include "crypto/hash.h"

namespace candour::relay {

namespace {

constexpr std::size_t kCheckpointsInMemory = 64;

}  // namespace

LogService::LogService(Context& context, crypto::SigningKey key, WitnessPort& witnesses,
                       std::uint64_t recosign_ms)
    : context_(context),
      key_(std::move(key)),
      witnesses_(witnesses),
      recosign_ms_(recosign_ms),
      witness_states_(witnesses.count()) {}

Status LogService::load_checkpoint(const storage::CheckpointRow& row) {
  if (!context_.model.statement) {
    return error(ErrorCode::state_damaged,
                 "relay.db has checkpoints but no organisation statement");
  }
  auto note = identity::SignedNote::parse(row.note);
  if (!note) return error(ErrorCode::state_damaged, "a stored checkpoint is no signed note");
  Known known{.note = std::move(note.value()), .durable = true};
  for (const auto& [name, line] : row.cosignatures) {
    // A cosignature by a witness that is no longer listed is left out.
    if (!tlog::add_cosignature(known.note, line, *context_.model.statement)) continue;
    bool outside = false;
    for (std::size_t i = 0; i < witness_states_.size(); ++i) {
      if (witnesses_.name(i) != name) continue;
      witness_states_[i].size = row.size;
      outside = true;
    }
    if (!outside) bot_size_ = row.size;
  }
  checkpoints_[row.size] = std::move(known);
  note_quorum(row.size);
  return ok();
}

Status LogService::load_checkpoints(const storage::RelaySnapshot& snapshot,
                                    const storage::RelayReader& reader) {
  const auto& stored = snapshot.checkpoints;
  if (stored.empty()) return ok();
  if (!context_.model.statement) {
    return error(ErrorCode::state_damaged,
                 "relay.db has checkpoints but no organisation statement");
  }
  const std::uint64_t quorum = context_.model.statement->quorum;
  std::set<std::uint64_t> wanted;
  for (auto it = stored.rbegin(); it != stored.rend(); ++it) {
    if (wanted.size() < kCheckpointsInMemory) wanted.insert(it->first);
  }
  const auto witnessed = std::find_if(stored.rbegin(), stored.rend(),
                                      [&](const auto& one) { return one.second >= quorum; });
  if (witnessed != stored.rend()) wanted.insert(witnessed->first);
  for (const auto& [size, cosignatures] : stored) shelf_.stored(size, cosignatures >= quorum);
  shelf_.take_expired(context_.model.opening_leaves);  // they go with the next checkpoint
  for (const std::uint64_t size : wanted) {
    CANDOUR_TRY(const auto row, reader.checkpoint(size));
    if (row) {
      CANDOUR_TRY(load_checkpoint(*row));
    }
  }
  return ok();
}

Status LogService::check_head(std::uint64_t log_size, const storage::RelayReader& reader) const {
  if (checkpoints_.empty()) return ok();
  const auto& [size, known] = *checkpoints_.rbegin();
  CANDOUR_TRY(auto last, tlog::verify_log_signature(known.note, context_.model.statement->log));
  if (size > log_size || last.size != size) {
    return error(ErrorCode::state_damaged,
                 "the last checkpoint covers " + std::to_string(last.size) +
                     " leaves but relay.db holds " + std::to_string(log_size) +
                     "; restore the newest copy");
  }
  CANDOUR_TRY(auto root, tlog::tree_hash(size, reader));
  if (root == last.root) return ok();
  return error(ErrorCode::state_damaged,
               "the log in relay.db does not have the root of its last checkpoint (size " +
                   std::to_string(size) + "); it was changed from outside");
}

Status LogService::load(const storage::RelaySnapshot& snapshot) {
  return context_.store.inspect([this, &snapshot](const storage::RelayReader& reader) -> Status {
    CANDOUR_TRY(load_checkpoints(snapshot, reader));
    CANDOUR_TRY(frontier_, tlog::Frontier::load(snapshot.log_size, reader));
    return check_head(snapshot.log_size, reader);
  });
}

storage::LogLeaf LogService::append(storage::LogLeaf leaf) {
  leaf.index = frontier_.size();
  leaf.leaf_hash = tlog::leaf_hash(leaf.entry);
  leaf.hashes = frontier_.append(leaf.leaf_hash);
  return leaf;
}

storage::LogLeaf LogService::append_directory(tlog::LeafKind kind, const Digest& object_hash) {
  tlog::LeafOpening opening;
  opening.kind = kind;
  opening.salt = context_.random.id<Digest>();
  opening.object_hash = object_hash;
  return append({.entry = opening.entry(tlog::LeafClass::directory), .opening = opening.encode()});
}

const LogService::Known* LogService::newest() const {
  for (auto it = checkpoints_.rbegin(); it != checkpoints_.rend(); ++it) {
    if (it->second.durable) return &it->second;
  }
  return nullptr;
}

std::uint64_t LogService::checkpoint_size() const {
  for (auto it = checkpoints_.rbegin(); it != checkpoints_.rend(); ++it) {
    if (it->second.durable) return it->first;
  }
  return 0;
}

std::uint64_t LogService::witnessed_size() const {
  for (auto it = checkpoints_.rbegin(); it != checkpoints_.rend(); ++it) {
    if (it->second.durable && it->second.quorum) return it->first;
  }
  return 0;
}

std::optional<std::uint64_t> LogService::best_size() const {
  if (const auto witnessed = witnessed_size(); witnessed != 0) return witnessed;
  if (const auto any = checkpoint_size(); any != 0) return any;
  return std::nullopt;
}

std::string LogService::best_note() const {
  const auto size = best_size();
  return size ? checkpoints_.at(*size).note.print() : std::string();
}

void LogService::tick() {
  if (context_.model.storage_failed || !contradiction_.empty()) return;
  const bool unsigned_growth =
      frontier_.size() > 0 &&
      (checkpoints_.empty() || checkpoints_.rbegin()->first < frontier_.size());
  if (unsigned_growth) sign_checkpoint();
  for (std::size_t i = 0; i < witness_states_.size(); ++i) ask_witness(i);
  ask_bot();
}

void LogService::sign_checkpoint() {
  const tlog::Checkpoint checkpoint{.origin = context_.model.statement->log.name,
                                    .size = frontier_.size(),
                                    .root = frontier_.root()};
  const auto size = checkpoint.size;
  auto note = tlog::sign_checkpoint(checkpoint, key_);
  auto text = note.print();
  checkpoints_[size] = Known{.note = std::move(note)};
  shelf_.stored(size, false);
  auto dropped = shelf_.take_expired(context_.model.opening_leaves);
  // Durable before anybody sees it: a checkpoint once shown must never be contradicted.
  context_.store.put_checkpoint(size, std::move(text), std::move(dropped),
                                [this, size](Status status) {
                                  if (!context_.durable(status, 0, 0)) return;
                                  checkpoints_[size].durable = true;
                                  forget_old();
                                  note_quorum(size);
                                  bot_asked_ = false;
                                  ask_bot();
                                  for (std::size_t i = 0; i < witness_states_.size(); ++i)
                                    ask_witness(i);
                                });
}

void LogService::forget_old() {
  const std::uint64_t witnessed = witnessed_size();
  for (auto it = checkpoints_.begin();
       checkpoints_.size() > kCheckpointsInMemory && it != checkpoints_.end();) {
    it = it->first == witnessed ? std::next(it) : checkpoints_.erase(it);
  }
}

void LogService::note_quorum(std::uint64_t size) {
  auto& known = checkpoints_[size];
  if (known.quorum || !known.durable) return;
  auto verified = tlog::verify_checkpoint(known.note.print(), *context_.model.statement);
  if (!verified || !verified.value().quorum) return;
  known.quorum = true;
  shelf_.witnessed(size);
  if (size != witnessed_size()) return;
  v1::ServerFrame frame;
  frame.mutable_checkpoint()->set_note(known.note.print());
  context_.broadcast(frame);
}

}  // namespace candour::relay
