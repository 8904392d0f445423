#include "transport/relay/openings.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/limits.h"
#include "crypto/hash.h"

namespace candour::relay {

namespace {

using identity::OpeningKind;

constexpr std::size_t kPageSize = 512 * 1024;
constexpr std::size_t kCopySizeMax = 128 * 1024;
/// How far the clock of whoever logs an opening may be ahead of the relay's.
constexpr std::uint64_t kClockSkewMaxMs = 10ull * 60 * 1000;

constexpr std::string_view kReaders[] = {"auditor", "authoriser", "investigator", "custodian",
                                         "keeper"};

void fill(v1::OpeningItem& item, const storage::OpeningBody& body) {
  item.set_number(body.about.number);
  item.set_notice(wire::to_field(body.notice));
  item.set_leaf_index(body.about.leaf_index);
  item.set_logged_ms(body.about.logged.value);
  item.set_copy(wire::to_field(body.copy));
  item.set_object(wire::to_field(body.object));
  item.set_opening(wire::to_field(body.opening));
}

Error not_permitted(std::string why) { return error(ErrorCode::not_permitted, std::move(why)); }

}  // namespace

const identity::RoleKey* Openings::role_of(const Session& session) const {
  if (session.role_key.empty()) return nullptr;
  return context_.model.statement->role_key(session.role_key);
}

void Openings::load(const storage::RelaySnapshot& snapshot) {
  for (const auto& row : snapshot.openings) remember(row);
  durable_ = rows_.size();
}

void Openings::remember(const storage::OpeningRow& row) {
  rows_.push_back(row);
  numbers_[row.leaf_hash] = row.number;
  const bool revocation = row.kind == static_cast<int>(OpeningKind::warrant_revocation);
  if (revocation && row.about) revoked_.insert(*row.about);
  context_.model.opening_leaves.insert(row.leaf_index);
}

Status Openings::check_times(const identity::OpeningNotice& notice) const {
  const std::uint64_t now = context_.clock.now().value;
  if (notice.issued.value > now + kClockSkewMaxMs) {
    return error(ErrorCode::input_invalid,
                 "the notice is issued in the future; set the clock of this machine");
  }
  if (notice.sealed_until.value > now + limits::kSealedUntilMaxMs) {
    return error(ErrorCode::input_invalid, "it would stay sealed for more than five years");
  }
  return ok();
}

Status Openings::check_warrant(const identity::OpeningNotice& notice) const {
  if (!notice.about) return ok();
  const auto found = numbers_.find(*notice.about);
  if (found == numbers_.end() ||
      rows_[found->second - 1].kind != static_cast<int>(OpeningKind::warrant)) {
    return error(ErrorCode::warrant_not_logged,
                 "the log has no warrant with leaf hash " + notice.about->hex());
  }
  if (notice.kind == OpeningKind::request && revoked_.count(*notice.about) != 0) {
    return error(ErrorCode::warrant_revoked,
                 "the warrant with leaf hash " + notice.about->hex() + " was revoked");
  }
  return ok();
}

Result<std::vector<storage::OversightCopyRow>> Openings::check_copies(
    const identity::OpeningNotice& notice, const v1::PublishOpening& frame) const {
  std::map<std::string, Digest> promised(notice.copies.begin(), notice.copies.end());
  std::vector<storage::OversightCopyRow> out;
  for (const auto& copy : frame.copies()) {
    const auto found = promised.find(copy.auditor());
    if (found == promised.end()) {
      return not_permitted("the notice names no copy for '" + copy.auditor() + "'");
    }
    if (copy.sealed().size() > kCopySizeMax) {
      return error(ErrorCode::frame_too_large, "an oversight copy has at most 128 KiB");
    }
    if (crypto::sha256(as_bytes(copy.sealed())) != found->second) {
      return not_permitted("the copy for '" + copy.auditor() + "' is not the one of the notice");
    }
    promised.erase(found);
    out.push_back({copy.auditor(), to_bytes(copy.sealed())});
  }
  if (!promised.empty()) {
    return not_permitted("the copy for '" + promised.begin()->first + "' is missing");
  }
  for (const auto& role : context_.model.statement->roles) {
    if (role.role != "auditor" || !role.sealing_key) continue;
    const bool given = std::any_of(out.begin(), out.end(),
                                   [&](const auto& copy) { return copy.auditor == role.key.name; });
    if (!given) return not_permitted("auditor '" + role.key.name + "' gets no copy");
  }
  for (const auto& copy : out) {
    const auto* role = context_.model.statement->role_key(copy.auditor);
    if (role == nullptr || role->role != "auditor") {
      return not_permitted("'" + copy.auditor + "' is no auditor of this organisation");
    }
  }
  return out;
}

Status Openings::publish(const Session& session, std::uint64_t request,
                         const v1::PublishOpening& frame) {
  const auto* role = role_of(session);
  if (role == nullptr) return not_permitted("openings are logged by role keys");
  if (frame.notice().size() > limits::kNoteSizeMax) {
    return error(ErrorCode::input_invalid, "the notice is too large");
  }
  CANDOUR_TRY(const auto notice,
              identity::OpeningNotice::verify(frame.notice(), *context_.model.statement));
  CANDOUR_TRY(const auto note, identity::SignedNote::parse(frame.notice()));
  if (!identity::may_log(notice.kind, role->role) || !note.signed_by(role->key)) {
    return not_permitted("the notice is not signed by the key that logged in");
  }
  const Digest leaf_hash = tlog::leaf_hash(notice.entry);
  if (const auto known = numbers_.find(leaf_hash); known != numbers_.end()) {
    context_.store.after_durable([this, id = session.id, request,
                                  index = rows_[known->second - 1].leaf_index](Status status) {
      if (context_.durable(status, id, request)) context_.done(id, request, index, true);
    });
    return ok();
  }
  CANDOUR_TRY(check_times(notice));
  CANDOUR_TRY(check_warrant(notice));
  CANDOUR_TRY(auto copies, check_copies(notice, frame));

  storage::LoggedOpening opening;
  opening.leaf = log_.append({.entry = notice.entry});
  opening.row = {.number = rows_.size() + 1,
                 .leaf_index = opening.leaf.index,
                 .kind = static_cast<int>(notice.kind),
                 .leaf_hash = leaf_hash,
                 .about = notice.about,
                 .records = notice.records,
                 .sealed_until = notice.sealed_until,
                 .logged = context_.clock.now()};
  opening.notice = to_bytes(frame.notice());
  opening.copies = copies;
  remember(opening.row);
  const storage::OpeningBody news{.about = opening.row, .notice = opening.notice};
  context_.store.log_opening(std::move(opening), [this, id = session.id, request, news,
                                                  copies = std::move(copies)](Status status) {
    if (!context_.durable(status, id, request)) return;
    durable_ = news.about.number;
    context_.done(id, request, news.about.leaf_index);
    tell_auditors(news, copies);
  });
  return ok();
}

void Openings::tell_auditors(const storage::OpeningBody& body,
                             const std::vector<storage::OversightCopyRow>& copies) const {
  for (const auto& [id, session] : context_.model.sessions) {
    const auto* role = session.logged_in ? role_of(session) : nullptr;
    if (role == nullptr || role->role != "auditor") continue;
    v1::ServerFrame frame;
    auto& item = *frame.mutable_openings()->add_items();
    fill(item, body);
    for (const auto& copy : copies) {
      if (copy.auditor == session.role_key) item.set_copy(wire::to_field(copy.sealed));
    }
    context_.send(id, frame);
  }
}

Status Openings::get(const Session& session, std::uint64_t request, const v1::GetOpenings& frame) {
  const auto* role = role_of(session);
  if (role == nullptr ||
      std::find(std::begin(kReaders), std::end(kReaders), role->role) == std::end(kReaders)) {
    return not_permitted(
        "openings are told to auditors, authorisers, investigators, custodians "
        "and keepers");
  }
  using Bodies = std::vector<storage::OpeningBody>;
  context_.store.read<Bodies>(
      [from = frame.from(), auditor = session.role_key](const storage::RelayReader& reader) {
        return reader.openings(from, auditor, kPageSize);
      },
      [this, id = session.id, request](Result<Bodies> bodies) {
        if (!bodies) return context_.refuse(id, request, bodies.error());
        v1::ServerFrame out;
        for (const auto& body : bodies.value()) fill(*out.mutable_openings()->add_items(), body);
        out.mutable_openings()->set_more(!bodies.value().empty() &&
                                         bodies.value().back().about.number < durable_);
        context_.answer(id, request, std::move(out));
      });
  return ok();
}

Status Openings::unseal(const Session& session, std::uint64_t request, const v1::Unseal& frame) {
  const auto* role = role_of(session);
  if (role == nullptr) return not_permitted("openings are unsealed by role keys");
  if (frame.number() == 0 || frame.number() > rows_.size()) {
    return error(ErrorCode::not_found,
                 "there is no opening number " + std::to_string(frame.number()));
  }
  if (frame.object().empty() || frame.object().size() > limits::kNoteSizeMax) {
    return error(ErrorCode::input_invalid,
                 "what is unsealed has 1 to " + std::to_string(limits::kNoteSizeMax) + " bytes");
  }
  auto& row = rows_[frame.number() - 1];
  CANDOUR_TRY(const auto opening, tlog::LeafOpening::decode(as_bytes(frame.opening())));
  if (static_cast<int>(opening.kind) != row.kind ||
      tlog::leaf_hash(opening.entry(tlog::LeafClass::opening)) != row.leaf_hash) {
    return error(ErrorCode::input_invalid,
                 "this does not open leaf " + std::to_string(row.leaf_index));
  }
  if (opening.object_hash != crypto::sha256(as_bytes(frame.object()))) {
    return error(ErrorCode::input_invalid,
                 "the object is not what leaf " + std::to_string(row.leaf_index) + " commits to");
  }
  if (row.unsealed) {
    context_.store.after_durable(
        [this, id = session.id, request, index = row.leaf_index](Status status) {
          if (context_.durable(status, id, request)) context_.done(id, request, index, true);
        });
    return ok();
  }
  // Auditors hold a copy of what is sealed; whether it is public early is not theirs to decide.
  const bool may_be_early = role->role == "investigator" || role->role == "authoriser";
  if (context_.clock.now() < row.sealed_until && !may_be_early) {
    return not_permitted("opening number " + std::to_string(row.number) + " is sealed until " +
                         time_encode(row.sealed_until.value) +
                         "; before, only an investigator or an authoriser unseals it");
  }
  row.unsealed = true;
  context_.store.unseal({.number = row.number,
                         .object = to_bytes(frame.object()),
                         .opening = to_bytes(frame.opening())},
                        [this, id = session.id, request, index = row.leaf_index](Status status) {
                          if (context_.durable(status, id, request)) {
                            context_.done(id, request, index);
                          }
                        });
  return ok();
}

OpeningCounts Openings::counts(TimeMs now) const {
  OpeningCounts out;
  for (const auto& row : rows_) {
    switch (static_cast<OpeningKind>(row.kind)) {
      case OpeningKind::warrant:
        ++out.warrants;
        break;
      case OpeningKind::request:
        ++out.requests;
        out.records_requested += row.records;
        break;
      case OpeningKind::release:
        ++out.releases;
        out.records_released += row.records;
        break;
      case OpeningKind::warrant_revocation:
        ++out.revocations;
        break;
      case OpeningKind::disposal:
        ++out.disposals;
        break;
    }
    if (row.unsealed) {
      ++out.unsealed;
    } else if (row.sealed_until < now) {
      ++out.overdue;
    }
  }
  return out;
}

net::HttpResponse Openings::statistics() const {
  const OpeningCounts c = counts(context_.clock.now());
  const std::pair<const char*, std::uint64_t> fields[] = {
      {"warrants", c.warrants},
      {"requests", c.requests},
      {"releases", c.releases},
      {"revocations", c.revocations},
      {"disposals", c.disposals},
      {"records_requested", c.records_requested},
      {"records_released", c.records_released},
      {"unsealed", c.unsealed},
      {"overdue", c.overdue},
      {"log_size", log_.size()},
      {"witnessed_size", log_.witnessed_size()},
  };
  std::string body;
  for (const auto& [name, value] : fields) {
    body += (body.empty() ? "{\"" : ",\"") + std::string(name) + "\":" + std::to_string(value);
  }
  return {.content_type = "application/json",
          .body = to_bytes(body + "}\n"),
          .cache_control = "no-store"};
}

}  // namespace candour::relay
