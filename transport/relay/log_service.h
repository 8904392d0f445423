// The compliance log as the relay runs it: appends leaves in decision order, signs a checkpoint
// each second while the tree grows, stores it before showing it to anybody, gathers cosignatures,
// anew from time to time while the tree does not grow, and answers with proofs and tiles.
//
// What a witness shows with this log's own signature must be a tree this log holds. A larger or
// another one means that the state was restored from an old copy, or that the log was split: then
// the relay does not start or, when it comes out later, takes and signs nothing more. IoThread
// only.
#pragma once

#include <functional>

#include "tlog/checkpoint.h"
#include "tlog/leaf.h"
#include "tlog/tile.h"
#include "tlog/witness.h"
#include "transport/relay/checkpoints.h"
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
  /// The newest checkpoint of the log `origin` the witness cosigned; 404 when it knows none.
  virtual void fetch(std::size_t witness, const std::string& origin,
                     std::function<void(Answer)> done) = 0;
};

class LogService {
 public:
  /// `recosign_ms`: how long an unchanged checkpoint may have the same cosignatures.
  LogService(Context& context, crypto::SigningKey key, WitnessPort& witnesses,
             std::uint64_t recosign_ms);

  /// Takes over the stored log: recomputes its root and compares it with the last checkpoint
  /// (log_inconsistent, state_damaged).
  Status load(const storage::RelaySnapshot& snapshot);
  /// Asks each outside witness what it knows of this log, before anybody is served; `done` gets
  /// log_inconsistent when it contradicts this one. A witness that cannot be reached is asked again
  /// later.
  void check_witnesses(std::function<void(Status)> done);

  /// Gives a leaf its place, of which nothing but entry, opening, record and time need be set; the
  /// caller queues its write at once.
  storage::LogLeaf append(storage::LogLeaf leaf);
  /// The leaf of a directory object, with a fresh salt.
  storage::LogLeaf append_directory(tlog::LeafKind kind, const Digest& object_hash);

  /// Once a second: a new checkpoint when the tree grew, and open questions to witnesses.
  void tick();
  void bot_attached();
  /// The bot's cosignature. A frame without a line says "the newest size I cosigned is this"; with
  /// a whole checkpoint instead of a line it shows it.
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
    bool checked = false;    // it was asked what it knows, and did not contradict
    bool asking = false;
    TimeMs recosign_at;        // monotonic; from then on the same size is shown again
    unsigned pause_ticks = 0;  // after a failure
    unsigned failures = 0;
  };
  Status load_checkpoint(const storage::CheckpointRow& row);
  Status load_checkpoints(const storage::RelaySnapshot& snapshot,
                          const storage::RelayReader& reader);
  Status check_head(std::uint64_t log_size, const storage::RelayReader& reader) const;
  const Known* newest() const;
  std::optional<std::uint64_t> best_size() const;
  void sign_checkpoint();
  void forget_old();
  void note_quorum(std::uint64_t size);

  // log_witnesses.cc
  void ask_bot();
  void bot_cosigned(std::uint64_t size);
  void ask_witness(std::size_t witness);
  void fetch_witness(std::size_t witness, std::function<void(Status)> done);
  void witness_answered(std::size_t witness, std::uint64_t size, const WitnessPort::Answer& answer);
  void witness_failed(std::size_t witness, const WitnessPort::Answer& answer);
  Status add_cosignature(std::uint64_t size, const std::string& line,
                         std::function<void(Status)> done);
  /// Compares a checkpoint with this log's signature with this log.
  void compare(const std::string& who, const std::string& note, std::function<void(Status)> done);
  void contradict(std::string why);

  Context& context_;
  crypto::SigningKey key_;
  WitnessPort& witnesses_;
  const std::uint64_t recosign_ms_;
  tlog::Frontier frontier_;
  std::map<std::uint64_t, Known> checkpoints_;  // the newest, and the newest witnessed one
  CheckpointShelf shelf_;                       // all that are stored
  std::vector<WitnessState> witness_states_;
  std::uint64_t bot_size_ = 0;
  TimeMs bot_recosign_at_;  // monotonic
  bool bot_asked_ = false;
  std::string contradiction_;
};

}  // namespace candour::relay
