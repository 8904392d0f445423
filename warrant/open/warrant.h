// The warrant: why and how far the log may be opened, in words that people read and fields that
// custodians enforce. A signed note, signed by the requester's investigator key and the
// authoriser's key, two different people:
//
//   candour-warrant/v1
//   organisation example-constabulary
//   log example.org/log                    the log's origin
//   case PSD-2026-0117
//   legal-basis <text>                     1 to 64 lines each of at most 512 bytes:
//   severity <text>                        how serious what is suspected is
//   purpose <text>
//   necessity <text>
//   proportionality <text>
//   collateral-intrusion <text>
//   requester <key name> <person>
//   authoriser <key name> <person>
//   reviewer <person>                      who looks at it again while it runs; neither requester
//                                          nor authoriser
//   author <device> <person>               0 to 256; whose records
//   group <group> [<title>]                0 to 256; of which groups. At least one author or group
//   from <time>                            bot's time, from <= time < until
//   until <time>
//   category <rule category>               0 to 64; narrows in the investigator's tool only
//   named <person>                         0 to 64 others who are named in the case
//   widens <64 hex>                        digest of an earlier warrant this one widens, if any
//   issued <time>
//   expires <time>
//   sealed-until <time>                    when it is made public at the latest
//
// Fields stand in this order. A record is in scope when its author is one of the authors (or none
// is named), its group one of the groups (or none is named), and its time in the period.
// Values; functions are pure and thread-safe.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "identity/statement.h"
#include "tlog/record_label.h"

namespace candour::warrant {

inline constexpr std::size_t kScopeListMax = 256;
inline constexpr std::size_t kNamedMax = 64;

/// Paragraphs as the lines people wrote; none is empty.
using FreeText = std::vector<std::string>;

struct Actor {
  std::string key_name;  // of a role key of the statement
  std::string person;
  bool operator==(const Actor&) const = default;
};

struct ScopeAuthor {
  DeviceId device;
  std::string person;
  bool operator==(const ScopeAuthor&) const = default;
};

struct ScopeGroup {
  GroupId group;
  std::string title;  // for readers; may be empty
  bool operator==(const ScopeGroup&) const = default;
};

struct Warrant {
  std::string organisation;
  std::string log;
  std::string case_name;
  FreeText legal_basis;
  FreeText severity;
  FreeText purpose;
  FreeText necessity;
  FreeText proportionality;
  FreeText collateral_intrusion;
  Actor requester;
  Actor authoriser;
  std::string reviewer;
  std::vector<ScopeAuthor> authors;
  std::vector<ScopeGroup> groups;
  TimeMs from;
  TimeMs until;
  std::vector<std::string> categories;
  std::vector<std::string> named;
  std::optional<Digest> widens;
  TimeMs issued;
  TimeMs expires;
  TimeMs sealed_until;
  bool operator==(const Warrant&) const = default;

  /// The note text. Whatever `parse` accepts prints the same again.
  std::string print() const;
  /// warrant_invalid with the line at fault, or with the rule the fields break together: an empty
  /// scope or period, an author or group listed twice, times out of order, sealed for longer than
  /// limits::kSealedUntilMaxMs.
  static Result<Warrant> parse(std::string_view text);
  /// Parses the note and checks what does not depend on the time: it is of this organisation and
  /// log, and requester and authoriser hold the roles they claim (warrant_invalid); they are two
  /// people (warrant_same_person); nobody who acts is named, and the reviewer neither asked for
  /// it nor authorised it (warrant_conflict); both signed (warrant_signature_missing,
  /// warrant_signature_invalid).
  static Result<Warrant> verify(std::string_view note, const identity::Statement& statement);
  /// As verify for a warrant that is still being signed: signatures that are there must hold, none
  /// is demanded.
  static Result<Warrant> verify_draft(const identity::SignedNote& note,
                                      const identity::Statement& statement);

  /// SHA-256 of the text: how requests, revocations and later warrants name it.
  Digest digest() const;
  /// out_of_scope, saying which of log, author, group and period the record is outside of.
  Status covers(const tlog::RecordLabel& label) const;
  /// Author or named in the case: the person must have no part in opening it.
  bool concerns(std::string_view person) const;
};

/// Who of requester and authoriser has not signed yet, for people: "authoriser 'a-1' (p-7)".
std::vector<std::string> missing_signatures(const identity::SignedNote& note,
                                            const identity::Statement& statement,
                                            const Warrant& warrant);

}  // namespace candour::warrant
