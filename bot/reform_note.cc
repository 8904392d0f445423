#include "bot/reform_note.h"

#include <algorithm>

#include "base/encoding.h"
#include "identity/note.h"
#include "identity/note_text.h"

namespace candour::bot {
namespace {

constexpr std::string_view kFormat = "candour-reform/v1";
constexpr std::string_view kOwnerMark = " owner";

Error malformed(const char* what) {
  return error(ErrorCode::note_malformed, std::string("the note of a re-formed group: ") + what);
}

Result<Bytes> bytes_of(const identity::NoteFields& fields, std::string_view key) {
  CANDOUR_TRY(const std::string hex, fields.one(key));
  auto bytes = hex_decode(hex);
  if (!bytes) return malformed("an id is not in hex");
  return std::move(*bytes);
}

Result<std::uint64_t> number_of(const identity::NoteFields& fields, std::string_view key) {
  CANDOUR_TRY(const std::string text, fields.one(key));
  const auto number = identity::parse_decimal(text);
  if (!number) return malformed("a number is none");
  return *number;
}

}  // namespace

bool ReformNote::names(const DeviceId& device) const {
  return std::any_of(members.begin(), members.end(),
                     [&](const ReformMember& member) { return member.device == device; });
}

std::string ReformNote::print() const {
  std::string out = std::string(kFormat) + "\norganisation " + organisation + "\ngroup " +
                    group.hex() + "\nreason " + reason + "\nmls-group " + hex_encode(mls_group) +
                    "\nnew-mls-group " + hex_encode(new_mls_group) + "\nepoch " +
                    std::to_string(epoch.value) + "\nseq " + std::to_string(seq.value) +
                    "\ntoken " + token.hex() + "\n";
  for (const ReformMember& member : members) {
    out += "member " + member.device.hex();
    if (member.owner) out += kOwnerMark;
    out += "\n";
  }
  return out;
}

Result<ReformNote> ReformNote::parse(std::string_view text) {
  CANDOUR_TRY(auto fields,
              identity::NoteFields::parse(text, kFormat,
                                          {"organisation", "group", "reason", "mls-group",
                                           "new-mls-group", "epoch", "seq", "token", "member"}));
  ReformNote note;
  CANDOUR_TRY(note.organisation, fields.one("organisation"));
  CANDOUR_TRY(note.reason, fields.one("reason"));
  CANDOUR_TRY(const Bytes group, bytes_of(fields, "group"));
  CANDOUR_TRY(const Bytes token, bytes_of(fields, "token"));
  const auto group_id = GroupId::from(group);
  const auto token_hash = Digest::from(token);
  if (!group_id || !token_hash) return malformed("an id has the wrong length");
  note.group = *group_id;
  note.token = *token_hash;
  CANDOUR_TRY(note.mls_group, bytes_of(fields, "mls-group"));
  CANDOUR_TRY(note.new_mls_group, bytes_of(fields, "new-mls-group"));
  CANDOUR_TRY(const std::uint64_t epoch, number_of(fields, "epoch"));
  CANDOUR_TRY(const std::uint64_t seq, number_of(fields, "seq"));
  note.epoch = Epoch(epoch);
  note.seq = Seq(seq);
  for (const std::string& line : fields.all("member")) {
    std::string_view rest = line;
    ReformMember member;
    member.owner = rest.ends_with(kOwnerMark);
    if (member.owner) rest.remove_suffix(kOwnerMark.size());
    const auto device = DeviceId::from_hex(rest);
    if (!device) return malformed("a member is no device id");
    member.device = *device;
    note.members.push_back(member);
  }
  return note;
}

}  // namespace candour::bot
