// The notice that comes with a leaf of class opening. The leaf commits to a warrant, a request to
// the custodians, a release, a revocation of a warrant or a disposal, which the relay never sees;
// of the notice it learns as much as oversight has to know at once: that it happened, what it
// belongs to, how much it is about and when it must be made public. A signed note:
//
//   candour-opening/v1
//   organisation example-constabulary
//   kind warrant                     warrant, request, release, warrant-revocation, disposal
//   entry <68 hex digits>            the leaf's entry (tlog/leaf.h), class opening
//   about <64 hex digits>            leaf hash of the warrant: request, release, warrant-revocation
//   records <n>                      how many records: request, release
//   sealed-until <time>              when whoever logged it must unseal it
//   issued <time>
//   copy <key name> <64 hex digits>  an auditor's key and the SHA-256 of the copy sealed to it,
//                                    one line each
//
// Signed by an investigator (warrant, request, release) or an authoriser (warrant,
// warrant-revocation, disposal).
#pragma once

#include "identity/statement.h"

namespace candour::identity {

/// What an opening leaf commits to; the numbers are those of tlog::LeafKind.
enum class OpeningKind : std::uint8_t {
  warrant = 32,
  release = 33,
  disposal = 34,
  request = 35,
  warrant_revocation = 36,
};

/// As it stands in the notice: "warrant", "warrant-revocation", ...
std::string_view name_of(OpeningKind kind);

inline constexpr std::size_t kOpeningEntrySize = 34;

struct OpeningNotice {
  std::string organisation;
  OpeningKind kind = OpeningKind::warrant;
  Bytes entry;  // kOpeningEntrySize bytes
  std::optional<Digest> about;
  std::uint64_t records = 0;
  TimeMs sealed_until;
  TimeMs issued;
  /// Name of an auditor's role key, SHA-256 of the copy sealed to it.
  std::vector<std::pair<std::string, Digest>> copies;

  std::string print() const;
  /// note_malformed unless every field fits the kind, the entry is of class opening,
  /// issued <= sealed-until <= issued + limits::kSealedUntilMaxMs and no auditor is named twice.
  static Result<OpeningNotice> parse(std::string_view text);
  /// Parses a signed note; foreign_certificate when it is of another organisation,
  /// signature_invalid unless a key of a role that may log this kind signed it.
  static Result<OpeningNotice> verify(std::string_view note, const Statement& statement);
  bool operator==(const OpeningNotice&) const = default;
};

/// True for roles that may log a leaf of this kind.
bool may_log(OpeningKind kind, std::string_view role);

}  // namespace candour::identity
