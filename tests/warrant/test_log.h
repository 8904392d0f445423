// A log in memory, for tests that need real proofs and checkpoints.
#pragma once

#include <gtest/gtest.h>

#include "tlog/checkpoint.h"
#include "tlog/leaf.h"
#include "tlog/tree.h"

namespace candour::tests {

class TestLog {
 public:
  explicit TestLog(std::string origin) : origin_(std::move(origin)) {}

  /// The index of the new leaf.
  std::uint64_t append(ByteView entry) {
    hashes_.put(frontier_.append(tlog::leaf_hash(entry)));
    entries_.push_back(to_bytes(entry));
    return frontier_.size() - 1;
  }
  tlog::Proof prove(std::uint64_t index, std::uint64_t size) const {
    auto proof = tlog::prove_inclusion(index, size, hashes_);
    EXPECT_TRUE(proof);
    return proof ? proof.value() : tlog::Proof{};
  }
  /// Over all there is, signed by the log only.
  identity::SignedNote checkpoint(const crypto::SigningKey& log_key) const {
    return tlog::sign_checkpoint({origin_, frontier_.size(), frontier_.root(), {}}, log_key);
  }

  const std::string& origin() const { return origin_; }
  std::uint64_t size() const { return frontier_.size(); }
  Digest root() const { return frontier_.root(); }
  const std::vector<Bytes>& entries() const { return entries_; }
  const tlog::HashReader& hashes() const { return hashes_; }

 private:
  std::string origin_;
  tlog::Frontier frontier_;
  tlog::MemoryHashes hashes_;
  std::vector<Bytes> entries_;
};

}  // namespace candour::tests
