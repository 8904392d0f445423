// What stands in the evidence of an opened record, and on whose signature. A message rests on its
// author's: the MLS content as signed, checked here with the key of the certificate the log has, so
// that neither the bot nor the relay has to be believed about the words.
//
// Values that move but do not copy; functions are pure and thread-safe.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "client/messages/alert.h"
#include "client/messages/content.h"
#include "ctl/evidence/authority.h"
#include "identity/roster.h"
#include "warrant/seal/record.h"

namespace candour::ctl {

enum class Signer : std::uint8_t {
  sender,     // message, attempt, alert step: the device that sent it
  bot,        // commit: the bot's roster
  registrar,  // group change: the registrar's request
  nobody,     // what the bot noted by itself
};
std::string_view name_of(Signer signer);

/// Of the MLS group the author signed in; the id is MLS's own, not the group's.
struct MlsContext {
  Bytes group;
  std::uint32_t leaf = 0;
  Digest tree_hash;
  Digest transcript_hash;
};

struct Testimony {
  Signer signer = Signer::nobody;
  const Certified* sender = nullptr;         // whose certificate the record cites
  std::optional<messages::Inner> inner;      // message, attempt
  std::optional<messages::Content> content;  // message, attempt
  std::optional<MlsContext> mls;             // message, attempt
  std::optional<messages::AlertStep> step;   // alert step
  std::optional<identity::Roster> roster;    // commit
  SecretText note;                           // group change: the note, with its signatures
  /// What does not hold, a sentence each. Empty: everything the kind promises was checked.
  std::vector<std::string> problems;
};

/// Checks everything the record's evidence promises: signature, certificate in the log and in
/// force, message id, times, epoch, content commitment, policy version in the log before the
/// record. `opening` is of the record's leaf, which is number `index`. `authority` outlives the
/// result.
Testimony hear(const warrant::Record& record, const tlog::LeafOpening& opening, std::uint64_t index,
               const Authority& authority);

}  // namespace candour::ctl
