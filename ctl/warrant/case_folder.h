// The case folder: what the investigator's station keeps about one warrant. Private (0700, files
// 0600). Each step adds files and none changes what an earlier one wrote, so that the state of the
// warrant follows from what lies here.
//
//   root.vkey, statement.note             the pinned root and the statement at submission
//   warrant.note, .opening, .tlog-proof   as signed; its leaf's opening; the first witnessed proof
//   request.note, .opening, .tlog-proof   the request to the custodians, the same way
//   request.package                       what goes to custodians and keeper
//   approvals/                            their answers
//   release.note, .opening, .tlog-proof   the certificate of the release
//   revocation.note                       when the warrant was revoked
//   journal.jsonl                         who did what and when
//
// `release` and `bundle` keep further files here (ctl/release, ctl/evidence).
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "ctl/context.h"
#include "tlog/leaf.h"
#include "tlog/proof_file.h"
#include "warrant/open/notes.h"

namespace candour::ctl {

class CaseFolder {
 public:
  /// Makes the folder when it is missing. state_damaged when others can read it.
  static Result<CaseFolder> create(const std::filesystem::path& dir);
  /// not_found when there is none.
  static Result<CaseFolder> open(const std::filesystem::path& dir);

  const std::filesystem::path& dir() const { return dir_; }
  std::filesystem::path file(std::string_view name) const { return dir_ / name; }
  bool has(std::string_view name) const;
  /// Durable, mode 0600. already_exists unless `replace`.
  Status put(std::string_view name, ByteView bytes, bool replace = false) const;
  /// not_found, state_damaged when others can read it.
  Result<std::string> text(std::string_view name) const;

  /// `stem`.note, `stem`.opening and `stem`.tlog-proof ("warrant", "request", "release").
  Result<tlog::LeafOpening> opening(const std::string& stem) const;
  Result<tlog::ProofFile> proof(const std::string& stem) const;
  /// Leaf hash of the note's log entry.
  Result<Digest> leaf_hash(const std::string& stem) const;

  /// The statement kept here, by the root kept here.
  Result<identity::Statement> statement() const;
  /// The warrant kept here, with its signatures.
  Result<warrant::Warrant> warrant() const;

  /// Adds {"time", "event", ...} to the journal; `fields` are what the event is about.
  Status journal(const Context& context, std::string_view event, const JsonLine& fields) const;

 private:
  explicit CaseFolder(std::filesystem::path dir) : dir_(std::move(dir)) {}
  std::filesystem::path dir_;
};

enum class WarrantStage { drafted, authorised, logged, approved, released, expired, revoked };
std::string_view name_of(WarrantStage stage);

/// Who has answered, of one group of custodians.
struct GroupProgress {
  std::string group;
  std::uint32_t approved = 0;
  std::uint32_t threshold = 0;
};

struct WarrantState {
  WarrantStage stage = WarrantStage::drafted;
  bool requested = false;
  std::vector<GroupProgress> groups;
  bool keeper = false;
  std::vector<std::string> notes;  // what is odd about the folder, for people
};

/// Derived from the folder. Answers that do not verify do not count and are named in `notes`.
Result<WarrantState> warrant_state(const CaseFolder& folder, TimeMs now);

}  // namespace candour::ctl
