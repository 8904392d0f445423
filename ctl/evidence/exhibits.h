// What an evidence bundle is made of: everything that cannot be computed from something else. From
// it follow all views (records.jsonl, the reader, tables, proofs of single records), so that
// whoever has the exhibits can make the same bundle byte for byte, and `bundle verify` does.
//
// An opened record is here as its sealed form and the two secrets of this one record that open it,
// not as plaintext: plaintext follows.
//
//   data/authority/statement.note          organisation statement
//   data/authority/{warrant,request,release}.note, .tlog-proof
//   data/authority/approvals/<name>.note, <name>.sealed, <name>.parts
//   data/directory/<leaf index>-<kind>.note (or .bin), .tlog-proof
//   data/log/range.tlog-range              range proof with its checkpoint
//   data/log/entries.bin                   every entry of the range, 34 bytes each
//   data/log/requested.txt                 leaf index of every record asked for, one a line
//   data/sealed/<leaf index>.sealed        the sealed record
//   data/sealed/<leaf index>.opening       the opening of its leaf
//   data/keys.jsonl                        {"index":..,"part":"..","shared":".."} a line
//   data/continuity.jsonl                  the station's journal
//
// Values that move but do not copy; functions are pure and thread-safe.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ctl/evidence/bag.h"
#include "tlog/leaf.h"
#include "tlog/proof_file.h"
#include "tlog/range.h"

namespace candour::ctl {

/// A note and the proof that the leaf committing to it is in the log; `proof.extra` is the leaf's
/// opening.
struct NoteExhibit {
  std::string note;
  tlog::ProofFile proof;
};

/// A directory object the evidence rests on: statement, certificate, revocation, policy, notice,
/// acknowledgement. Public.
struct DirectoryExhibit {
  tlog::LeafKind kind = tlog::LeafKind::certificate;
  Bytes object;
  tlog::ProofFile proof;
};

/// A custodian's or the keeper's answer.
struct ApprovalExhibit {
  std::string name;  // of the file: a-z, 0-9, '-'
  std::string note;
  Bytes sealed;  // the parts as they were sealed to the station
  /// What the parts decrypt to. Empty when the release set records aside: their parts would open
  /// them for whoever has the rest.
  Bytes parts;
};

struct SealedExhibit {
  std::uint64_t index = 0;
  tlog::LeafOpening opening;
  Bytes sealed;
  /// What the custodians' parts combine to, and the retention part: they open this record and no
  /// other.
  Secret<32> shared;
  Secret<32> part;
};

struct Exhibits {
  std::string statement;
  NoteExhibit warrant;
  NoteExhibit request;
  NoteExhibit release;
  std::vector<ApprovalExhibit> approvals;   // by name
  std::vector<DirectoryExhibit> directory;  // by leaf index
  tlog::RangeFile range;
  Bytes entries;
  std::vector<std::uint64_t> requested;  // ascending
  std::vector<SealedExhibit> records;    // by leaf index
  std::string journal;

  /// The files listed above.
  BagFiles files() const;
  /// Reads them back from a bundle, whose views are ignored. bundle_invalid with the file at fault.
  static Result<Exhibits> from_files(const BagFiles& files);

  /// The entry of a leaf in the range; empty outside.
  ByteView entry(std::uint64_t index) const;
};

/// "statement", "certificate", ...: as in file names.
std::optional<tlog::LeafKind> directory_kind(std::string_view name);
/// A leaf index as file names have it, so that they sort: 12 digits or more.
std::string index_name(std::uint64_t index);

}  // namespace candour::ctl
