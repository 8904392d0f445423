#include "tlog/tree.h"

#include <bit>

#include "base/assert.h"
#include "crypto/hash.h"

namespace candour::tlog {
namespace {

Error inconsistent(std::string message) {
  return error(ErrorCode::log_inconsistent, std::move(message));
}

/// The largest power of two smaller than `n`; n > 1.
std::uint64_t split_point(std::uint64_t n) { return std::bit_floor(n - 1); }

/// MTH of the `count` leaves from `start` on. `start` is a multiple of the largest power of two not
/// above `count`, as all ranges of RFC 6962 are.
Result<Digest> range_hash(std::uint64_t start, std::uint64_t count, const HashReader& reader) {
  if (std::has_single_bit(count)) {
    const auto level = static_cast<unsigned>(std::countr_zero(count));
    return reader.read(level, start >> level);
  }
  const std::uint64_t k = split_point(count);
  CANDOUR_TRY(auto left, range_hash(start, k, reader));
  CANDOUR_TRY(auto right, range_hash(start + k, count - k, reader));
  return node_hash(left, right);
}

/// PATH of RFC 6962 section 2.1.1 for leaf `m` of the `count` leaves from `start` on.
Status path(std::uint64_t m, std::uint64_t start, std::uint64_t count, const HashReader& reader,
            Proof& out) {
  if (count == 1) return ok();
  const std::uint64_t k = split_point(count);
  if (m < k) {
    CANDOUR_TRY(path(m, start, k, reader, out));
    CANDOUR_TRY(auto right, range_hash(start + k, count - k, reader));
    out.push_back(right);
  } else {
    CANDOUR_TRY(path(m - k, start + k, count - k, reader, out));
    CANDOUR_TRY(auto left, range_hash(start, k, reader));
    out.push_back(left);
  }
  return ok();
}

/// SUBPROOF of RFC 6962 section 2.1.2; `whole` says that the old root is this subtree's hash.
Status subproof(std::uint64_t m, std::uint64_t start, std::uint64_t count, bool whole,
                const HashReader& reader, Proof& out) {
  if (m == count) {
    if (whole) return ok();
    CANDOUR_TRY(auto hash, range_hash(start, count, reader));
    out.push_back(hash);
    return ok();
  }
  const std::uint64_t k = split_point(count);
  if (m <= k) {
    CANDOUR_TRY(subproof(m, start, k, whole, reader, out));
    CANDOUR_TRY(auto right, range_hash(start + k, count - k, reader));
    out.push_back(right);
  } else {
    CANDOUR_TRY(subproof(m - k, start + k, count - k, false, reader, out));
    CANDOUR_TRY(auto left, range_hash(start, k, reader));
    out.push_back(left);
  }
  return ok();
}

}  // namespace

Result<Digest> MemoryHashes::read(unsigned level, std::uint64_t index) const {
  const auto found = hashes_.find({level, index});
  if (found != hashes_.end()) return found->second;
  if (below_ != nullptr) return below_->read(level, index);
  return inconsistent("the hash of subtree " + std::to_string(index) + " at level " +
                      std::to_string(level) + " is not stored");
}

Digest empty_root() { return crypto::sha256(ByteView{}); }

Digest node_hash(const Digest& left, const Digest& right) {
  const std::uint8_t prefix[] = {1};
  return crypto::sha256({ByteView(prefix), left.view(), right.view()});
}

Result<Frontier> Frontier::load(std::uint64_t size, const HashReader& reader) {
  Frontier out;
  out.size_ = size;
  std::uint64_t start = 0;
  while (start < size) {
    const std::uint64_t count = std::bit_floor(size - start);
    CANDOUR_TRY(auto hash, range_hash(start, count, reader));
    out.complete_.push_back(hash);
    start += count;
  }
  return out;
}

std::vector<StoredHash> Frontier::append(const Digest& leaf_hash) {
  CANDOUR_ASSERT(size_ < kTreeSizeMax);
  std::vector<StoredHash> stored{{{0, size_}, leaf_hash}};
  Digest hash = leaf_hash;
  unsigned level = 0;
  for (std::uint64_t rest = size_; (rest & 1) != 0; rest >>= 1) {
    hash = node_hash(complete_.back(), hash);
    complete_.pop_back();
    ++level;
    stored.push_back({{level, rest >> 1}, hash});
  }
  complete_.push_back(hash);
  ++size_;
  return stored;
}

Digest Frontier::root() const {
  if (complete_.empty()) return empty_root();
  Digest hash = complete_.back();
  for (std::size_t i = complete_.size() - 1; i > 0; --i) hash = node_hash(complete_[i - 1], hash);
  return hash;
}

Result<std::vector<StoredHash>> hashes_for_append(std::uint64_t index, const Digest& leaf_hash,
                                                  const HashReader& reader) {
  std::vector<StoredHash> stored{{{0, index}, leaf_hash}};
  Digest hash = leaf_hash;
  unsigned level = 0;
  for (std::uint64_t rest = index; (rest & 1) != 0; rest >>= 1) {
    CANDOUR_TRY(auto left, reader.read(level, rest - 1));
    hash = node_hash(left, hash);
    ++level;
    stored.push_back({{level, rest >> 1}, hash});
  }
  return stored;
}

Result<Digest> tree_hash(std::uint64_t size, const HashReader& reader) {
  if (size == 0) return empty_root();
  return range_hash(0, size, reader);
}

Result<Proof> prove_inclusion(std::uint64_t index, std::uint64_t size, const HashReader& reader) {
  if (index >= size) {
    return error(ErrorCode::input_invalid, "entry " + std::to_string(index) +
                                               " is not in the tree of " + std::to_string(size) +
                                               " entries");
  }
  Proof proof;
  CANDOUR_TRY(path(index, 0, size, reader, proof));
  return proof;
}

Result<Proof> prove_consistency(std::uint64_t old_size, std::uint64_t new_size,
                                const HashReader& reader) {
  if (old_size > new_size) {
    return error(ErrorCode::input_invalid, "the tree of " + std::to_string(old_size) +
                                               " entries is not older than that of " +
                                               std::to_string(new_size));
  }
  Proof proof;
  if (old_size == 0 || old_size == new_size) return proof;
  CANDOUR_TRY(subproof(old_size, 0, new_size, true, reader, proof));
  return proof;
}

// RFC 9162 section 2.1.3.2.
Status verify_inclusion(const Digest& leaf_hash, std::uint64_t index, std::uint64_t size,
                        const Proof& proof, const Digest& root) {
  if (index >= size) {
    return inconsistent("entry " + std::to_string(index) + " cannot be in a tree of " +
                        std::to_string(size) + " entries");
  }
  std::uint64_t fn = index;
  std::uint64_t sn = size - 1;
  Digest hash = leaf_hash;
  for (const Digest& sibling : proof) {
    if (sn == 0) return inconsistent("the inclusion proof is too long");
    if ((fn & 1) != 0 || fn == sn) {
      hash = node_hash(sibling, hash);
      while ((fn & 1) == 0 && fn != 0) {
        fn >>= 1;
        sn >>= 1;
      }
    } else {
      hash = node_hash(hash, sibling);
    }
    fn >>= 1;
    sn >>= 1;
  }
  if (sn != 0) return inconsistent("the inclusion proof is too short");
  if (hash != root) {
    return inconsistent("the inclusion proof of entry " + std::to_string(index) +
                        " leads to root " + hash.hex() + ", the checkpoint says " + root.hex());
  }
  return ok();
}

// RFC 9162 section 2.1.4.2.
Status verify_consistency(std::uint64_t old_size, const Digest& old_root, std::uint64_t new_size,
                          const Digest& new_root, const Proof& proof) {
  if (old_size > new_size) return inconsistent("the older tree is larger than the newer one");
  if (old_size == 0 || old_size == new_size) {
    if (!proof.empty()) return inconsistent("the consistency proof should be empty");
    const Digest expected = old_size == new_size ? new_root : empty_root();
    if (old_root != expected || (new_size == 0 && new_root != empty_root())) {
      return inconsistent("two trees of " + std::to_string(old_size) +
                          " entries have different roots: " + old_root.hex() + " and " +
                          expected.hex());
    }
    return ok();
  }
  if (proof.empty()) return inconsistent("the consistency proof is empty");
  std::size_t next = 0;
  const Digest& first = std::has_single_bit(old_size) ? old_root : proof[next++];
  std::uint64_t fn = old_size - 1;
  std::uint64_t sn = new_size - 1;
  while ((fn & 1) != 0) {
    fn >>= 1;
    sn >>= 1;
  }
  Digest old_hash = first;
  Digest new_hash = first;
  for (; next < proof.size(); ++next) {
    if (sn == 0) return inconsistent("the consistency proof is too long");
    if ((fn & 1) != 0 || fn == sn) {
      old_hash = node_hash(proof[next], old_hash);
      new_hash = node_hash(proof[next], new_hash);
      while ((fn & 1) == 0 && fn != 0) {
        fn >>= 1;
        sn >>= 1;
      }
    } else {
      new_hash = node_hash(new_hash, proof[next]);
    }
    fn >>= 1;
    sn >>= 1;
  }
  if (sn != 0) return inconsistent("the consistency proof is too short");
  if (old_hash != old_root || new_hash != new_root) {
    return inconsistent("the tree of " + std::to_string(new_size) +
                        " entries does not contain the tree of " + std::to_string(old_size) +
                        " entries as its beginning");
  }
  return ok();
}

}  // namespace candour::tlog
