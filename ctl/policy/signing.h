// The two signatures of a pack: who may give them, and who is still missing.
#pragma once

#include <filesystem>
#include <string>

#include "ctl/keys.h"
#include "identity/statement.h"
#include "policy/pack.h"

namespace candour::ctl {

struct PackSignatures {
  identity::SignedNote note;
  std::string author;    // the person who signed as policy author; empty: nobody yet
  std::string approver;  // the person who signed as policy approver

  bool complete() const { return !author.empty() && !approver.empty(); }
  /// "signed by the author p-941; the approver has still to sign".
  std::string describe() const;
};

/// Who signed the pack, under the statement. signature_invalid when a line of a role key does not
/// verify, or when author and approver are one person.
Result<PackSignatures> pack_signatures(const policy::Pack& pack,
                                       const identity::Statement& statement);

/// Signs as what the statement says `key` is. not_permitted when it is the key of neither role, or
/// of the person whose signature in the other role is there already.
Result<PackSignatures> sign_pack(const policy::Pack& pack, const NamedKey& key,
                                 const identity::Statement& statement);

}  // namespace candour::ctl
