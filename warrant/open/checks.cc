#include "warrant/open/checks.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/limits.h"
#include "crypto/hash.h"
#include "identity/certificate.h"
#include "identity/notice.h"
#include "tlog/checkpoint.h"
#include "warrant/open/check_records.h"
#include "warrant/open/oversight.h"

namespace candour::warrant {
namespace {

constexpr std::uint64_t kDayMs = 86'400'000;

std::string at(TimeMs time) { return time_encode(time.value); }

/// Rule 1.
Result<identity::Statement> check_statement(const RequestPackage& package,
                                            const CheckContext& context, KnownStatement& known) {
  CANDOUR_TRY(auto statement, identity::Statement::verify(package.statement, context.root));
  CANDOUR_TRY(auto note, identity::SignedNote::parse(package.statement));
  known = {statement.version, identity::note_digest(note)};
  const auto refused = [](const std::string& why) {
    return error(ErrorCode::statement_invalid, "organisation statement: " + why);
  };
  if (known.version < context.statement.version) {
    return refused("the package holds version " + std::to_string(known.version) + ", version " +
                   std::to_string(context.statement.version) +
                   " is known; ask for a package with the newest");
  }
  if (known.version == context.statement.version && known.digest != context.statement.digest) {
    return refused("the package holds another version " + std::to_string(known.version) +
                   " than the one seen before: the root signed two; tell the auditors");
  }
  const identity::RoleKey* own = statement.role_key(context.own_key);
  if (own == nullptr || own->role != role_name(context.role)) {
    return error(ErrorCode::not_permitted,
                 "version " + std::to_string(known.version) + " of the statement has no " +
                     std::string(role_name(context.role)) + " key '" + context.own_key + "'");
  }
  return statement;
}

/// Whether some key of this person has the role.
bool holds(const identity::Statement& statement, const std::string& person, std::string_view role) {
  return std::any_of(
      statement.roles.begin(), statement.roles.end(),
      [&](const identity::RoleKey& key) { return key.person == person && key.role == role; });
}

/// Rule 2, second half: people beyond those the warrant's own check looks at.
Status check_conflicts(const identity::Statement& statement, const Warrant& warrant,
                       const CheckContext& context) {
  const auto conflict = [](const std::string& why) {
    return error(ErrorCode::warrant_conflict, "conflict of interest: " + why);
  };
  const std::string& self = statement.role_key(context.own_key)->person;
  if (self == warrant.requester.person || self == warrant.authoriser.person ||
      self == warrant.reviewer) {
    return conflict("you ('" + self +
                    "') request, authorise or review this warrant; another must answer it");
  }
  if (warrant.concerns(self)) {
    return conflict("this warrant is about you or names you ('" + self +
                    "'); another must answer it");
  }
  std::vector<std::pair<const char*, const std::string*>> acting = {
      {"requester", &warrant.requester.person}, {"authoriser", &warrant.authoriser.person}};
  if (context.role == CustodyRole::custodian) acting.emplace_back("custodian", &self);
  for (const auto& [part, person] : acting) {
    for (const char* role : {"registrar", "auditor"}) {
      if (holds(statement, *person, role)) {
        return conflict("the " + std::string(part) + " '" + *person + "' is also " + role +
                        " of this organisation, who must not take part in openings");
      }
    }
  }
  return ok();
}

/// Rule 2, last part: each author device belongs to the person the warrant says.
Status check_authors(const identity::Statement& statement, const RequestPackage& package,
                     const Warrant& warrant) {
  std::vector<identity::Certificate> certificates;
  for (const std::string& note : package.certificates) {
    CANDOUR_TRY(auto certificate, identity::Certificate::verify(note, statement));
    certificates.push_back(std::move(certificate));
  }
  for (const ScopeAuthor& author : warrant.authors) {
    const auto found =
        std::find_if(certificates.begin(), certificates.end(),
                     [&](const identity::Certificate& c) { return c.device() == author.device; });
    if (found == certificates.end()) {
      return error(ErrorCode::warrant_invalid,
                   "the package lacks the certificate of author device " + author.device.hex());
    }
    if (found->subject.person != author.person) {
      return error(ErrorCode::warrant_invalid,
                   "the warrant says that device " + author.device.hex() + " is of '" +
                       author.person + "', its certificate says '" + found->subject.person + "'");
    }
  }
  return ok();
}

/// Rule 3.
Status check_time(const Warrant& warrant, const CheckContext& context) {
  if (context.now.value + limits::kClockSkewMs < warrant.issued.value) {
    return error(ErrorCode::warrant_invalid,
                 "the warrant is issued at " + at(warrant.issued) + ", which is yet to come");
  }
  if (context.now >= warrant.expires) {
    return error(ErrorCode::warrant_expired,
                 "the warrant expired at " + at(warrant.expires) + "; a new one is needed");
  }
  if (context.revoked.contains(warrant.digest())) {
    return error(ErrorCode::warrant_revoked,
                 "warrant " + warrant.digest().hex() + " was revoked; nothing may be opened");
  }
  return ok();
}

/// Rules 4 and 5, the part they share: the note's commitment is a leaf of a witnessed checkpoint.
Result<WitnessedCheckpoint> check_logged(const identity::Statement& statement,
                                         const LoggedNote& logged, tlog::LeafKind kind) {
  const std::string what(tlog::name_of(kind));
  CANDOUR_TRY(check_note_opening(logged.opening, kind, logged.note));
  auto seen = witnessed_checkpoint(logged.checkpoint, statement);
  if (!seen) {
    return error(seen.error().code, "checkpoint of the " + what + ": " + seen.error().message);
  }
  const Digest leaf = tlog::leaf_hash(logged.opening.entry(tlog::LeafClass::opening));
  const KnownCheckpoint& tree = seen.value().checkpoint;
  if (!tlog::verify_inclusion(leaf, logged.index, tree.size, logged.hashes, tree.root)) {
    return error(ErrorCode::warrant_not_logged,
                 "the " + what + " is not in the log: leaf " + std::to_string(logged.index) +
                     " of the checkpoint of size " + std::to_string(tree.size) + " is another");
  }
  return seen;
}

Status check_cooling_off(const WitnessedCheckpoint& seen, const CheckContext& context) {
  const TimeMs ends(seen.first_seen.value + context.rules.cooling_off_ms);
  if (context.now >= ends) return ok();
  return error(ErrorCode::cooling_off, "the warrant was witnessed at " + at(seen.first_seen) +
                                           "; the cooling-off ends at " + at(ends));
}

/// Rule 5 on the checkpoint of the request.
Status check_checkpoint(const WitnessedCheckpoint& fresh, const WitnessedCheckpoint& older,
                        const CheckContext& context) {
  const auto inconsistent = [](const std::string& why) {
    return error(ErrorCode::log_inconsistent, "checkpoint of the request: " + why);
  };
  const KnownCheckpoint& tree = fresh.checkpoint;
  const auto contradicts = [&](const KnownCheckpoint& other) {
    return tree.size < other.size || (tree.size == other.size && tree.root != other.root);
  };
  if (contradicts(older.checkpoint)) {
    return inconsistent("it does not come after the warrant's");
  }
  if (context.checkpoint && contradicts(*context.checkpoint)) {
    return inconsistent("its size " + std::to_string(tree.size) +
                        " is smaller than, or its root "
                        "other than that of, the checkpoint of size " +
                        std::to_string(context.checkpoint->size) +
                        " seen before; ask for a new package, and tell the auditors when that "
                        "does not help: the log may have been rolled back");
  }
  if (fresh.last_seen.value > context.now.value + limits::kClockSkewMs) {
    return error(ErrorCode::checkpoint_stale, "the witnesses' time " + at(fresh.last_seen) +
                                                  " is yet to come; check this machine's clock (" +
                                                  at(context.now) + ")");
  }
  if (context.now.value > fresh.last_seen.value + context.rules.checkpoint_age_ms_max) {
    return error(ErrorCode::checkpoint_stale, "the request's checkpoint was last witnessed at " +
                                                  at(fresh.last_seen) +
                                                  ", too long ago; ask for a new package");
  }
  return ok();
}

/// Rule 5 on the note of the request.
Result<Request> check_request_note(const identity::Statement& statement,
                                   const RequestPackage& package, const Warrant& warrant,
                                   const CheckContext& context) {
  CANDOUR_TRY(auto request, Request::verify(package.request.note, statement, warrant));
  if (request.warrant_leaf !=
      tlog::leaf_hash(package.warrant.opening.entry(tlog::LeafClass::opening))) {
    return error(ErrorCode::warrant_invalid,
                 "the request cites another log leaf as that of the warrant");
  }
  if (request.issued < warrant.issued ||
      request.issued.value > context.now.value + limits::kClockSkewMs) {
    return error(ErrorCode::warrant_invalid, "the request is issued at " + at(request.issued) +
                                                 ", before the warrant or at a time yet to come");
  }
  return request;
}

/// Rule 6. Approving the same request again reveals nothing new and counts once.
Status check_cap(const Request& request, const Digest& digest, const CheckContext& context,
                 bool& repeated) {
  std::uint64_t used = 0;
  std::set<Digest> counted;
  for (const PastApproval& past : context.approvals) {
    if (past.request == digest) {
      repeated = true;
    } else if (past.time.value + kDayMs > context.now.value &&
               counted.insert(past.request).second) {
      used += past.records;
    }
  }
  if (repeated || used + request.records <= context.rules.records_per_day) return ok();
  return error(ErrorCode::daily_cap_reached,
               "the request asks for " + std::to_string(request.records) + " records, " +
                   std::to_string(used) + " were approved in the last 24 hours, the cap is " +
                   std::to_string(context.rules.records_per_day) +
                   "; wait, or ask for fewer records at a time");
}

}  // namespace

std::string_view role_name(CustodyRole role) {
  return role == CustodyRole::keeper ? "keeper" : "custodian";
}

Result<WitnessedCheckpoint> witnessed_checkpoint(std::string_view note,
                                                 const identity::Statement& statement) {
  CANDOUR_TRY(auto verified, tlog::verify_checkpoint(note, statement));
  if (statement.quorum == 0 || !verified.quorum) {
    return error(ErrorCode::warrant_not_witnessed,
                 "it is cosigned by " + std::to_string(verified.cosigned_by.size()) +
                     " witnesses, the statement asks for " + std::to_string(statement.quorum) +
                     (statement.quorum == 0 ? ", and without a witness nothing may be opened"
                                            : "; wait for the witnesses and ask again"));
  }
  std::vector<std::uint64_t> times_s;
  for (const tlog::Cosigner& cosigner : verified.cosigned_by) times_s.push_back(cosigner.time_s);
  std::sort(times_s.begin(), times_s.end());
  // A time that does not fit milliseconds is no time; it counts as far in the future.
  const auto ms = [](std::uint64_t s) { return TimeMs(std::min(s, kWitnessTimeMaxS) * 1000); };
  return WitnessedCheckpoint{{verified.checkpoint.size, verified.checkpoint.root},
                             ms(times_s[statement.quorum - 1]),
                             ms(times_s[times_s.size() - statement.quorum])};
}

Result<Approved> check_request(const RequestPackage& package, const CheckContext& context) {
  Approved out;
  CANDOUR_TRY(out.statement, check_statement(package, context, out.statement_known));
  CANDOUR_TRY(out.warrant, Warrant::verify(package.warrant.note, out.statement));
  CANDOUR_TRY(check_conflicts(out.statement, out.warrant, context));
  CANDOUR_TRY(check_authors(out.statement, package, out.warrant));
  CANDOUR_TRY(check_time(out.warrant, context));
  CANDOUR_TRY(auto logged, check_logged(out.statement, package.warrant, tlog::LeafKind::warrant));
  CANDOUR_TRY(check_cooling_off(logged, context));
  CANDOUR_TRY(out.request, check_request_note(out.statement, package, out.warrant, context));
  CANDOUR_TRY(auto fresh, check_logged(out.statement, package.request, tlog::LeafKind::request));
  CANDOUR_TRY(check_checkpoint(fresh, logged, context));
  out.checkpoint = fresh.checkpoint;
  out.request_digest = out.request.digest();
  CANDOUR_TRY(check_cap(out.request, out.request_digest, context, out.repeated));
  CANDOUR_TRY(check_records(package, out));
  return out;
}

}  // namespace candour::warrant
