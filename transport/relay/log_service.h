// The compliance log as the relay runs it: appends leaves in decision order, signs a checkpoint
// each second while the tree grows, stores it before showing it to anybody, gathers cosignatures,
// and answers with proofs and tiles. IoThread only.
#pragma once

#include <functional>

#include "tlog/checkpoint.h"
#include "tlog/leaf.h"
#include "tlog/tile.h"
#include "tlog/witness.h"
#include "transport/relay/context.h"

namespace candour::relay {

/// Asks outside witnesses; answers come back on the IoThread.
class WitnessPort {
 public:
  virtual ~WitnessPort() = default;
  struct Answer {
    unsigned status = 0;  // HTTP; 0 when the witness could not be reached
    std::string body;
  };
  virtual std::size_t count() const = 0;
  /// The name in the witness' verifier key.
  virtual const std::string& name(std::size_t witness) const = 0;
  virtual void ask(std::size_t witness, const tlog::AddCheckpoint& request,
                   std::function<void(Answer)> done) = 0;
};

class LogService {
 public:
  LogService(Context& context, crypto::SigningKey key, WitnessPort& witnesses);

  /// Takes over the stored log: recomputes its root and compares it with the last checkpoint
  /// (log_inconsistent, state_damaged).
  Status load(const storage::RelaySnapshot& snapshot);

  /// Appends a leaf: from now on it has this place; the caller queues its write at once.
  storage::LogLeaf append(Bytes entry, Bytes opening, std::optional<RecordId> record_id,
                          Bytes record);
  /// The leaf of a directory object, with a fresh salt.
  storage::LogLeaf append_directory(tlog::LeafKind kind, const Digest& object_hash);

  /// Once a second: a new checkpoint when the tree grew, and open questions to witnesses.
  void tick();
  void bot_attached();
  /// The bot's cosignature. A frame without a line says "the newest size I cosigned is this".
  Status cosignature(SessionId session, std::uint64_t request, const v1::Cosignature& frame);
  Status proof(SessionId session, std::uint64_t request, const v1::GetProof& frame);

  /// The newest checkpoint with a quorum of cosignatures, else the newest; empty before the first.
  std::string best_note() const;
  /// /checkpoint and /tile/...; 404 for anything else.
  void serve(const std::string& target, std::function<void(net::HttpResponse)> answer);

  std::uint64_t size() const { return frontier_.size(); }
  std::uint64_t checkpoint_size() const;
  std::uint64_t witnessed_size() const;
  /// Why a witness contradicts this log; empty when none does.
  const std::string& contradiction() const { return contradiction_; }

 private:
  struct Known {
    identity::SignedNote note;
    bool durable = false;
    bool quorum = false;
  };
  struct WitnessState {
    std::uint64_t size = 0;  // newest it cosigned, as far as known
    bool asking = false;
    unsigned pause_ticks = 0;  // after a failure
    unsigned failures = 0;
  };
  Status load_checkpoint(const storage::CheckpointRow& row);
  const Known* newest() const;
  std::optional<std::uint64_t> best_size() const;
  void sign_checkpoint();
  void ask_bot();
  void ask_witness(std::size_t witness);
  void witness_answered(std::size_t witness, std::uint64_t size, const WitnessPort::Answer& answer);
  Status add_cosignature(std::uint64_t size, const std::string& line,
                         std::function<void(Status)> done);
  void note_quorum(std::uint64_t size);

  Context& context_;
  crypto::SigningKey key_;
  WitnessPort& witnesses_;
  tlog::Frontier frontier_;
  std::map<std::uint64_t, Known> checkpoints_;
  std::vector<WitnessState> witness_states_;
  std::uint64_t bot_size_ = 0;
  bool bot_asked_ = false;
  std::string contradiction_;
};

}  // namespace candour::relay
