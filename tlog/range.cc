#include "tlog/range.h"

#include <bit>

#include "base/encoding.h"
#include "identity/note_text.h"
#include "tlog/hash_lines.h"

namespace candour::tlog {
namespace {

constexpr std::string_view kFormat = "candour-range/v1";

Error inconsistent(std::string message) {
  return error(ErrorCode::log_inconsistent, "range proof: " + std::move(message));
}

Error malformed(unsigned line, std::string_view what) {
  return error(ErrorCode::note_malformed,
               "range file, line " + std::to_string(line) + ": " + std::string(what));
}

/// A run of leaves, first <= i < end.
struct Run {
  std::uint64_t first = 0;
  std::uint64_t end = 0;

  bool misses(std::uint64_t start, std::uint64_t count) const {
    return end <= start || first >= start + count;
  }
};

/// The hash of the `count` leaves from `start` on: one stored hash or several put together.
Result<Digest> subtree_hash(std::uint64_t start, std::uint64_t count, const HashReader& reader) {
  if (std::has_single_bit(count)) {
    const auto level = static_cast<unsigned>(std::countr_zero(count));
    return reader.read(level, start >> level);
  }
  const std::uint64_t k = std::bit_floor(count - 1);
  CANDOUR_TRY(auto left, subtree_hash(start, k, reader));
  CANDOUR_TRY(auto right, subtree_hash(start + k, count - k, reader));
  return node_hash(left, right);
}

Status collect(const Run& run, std::uint64_t start, std::uint64_t count, const HashReader& reader,
               Proof& out) {
  if (run.misses(start, count)) {
    CANDOUR_TRY(const Digest hash, subtree_hash(start, count, reader));
    out.push_back(hash);
    return ok();
  }
  // Nothing of a subtree that lies inside the run is in the proof.
  if (run.first <= start && start + count <= run.end) return ok();
  const std::uint64_t k = std::bit_floor(count - 1);
  CANDOUR_TRY(collect(run, start, k, reader, out));
  return collect(run, start + k, count - k, reader, out);
}

/// Walks the tree as `collect` does and takes hashes off the proof in its order.
class Rebuild {
 public:
  Rebuild(std::span<const Digest> leaves, Run run, const Proof& proof)
      : leaves_(leaves), run_(run), proof_(proof) {}

  Result<Digest> hash(std::uint64_t start, std::uint64_t count) {
    if (run_.misses(start, count)) {
      if (used_ == proof_.size()) return inconsistent("it is too short");
      return proof_[used_++];
    }
    if (count == 1) return leaves_[start - run_.first];
    const std::uint64_t k = std::bit_floor(count - 1);
    CANDOUR_TRY(auto left, hash(start, k));
    CANDOUR_TRY(auto right, hash(start + k, count - k));
    return node_hash(left, right);
  }

  bool used_all() const { return used_ == proof_.size(); }

 private:
  std::span<const Digest> leaves_;
  Run run_;
  const Proof& proof_;
  std::size_t used_ = 0;
};

}  // namespace

Result<Proof> prove_range(std::uint64_t first, std::uint64_t end, std::uint64_t size,
                          const HashReader& reader) {
  if (first >= end || end > size || size > kTreeSizeMax) {
    return error(ErrorCode::input_invalid, "there are no leaves " + std::to_string(first) + " to " +
                                               std::to_string(end) + " in the tree of " +
                                               std::to_string(size) + " entries");
  }
  Proof proof;
  CANDOUR_TRY(collect({first, end}, 0, size, reader, proof));
  return proof;
}

Status verify_range(std::span<const Digest> leaf_hashes, std::uint64_t first, std::uint64_t size,
                    const Proof& proof, const Digest& root) {
  if (leaf_hashes.empty()) return inconsistent("no leaves were given");
  if (size > kTreeSizeMax || first > size || leaf_hashes.size() > size - first) {
    return inconsistent(std::to_string(leaf_hashes.size()) + " leaves from " +
                        std::to_string(first) + " on cannot be in a tree of " +
                        std::to_string(size) + " entries");
  }
  Rebuild rebuild(leaf_hashes, {first, first + leaf_hashes.size()}, proof);
  CANDOUR_TRY(const Digest computed, rebuild.hash(0, size));
  if (!rebuild.used_all()) return inconsistent("it is too long");
  if (computed != root) {
    return inconsistent("the leaves from " + std::to_string(first) + " on lead to root " +
                        computed.hex() + ", the checkpoint says " + root.hex());
  }
  return ok();
}

std::string RangeFile::print() const {
  return std::string(kFormat) + "\nfirst " + std::to_string(first) + "\nend " +
         std::to_string(end) + "\n" + print_hash_lines(proof) + "\n" + checkpoint;
}

Result<RangeFile> RangeFile::parse(std::string_view text) {
  if (take_line(text) != kFormat) return malformed(1, "expected '" + std::string(kFormat) + "'");
  RangeFile out;
  unsigned line = 2;
  for (auto [name, value] : {std::pair("first ", &out.first), std::pair("end ", &out.end)}) {
    const auto taken = take_line(text);
    const auto number = taken && taken->starts_with(name)
                            ? identity::parse_decimal(taken->substr(std::string_view(name).size()))
                            : std::nullopt;
    if (!number) return malformed(line, "expected '" + std::string(name) + "<number>'");
    *value = *number;
    ++line;
  }
  if (out.first >= out.end) return malformed(3, "the range ends before it begins");
  CANDOUR_TRY(out.proof, take_hash_lines(text, line, kRangeProofHashesMax));
  if (text.empty()) return malformed(line, "the checkpoint is missing");
  out.checkpoint = std::string(text);
  return out;
}

}  // namespace candour::tlog
