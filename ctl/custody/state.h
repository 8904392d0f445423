// What a custodian or keeper remembers between requests, so that the checks of
// warrant/open/checks.h have a memory: in a folder of its own (0700), beside its keys.
//
//   custodian.toml or keeper.toml   the rules it sets for itself:
//                                     [rules]
//                                     cooling_off_ms = 86400000
//                                     records_per_day = 20000
//                                     checkpoint_age_ms_max = 86400000
//   root.vkey                       the organisation's root, pinned when it was first given
//   statement.note                  the newest statement of a request that was answered
//   journal.jsonl                   every approval and every revocation it was told of: the memory
//                                   itself. A line is on disk before an answer leaves.
//
// Environment variables change nothing here.
#pragma once

#include <optional>
#include <string>

#include "ctl/context.h"
#include "ctl/custody/journal.h"
#include "warrant/open/checks.h"
#include "warrant/open/notes.h"

namespace candour::ctl {

class CustodyState {
 public:
  /// `root_file` is the --root option, or empty when the root is pinned already. Takes the folder's
  /// lock when `for_writing`. not_found, state_locked, state_damaged, config_invalid;
  /// wrong_root_key when another root is pinned; usage when none is and none is given.
  static Result<CustodyState> open(const std::filesystem::path& dir, warrant::CustodyRole role,
                                   const std::string& root_file, bool for_writing);

  /// All of it, for check_request by the own key of this name.
  warrant::CheckContext context(const std::string& own_key, TimeMs now) const;
  /// Durable when it returns. Nothing of an answer may leave before.
  Status remember_approval(const warrant::Approved& approved, TimeMs now);
  /// The newest statement, kept to check revocations by.
  Status keep_statement(const std::string& note);
  Result<identity::Statement> statement() const;
  /// True when it was new.
  Result<bool> remember_revocation(const warrant::WarrantRevocation& revocation, TimeMs now);

  const warrant::CustodyRules& rules() const { return rules_; }
  const identity::NoteKey& root() const { return root_; }

 private:
  CustodyState(std::filesystem::path dir, warrant::CustodyRole role)
      : dir_(std::move(dir)), role_(role) {}
  Status read_rules();
  Status pin_root(const std::string& root_file);
  Status read_memory();
  Status read_line(const std::string& text, std::size_t number);

  std::filesystem::path dir_;
  warrant::CustodyRole role_;
  std::optional<FolderLock> lock_;
  warrant::CustodyRules rules_;
  identity::NoteKey root_;
  std::vector<warrant::PastApproval> approvals_;
  std::optional<warrant::KnownCheckpoint> checkpoint_;
  warrant::KnownStatement statement_;
  std::set<Digest> revoked_;
};

/// The request package in `file`.
Result<warrant::RequestPackage> read_package(const std::string& file);

/// What a custodian or keeper reads before answering: warrant, request, what is remembered and what
/// the checks say. `verdict` may be null when they passed.
std::string describe_package(const warrant::RequestPackage& package,
                             const warrant::CheckContext& context, const Error* verdict);

}  // namespace candour::ctl
