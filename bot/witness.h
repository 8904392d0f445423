// The bot as a witness of the log (C2SP tlog-witness rules, over its own session).
//
// It cosigns a checkpoint only when the log grew from the last one it cosigned, and only when the
// tree can hold every record it handed over and the relay acknowledged more than ten seconds ago.
// What it cosigned is durable before the cosignature leaves: it never takes a size back. In the
// background it asks for the inclusion proof of each of its records, in a checkpoint that carries
// its own cosignature. A proof that is wrong raises an alarm, and the bot cosigns nothing more
// until the record is proven. That there is none yet only gives a warning: the quorum may be
// waiting for another witness, or for this one.
#pragma once

#include <map>
#include <set>

#include "bot/outbox.h"
#include "tlog/witness.h"

namespace candour::bot {

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

  /// Within a batch: asks for proofs of records that should be in the log by now, and answers what
  /// was refused a while ago.
  Status tick();
  /// Within a batch: the relay's answer; `failure` where it gave none.
  Status proven(const Expected& expected, const v1::Proof* proof, const Status& failure);
  /// Within a batch: the relay acknowledged that it holds these leaves.
  Status acknowledged(const std::vector<Digest>& leaves);
  /// Whether a record is missing from the log.
  bool alarmed() const { return !missing_.empty(); }
  std::uint64_t size() const { return state_.size; }
  /// On a new connection: questions are asked again.
  void restart() {
    in_flight_.clear();
    answer_at_.reset();
  }

 private:
  std::uint64_t leaves_due() const;
  Status check_proof(const Digest& leaf, const v1::Proof& proof) const;
  void answer(std::string line);
  Status refuse();

  Context& context_;
  Outbox& outbox_;
  tlog::WitnessState state_;
  std::uint64_t acknowledged_ = 0;  // leaves, ever
  /// Acknowledged and not proven yet.
  std::map<Digest, TimeMs> unproven_;
  std::set<Digest> in_flight_;
  std::set<Digest> missing_;  // a wrong proof was given
  TimeMs ask_at_;             // no proofs are asked for before
  std::optional<TimeMs> answer_at_;
};

}  // namespace candour::bot
