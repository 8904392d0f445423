#include "identity/succession.h"

#include <algorithm>

#include "identity/note_text.h"
#include "identity/signers.h"

namespace candour::identity {
namespace {

constexpr std::string_view kFormat = "candour-log-succession/v1";
constexpr std::size_t kReasonSizeMax = 1000;

Error malformed(const std::string& what) {
  return error(ErrorCode::note_malformed, "the note of a log's succession: " + what);
}

Result<NoteKey> log_key(const NoteFields& fields, std::string_view name) {
  CANDOUR_TRY(const std::string text, fields.one(name));
  auto key = NoteKey::parse(text);
  if (!key || key.value().type != NoteKeyType::ed25519) {
    return malformed("'" + std::string(name) + "' is no verifier key of a log");
  }
  return key;
}

Status read_checkpoint(const NoteFields& fields, Succession& out) {
  CANDOUR_TRY(const std::string text, fields.one("old-checkpoint"));
  const auto space = text.find(' ');
  const auto size = parse_decimal(std::string_view(text).substr(0, space));
  const auto root = space == std::string::npos
                        ? std::nullopt
                        : Digest::from_hex(std::string_view(text).substr(space + 1));
  if (!size || *size == 0 || !root) {
    return malformed("'old-checkpoint' is not a size from 1 and a root of 64 hex digits");
  }
  out.old_size = *size;
  out.old_root = *root;
  return ok();
}

/// `after` with only those roles that the same people had by the same keys in `before`.
Statement in_both(const Statement& before, Statement after) {
  std::erase_if(after.roles, [&](const RoleKey& role) {
    return std::none_of(before.roles.begin(), before.roles.end(), [&](const RoleKey& old) {
      return old.role == role.role && old.person == role.person && old.key == role.key;
    });
  });
  return after;
}

Result<Succession> read_for(const SignedNote& note, const Statement& after) {
  CANDOUR_TRY(auto out, Succession::parse(note.text));
  if (out.organisation != after.id) {
    return error(
        ErrorCode::foreign_certificate,
        "the succession is of organisation '" + out.organisation + "', not of '" + after.id + "'");
  }
  if (out.new_log != after.log) {
    return error(ErrorCode::statement_invalid, "the succession is of log '" + out.new_log.name +
                                                   "', the statement names '" + after.log.name +
                                                   "'");
  }
  return out;
}

}  // namespace

std::string Succession::print() const {
  return std::string(kFormat) + "\norganisation " + organisation + "\nold-log " + old_log.vkey() +
         "\nold-checkpoint " + std::to_string(old_size) + " " + old_root.hex() + "\nnew-log " +
         new_log.vkey() + "\nreason " + reason + "\nissued " + time_encode(issued.value) + "\n";
}

Result<Succession> Succession::parse(std::string_view text) {
  CANDOUR_TRY(auto fields, NoteFields::parse(text, kFormat,
                                             {"organisation", "old-log", "old-checkpoint",
                                              "new-log", "reason", "issued"}));
  Succession out;
  CANDOUR_TRY(out.organisation, fields.one("organisation"));
  CANDOUR_TRY(out.old_log, log_key(fields, "old-log"));
  CANDOUR_TRY(read_checkpoint(fields, out));
  CANDOUR_TRY(out.new_log, log_key(fields, "new-log"));
  if (out.new_log.name == out.old_log.name) {
    return malformed("the new log has the name of the old one; give it another");
  }
  CANDOUR_TRY(out.reason, fields.one("reason"));
  if (!valid_line(out.reason, kReasonSizeMax)) {
    return malformed("'reason' is longer than 1000 bytes or holds characters that mislead readers");
  }
  CANDOUR_TRY(const std::string issued, fields.one("issued"));
  const auto time_ms = time_decode(issued);
  if (!time_ms) return malformed("'issued' is not a time such as 2026-01-31T08:00:00.000Z");
  out.issued = TimeMs(*time_ms);
  return out;
}

Result<Succession> Succession::verify(std::string_view note, const Statement& after) {
  CANDOUR_TRY(const auto parsed, SignedNote::parse(note));
  CANDOUR_TRY(auto out, read_for(parsed, after));
  CANDOUR_TRY(signed_by_two_people(parsed, after, "authoriser", "registrar"));
  return out;
}

Result<Succession> Succession::verify(std::string_view note, const Statement& before,
                                      const Statement& after) {
  CANDOUR_TRY(const auto parsed, SignedNote::parse(note));
  CANDOUR_TRY(auto out, read_for(parsed, after));
  if (out.old_log != before.log) {
    return error(ErrorCode::statement_invalid, "the succession is from log '" + out.old_log.name +
                                                   "', the one known is '" + before.log.name + "'");
  }
  CANDOUR_TRY(signed_by_two_people(parsed, in_both(before, after), "authoriser", "registrar"));
  return out;
}

}  // namespace candour::identity
