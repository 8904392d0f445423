#include "ctl/warrant/opening_client.h"

#include <chrono>
#include <thread>

#include "base/limits.h"
#include "crypto/hash.h"
#include "ctl/organisation/notes.h"
#include "warrant/open/oversight.h"

namespace candour::ctl {
namespace {

constexpr std::chrono::milliseconds kPause{300};

/// One copy for each auditor that has a sealing key; their hashes go into the notice.
Status add_copies(const identity::Statement& statement, const Opening& opening, Random& random,
                  identity::OpeningNotice& notice, v1::PublishOpening& frame) {
  for (const identity::RoleKey& role : statement.roles) {
    if (role.role != "auditor" || !role.sealing_key) continue;
    CANDOUR_TRY(auto sealed, warrant::seal_oversight_copy({opening.note, opening.opening},
                                                          *role.sealing_key, random));
    notice.copies.emplace_back(role.key.name, crypto::sha256(sealed));
    v1::OversightCopy& copy = *frame.add_copies();
    copy.set_auditor(role.key.name);
    copy.set_sealed(client::wire_bytes(sealed));
  }
  return ok();
}

Result<v1::PublishOpening> make_frame(const RelaySession& session, const Context& context,
                                      const identity::Statement& statement,
                                      const Opening& opening) {
  identity::OpeningNotice notice;
  notice.organisation = statement.id;
  notice.kind = opening.kind;
  notice.entry = opening.opening.entry(tlog::LeafClass::opening);
  notice.about = opening.about;
  notice.records = opening.records;
  notice.issued = context.clock.now();
  // What is logged after it should have been public is due at once.
  notice.sealed_until = std::max(opening.sealed_until, notice.issued);
  v1::PublishOpening frame;
  CANDOUR_TRY(add_copies(statement, opening, context.random, notice, frame));
  identity::SignedNote note{notice.print(), {}};
  CANDOUR_TRY(add_signature(note, session.key()));
  CANDOUR_TRY(identity::OpeningNotice::verify(note.print(), statement));
  frame.set_notice(note.print());
  return frame;
}

}  // namespace

tlog::LeafKind leaf_kind(identity::OpeningKind kind) {
  return static_cast<tlog::LeafKind>(static_cast<std::uint8_t>(kind));
}

Result<tlog::ProofFile> prove_opening(RelaySession& session, const tlog::LeafOpening& opening,
                                      tlog::LeafClass leaf_class, std::uint64_t wait_ms_max) {
  const Digest leaf = tlog::leaf_hash(opening.entry(leaf_class));
  const TimeMs begin = monotonic_clock().now();
  for (;;) {
    CANDOUR_TRY(auto trust, session.directory());
    auto proof = trust->prove_leaf(leaf, session.connection());
    if (!proof && proof.error().code != ErrorCode::not_found) return proof.error();
    if (proof && proof.value().checkpoint.witnessed) {
      return tlog::ProofFile{opening.encode(), proof.value().index, proof.value().hashes,
                             proof.value().note};
    }
    if (monotonic_clock().now().value - begin.value > wait_ms_max) {
      return error(ErrorCode::warrant_not_witnessed,
                   "no checkpoint with the quorum of witnesses covers the new leaf yet; it is "
                   "logged: see that the witnesses run and give the command again");
    }
    std::this_thread::sleep_for(kPause);
  }
}

Result<tlog::ProofFile> log_opening(RelaySession& session, const Context& context,
                                    const Opening& opening, std::uint64_t wait_ms_max) {
  CANDOUR_TRY(warrant::check_note_opening(opening.opening, leaf_kind(opening.kind), opening.note));
  CANDOUR_TRY(auto trust, session.directory());
  CANDOUR_TRY(auto publication, make_frame(session, context, *trust->statement(), opening));
  v1::ClientFrame frame;
  *frame.mutable_publish_opening() = std::move(publication);
  CANDOUR_TRY(auto answer, session.request(std::move(frame)));
  if (!answer.has_done()) {
    return error(ErrorCode::frame_malformed, "the relay answered an opening with another frame");
  }
  CANDOUR_TRY(auto proof,
              prove_opening(session, opening.opening, tlog::LeafClass::opening, wait_ms_max));
  if (proof.index != answer.done().number()) {
    return error(ErrorCode::log_inconsistent,
                 "the relay says leaf " + std::to_string(answer.done().number()) +
                     ", its proof says " + std::to_string(proof.index));
  }
  return proof;
}

Result<std::vector<v1::OpeningItem>> fetch_openings(RelaySession& session) {
  std::vector<v1::OpeningItem> out;
  for (bool more = true; more;) {
    v1::ClientFrame frame;
    frame.mutable_get_openings()->set_from(out.empty() ? 1 : out.back().number() + 1);
    CANDOUR_TRY(auto answer, session.request(std::move(frame)));
    if (!answer.has_openings()) {
      return error(ErrorCode::frame_malformed,
                   "the relay answered a question for openings with another frame");
    }
    more = answer.openings().more() && answer.openings().items_size() > 0;
    for (const v1::OpeningItem& item : answer.openings().items()) {
      if (item.number() != out.size() + 1) {
        return error(ErrorCode::log_inconsistent,
                     "the relay leaves out opening " + std::to_string(out.size() + 1));
      }
      out.push_back(item);
    }
  }
  return out;
}

Status unseal_opening(RelaySession& session, const std::vector<v1::OpeningItem>& openings,
                      const tlog::LeafOpening& opening, std::string_view note) {
  const Bytes entry = opening.entry(tlog::LeafClass::opening);
  for (const v1::OpeningItem& item : openings) {
    const auto signed_note = identity::SignedNote::parse(item.notice());
    if (!signed_note) continue;
    const auto notice = identity::OpeningNotice::parse(signed_note.value().text);
    if (!notice || notice.value().entry != entry) continue;
    v1::ClientFrame frame;
    frame.mutable_unseal()->set_number(item.number());
    frame.mutable_unseal()->set_object(std::string(note));
    frame.mutable_unseal()->set_opening(client::wire_bytes(opening.encode()));
    CANDOUR_TRY(session.request(std::move(frame)));
    return ok();
  }
  return error(ErrorCode::not_found, "the relay knows no opening with this entry");
}

}  // namespace candour::ctl
