// Proofs that a run of neighbouring leaves is in a tree, every one of them and in this order: what
// shows that a release left nothing out. One proof for the whole run, over the tree of RFC 6962.
//
// The tree of `size` leaves is walked from the root; a subtree without a leaf of the run gives one
// hash, a leaf of the run gives none, and the hashes stand in the proof from left to right. So the
// verifier, who has the leaf hashes of the run, can recompute the root in exactly one way.
//
// As a file (suffix .tlog-range), for those who check without the log:
//
//   candour-range/v1
//   first <index of the first leaf>
//   end <index after the last leaf>
//   <proof hashes, base64, one a line>
//   <empty line>
//   <checkpoint, a signed note>
//
// Functions are pure and thread-safe as far as the reader is.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "tlog/tree.h"

namespace candour::tlog {

/// Most hashes a range proof can have: those of two edges.
inline constexpr std::size_t kRangeProofHashesMax = 126;

/// The proof for leaves first <= i < end; input_invalid unless first < end <= size.
Result<Proof> prove_range(std::uint64_t first, std::uint64_t end, std::uint64_t size,
                          const HashReader& reader);

/// log_inconsistent unless the leaves are numbers first, first + 1, ... of the tree of `size`
/// leaves with `root`, and also when there is no leaf or the run ends beyond the tree.
Status verify_range(std::span<const Digest> leaf_hashes, std::uint64_t first, std::uint64_t size,
                    const Proof& proof, const Digest& root);

struct RangeFile {
  std::uint64_t first = 0;
  std::uint64_t end = 0;
  Proof proof;
  std::string checkpoint;  // signed note, verbatim; its signatures are not looked at here

  std::string print() const;
  /// note_malformed with the line at fault.
  static Result<RangeFile> parse(std::string_view text);
};

}  // namespace candour::tlog
