// The bot as a witness of the log (C2SP tlog-witness rules, over its own session).
//
// It cosigns a checkpoint only when the log grew from the last one it cosigned (or is the same:
// then with a newer time), and only when the tree holds every record it handed over and the relay
// acknowledged more than ten seconds ago. Records are proven in the background, in checkpoints that
// carry its own cosignature; those that are due and not proven yet when a checkpoint is to be
// cosigned must first be proven in that very checkpoint, the oldest kProvenPerCosignature of them.
// Each of them is due again at the next one, so that a missing record stops the cosignatures.
// What it cosigned is durable before the cosignature leaves: it never takes a size back. A wrong
// proof, or none where there must be one, raises an alarm.
//
// A log that shrank, or shows another tree of a size it cosigned, is a contradiction: the relay
// came from an old copy, or splits the view. The bot then judges and releases nothing more.
#pragma once

#include <map>
#include <set>

#include "bot/outbox.h"
#include "tlog/witness.h"

namespace candour::bot {

inline constexpr std::size_t kProvenPerCosignature = 32;

class Witness {
 public:
  Witness(Context& context, Outbox& outbox) : context_(context), outbox_(outbox) {}

  /// Reads the witnessed checkpoint and the records that are not proven yet.
  Status load();
  /// Within a batch, after the store took something back.
  Status reload() {
    unproven_.clear();
    return load();
  }
  /// Within a batch. The answer goes through the outbox: a cosignature, or an empty one with the
  /// size this witness stands at. A refusal for another reason than the old size is answered only
  /// after a pause, because the relay asks again at once.
  Status cosign(const v1::CosignRequest& request);

  /// Within a batch: the log `before` was lost and another follows, of which nothing was cosigned
  /// yet. What was cosigned last stays in the store as evidence. How many records the relay had
  /// acknowledged that were not yet proven to be in the old log.
  Result<std::size_t> begin_anew(const std::string& before);

  /// Outside a batch, after login: shows the relay what was cosigned last. log_inconsistent when
  /// the relay holds less, or something else.
  Status compare(client::Connection& connection);
  /// Within a batch: asks for proofs of records that should be in the log by now, and answers what
  /// was refused a while ago. Only few are asked for while there is other work.
  Status tick(bool idle);
  /// Within a batch: the relay's answer; `failure` where it gave none.
  Status proven(const Expected& expected, const v1::Proof* proof, const Status& failure);
  /// Within a batch: the relay acknowledged that it holds these leaves.
  Status acknowledged(const std::vector<Digest>& leaves);
  /// Whether a record is missing from the log.
  bool alarmed() const { return !missing_.empty(); }
  /// Whether the relay showed a tree that contradicts what was cosigned.
  bool contradicted() const { return contradicted_; }
  std::uint64_t size() const { return state_.size; }
  /// On a new connection: questions are asked again.
  void restart() {
    in_flight_.clear();
    answer_at_.reset();
    contradicted_ = false;
    forget_request();
  }

 private:
  /// A checkpoint that waits for the proofs of records that must be in it.
  struct Awaiting {
    v1::CosignRequest request;
    std::uint64_t size = 0;
    Digest root;
    std::set<Digest> leaves;
  };

  /// A checkpoint the log signed, and whether this bot cosigned it.
  struct Verified {
    std::string text;
    SigningPublicKey log;
    tlog::Checkpoint checkpoint;
    bool cosigned = false;
  };

  std::uint64_t leaves_due() const;
  /// Acknowledged so long ago that they must be in the log, and not proven; the oldest first.
  std::vector<Digest> records_due() const;
  tlog::WitnessAnswer decide(const v1::CosignRequest& request) const;
  Status check_contradiction(const v1::CosignRequest& request);
  Status sign(tlog::WitnessAnswer decided);
  void ask(const Digest& leaf, std::uint64_t tree_size);
  Result<const Verified*> verify(const std::string& text);
  Status check_proof(const Digest& leaf, const v1::Proof& proof);
  void answer(std::string line);
  Status refuse();
  void forget_request() { awaiting_.reset(); }

  Context& context_;
  Outbox& outbox_;
  tlog::WitnessState state_;
  std::uint64_t acknowledged_ = 0;  // leaves, ever
  /// Acknowledged and not proven yet.
  std::map<Digest, TimeMs> unproven_;
  std::set<Digest> in_flight_;
  std::set<Digest> missing_;  // a wrong proof was given, or none where there must be one
  std::optional<Awaiting> awaiting_;
  std::optional<Verified> verified_;  // the newest
  bool contradicted_ = false;
  TimeMs ask_at_;  // no proofs are asked for before
  std::optional<TimeMs> answer_at_;
};

}  // namespace candour::bot
