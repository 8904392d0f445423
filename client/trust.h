// What an endpoint knows about its organisation and why it may believe it.
//
// It begins with one pinned key, the organisation's root, and takes everything else from the
// relay's directory, checking each object: the statement by the root and never an older version;
// certificates by two registrars; revocations by one; notices and policy versions by author and
// approver; each with the opening of its log leaf. Objects are numbered from 1 and taken in order
// without gaps. The numbers are the relay's own: an object can be held back by giving its number to
// the next one, which the threat model says.
//
// Taken is not yet acted on. A statement, notice or policy version that comes after the first
// complete directory takes effect once it is proven to be in the log, in a checkpoint that the
// quorum of witnesses cosigned, so that nobody can be given rules of their own in secret; until
// then the one before stays in force. What takes something away acts at once: revocations, and a
// bot that a newer statement no longer lists. The first directory of a device is acted on at once,
// since there is nothing older to hold on to, and is proven afterwards like everything else.
// Certificates are proven when they matter: before this device relies on them.
//
// The newest checkpoint of the log is kept too. Each newer one must be proven to contain the one
// before (log_inconsistent otherwise: the relay shows this device another log than before).
//
// A lost log is followed by another one of another name (trust_succession.cc). Only then the
// directory begins anew: with the note of two people who answered for the old one, too, about where
// it ended, which is no earlier than this device saw it; under a newer statement of the root; the
// note witnessed as the new log's first leaf; and with everything revoked that was revoked before.
//
// Whatever is accepted is kept through TrustStore, so that it holds across restarts. Client and
// bot each bring a store of their own. Not thread-safe; one owner.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "client/connection.h"
#include "identity/certificate.h"
#include "identity/notice.h"
#include "identity/statement.h"
#include "identity/succession.h"
#include "transport/wire/candour.pb.h"

namespace candour::client {

/// One object of the directory as it was accepted.
struct DirectoryEntry {
  std::uint64_t number = 0;  // from 1
  v1::ObjectKind kind = v1::OBJECT_KIND_UNSPECIFIED;
  Bytes object;
  std::uint64_t leaf_index = 0;
  Bytes opening;
};

/// What a Trust keeps of one log.
struct KeptTrust {
  std::vector<DirectoryEntry> entries;
  std::vector<std::uint64_t> proven;
  std::uint64_t first_directory = 0;
  Bytes checkpoint;
};

/// Where a Trust keeps what it accepted. Each call is durable when it returns, or becomes durable
/// with the transaction the owner has open.
class TrustStore {
 public:
  virtual ~TrustStore() = default;
  virtual Status put_directory_entry(const DirectoryEntry& entry) = 0;
  /// All entries in the order of their numbers.
  virtual Result<std::vector<DirectoryEntry>> directory_entries() = 0;
  /// Replaces the newest checkpoint (signed note).
  virtual Status put_checkpoint(ByteView note) = 0;
  /// Empty when there is none yet.
  virtual Result<Bytes> checkpoint() = 0;
  /// Remembers that this directory number was proven to be in the log.
  virtual Status put_proven(std::uint64_t number) = 0;
  virtual Result<std::vector<std::uint64_t>> proven() = 0;
  /// How many objects the first complete directory had; 0 before.
  virtual Status put_first_directory(std::uint64_t size) = 0;
  virtual Result<std::uint64_t> first_directory() = 0;
  /// In place of everything kept, at once: what a new log says. The checkpoint of the old one stays
  /// beside it under the name of its log, as evidence.
  virtual Status begin_anew(std::string_view old_origin, const KeptTrust& anew) = 0;
};

/// Forgets at the end of the process; for tests and one-shot tools.
class MemoryTrustStore : public TrustStore {
 public:
  Status put_directory_entry(const DirectoryEntry& entry) override;
  Result<std::vector<DirectoryEntry>> directory_entries() override { return kept_.entries; }
  Status put_checkpoint(ByteView note) override;
  Result<Bytes> checkpoint() override { return kept_.checkpoint; }
  Status put_proven(std::uint64_t number) override;
  Result<std::vector<std::uint64_t>> proven() override { return kept_.proven; }
  Status put_first_directory(std::uint64_t size) override;
  Result<std::uint64_t> first_directory() override { return kept_.first_directory; }
  Status begin_anew(std::string_view old_origin, const KeptTrust& anew) override;

  const KeptTrust& kept() const { return kept_; }
  /// Of the logs before, by name.
  const std::map<std::string, Bytes, std::less<>>& old_checkpoints() const { return old_; }

 private:
  KeptTrust kept_;
  std::map<std::string, Bytes, std::less<>> old_;
};

/// A checkpoint that passed the log's signature.
struct SeenCheckpoint {
  std::string origin;
  std::uint64_t size = 0;  // 0 = none seen yet
  Digest root;
  bool witnessed = false;  // the quorum cosigned it
};

/// That a leaf is in the log, checked.
struct LeafProof {
  std::uint64_t index = 0;
  std::vector<Digest> hashes;
  SeenCheckpoint checkpoint;
  std::string note;  // the checkpoint as signed
};

/// A directory object that must be in the log and is not yet proven to be.
struct UnprovenObject {
  v1::ObjectKind kind = v1::OBJECT_KIND_UNSPECIFIED;
  Digest leaf_hash;
};

/// "statement", "policy version", ...
std::string_view name_of(v1::ObjectKind kind);

class Trust {
 public:
  /// Reads and checks again everything in `store` (state_damaged when it no longer verifies).
  /// `store` and `clock` outlive it.
  [[nodiscard]] static Result<std::unique_ptr<Trust>> load(identity::NoteKey root,
                                                           TrustStore& store, const Clock& clock);

  /// Accepts one object; older numbers are ignored, a gap is input_invalid. The error names the
  /// object and the rule it breaks; nothing changes then.
  [[nodiscard]] Status add(const v1::DirectoryObject& object);
  /// Fetches all newer objects and the newest checkpoint, and checks that the relay's log is the
  /// statement's. Frames that arrive meanwhile are kept by the connection. Where the relay speaks
  /// for another log, that must follow the one known, and what is known begins anew with it (see
  /// statement()->log before and after): log_inconsistent when it is no succession or the old log
  /// was cut, checkpoint_stale while it is not witnessed yet; nothing changes then.
  [[nodiscard]] Status refresh(Connection& connection);
  /// Objects the relay pushed (a Directory frame): as add for each, or `refresh` after a gap.
  [[nodiscard]] Status see_directory(const v1::Directory& directory, Connection& connection);
  /// A checkpoint the relay showed. When it is newer than the one kept, a consistency proof is
  /// asked for and checked: log_inconsistent when there is none that holds.
  [[nodiscard]] Status see_checkpoint(std::string_view note, Connection& connection);
  /// A checkpoint another member says it saw; log_inconsistent when it contradicts the one kept.
  /// Such a claim is not signed by the log: it is a reason to warn, not a proof.
  [[nodiscard]] Status compare_checkpoint(const SeenCheckpoint& other) const;
  /// The same for a claim of another size than the one kept: asks the relay to prove that the kept
  /// one contains it. not_found when the claim is ahead of the one kept, or the relay cannot yet.
  [[nodiscard]] Status check_claim(const SeenCheckpoint& other, Connection& connection);
  /// Whether this very checkpoint is known to be of the log kept, without asking anybody.
  bool knows_checkpoint(const SeenCheckpoint& other) const;

  /// The statement in force; null until the directory was fetched once.
  const identity::Statement* statement() const { return statement_ ? &*statement_ : nullptr; }
  /// The newest one taken, which may not be in force yet. What it no longer lists is not relied on.
  const identity::Statement* newest_statement() const {
    return newest_statement_ ? &*newest_statement_ : nullptr;
  }
  /// By the statement in force and by the newest one.
  bool lists_bot(const DeviceId& device) const;
  /// The note with which the present log followed a lost one; null when it is the first.
  const identity::Succession* succession() const { return succession_ ? &*succession_ : nullptr; }
  /// This endpoint is a witness of the log by this key. It cannot wait for its own cosignature
  /// before it follows a new log.
  void set_own_witness(identity::NoteKey key) { own_witness_ = std::move(key); }
  const identity::NoteKey& root() const { return root_; }
  const SeenCheckpoint& newest_checkpoint() const { return checkpoint_; }
  const std::string& checkpoint_note() const { return checkpoint_note_; }
  std::uint64_t directory_size() const { return size_; }
  /// Grows whenever something that is acted on changed.
  std::uint64_t revision() const { return revision_; }

  /// The certificate whatever its state, or null. Of several for one device the one that begins
  /// latest counts; of those that begin together, the first published.
  const identity::Certificate* find(const DeviceId& device) const;
  /// The certificate as signed, or empty.
  Bytes certificate_note(const DeviceId& device) const;
  bool revoked(const DeviceId& device) const { return revoked_.contains(device); }
  /// The certificate of a device that may be relied on now: unknown_device, device_revoked or
  /// certificate_expired otherwise. The pointer lives until the next `add`.
  [[nodiscard]] Result<const identity::Certificate*> device(const DeviceId& device) const;
  /// Proves, once, that the device's certificate is in the log, in a checkpoint that the quorum
  /// cosigned. not_found when the log has no such checkpoint yet (ask again later),
  /// log_inconsistent when a proof is wrong.
  [[nodiscard]] Status prove(const DeviceId& device, Connection& connection);
  /// Asks for and checks the proof that a leaf is in the log. not_found (from the relay) when no
  /// checkpoint covers it yet. A proof in an older checkpoint than the one kept counts only with
  /// the proof that the one kept contains it.
  [[nodiscard]] Result<LeafProof> prove_leaf(const Digest& leaf_hash, Connection& connection);
  bool proven(const DeviceId& device) const;
  /// `prove` for many in a few round trips; the first failure.
  [[nodiscard]] Status prove_devices(const std::vector<DeviceId>& devices, Connection& connection);
  /// The second half of prove_leaf: checks the relay's answer to a question asked elsewhere.
  [[nodiscard]] Result<LeafProof> check_leaf_proof(const Digest& leaf_hash, const v1::Proof& answer,
                                                   Connection& connection);

  /// Statements, notices, policy versions and revocations whose proof is still to come, by number.
  const std::map<std::uint64_t, UnprovenObject>& unproven() const { return unproven_; }
  /// Asks for their proofs, a bounded number a call, and puts into force what is proven. That a
  /// proof is not there yet is no failure; a wrong one is (log_inconsistent).
  [[nodiscard]] Status prove_pending(Connection& connection);
  /// Whether something newer waits for its proof to take effect.
  bool pending() const { return !pending_statements_.empty() || !pending_notices_.empty(); }
  /// The bot to seal mail to: listed in the statement, certified, not revoked. bot_absent when
  /// there is none.
  [[nodiscard]] Result<const identity::Certificate*> bot() const;
  /// Of every bot that was ever certified: what a former bot signed stays signed.
  std::vector<SigningPublicKey> bot_keys() const;
  /// All certificates, in no particular order.
  std::vector<const identity::Certificate*> certificates() const;

  /// The current monitoring notice, or null; its digest is zero then.
  const identity::Notice* notice() const { return notice_ ? &*notice_ : nullptr; }
  const Digest& notice_digest() const { return notice_digest_; }
  /// Whether a policy version with this digest (SHA-256 of its note's text) is in the directory.
  bool knows_policy(const Digest& digest) const { return policies_.contains(digest); }
  /// Whether it may be relied on: of the first directory, or proven.
  bool policy_in_force(const Digest& digest) const;
  /// Whether it is proven to be in the log (I10).
  bool policy_proven(const Digest& digest) const;
  std::optional<Digest> newest_policy() const { return newest_policy_; }

 private:
  struct Certified {
    identity::Certificate certificate;
    Bytes note;
    std::uint64_t number = 0;
    Digest leaf_hash;
  };

  Trust(identity::NoteKey root, TrustStore& store, const Clock& clock)
      : root_(std::move(root)), store_(store), clock_(clock) {}
  Status check_opening(const DirectoryEntry& entry, Digest* leaf_hash) const;
  Status take(const DirectoryEntry& entry);
  Status take_statement(const DirectoryEntry& entry);
  Status take_succession(const DirectoryEntry& entry);
  Status fetch_directory(Connection& connection);
  // trust_succession.cc
  Status follow_succession(Connection& connection);
  Status check_succession(const Trust& next) const;
  Status prove_beginning(Connection& connection);
  bool witnessed_but_for_me(const std::string& note) const;
  void take_over(Trust& next);
  Status take_certificate(const DirectoryEntry& entry, const Digest& leaf_hash);
  Status take_revocation(const DirectoryEntry& entry);
  Status take_policy(const DirectoryEntry& entry);
  Status take_notice(const DirectoryEntry& entry);
  Status need_statement() const;
  bool in_force(std::uint64_t number) const;
  void enact_statement(identity::Statement statement);
  Status mark_proven(std::uint64_t number);
  bool quorum_of_pending(std::uint64_t number, const std::string& note) const;
  struct Question {
    std::uint64_t number = 0;
    Digest leaf_hash;
  };
  Status prove_objects(const std::vector<Question>& questions, Connection& connection,
                       bool all_needed);
  Status prove_prefix(const SeenCheckpoint& older, Connection& connection);
  Result<SeenCheckpoint> read_checkpoint(std::string_view note) const;
  Status adopt_checkpoint(std::string_view note, const SeenCheckpoint& checkpoint);
  void remember_checkpoint(const SeenCheckpoint& checkpoint);

  identity::NoteKey root_;
  std::optional<identity::NoteKey> own_witness_;
  TrustStore& store_;
  const Clock& clock_;
  std::uint64_t size_ = 0;
  std::uint64_t first_directory_ = 0;  // 0 = not complete yet
  std::uint64_t revision_ = 0;
  std::optional<identity::Succession> succession_;
  Bytes succession_note_;
  std::optional<identity::Statement> first_statement_;  // of this log
  std::vector<Digest> beginning_;                       // leaves of succession and first statement
  std::optional<identity::Statement> statement_;
  std::optional<identity::Statement> newest_statement_;
  std::map<std::uint64_t, identity::Statement> pending_statements_;
  std::map<DeviceId, Certified> certificates_;
  std::set<DeviceId> revoked_;
  std::set<std::uint64_t> proven_;
  std::map<std::uint64_t, UnprovenObject> unproven_;
  std::uint64_t asked_through_ = 0;  // where the next batch of proofs begins
  std::map<Digest, std::set<std::uint64_t>> policies_;
  std::optional<Digest> newest_policy_;
  std::optional<identity::Notice> notice_;
  std::uint64_t newest_notice_ = 0;  // version
  std::map<std::uint64_t, std::pair<identity::Notice, Digest>> pending_notices_;
  Digest notice_digest_;
  SeenCheckpoint checkpoint_;
  std::string checkpoint_note_;
  std::deque<SeenCheckpoint> known_;  // older ones of the log kept
};

}  // namespace candour::client
