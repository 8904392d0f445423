// What LogService answers to those who check the log: proofs and tiles.
#include "tlog/range.h"
#include "transport/relay/log_service.h"

namespace candour::relay {

namespace {

struct Found {
  std::uint64_t index = 0;
  tlog::Proof proof;
  std::string note;
};

Error not_yet(std::uint64_t size) {
  return error(ErrorCode::not_found, "this is not in the checkpoint of size " +
                                         std::to_string(size) + "; ask again later");
}

/// A stored checkpoint with its cosignatures; not_found when it is not kept or has no quorum.
Result<std::string> stored_note(const storage::RelayReader& reader, std::uint64_t size,
                                const identity::Statement& statement) {
  CANDOUR_TRY(const auto row, reader.checkpoint(size));
  const auto unknown = error(
      ErrorCode::not_found, "no witnessed checkpoint of size " + std::to_string(size) + " is kept");
  if (!row) return unknown;
  std::string note = row->note;
  for (const auto& [name, line] : row->cosignatures) note += line + "\n";
  const auto verified = tlog::verify_checkpoint(note, statement);
  if (!verified || !verified.value().quorum) return unknown;
  return note;
}

/// What was asked for, in the tree of `size` leaves.
Result<Found> prove(const v1::GetProof& frame, std::uint64_t size,
                    const storage::RelayReader& reader) {
  if (frame.range_end() != 0) {
    if (frame.range_end() > size) return not_yet(size);
    CANDOUR_TRY(auto proof,
                tlog::prove_range(frame.range_first(), frame.range_end(), size, reader));
    return Found{frame.range_first(), std::move(proof), {}};
  }
  if (frame.leaf_hash().empty()) {
    CANDOUR_TRY(auto proof, tlog::prove_consistency(frame.consistency_from(), size, reader));
    return Found{0, std::move(proof), {}};
  }
  CANDOUR_TRY(const auto leaf, wire::id_of<Digest>(frame.leaf_hash(), "leaf_hash"));
  CANDOUR_TRY(const auto index, reader.leaf_index(leaf));
  if (!index || *index >= size) return not_yet(size);
  CANDOUR_TRY(auto proof, tlog::prove_inclusion(*index, size, reader));
  return Found{*index, std::move(proof), {}};
}

}  // namespace

Status LogService::proof(SessionId session, std::uint64_t request, const v1::GetProof& frame) {
  const auto best = best_size();
  if (!best) return error(ErrorCode::not_found, "the log has no checkpoint yet; ask again later");
  const bool asked = frame.tree_size() != 0;
  const std::uint64_t size = asked ? frame.tree_size() : *best;
  const auto known = checkpoints_.find(size);
  // The bot proves its records in a checkpoint before it cosigns it.
  const bool any = !asked || session == context_.model.bot_session;
  const bool here =
      known != checkpoints_.end() && known->second.durable && (known->second.quorum || any);
  context_.store.read<Found>(
      [frame, size, statement = here ? std::nullopt : context_.model.statement,
       note = here ? known->second.note.print()
                   : std::string()](const storage::RelayReader& reader) -> Result<Found> {
        std::string checkpoint = note;
        if (checkpoint.empty()) {
          CANDOUR_TRY(checkpoint, stored_note(reader, size, *statement));
        }
        CANDOUR_TRY(auto found, prove(frame, size, reader));
        found.note = std::move(checkpoint);
        return found;
      },
      [this, session, request](Result<Found> found) {
        if (!found) return context_.refuse(session, request, found.error());
        v1::ServerFrame out;
        out.mutable_proof()->set_checkpoint(found.value().note);
        out.mutable_proof()->set_leaf_index(found.value().index);
        for (const auto& hash : found.value().proof) {
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
