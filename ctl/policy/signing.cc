#include "ctl/policy/signing.h"

#include "ctl/organisation/notes.h"
#include "identity/pack_note.h"
#include "identity/signers.h"

namespace candour::ctl {
namespace {

constexpr std::string_view kAuthor = "policy-author";
constexpr std::string_view kApprover = "policy-approver";

std::string first_person(const std::vector<identity::RoleKey>& signers,
                         const std::string& not_this) {
  for (const identity::RoleKey& signer : signers) {
    if (signer.person != not_this) return signer.person;
  }
  return {};
}

Result<PackSignatures> signatures_on(identity::SignedNote note,
                                     const identity::Statement& statement) {
  PackSignatures out;
  CANDOUR_TRY(const auto authors, identity::signers_of(note, statement, kAuthor));
  CANDOUR_TRY(const auto approvers, identity::signers_of(note, statement, kApprover));
  out.note = std::move(note);
  if (!authors.empty()) out.author = authors.front().person;
  if (approvers.empty()) return out;
  out.approver = first_person(approvers, out.author);
  if (!out.approver.empty() || authors.empty()) return out;
  // The approver signed as author too: another author will do.
  out.approver = approvers.front().person;
  out.author = first_person(authors, out.approver);
  if (out.author.empty()) {
    return error(ErrorCode::signature_invalid,
                 "pack.note is signed by one person only ('" + out.approver +
                     "'); author and approver are two different people");
  }
  return out;
}

/// The person `key` belongs to in this role; empty when to nobody.
std::string holder(const NamedKey& key, const identity::Statement& statement,
                   std::string_view role) {
  for (const identity::RoleKey& entry : statement.roles) {
    if (entry.role == role && entry.key == key.verifier) return entry.person;
  }
  return {};
}

}  // namespace

std::string PackSignatures::describe() const {
  if (complete()) return "signed by the author " + author + " and the approver " + approver;
  if (!author.empty()) return "signed by the author " + author + "; the approver has still to sign";
  if (!approver.empty()) {
    return "signed by the approver " + approver + "; the author has still to sign";
  }
  return "not signed yet by author or approver";
}

Result<PackSignatures> pack_signatures(const policy::Pack& pack,
                                       const identity::Statement& statement) {
  identity::SignedNote note{pack.note_text, {}};
  if (pack.raw_note != pack.note_text) {
    CANDOUR_TRY(note, identity::SignedNote::parse(pack.raw_note));
  }
  return signatures_on(std::move(note), statement);
}

Result<PackSignatures> sign_pack(const policy::Pack& pack, const NamedKey& key,
                                 const identity::Statement& statement) {
  CANDOUR_TRY(PackSignatures before, pack_signatures(pack, statement));
  const std::string author = holder(key, statement, kAuthor);
  const std::string approver = holder(key, statement, kApprover);
  if (author.empty() && approver.empty()) {
    return error(ErrorCode::not_permitted,
                 "'" + key.verifier.name +
                     "' is no policy-author's and no policy-approver's key in the statement");
  }
  const auto refuse = [](const std::string& person, std::string_view role) {
    return error(ErrorCode::not_permitted, "'" + person + "' has signed as " + std::string(role) +
                                               " already; the other signature is another person's");
  };
  if (!author.empty() && author == before.approver) return refuse(author, kApprover);
  if (!approver.empty() && approver == before.author && author.empty()) {
    return refuse(approver, kAuthor);
  }
  CANDOUR_TRY(add_signature(before.note, key));
  return signatures_on(std::move(before.note), statement);
}

}  // namespace candour::ctl
