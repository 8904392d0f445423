// `release open`: the answers of custodians and keeper become opened records, here and nowhere
// else. Signatures and proofs first; whoever's parts are false is named and left out, and the next
// custodian's are used. What is kept are the secrets that open each record shown, in the case
// folder; the plaintext itself is written by `bundle write` only.
#pragma once

#include <filesystem>

#include "ctl/evidence/bundle.h"
#include "ctl/release/station.h"
#include "warrant/open/approval.h"
#include "warrant/open/combine.h"

namespace candour::ctl {

/// An answer that did not count, and why.
struct RefusedApproval {
  std::string who;  // key name where it is known, else the file
  std::string why;
};

/// The answers in the case folder, checked: signed, of this request, sealed to this station, and
/// with a proof that holds.
struct Answers {
  struct Custodian {
    warrant::Approval approval;
    warrant::PartialDecryptions parts;
  };
  struct Keeper {
    warrant::Approval approval;
    SecretBytes parts;  // 32 bytes each
  };
  std::vector<Custodian> custodians;
  std::vector<Keeper> keepers;
  std::vector<RefusedApproval> refused;
};

/// Copies files into approvals/ of the case folder, named by their content, each once.
Status take_in(const CaseFolder& folder, const std::vector<std::string>& files);

/// Reads and checks all answers in approvals/. The points are those of the request's records.
Result<Answers> read_answers(const Station& station, const identity::Statement& statement,
                             const warrant::Request& request,
                             std::span<const crypto::Point> points);

struct OpenedRecords {
  std::vector<OpenedKey> keys;          // one for each record of the request, in its order
  std::vector<std::string> custodians;  // whose parts were used
  std::string keeper;
  Digest digest;  // of the records shown
  std::uint64_t shown = 0;
  std::uint64_t set_aside = 0;
  std::uint64_t failed = 0;
};

/// Combines and opens. custodians_too_few; evidence_incomplete when no keeper answered;
/// decryption_failed when no keeper's parts open any record. A record whose key commitment does not
/// fit although the parts of others do has failed: it was damaged, or never sealed rightly.
Result<OpenedRecords> open_all(const warrant::RequestPackage& package, const Answers& answers,
                               const Authority& authority, const warrant::Warrant& warrant,
                               const Progress& progress);

}  // namespace candour::ctl
