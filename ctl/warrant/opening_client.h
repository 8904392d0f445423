// Logging of what may not stay hidden: warrants, requests to the custodians, releases, revocations.
// The relay gets the commitment, a signed notice and a copy sealed to each auditor; the note itself
// stays here.
//
// How to use it, so that a crash at any point loses nothing: make the note and its opening, write
// both to disk, then call `log_opening`; call it again with the same files after a crash. The relay
// knows the entry and answers with the same leaf.
#pragma once

#include "ctl/relay_access.h"
#include "identity/opening_notice.h"
#include "tlog/leaf.h"
#include "tlog/proof_file.h"

namespace candour::ctl {

/// How long to wait for a witnessed checkpoint that covers the leaf.
inline constexpr std::uint64_t kWitnessWaitMsMax = 120'000;

struct Opening {
  identity::OpeningKind kind = identity::OpeningKind::warrant;
  std::string note;             // verbatim, as it is committed to
  tlog::LeafOpening opening;    // warrant/open/oversight.h: make_note_opening
  std::optional<Digest> about;  // leaf hash of the warrant; not for a warrant
  std::uint64_t records = 0;    // request, release
  TimeMs sealed_until;
};

/// The tlog kind with the same number.
tlog::LeafKind leaf_kind(identity::OpeningKind kind);

/// Publishes and waits until a witnessed checkpoint covers the leaf. The proof file holds the
/// opening as its extra line. Errors: the relay's (not_permitted, warrant_revoked, ...),
/// warrant_not_witnessed when it took too long; the leaf is logged then, so call again.
Result<tlog::ProofFile> log_opening(RelaySession& session, const Context& context,
                                    const Opening& opening,
                                    std::uint64_t wait_ms_max = kWitnessWaitMsMax);

/// Only the waiting, for a leaf that is logged: a fresh proof in the newest witnessed checkpoint.
Result<tlog::ProofFile> prove_opening(RelaySession& session, const tlog::LeafOpening& opening,
                                      tlog::LeafClass leaf_class = tlog::LeafClass::opening,
                                      std::uint64_t wait_ms_max = kWitnessWaitMsMax);

/// All openings the relay tells this role key of, in the order of their numbers, from 1.
Result<std::vector<v1::OpeningItem>> fetch_openings(RelaySession& session);

/// Makes note and opening public. not_found when the relay knows no such opening.
Status unseal_opening(RelaySession& session, const std::vector<v1::OpeningItem>& openings,
                      const tlog::LeafOpening& opening, std::string_view note);

}  // namespace candour::ctl
