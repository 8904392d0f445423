// What an application permits beyond the rules of RFC 9420, and its limits: one value, given when a
// group is created, joined or restored, and asked wherever the RFC leaves the choice to the
// application. Not stored with the group.
#pragma once

#include <optional>

#include "base/limits.h"
#include "mls/key_package_bundle.h"
#include "mls/types.h"

namespace candour::mls {

struct Policy {
  // Limits.
  std::size_t message_size_max = limits::kFrameSizeMax;
  /// Members and gaps between them.
  std::uint32_t tree_leaves_max = 1u << 16;
  /// Epochs before the present one whose application messages still open, and whose resumption keys
  /// are kept (sections 8.6 and 15.3).
  std::size_t past_epochs_max = limits::kPastEpochsMax;
  /// How far a message may be ahead of its sender's last one (section 15.3).
  std::uint32_t forward_steps_max = limits::kRatchetForwardStepsMax;
  /// Keys kept of messages that were skipped, one sender and kind (section 15.3).
  std::size_t skipped_keys_max = limits::kSkippedGenerationsMax;
  std::size_t kept_proposals_max = 256;
  /// The longest lifetime of a key package (section 7.2).
  std::uint64_t lifetime_max_ms = kLeafLifetimeMaxMs;
  std::uint64_t clock_skew_ms = limits::kClockSkewMs;

  // What is taken from others.
  /// Proposals and commits of members as PublicMessage, readable for the delivery service.
  bool public_handshakes = true;
  /// Proposals sent by themselves, for somebody else to commit.
  bool standalone_proposals = true;
  /// Proposals of the external senders the group lists and of would-be members (section 12.1.8).
  bool outside_proposals = true;
  /// Joins without anybody's invitation (section 12.4.3.2).
  bool external_commits = true;
  /// ReInit proposals (section 12.1.5).
  bool reinit = true;
  /// A member may change its credential or signature key.
  bool identity_changes = true;
  /// Commits may add key packages whose lifetime is over when they are received. The RFC asks for
  /// the check of whoever commits and recommends it on receipt, where the lifetime may have ended
  /// on the way (section 7.3): a device that reads commits late, with no proof of when they were
  /// accepted, must not refuse what everybody else took.
  bool ended_key_packages = false;
  /// When set: only this leaf commits proposals, welcomes people and names groups; it is never
  /// removed.
  std::optional<LeafIndex> steward;
  /// With a steward: others may commit their own path, and nothing else.
  bool member_commits = true;

  /// Candour's: the compliance bot is the steward at leaf 0 and the only one that commits,
  /// everything travels as PrivateMessage, nobody joins but by the bot's Welcome, and a leaf keeps
  /// its certified key.
  static Policy candour();
};

}  // namespace candour::mls
