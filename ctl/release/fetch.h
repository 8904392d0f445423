// What the station asks the relay for: sealed records by what their labels say, every entry of the
// range they lie in, the range's proof, and the directory's objects with theirs. Everything fetched
// is checked before it is kept; what is there already is not asked for again.
//
// Blocks; one thread.
#pragma once

#include "ctl/evidence/range_tree.h"
#include "ctl/relay_access.h"
#include "ctl/release/station.h"

namespace candour::ctl {

/// What to ask for: all records in a warrant's scope, or exactly some leaves.
struct Wanted {
  const warrant::Warrant& warrant;
  std::vector<std::uint64_t> leaves;  // ascending; empty = the whole scope
};

/// log_inconsistent unless first <= end <= `witnessed_size`, the leaves of a checkpoint with a
/// quorum: what the relay says of a range before any of its entries is asked for.
Status check_range(std::uint64_t first, std::uint64_t end, std::uint64_t witnessed_size);

/// All records wanted, as they lie in the case folder afterwards. log_inconsistent when a record
/// does not fit its opening; out_of_scope when the relay gives what was not asked for; not_found
/// when there is none; input_invalid when there are more than one request may ask for.
Result<std::vector<FetchedRecord>> fetch_records(RelaySession& session, const Station& station,
                                                 const Wanted& wanted, const Progress& progress);

/// Every entry of the station's range; each record's opening must give the entry at its leaf.
/// log_inconsistent, before anything is fetched, when the range goes past the log as witnessed.
Result<Bytes> fetch_entries(RelaySession& session, const Station& station,
                            const std::vector<FetchedRecord>& records, const Progress& progress);

/// The proof of the range in the checkpoint of `request`, and the tree it gives. not_found when the
/// relay does not keep that checkpoint any more; log_inconsistent when the proof is wrong.
struct ProvenRange {
  tlog::RangeFile file;
  RangeTree tree;
};
Result<ProvenRange> fetch_range(RelaySession& session, const Station& station, ByteView entries,
                                const tlog::ProofFile& request,
                                const identity::Statement& statement);

/// The directory's objects that evidence about these records needs, each proven in the checkpoint
/// of `request`: statements, policy versions, notices; of the senders' devices, the warrant's and
/// the bots' all certificates, revocations and acknowledgements.
Result<std::vector<DirectoryExhibit>> fetch_directory(RelaySession& session,
                                                      const std::vector<FetchedRecord>& records,
                                                      const warrant::Warrant& warrant,
                                                      const tlog::ProofFile& request,
                                                      const Progress& progress);

}  // namespace candour::ctl
