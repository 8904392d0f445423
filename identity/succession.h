// The note with which a new log follows a lost one. It is the first entry of the new log, so that
// everybody who knew the old one can tell that nothing he saw of it was cut off, and who says so.
//
//   candour-log-succession/v1     signed note, signed by an authoriser and a registrar, two people
//   organisation example-constabulary
//   old-log <vkey>                    the lost log
//   old-checkpoint <size> <root hex>  the newest checkpoint of it that anybody kept
//   new-log <vkey>                    of another name: the name is the log's origin
//   reason <text>                     one line
//   issued <time>
//
// Values; functions are pure and thread-safe.
#pragma once

#include "identity/statement.h"

namespace candour::identity {

struct Succession {
  std::string organisation;
  NoteKey old_log;
  std::uint64_t old_size = 0;
  Digest old_root;
  NoteKey new_log;
  std::string reason;
  TimeMs issued;

  std::string print() const;
  /// note_malformed with the field at fault.
  static Result<Succession> parse(std::string_view text);
  /// The note of the log that `after` names: of its organisation and log, and signed by two people
  /// in the right roles of `after`. note_malformed, foreign_certificate, statement_invalid,
  /// signature_invalid.
  static Result<Succession> verify(std::string_view note, const Statement& after);
  /// For whoever knew the old log: also from the log of `before`, and the two who signed have these
  /// roles, with the same keys, in `before` as well as in `after`.
  static Result<Succession> verify(std::string_view note, const Statement& before,
                                   const Statement& after);
};

}  // namespace candour::identity
