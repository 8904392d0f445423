#include "transport/relay/log_service.h"

#include <algorithm>
#include <charconv>

#include "base/log.h"
#include "crypto/hash.h"

namespace candour::relay {

namespace {

constexpr std::size_t kCheckpointsInMemory = 64;
constexpr unsigned kPauseTicksMax = 30;

}  // namespace

LogService::LogService(Context& context, crypto::SigningKey key, WitnessPort& witnesses)
    : context_(context),
      key_(std::move(key)),
      witnesses_(witnesses),
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

Status LogService::load(const storage::RelaySnapshot& snapshot) {
  for (const auto& row : snapshot.checkpoints) {
    CANDOUR_TRY(load_checkpoint(row));
  }
  return context_.store.inspect([this, &snapshot](const storage::RelayReader& reader) -> Status {
    CANDOUR_TRY(auto frontier, tlog::Frontier::load(snapshot.log_size, reader));
    frontier_ = std::move(frontier);
    if (checkpoints_.empty()) return ok();
    const auto& [size, known] = *checkpoints_.rbegin();
    CANDOUR_TRY(auto last, tlog::verify_log_signature(known.note, context_.model.statement->log));
    if (size > snapshot.log_size || last.size != size) {
      return error(ErrorCode::state_damaged,
                   "the last checkpoint covers " + std::to_string(last.size) +
                       " leaves but relay.db holds " + std::to_string(snapshot.log_size) +
                       "; restore the newest copy");
    }
    CANDOUR_TRY(auto root, tlog::tree_hash(size, reader));
    if (root != last.root) {
      return error(ErrorCode::state_damaged,
                   "the log in relay.db does not have the root of its last checkpoint (size " +
                       std::to_string(size) + "); it was changed from outside");
    }
    return ok();
  });
}

storage::LogLeaf LogService::append(Bytes entry, Bytes opening, std::optional<RecordId> record_id,
                                    Bytes record) {
  storage::LogLeaf leaf{.index = frontier_.size(),
                        .entry = std::move(entry),
                        .opening = std::move(opening),
                        .record_id = record_id,
                        .record = std::move(record)};
  leaf.leaf_hash = tlog::leaf_hash(leaf.entry);
  leaf.hashes = frontier_.append(leaf.leaf_hash);
  return leaf;
}

storage::LogLeaf LogService::append_directory(tlog::LeafKind kind, const Digest& object_hash) {
  tlog::LeafOpening opening;
  opening.kind = kind;
  opening.salt = context_.random.id<Digest>();
  opening.object_hash = object_hash;
  return append(opening.entry(tlog::LeafClass::directory), opening.encode(), std::nullopt, {});
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
  if (context_.model.storage_failed) return;
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
  // Durable before anybody sees it: a checkpoint once shown must never be contradicted.
  context_.store.put_checkpoint(size, std::move(text), [this, size](Status status) {
    if (!context_.durable(status, 0, 0)) return;
    checkpoints_[size].durable = true;
    while (checkpoints_.size() > kCheckpointsInMemory &&
           checkpoints_.begin()->first != witnessed_size()) {
      checkpoints_.erase(checkpoints_.begin());
    }
    note_quorum(size);
    bot_asked_ = false;
    ask_bot();
    for (std::size_t i = 0; i < witness_states_.size(); ++i) ask_witness(i);
  });
}

void LogService::bot_attached() {
  bot_asked_ = false;
  ask_bot();
}

void LogService::ask_bot() {
  const auto size = checkpoint_size();
  const SessionId bot = context_.model.bot_session;
  if (bot == 0 || bot_asked_ || size == 0 || size <= bot_size_) return;
  bot_asked_ = true;
  const auto old_size = bot_size_;
  const std::string note = newest()->note.print();
  context_.store.read<tlog::Proof>(
      [old_size, size](const storage::RelayReader& reader) {
        return tlog::prove_consistency(old_size, size, reader);
      },
      [this, bot, old_size, note](Result<tlog::Proof> proof) {
        if (!proof) return;
        v1::ServerFrame frame;
        auto& request = *frame.mutable_cosign_request();
        request.set_old_size(old_size);
        request.set_checkpoint(note);
        for (const auto& hash : proof.value()) request.add_proof(wire::to_field(hash));
        context_.send(bot, frame);
      });
}

Status LogService::cosignature(SessionId session, std::uint64_t request,
                               const v1::Cosignature& frame) {
  if (frame.line().empty()) {
    if (frame.size() > frontier_.size()) {
      contradiction_ = "the bot cosigned a larger tree than this relay holds";
      return error(ErrorCode::log_inconsistent, contradiction_);
    }
    bot_size_ = frame.size();
    bot_asked_ = false;
    context_.done(session, request, frame.size());
    ask_bot();
    return ok();
  }
  const auto size = frame.size();
  return add_cosignature(size, frame.line(), [this, session, request, size](Status status) {
    if (!context_.durable(status, session, request)) return;
    bot_size_ = std::max(bot_size_, size);
    context_.done(session, request, size);
  });
}

Status LogService::add_cosignature(std::uint64_t size, const std::string& line,
                                   std::function<void(Status)> done) {
  auto it = checkpoints_.find(size);
  if (it == checkpoints_.end() || !it->second.durable) {
    return error(ErrorCode::not_found,
                 "there is no checkpoint of size " + std::to_string(size) + " to cosign");
  }
  const auto before = it->second.note.signatures.size();
  identity::SignedNote with = it->second.note;
  CANDOUR_TRY(tlog::add_cosignature(with, line, *context_.model.statement));
  if (with.signatures.size() == before) {
    context_.store.after_durable(std::move(done));
    return ok();
  }
  const std::string name = with.signatures.back().name;
  context_.store.put_cosignature(
      size, name, line, [this, size, with, done = std::move(done)](Status status) {
        auto known = checkpoints_.find(size);
        if (status && known != checkpoints_.end()) {
          // Another witness may have been added meanwhile: add this line to the note as it is now.
          for (const auto& signature : with.signatures) {
            auto& have = known->second.note.signatures;
            const bool there = std::any_of(have.begin(), have.end(), [&](const auto& s) {
              return s.name == signature.name && s.key_id == signature.key_id;
            });
            if (!there) have.push_back(signature);
          }
          note_quorum(size);
        }
        done(status);
      });
  return ok();
}

void LogService::note_quorum(std::uint64_t size) {
  auto& known = checkpoints_[size];
  if (known.quorum || !known.durable) return;
  auto verified = tlog::verify_checkpoint(known.note.print(), *context_.model.statement);
  if (!verified || !verified.value().quorum) return;
  known.quorum = true;
  if (size != witnessed_size()) return;
  v1::ServerFrame frame;
  frame.mutable_checkpoint()->set_note(known.note.print());
  context_.broadcast(frame);
}

void LogService::ask_witness(std::size_t witness) {
  auto& state = witness_states_[witness];
  const auto size = checkpoint_size();
  if (state.asking || size == 0 || size <= state.size) return;
  if (state.pause_ticks > 0) {
    --state.pause_ticks;
    return;
  }
  state.asking = true;
  const auto old_size = state.size;
  const std::string note = newest()->note.print();
  context_.store.read<tlog::Proof>(
      [old_size, size](const storage::RelayReader& reader) {
        return tlog::prove_consistency(old_size, size, reader);
      },
      [this, witness, size, old_size, note](Result<tlog::Proof> proof) {
        if (!proof) {
          witness_states_[witness].asking = false;
          return;
        }
        const tlog::AddCheckpoint request{
            .old_size = old_size, .proof = std::move(proof.value()), .checkpoint = note};
        witnesses_.ask(witness, request, [this, witness, size](WitnessPort::Answer answer) {
          witness_answered(witness, size, answer);
        });
      });
}

void LogService::witness_answered(std::size_t witness, std::uint64_t size,
                                  const WitnessPort::Answer& answer) {
  auto& state = witness_states_[witness];
  state.asking = false;
  if (answer.status == 200) {
    const std::string line = answer.body.substr(0, answer.body.find('\n'));
    const auto added = add_cosignature(size, line, [this, witness, size](Status status) {
      if (context_.durable(status, 0, 0)) witness_states_[witness].size = size;
    });
    if (added) {
      state.failures = 0;
      return;
    }
  }
  std::uint64_t theirs = 0;
  if (answer.status == 409 &&
      std::from_chars(answer.body.data(), answer.body.data() + answer.body.size(), theirs).ec ==
          std::errc()) {
    if (theirs <= frontier_.size()) {
      state.size = theirs;  // the next question starts from there
      return;
    }
    contradiction_ = "witness " + witnesses_.name(witness) + " knows a larger tree (" +
                     std::to_string(theirs) + " leaves) than this relay holds";
    log::error("log_inconsistent", {{"message", log::LogSafe(contradiction_)}});
  }
  ++state.failures;
  state.pause_ticks = std::min(kPauseTicksMax, state.failures * 2);
  log::warning("witness_refused", {{"witness", log::LogSafe(witnesses_.name(witness))},
                                   {"status", std::uint64_t{answer.status}}});
}

Status LogService::proof(SessionId session, std::uint64_t request, const v1::GetProof& frame) {
  const auto size = best_size();
  if (!size) return error(ErrorCode::not_found, "the log has no checkpoint yet; ask again later");
  const std::string note = checkpoints_.at(*size).note.print();
  using Found = std::pair<std::uint64_t, tlog::Proof>;
  std::function<Result<Found>(const storage::RelayReader&)> task;
  if (frame.leaf_hash().empty()) {
    task = [from = frame.consistency_from(),
            to = *size](const storage::RelayReader& reader) -> Result<Found> {
      CANDOUR_TRY(auto proof, tlog::prove_consistency(from, to, reader));
      return Found{0, std::move(proof)};
    };
  } else {
    CANDOUR_TRY(auto leaf, wire::id_of<Digest>(frame.leaf_hash(), "leaf_hash"));
    task = [leaf, to = *size](const storage::RelayReader& reader) -> Result<Found> {
      CANDOUR_TRY(auto index, reader.leaf_index(leaf));
      if (!index || *index >= to) {
        return error(ErrorCode::not_found, "this leaf is not in the newest checkpoint (size " +
                                               std::to_string(to) + "); ask again later");
      }
      CANDOUR_TRY(auto proof, tlog::prove_inclusion(*index, to, reader));
      return Found{*index, std::move(proof)};
    };
  }
  context_.store.read<Found>(std::move(task), [this, session, request, note](Result<Found> found) {
    if (!found) return context_.refuse(session, request, found.error());
    v1::ServerFrame out;
    out.mutable_proof()->set_checkpoint(note);
    out.mutable_proof()->set_leaf_index(found.value().first);
    for (const auto& hash : found.value().second) {
      out.mutable_proof()->add_hashes(wire::to_field(hash));
    }
    context_.answer(session, request, std::move(out));
  });
  return ok();
}

void LogService::serve(const std::string& target, std::function<void(net::HttpResponse)> answer) {
  const Known* last = newest();
  if (target == "/checkpoint" && last != nullptr) {
    return answer({.body = to_bytes(last->note.print()), .cache_control = "no-store"});
  }
  auto tile = tlog::Tile::parse(target);
  if (!tile || !tlog::tile_available(tile.value(), checkpoint_size())) {
    return answer({.status = 404, .body = to_bytes("not found\n")});
  }
  context_.store.read<Bytes>(
      [tile = tile.value()](const storage::RelayReader& reader) {
        return tile.entries ? tlog::entry_bundle(tile, reader) : tlog::tile_bytes(tile, reader);
      },
      [answer = std::move(answer)](Result<Bytes> bytes) {
        if (!bytes) return answer({.status = 500, .body = to_bytes("the log cannot be read\n")});
        answer({.content_type = "application/octet-stream",
                .body = std::move(bytes.value()),
                .cache_control = "public, max-age=31536000, immutable"});
      });
}

}  // namespace candour::relay
