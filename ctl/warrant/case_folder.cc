#include "ctl/warrant/case_folder.h"

#include <set>

#include "base/encoding.h"
#include "base/files.h"
#include "base/limits.h"
#include "base/private_folder.h"
#include "ctl/custody/journal.h"
#include "warrant/open/approval.h"
#include "warrant/open/oversight.h"

namespace candour::ctl {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kTextSizeMax = 1u << 20;

Status private_folder(const fs::path& dir) {
  std::error_code failed;
  const fs::perms mode = fs::status(dir, failed).permissions();
  if (!failed && (mode & (fs::perms::group_all | fs::perms::others_all)) == fs::perms::none) {
    return ok();
  }
  return error(ErrorCode::state_damaged,
               dir.string() + ": others may read this case folder; chmod it to 0700");
}

void add_approval(const CaseFolder& folder, const fs::path& file,
                  const identity::Statement& statement, const warrant::Request& request,
                  std::set<std::string>& seen, WarrantState& state) {
  const auto judge = [&]() -> Result<warrant::Approval> {
    CANDOUR_TRY(auto bytes, read_file(file, limits::kRequestSizeMax));
    CANDOUR_TRY(auto answer, warrant::ApprovalFile::decode(bytes));
    return warrant::verify_approval(answer, statement, request);
  };
  const auto approval = judge();
  if (!approval) {
    state.notes.push_back(fs::relative(file, folder.dir()).string() + ": " +
                          approval.error().message);
    return;
  }
  if (!seen.insert(approval.value().custodian).second) return;
  if (approval.value().by_keeper()) state.keeper = true;
  for (GroupProgress& group : state.groups) {
    if (!approval.value().by_keeper() && group.group == approval.value().group) ++group.approved;
  }
}

Status add_approvals(const CaseFolder& folder, const identity::Statement& statement,
                     const warrant::Warrant& w, WarrantState& state) {
  CANDOUR_TRY(auto note, folder.text("request.note"));
  CANDOUR_TRY(auto request, warrant::Request::verify(note, statement, w));
  std::error_code none;
  std::set<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder.file("approvals"), none)) {
    files.insert(entry.path());
  }
  std::set<std::string> seen;
  for (const fs::path& file : files) add_approval(folder, file, statement, request, seen, state);
  return ok();
}

bool any_approval(const WarrantState& state) {
  for (const GroupProgress& group : state.groups) {
    if (group.approved > 0) return true;
  }
  return state.keeper;
}

}  // namespace

Result<CaseFolder> CaseFolder::create(const fs::path& dir) {
  if (!fs::exists(dir)) {
    CANDOUR_TRY(make_private_folder(dir));
  }
  return open(dir);
}

Result<CaseFolder> CaseFolder::open(const fs::path& dir) {
  if (!fs::is_directory(dir)) {
    return error(ErrorCode::not_found, dir.string() + ": there is no such case folder");
  }
  CANDOUR_TRY(private_folder(dir));
  return CaseFolder(dir);
}

bool CaseFolder::has(std::string_view name) const { return fs::exists(file(name)); }

Status CaseFolder::put(std::string_view name, ByteView bytes, bool replace) const {
  return write_secret_file(file(name), bytes, replace);
}

Result<std::string> CaseFolder::text(std::string_view name) const {
  CANDOUR_TRY(auto bytes, read_secret_file(file(name), kTextSizeMax));
  return std::string(as_text(bytes.view()));
}

Result<tlog::LeafOpening> CaseFolder::opening(const std::string& stem) const {
  CANDOUR_TRY(auto bytes, text(stem + ".opening"));
  return tlog::LeafOpening::decode(as_bytes(bytes));
}

Result<tlog::ProofFile> CaseFolder::proof(const std::string& stem) const {
  CANDOUR_TRY(auto printed, text(stem + ".tlog-proof"));
  return tlog::ProofFile::parse(printed);
}

Result<Digest> CaseFolder::leaf_hash(const std::string& stem) const {
  CANDOUR_TRY(auto leaf, opening(stem));
  return tlog::leaf_hash(leaf.entry(tlog::LeafClass::opening));
}

Result<identity::Statement> CaseFolder::statement() const {
  CANDOUR_TRY(auto root_text, text("root.vkey"));
  while (root_text.ends_with('\n')) root_text.pop_back();
  CANDOUR_TRY(auto root, identity::NoteKey::parse(root_text));
  CANDOUR_TRY(auto note, text("statement.note"));
  return identity::Statement::verify(note, root);
}

Result<warrant::Warrant> CaseFolder::warrant() const {
  CANDOUR_TRY(auto signed_by, statement());
  CANDOUR_TRY(auto note, text("warrant.note"));
  return warrant::Warrant::verify(note, signed_by);
}

Status CaseFolder::journal(const Context& context, std::string_view event,
                           const JsonLine& fields) const {
  JsonLine line;
  line.text("time", time_encode(context.clock.now().value))
      .text("event", event)
      .raw("about", fields.str());
  return append_journal(file("journal.jsonl"), line);
}

std::string_view name_of(WarrantStage stage) {
  switch (stage) {
    case WarrantStage::drafted:
      return "drafted";
    case WarrantStage::authorised:
      return "authorised";
    case WarrantStage::logged:
      return "logged";
    case WarrantStage::approved:
      return "approved";
    case WarrantStage::released:
      return "released";
    case WarrantStage::expired:
      return "expired";
    case WarrantStage::revoked:
      return "revoked";
  }
  return "unknown";
}

Result<WarrantState> warrant_state(const CaseFolder& folder, TimeMs now) {
  WarrantState state;
  CANDOUR_TRY(auto statement, folder.statement());
  CANDOUR_TRY(auto note, folder.text("warrant.note"));
  CANDOUR_TRY(auto signed_note, identity::SignedNote::parse(note));
  CANDOUR_TRY(auto w, warrant::Warrant::verify_draft(signed_note, statement));
  for (const identity::CustodianGroup& group : statement.custodians) {
    state.groups.push_back({group.name, 0, group.threshold});
  }
  state.requested = folder.has("request.note");
  if (state.requested) {
    CANDOUR_TRY(add_approvals(folder, statement, w, state));
  }
  const bool authorised = warrant::missing_signatures(signed_note, statement, w).empty();
  if (folder.has("revocation.note")) {
    CANDOUR_TRY(auto revocation_note, folder.text("revocation.note"));
    CANDOUR_TRY(auto revocation, warrant::WarrantRevocation::verify(revocation_note, statement));
    if (revocation.warrant == w.digest()) {
      state.stage = WarrantStage::revoked;
      return state;
    }
    state.notes.push_back("revocation.note is of another warrant");
  }
  if (folder.has("release.tlog-proof")) {
    state.stage = WarrantStage::released;
  } else if (now >= w.expires) {
    state.stage = WarrantStage::expired;
  } else if (any_approval(state)) {
    state.stage = WarrantStage::approved;
  } else if (folder.has("warrant.tlog-proof")) {
    state.stage = WarrantStage::logged;
  } else {
    state.stage = authorised ? WarrantStage::authorised : WarrantStage::drafted;
  }
  return state;
}

}  // namespace candour::ctl
