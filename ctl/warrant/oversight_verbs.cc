#include <CLI/CLI.hpp>
#include <map>

#include "base/encoding.h"
#include "crypto/hash.h"
#include "ctl/verbs.h"
#include "ctl/warrant/opening_client.h"
#include "warrant/open/notes.h"
#include "warrant/open/oversight.h"

namespace candour::ctl {
namespace {

using identity::OpeningKind;

struct List {
  RelayOptions relay;
  std::string sealing_key;
};

/// One opening as the auditor sees it.
struct Seen {
  std::uint64_t number = 0;
  std::uint64_t leaf_index = 0;
  std::uint64_t logged_ms = 0;
  identity::OpeningNotice notice;
  bool unsealed = false;
  bool overdue = false;
  bool opened = false;    // the auditor's copy opened and fits
  std::string case_name;  // as far as the warrant is known
  std::vector<std::string> problems;
};

class Auditor {
 public:
  Auditor(RelaySession& session, const identity::Statement& statement,
          const crypto::SealingKey& key, TimeMs now)
      : session_(session), statement_(statement), key_(key), now_(now) {}

  /// Problems are part of the answer; an error means that nothing can be said.
  Result<Seen> look(const v1::OpeningItem& item, client::Trust& trust) {
    Seen seen;
    seen.number = item.number();
    seen.leaf_index = item.leaf_index();
    seen.logged_ms = item.logged_ms();
    seen.unsealed = !item.object().empty();
    auto notice = identity::OpeningNotice::verify(item.notice(), statement_);
    if (!notice) {
      seen.problems.push_back("notice: " + notice.error().message);
      return seen;
    }
    seen.notice = std::move(notice.value());
    seen.overdue = !seen.unsealed && now_ >= seen.notice.sealed_until;
    CANDOUR_TRY(check_log(seen, trust));
    open_copy(item, seen);
    if (seen.unsealed) check_unsealed(item, seen);
    return seen;
  }

 private:
  Digest leaf_of(const Seen& seen) const { return tlog::leaf_hash(seen.notice.entry); }

  /// That the leaf is where the relay says. A proof that is yet to come is no problem.
  Status check_log(Seen& seen, client::Trust& trust) {
    const auto proof = trust.prove_leaf(leaf_of(seen), session_.connection());
    if (proof && proof.value().index != seen.leaf_index) {
      seen.problems.push_back("it is leaf " + std::to_string(proof.value().index) +
                              " of the log, the relay says " + std::to_string(seen.leaf_index));
    }
    if (!proof && proof.error().code == ErrorCode::not_found) {
      if (now_.value > seen.logged_ms + kWitnessWaitMsMax) {
        seen.problems.push_back("it is not in a checkpoint of the log: " + proof.error().message);
      }
      return ok();
    }
    if (!proof) return proof.error();
    return ok();
  }

  void open_copy(const v1::OpeningItem& item, Seen& seen) {
    const Bytes sealed = to_bytes(std::string_view(item.copy()));
    const std::string& name = session_.key().verifier.name;
    for (const auto& [auditor, hash] : seen.notice.copies) {
      if (auditor == name && hash != crypto::sha256(sealed)) {
        seen.problems.push_back("the relay hands out another copy than the notice names");
        return;
      }
    }
    auto copy = warrant::open_oversight_copy(sealed, seen.notice.entry, key_);
    if (!copy) {
      seen.problems.push_back("copy: " + copy.error().message);
      return;
    }
    seen.opened = true;
    judge(copy.value(), seen);
  }

  /// That the object is what the notice says it is.
  void judge(const warrant::OversightCopy& copy, Seen& seen) {
    const auto kind = leaf_kind(seen.notice.kind);
    const auto fits = warrant::check_note_opening(copy.opening, kind, copy.object);
    if (!fits) seen.problems.push_back(fits.error().message);
    const auto problem = [&](const Error& error) { seen.problems.push_back(error.message); };
    if (seen.notice.kind == OpeningKind::warrant) {
      auto w = warrant::Warrant::verify(copy.object, statement_);
      if (!w) return problem(w.error());
      seen.case_name = w.value().case_name;
      if (seen.notice.sealed_until > w.value().sealed_until) {
        seen.problems.push_back("the notice defers making it public beyond what the warrant says");
      }
      warrants_.emplace(leaf_of(seen), std::move(w.value()));
      return;
    }
    const auto known = seen.notice.about ? warrants_.find(*seen.notice.about) : warrants_.end();
    if (known == warrants_.end()) {
      if (seen.notice.kind != OpeningKind::disposal) {
        seen.problems.push_back("it is about a warrant that was not logged before it");
      }
      return;
    }
    seen.case_name = known->second.case_name;
    if (seen.notice.kind == OpeningKind::request) {
      const auto request = warrant::Request::verify(copy.object, statement_, known->second);
      if (!request) return problem(request.error());
      if (request.value().records != seen.notice.records) {
        seen.problems.push_back("the request asks for " + std::to_string(request.value().records) +
                                " records, the notice says " + std::to_string(seen.notice.records));
      }
    } else if (seen.notice.kind == OpeningKind::warrant_revocation) {
      const auto revocation = warrant::WarrantRevocation::verify(copy.object, statement_);
      if (!revocation) return problem(revocation.error());
    } else if (seen.notice.kind == OpeningKind::release) {
      judge_release(copy, seen);
    }
  }

  static void judge_release(const warrant::OversightCopy& copy, Seen& seen) {
    const auto note = identity::SignedNote::parse(copy.object);
    const auto release = note ? warrant::ReleaseCertificate::parse(note.value().text)
                              : Result<warrant::ReleaseCertificate>(note.error());
    if (!release) {
      seen.problems.push_back(release.error().message);
    } else if (release.value().opened != seen.notice.records) {
      seen.problems.push_back("the release opened " + std::to_string(release.value().opened) +
                              " records, the notice says " + std::to_string(seen.notice.records));
    }
  }

  static void check_unsealed(const v1::OpeningItem& item, Seen& seen) {
    const auto opening = tlog::LeafOpening::decode(as_bytes(item.opening()));
    if (!opening || !same(opening.value().entry(tlog::LeafClass::opening), seen.notice.entry) ||
        opening.value().object_hash != crypto::sha256(as_bytes(item.object()))) {
      seen.problems.push_back("what was made public is not what was logged");
    }
  }

  RelaySession& session_;
  const identity::Statement& statement_;
  const crypto::SealingKey& key_;
  TimeMs now_;
  std::map<Digest, warrant::Warrant> warrants_;  // by leaf hash
};

void print(const Context& context, const Seen& seen) {
  std::string problems;
  for (const std::string& problem : seen.problems) problems += "\n  PROBLEM: " + problem;
  JsonLine line;
  line.number("number", seen.number)
      .text("kind", identity::name_of(seen.notice.kind))
      .text("case", seen.case_name)
      .number("records", seen.notice.records)
      .number("leaf_index", seen.leaf_index)
      .text("issued", time_encode(seen.notice.issued.value))
      .text("sealed_until", time_encode(seen.notice.sealed_until.value))
      .boolean("copy_opened", seen.opened)
      .boolean("unsealed", seen.unsealed)
      .boolean("overdue", seen.overdue)
      .boolean("ok", seen.problems.empty())
      .text("problem", seen.problems.empty() ? "" : seen.problems.front());
  std::string plain =
      std::to_string(seen.number) + "  " + std::string(identity::name_of(seen.notice.kind)) +
      "  leaf " + std::to_string(seen.leaf_index) + "  " + time_encode(seen.notice.issued.value);
  if (!seen.case_name.empty()) plain += "  case " + seen.case_name;
  if (seen.notice.records > 0) plain += "  " + std::to_string(seen.notice.records) + " records";
  plain += seen.unsealed  ? "  public"
           : seen.overdue ? "  OVERDUE since " + time_encode(seen.notice.sealed_until.value)
                          : "  sealed until " + time_encode(seen.notice.sealed_until.value);
  context.print(line, plain + problems);
}

Result<int> list(const Context& context, const List& o) {
  CANDOUR_TRY(auto key, load_sealing_key(o.sealing_key));
  CANDOUR_TRY(auto session, RelaySession::open(context, o.relay));
  CANDOUR_TRY(auto trust, session->directory());
  CANDOUR_TRY(auto items, fetch_openings(*session));
  Auditor auditor(*session, *trust->statement(), key, context.clock.now());
  bool fine = true;
  for (const v1::OpeningItem& item : items) {
    CANDOUR_TRY(auto seen, auditor.look(item, *trust));
    print(context, seen);
    fine = fine && seen.problems.empty();
  }
  return fine ? 0 : 1;
}

}  // namespace

void add_oversight_verbs(CLI::App& program, Context& context) {
  CLI::App& family = add_family(program, "oversight", "What auditors see of openings");
  add_verb(family, context, "list", "Every opening, with the auditor's copies checked",
           [&](CLI::App& verb) -> Run {
             auto o = std::make_shared<List>();
             add_relay_options(verb, o->relay);
             verb.add_option("--sealing-key", o->sealing_key, "The auditor's .sealing.key file")
                 ->required();
             return [&context, o] { return list(context, *o); };
           });
}

}  // namespace candour::ctl
