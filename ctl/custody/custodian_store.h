// A custodian's folder (0700), what key ceremonies keep in it. Beside it lie the rules and the
// memory of custody_state.h.
//
//   custodian.key, custodian.vkey   the role key
//   <name>.custodian                the card to hand out (warrant/open/ceremony.h)
//   dealing.key                     the static key for ceremonies, under the passphrase
//   share.txt                       the share, under the passphrase; there after a ceremony
//   custodians-<group>.txt          the group's lines for the statement
//   sessions/<digest>/              of each ceremony: session.txt, the own messages round1.note and
//                                   round2.note, all of them in round1.set and round2.set; with
//                                   dealing.key, the share can be made from them again
//
// Not thread-safe; a lock on the folder keeps other processes out.
#pragma once

#include <filesystem>

#include "ctl/custody/journal.h"
#include "ctl/keys.h"
#include "warrant/open/ceremony.h"
#include "warrant/open/static_key.h"

namespace candour::ctl {

/// The passphrase in a file that only its owner can read, without the newline at its end; usage
/// when it is empty.
Result<SecretText> read_passphrase(const std::filesystem::path& file);

class CustodianStore {
 public:
  /// Makes folder, keys and card. already_exists rather than overwrite.
  static Result<CustodianStore> create(const std::filesystem::path& dir, const std::string& name,
                                       const SecretText& passphrase, Random& random);
  /// not_found; state_damaged; state_locked.
  static Result<CustodianStore> open(const std::filesystem::path& dir);

  const NamedKey& key() const { return key_; }
  /// decryption_failed for a wrong passphrase.
  Result<warrant::StaticKey> static_key(const SecretText& passphrase) const;
  /// Puts a new static key in the place of the old one, and a new card.
  Status renew_static_key(const SecretText& passphrase, Random& random);
  /// Of the card that lies in the folder.
  Result<warrant::CustodianCard> card() const;
  std::filesystem::path card_file() const;

  bool has_share() const;
  Result<warrant::ShareHeader> share_header() const;
  Result<warrant::EscrowShare> share(const SecretText& passphrase) const;
  Status write_share(const warrant::EscrowShare& share, const SecretText& passphrase,
                     Random& random);
  /// Removes the share and every session it could be made from again.
  Status forget_share();
  /// Removes the sessions but this one.
  Status forget_sessions_but(const Digest& session);

  /// A file of a session; not_found.
  Result<std::string> read_session_file(const Digest& session, const char* name) const;
  bool has_session_file(const Digest& session, const char* name) const;
  /// Makes the session's folder when it is missing; already_exists unless `replace`.
  Status write_session_file(const Digest& session, const char* name, const std::string& text,
                            bool replace = false);
  Status write_journal(const JsonLine& line);
  const std::filesystem::path& dir() const { return dir_; }

 private:
  CustodianStore(std::filesystem::path dir, FolderLock lock, NamedKey key)
      : dir_(std::move(dir)), lock_(std::move(lock)), key_(std::move(key)) {}
  std::filesystem::path session_dir(const Digest& session) const;

  std::filesystem::path dir_;
  FolderLock lock_;
  NamedKey key_;
};

}  // namespace candour::ctl
