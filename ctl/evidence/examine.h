// The examination of exhibits: every signature, proof and commitment, down to the words of each
// record. Writing a bundle and verifying one both begin with it, and all views are made of its
// result, so that a view can say nothing the exhibits do not prove.
//
// What it shows, given the root key and a quorum of honest witnesses:
//   - each record lies in the log at its leaf, under its label, and opens to exactly this content
//     (inclusion, leaf opening, the proof of the sealed record, key commitment);
//   - the words are the author's: signed by the key of a certificate that two registrars issued and
//     that was in the log before, for this message id, and committed to by the leaf;
//   - warrant and request were signed by the right people and logged; every record is in scope;
//   - the custodians named did help (their proofs, unless records were set aside);
//   - within the range of leaves nothing of a group (or person) in scope was left out between two
//     records shown: each names the one before.
// What it cannot show: that no record of the period lies outside the range, whose borders are the
// relay's word; what the journal says, which is the station's word.
//
// Pure; thread-safe.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ctl/evidence/authority.h"
#include "ctl/evidence/exhibits.h"
#include "ctl/evidence/range_tree.h"
#include "ctl/evidence/testimony.h"
#include "warrant/open/notes.h"
#include "warrant/open/warrant.h"
#include "warrant/seal/seal.h"

namespace candour::ctl {

/// Where the record before one of the same group, or by the same sender, is.
struct Link {
  enum class To : std::uint8_t {
    none,       // there is none: this is the first
    restarted,  // there is none although records came before: the bot lost its memory of them
    shown,      // in the bundle
    set_aside,  // asked for, not shown
    opaque,     // in the range; not in scope as far as the bundle can tell
    before,     // not in the range
    missing,    // in the range between two records shown: it must have been shown
  };
  To to = To::none;
  std::optional<std::uint64_t> index;  // leaf, when it is in the range
};
std::string_view name_of(Link::To to);

/// One opened record and all that is known about it.
struct RecordView {
  const SealedExhibit* exhibit = nullptr;  // of the exhibits, which outlive the view
  Digest leaf_hash;
  tlog::RecordLabel label;
  warrant::Record record;
  Testimony testimony;
  Link of_group;
  Link of_sender;
  /// Leaf of an earlier record with the same message id: the bot or a member sent it again.
  std::optional<std::uint64_t> replay_of;
  std::vector<std::string> problems;  // beside those of the testimony

  std::uint64_t index() const { return exhibit->index; }
  bool sound() const { return problems.empty() && testimony.problems.empty(); }
};

struct Examination {
  explicit Examination(Authority trusted) : authority(std::move(trusted)) {}

  Authority authority;
  warrant::Warrant warrant;
  warrant::Request request;
  warrant::ReleaseCertificate release;
  std::optional<RangeTree> tree;
  std::vector<RecordView> records;
  std::vector<Check> checks;
  /// Opened and not shown, because nothing found in them is of the warrant's categories.
  std::uint64_t set_aside = 0;
  std::uint64_t replays = 0;
  std::uint64_t open_links = 0;  // to leaves that are not shown
  bool complete = false;         // no link is missing

  bool passed() const;
};

/// An error when there is nothing to examine: the statement is not the pinned root's, warrant,
/// request or certificate cannot be read. Everything else that is wrong is in `checks` and in the
/// records' problems. `exhibits` outlive the result.
Result<Examination> examine(const Exhibits& exhibits, const PinnedKeys& keys,
                            const Progress& progress);

/// SHA-256 over the encoded records shown, in the order of their leaves, as in the release
/// certificate.
Digest opened_digest(const std::vector<const warrant::Record*>& records);

/// Inner to this folder: the parts of `examine`.
namespace examination {
/// Warrant, request, release and approvals: signatures, log, scope of what was asked.
Status authority(const Exhibits& exhibits, Examination& out);
/// The range against its checkpoint.
Status range(const Exhibits& exhibits, Examination& out);
/// Opens and checks each record.
void records(const Exhibits& exhibits, Examination& out, const Progress& progress);
/// Links, replays, completeness.
void chain(const Exhibits& exhibits, Examination& out);
/// The custodians' proofs and the keeper's parts, against the records shown.
void custody(const Exhibits& exhibits, Examination& out);
}  // namespace examination

}  // namespace candour::ctl
