// A lost log comes back as another one (docs/architecture.md, "Lost parties"). The new one is
// believed only with what nobody can give who merely has a relay: a newer statement by the root,
// and a note by two people of the old statement about where the old log ended.
#include <algorithm>

#include "client/error_kinds.h"
#include "client/trust.h"
#include "tlog/checkpoint.h"

namespace candour::client {
namespace {

constexpr std::uint64_t kBeginningSize = 2;  // the succession and the statement

Error not_followed(const std::string& why) {
  return error(ErrorCode::log_inconsistent, "the relay speaks for another log, and " + why);
}

Error not_yet() {
  return error(ErrorCode::checkpoint_stale,
               "the relay's new log is not yet in a checkpoint that the witnesses cosigned; try "
               "again in a moment");
}

}  // namespace

Status Trust::follow_succession(Connection& connection) {
  MemoryTrustStore anew;
  Trust next(root_, anew, clock_);
  next.own_witness_ = own_witness_;
  // There is something older to hold on to: what came after statement and note takes effect once
  // it is proven.
  next.first_directory_ = kBeginningSize;
  CANDOUR_TRY(anew.put_first_directory(kBeginningSize));
  const Status fetched = next.fetch_directory(connection);
  if (!fetched) {
    const bool later = fetched.error().code == ErrorCode::rate_limited;
    if (later || is_lost(fetched.error())) return fetched;
    return not_followed("its directory does not stand: " + fetched.error().message);
  }
  if (connection.log_origin() != next.statement_->log.name) {
    return not_followed("its directory is of a third one, \"" + next.statement_->log.name + "\"");
  }
  CANDOUR_TRY(check_succession(next));
  const std::string& checkpoint = connection.logged_in().checkpoint();
  if (checkpoint.empty()) return not_yet();
  CANDOUR_TRY(next.see_checkpoint(checkpoint, connection));
  CANDOUR_TRY(next.prove_beginning(connection));
  CANDOUR_TRY(store_.begin_anew(statement_->log.name, anew.kept()));
  take_over(next);
  return ok();
}

Status Trust::check_succession(const Trust& next) const {
  if (!next.succession_) {
    return not_followed("no note says that it follows \"" + statement_->log.name + "\"");
  }
  const identity::Statement& after = *next.first_statement_;
  if (after.id != newest_statement_->id || after.version <= newest_statement_->version) {
    return not_followed("its statement (version " + std::to_string(after.version) +
                        ") is not a newer one than the one known (version " +
                        std::to_string(newest_statement_->version) + ")");
  }
  // By people of the statement in force: who only stands in a newer one, which nobody witnessed,
  // does not answer for the old log.
  const auto said =
      identity::Succession::verify(as_text(next.succession_note_), *statement_, after);
  if (!said) return not_followed("its succession does not stand: " + said.error().message);
  const identity::Succession& succession = said.value();
  const bool other_root =
      succession.old_size == checkpoint_.size && succession.old_root != checkpoint_.root;
  if (succession.old_size < checkpoint_.size || other_root) {
    return not_followed("it begins after size " + std::to_string(succession.old_size) +
                        " of the old one, " + (other_root ? "with another root than" : "but") +
                        " this device has seen it at size " + std::to_string(checkpoint_.size) +
                        ": what was recorded is missing");
  }
  for (const DeviceId& device : revoked_) {
    if (next.revoked_.contains(device)) continue;
    return not_followed("device " + device.hex() + ", which was revoked, is not revoked in it");
  }
  if (next.newest_notice_ < newest_notice_) {
    return not_followed("its monitoring notice is older than the one known");
  }
  return ok();
}

// Succession and statement are the first two leaves of the new log, where everybody sees them.
Status Trust::prove_beginning(Connection& connection) {
  for (std::uint64_t index = 0; index < kBeginningSize; ++index) {
    auto proof = prove_leaf(beginning_[index], connection);
    if (!proof && proof.error().code == ErrorCode::not_found) return not_yet();
    CANDOUR_TRY(const LeafProof proven, std::move(proof));
    if (proven.index != index) {
      return not_followed("its succession is not the first entry of it");
    }
    if (!proven.checkpoint.witnessed && !witnessed_but_for_me(proven.note)) return not_yet();
    CANDOUR_TRY(mark_proven(index + 1));
  }
  return ok();
}

bool Trust::witnessed_but_for_me(const std::string& note) const {
  if (!own_witness_) return false;
  const auto verified = tlog::verify_checkpoint(note, *statement_);
  if (!verified) return false;
  const auto& listed = statement_->witnesses;
  const auto& signers = verified.value().cosigned_by;
  const bool listed_here = std::find(listed.begin(), listed.end(), *own_witness_) != listed.end();
  const bool signed_here = std::any_of(signers.begin(), signers.end(), [&](const auto& signer) {
    return signer.name == own_witness_->name;
  });
  return signers.size() + (listed_here && !signed_here ? 1 : 0) >= statement_->quorum;
}

void Trust::take_over(Trust& next) {
  size_ = next.size_;
  first_directory_ = next.first_directory_;
  revision_ += next.revision_ + 1;
  succession_ = std::move(next.succession_);
  succession_note_ = std::move(next.succession_note_);
  first_statement_ = std::move(next.first_statement_);
  beginning_ = std::move(next.beginning_);
  statement_ = std::move(next.statement_);
  newest_statement_ = std::move(next.newest_statement_);
  pending_statements_ = std::move(next.pending_statements_);
  certificates_ = std::move(next.certificates_);
  revoked_ = std::move(next.revoked_);
  proven_ = std::move(next.proven_);
  unproven_ = std::move(next.unproven_);
  asked_through_ = 0;
  policies_ = std::move(next.policies_);
  newest_policy_ = next.newest_policy_;
  notice_ = std::move(next.notice_);
  newest_notice_ = next.newest_notice_;
  pending_notices_ = std::move(next.pending_notices_);
  notice_digest_ = next.notice_digest_;
  checkpoint_ = std::move(next.checkpoint_);
  checkpoint_note_ = std::move(next.checkpoint_note_);
  known_ = std::move(next.known_);
}

}  // namespace candour::client
