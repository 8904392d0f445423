// Putting the custodians' parts of records together, and opening the records. Runs on the
// investigator's station only.
//
// Two ways to a certain result. Cheap: combine and open; the key commitment of each record tells
// whether the parts were right, and only when one does not fit do the proofs have to be looked at,
// to say whose part was false. Thorough: verify_contribution for each first.
//
// Thread-safe once made: `shared` may be called for several records at a time.
#pragma once

#include "warrant/open/partial.h"

namespace candour::warrant {

/// What one custodian contributed. `parts` outlives what uses it.
struct Contribution {
  std::string group;
  std::uint32_t index = 0;  // of the custodian in its group, 1..n
  const PartialDecryptions* parts = nullptr;
};

/// The proof of one contribution: partial_proof_invalid names the custodian whose parts are false;
/// not_found for a custodian that the statement does not list.
Status verify_contribution(const identity::Statement& statement, std::span<const crypto::Point> us,
                           const Contribution& contribution);

class Combiner {
 public:
  /// Takes the first k contributions of each group, by index; more are not used.
  /// custodians_too_few when a group has fewer than its threshold; input_invalid when a custodian
  /// contributes twice or for another number of records; not_found as above.
  static Result<Combiner> create(const identity::Statement& statement,
                                 std::vector<Contribution> contributions, std::size_t records);

  /// What all groups' keys make of u of record `record`, the secret its key was derived from.
  /// decryption_failed when the parts cancel each other. `record` below the number (asserted).
  Result<Secret<32>> shared(std::size_t record) const;
  /// The contributions that are used.
  const std::vector<Contribution>& used() const { return used_; }

 private:
  Combiner() = default;
  std::vector<Contribution> used_;
  std::vector<crypto::Scalar> coefficients_;  // of each of used_
};

/// Opens a record: decryption_failed when the key commitment does not fit (a custodian's part or
/// the retention part is false) or the body was altered; input_invalid when what comes out is no
/// record. `escrow_public_key` is escrow_key() of the statement it was sealed under.
Result<Record> open_record(const SealedRecord& sealed, const Secret<32>& shared,
                           const Secret<32>& retention_part,
                           const crypto::Point& escrow_public_key);

}  // namespace candour::warrant
