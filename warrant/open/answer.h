// What a custodian or keeper computes for a request that passed checks.h, and never for another:
// both functions take what only check_request makes. Pure but for `random`; thread-safe.
#pragma once

#include "warrant/open/approval.h"
#include "warrant/open/checks.h"
#include "warrant/open/share.h"
#include "warrant/seal/retention.h"

namespace candour::warrant {

/// Who answers: the role key of the CheckContext the request was checked with.
struct Answerer {
  std::string key_name;
  const crypto::SigningKey& key;
};

/// The custodian's place in the statement, and that the share is the one the statement lists there:
/// share_invalid, not_permitted. Needs no passphrase.
Status check_share(const ShareHeader& share, const identity::Statement& statement,
                   const std::string& key_name);

/// Partial decryptions of every record with one proof, sealed to the request's reply key.
/// share_invalid as check_share.
Result<ApprovalFile> answer_as_custodian(const Approved& approved, const EscrowShare& share,
                                         const Answerer& who, TimeMs now, Random& random);

/// The retention part of every record. record_disposed when the key of a record's class and period
/// is not there: it was erased, and the record with it, or belongs to another keeper.
Result<ApprovalFile> answer_as_keeper(const Approved& approved, const RetentionKeys& keys,
                                      const Answerer& who, TimeMs now, Random& random);

}  // namespace candour::warrant
