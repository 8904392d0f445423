// The secret tree and the sender ratchets (RFC 9420 section 9): keys that encrypt one message each.
//
// Looking for a key changes nothing; `use` then moves the ratchet and deletes what was consumed
// (section 9.2). So a message that turns out to be bad costs no key.
#pragma once

#include <map>

#include "base/limits.h"
#include "mls/suite.h"
#include "mls/tree_math.h"
#include "mls/wire.h"

namespace candour::mls {

enum class RatchetKind : std::uint8_t { handshake = 0, application = 1 };

struct MessageKey {
  SecretBytes key;
  SecretBytes nonce;
  MessageKey clone() const { return {key.clone(), nonce.clone()}; }
};

/// One sender's ratchet for one kind of message.
class HashRatchet {
 public:
  HashRatchet() = default;
  explicit HashRatchet(KdfSecret&& first) : secret_(std::move(first)) {}

  std::uint32_t next_generation() const { return next_; }
  /// The key of `generation`; fails when it was used, is no longer kept or is too far ahead.
  Result<MessageKey> find(const Suite& suite, std::uint32_t generation,
                          std::uint32_t forward_steps_max) const;
  /// Deletes the key of `generation`, which `find` gave, and keeps those skipped on the way, at
  /// most `skipped_max` (the oldest go first).
  void use(const Suite& suite, std::uint32_t generation, std::size_t skipped_max);

  void save(SecretWriter& w) const;
  static HashRatchet restore(Reader& r, const Suite& suite);
  /// Does this state come after `earlier`, or is it the same?
  bool not_older_than(const HashRatchet& earlier) const;

 private:
  MessageKey key_now(const Suite& suite) const;
  void step();

  KdfSecret secret_;
  std::uint32_t next_ = 0;
  std::map<std::uint32_t, MessageKey> skipped_;
};

struct LeafRatchets {
  HashRatchet handshake;
  HashRatchet application;
  HashRatchet& of(RatchetKind kind) {
    return kind == RatchetKind::handshake ? handshake : application;
  }
  const HashRatchet& of(RatchetKind kind) const {
    return kind == RatchetKind::handshake ? handshake : application;
  }
};

class SecretTree {
 public:
  SecretTree() = default;
  SecretTree(KdfSecret&& encryption_secret, std::uint32_t leaf_count);

  std::uint32_t leaf_count() const { return leaf_count_; }
  /// The generation the leaf's owner would send next.
  std::uint32_t next_generation(LeafIndex leaf, RatchetKind kind) const;
  Result<MessageKey> find(const Suite& suite, LeafIndex leaf, RatchetKind kind,
                          std::uint32_t generation,
                          std::uint32_t forward_steps_max = limits::kRatchetForwardStepsMax) const;
  /// Only after a `find` with the same arguments succeeded.
  void use(const Suite& suite, LeafIndex leaf, RatchetKind kind, std::uint32_t generation,
           std::size_t skipped_max = limits::kSkippedGenerationsMax);

  /// Null while nothing of this leaf was used.
  const LeafRatchets* ratchets(LeafIndex leaf) const;
  /// Puts the ratchets of one leaf into this tree, deleting the nodes on the way to it.
  void set_ratchets(LeafIndex leaf, LeafRatchets&& ratchets);

  /// When the epoch is over: only application messages may still arrive late.
  void forget_handshake_keys();

  void save(SecretWriter& w) const;
  static SecretTree restore(Reader& r, const Suite& suite);

 private:
  /// The leaf's ratchets as they are at first; the node secrets stay.
  LeafRatchets fresh(LeafIndex leaf) const;
  LeafRatchets& open(LeafIndex leaf);

  std::uint32_t leaf_count_ = 0;
  bool application_only_ = false;
  std::map<std::uint32_t, KdfSecret> nodes_;
  std::map<LeafIndex, LeafRatchets> leaves_;
};

void save_ratchets(SecretWriter& w, const LeafRatchets& ratchets);
LeafRatchets restore_ratchets(Reader& r, const Suite& suite);

}  // namespace candour::mls
