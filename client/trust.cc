#include "client/trust.h"

#include <algorithm>

#include "crypto/hash.h"
#include "identity/pack_note.h"
#include "tlog/checkpoint.h"
#include "tlog/directory_leaf.h"

namespace candour::client {
namespace {

std::string describe(const DirectoryEntry& entry) {
  return "directory object " + std::to_string(entry.number) + " (" +
         std::string(name_of(entry.kind)) + ")";
}

/// Certificates are proven when they matter, acknowledgements concern nobody but the relay.
bool must_be_proven(v1::ObjectKind kind) {
  return kind == v1::STATEMENT || kind == v1::POLICY || kind == v1::NOTICE ||
         kind == v1::REVOCATION || kind == v1::SUCCESSION;
}

Error at(const DirectoryEntry& entry, const Error& cause) {
  return error(cause.code, describe(entry) + ": " + cause.message);
}

DirectoryEntry entry_of(const v1::DirectoryObject& object) {
  DirectoryEntry entry;
  entry.number = object.number();
  entry.kind = object.kind();
  entry.object = from_wire(object.object());
  entry.leaf_index = object.leaf_index();
  entry.opening = from_wire(object.opening());
  return entry;
}

}  // namespace

std::string_view name_of(v1::ObjectKind kind) {
  switch (kind) {
    case v1::STATEMENT:
      return "statement";
    case v1::CERTIFICATE:
      return "certificate";
    case v1::REVOCATION:
      return "revocation";
    case v1::POLICY:
      return "policy version";
    case v1::NOTICE:
      return "notice";
    case v1::NOTICE_ACK:
      return "notice acknowledgement";
    case v1::SUCCESSION:
      return "succession";
    case v1::WEB_BUNDLE:
      return "web bundle";
    default:
      return "object";
  }
}

Status MemoryTrustStore::put_directory_entry(const DirectoryEntry& entry) {
  kept_.entries.push_back(entry);
  return ok();
}

Status MemoryTrustStore::put_checkpoint(ByteView note) {
  kept_.checkpoint = to_bytes(note);
  return ok();
}

Status MemoryTrustStore::put_proven(std::uint64_t number) {
  kept_.proven.push_back(number);
  return ok();
}

Status MemoryTrustStore::put_first_directory(std::uint64_t size) {
  kept_.first_directory = size;
  return ok();
}

Status MemoryTrustStore::begin_anew(std::string_view old_origin, const KeptTrust& anew) {
  old_[std::string(old_origin)] = std::exchange(kept_, anew).checkpoint;
  return ok();
}

Result<std::unique_ptr<Trust>> Trust::load(identity::NoteKey root, TrustStore& store,
                                           const Clock& clock) {
  std::unique_ptr<Trust> trust(new Trust(std::move(root), store, clock));
  CANDOUR_TRY(auto proven, store.proven());
  trust->proven_.insert(proven.begin(), proven.end());
  CANDOUR_TRY(trust->first_directory_, store.first_directory());
  CANDOUR_TRY(auto entries, store.directory_entries());
  for (const DirectoryEntry& entry : entries) {
    Status taken = trust->take(entry);
    if (!taken) {
      return error(taken.error().code == ErrorCode::wrong_root_key ? ErrorCode::wrong_root_key
                                                                   : ErrorCode::state_damaged,
                   "kept " + taken.error().message);
    }
  }
  CANDOUR_TRY(Bytes note, store.checkpoint());
  if (!note.empty() && trust->statement_) {
    auto checkpoint = trust->read_checkpoint(as_text(note));
    // Of the statement's own log only: one that does not verify says nothing about it.
    if (checkpoint) {
      trust->checkpoint_ = checkpoint.value();
      trust->checkpoint_note_ = std::string(as_text(note));
    }
  }
  return trust;
}

Status Trust::add(const v1::DirectoryObject& object) {
  const DirectoryEntry entry = entry_of(object);
  if (entry.number <= size_) return ok();
  CANDOUR_TRY(take(entry));
  return store_.put_directory_entry(entry);
}

Status Trust::take(const DirectoryEntry& entry) {
  if (entry.number != size_ + 1) {
    return error(ErrorCode::input_invalid,
                 describe(entry) + " came where number " + std::to_string(size_ + 1) + " was due");
  }
  Digest leaf_hash;
  Status taken = check_opening(entry, &leaf_hash);
  if (taken) {
    switch (entry.kind) {
      case v1::STATEMENT:
        taken = take_statement(entry);
        break;
      case v1::CERTIFICATE:
        taken = take_certificate(entry, leaf_hash);
        break;
      case v1::REVOCATION:
        taken = take_revocation(entry);
        break;
      case v1::POLICY:
        taken = take_policy(entry);
        break;
      case v1::NOTICE:
        taken = take_notice(entry);
        break;
      case v1::SUCCESSION:
        taken = take_succession(entry);
        break;
      default:
        // Acknowledgements concern the relay and the bot, web bundles whoever compares what is
        // served with them; kinds of later versions pass unread.
        break;
    }
  }
  if (!taken) return at(entry, taken.error());
  size_ = entry.number;
  if (succession_ && beginning_.size() < 2) beginning_.push_back(leaf_hash);
  if (must_be_proven(entry.kind) && !proven_.contains(entry.number)) {
    unproven_[entry.number] = {entry.kind, leaf_hash};
  }
  ++revision_;
  return ok();
}

Status Trust::check_opening(const DirectoryEntry& entry, Digest* leaf_hash) const {
  const auto kind = tlog::directory_leaf_kind(entry.kind);
  if (!kind) return ok();
  CANDOUR_TRY(tlog::LeafOpening opening, tlog::LeafOpening::decode(entry.opening));
  if (opening.kind != *kind || opening.object_hash != crypto::sha256(entry.object)) {
    return error(ErrorCode::log_inconsistent, "the opening of its log leaf is of something else");
  }
  *leaf_hash = tlog::leaf_hash(opening.entry(tlog::LeafClass::directory));
  return ok();
}

Status Trust::need_statement() const {
  if (newest_statement_) return ok();
  return error(
      ErrorCode::statement_invalid,
      "no organisation statement came before it; the relay's directory must begin with one");
}

Status Trust::take_statement(const DirectoryEntry& entry) {
  CANDOUR_TRY(identity::Statement next, identity::Statement::verify(as_text(entry.object), root_));
  if (newest_statement_ && next.id != newest_statement_->id) {
    return error(ErrorCode::statement_invalid, "it is of organisation \"" + next.id + "\", not \"" +
                                                   newest_statement_->id + "\"");
  }
  if (newest_statement_ && next.version <= newest_statement_->version) {
    return error(ErrorCode::statement_invalid, "version " + std::to_string(next.version) +
                                                   " is not newer than version " +
                                                   std::to_string(newest_statement_->version));
  }
  if (newest_statement_ && next.log != newest_statement_->log) {
    return error(ErrorCode::statement_invalid,
                 "it names another log, \"" + next.log.name +
                     "\"; a new log begins with its own directory and a note of its succession");
  }
  if (!newest_statement_) {
    if (succession_) {
      CANDOUR_TRY(identity::Succession::verify(as_text(succession_note_), next));
    }
    first_statement_ = next;
  }
  newest_statement_ = next;
  if (!statement_ || in_force(entry.number)) {
    enact_statement(std::move(next));
  } else {
    pending_statements_.insert_or_assign(entry.number, std::move(next));
  }
  return ok();
}

// Who signed it is checked with the statement that must come next.
Status Trust::take_succession(const DirectoryEntry& entry) {
  if (entry.number != 1) {
    return error(ErrorCode::statement_invalid,
                 "a succession can only be the first object of a log");
  }
  CANDOUR_TRY(const auto note, identity::SignedNote::parse(as_text(entry.object)));
  CANDOUR_TRY(succession_, identity::Succession::parse(note.text));
  succession_note_ = entry.object;
  return ok();
}

void Trust::enact_statement(identity::Statement next) {
  if (statement_ && checkpoint_.size != 0) {
    const auto again = tlog::verify_checkpoint(checkpoint_note_, next);
    checkpoint_.witnessed = again && again.value().quorum;
  }
  statement_ = std::move(next);
}

bool Trust::in_force(std::uint64_t number) const {
  return first_directory_ == 0 || number <= first_directory_ || proven_.contains(number);
}

bool Trust::lists_bot(const DeviceId& device) const {
  return statement_ && statement_->lists_bot(device) && newest_statement_->lists_bot(device);
}

bool Trust::policy_in_force(const Digest& digest) const {
  const auto found = policies_.find(digest);
  return found != policies_.end() &&
         std::any_of(found->second.begin(), found->second.end(),
                     [&](std::uint64_t number) { return in_force(number); });
}

bool Trust::policy_proven(const Digest& digest) const {
  const auto found = policies_.find(digest);
  return found != policies_.end() &&
         std::any_of(found->second.begin(), found->second.end(),
                     [&](std::uint64_t number) { return proven_.contains(number); });
}

Status Trust::take_certificate(const DirectoryEntry& entry, const Digest& leaf_hash) {
  CANDOUR_TRY(need_statement());
  CANDOUR_TRY(auto certificate,
              identity::Certificate::verify(as_text(entry.object), *newest_statement_));
  const DeviceId device = certificate.device();
  // Anybody can publish an old certificate once more, with its signature lines in another order;
  // only one that begins later takes the place of the one kept.
  auto kept = certificates_.find(device);
  if (kept != certificates_.end() &&
      certificate.not_before <= kept->second.certificate.not_before) {
    return ok();
  }
  certificates_.insert_or_assign(
      device, Certified{std::move(certificate), entry.object, entry.number, leaf_hash});
  return ok();
}

Status Trust::take_revocation(const DirectoryEntry& entry) {
  CANDOUR_TRY(need_statement());
  CANDOUR_TRY(auto revocation,
              identity::Revocation::verify(as_text(entry.object), *newest_statement_));
  revoked_.insert(revocation.device);
  return ok();
}

Status Trust::take_policy(const DirectoryEntry& entry) {
  CANDOUR_TRY(need_statement());
  CANDOUR_TRY(auto pack, identity::PackNote::verify(as_text(entry.object), *newest_statement_));
  policies_[pack.digest].insert(entry.number);
  newest_policy_ = pack.digest;
  return ok();
}

Status Trust::take_notice(const DirectoryEntry& entry) {
  CANDOUR_TRY(need_statement());
  CANDOUR_TRY(auto notice, identity::Notice::verify(as_text(entry.object), *newest_statement_));
  if (notice.version <= newest_notice_) {
    return error(ErrorCode::input_invalid, "version " + std::to_string(notice.version) +
                                               " is not newer than version " +
                                               std::to_string(newest_notice_));
  }
  CANDOUR_TRY(auto note, identity::SignedNote::parse(as_text(entry.object)));
  newest_notice_ = notice.version;
  if (in_force(entry.number)) {
    notice_digest_ = identity::note_digest(note);
    notice_ = std::move(notice);
  } else {
    pending_notices_.insert_or_assign(entry.number,
                                      std::pair(std::move(notice), identity::note_digest(note)));
  }
  return ok();
}

Status Trust::fetch_directory(Connection& connection) {
  for (bool more = true; more;) {
    v1::ClientFrame frame;
    frame.mutable_get_directory()->set_from(size_ + 1);
    CANDOUR_TRY(v1::ServerFrame answer, connection.request(std::move(frame)));
    if (answer.body_case() != v1::ServerFrame::kDirectory) {
      return error(ErrorCode::frame_malformed, "the relay did not answer with its directory");
    }
    const std::uint64_t before = size_;
    for (const auto& object : answer.directory().objects()) {
      CANDOUR_TRY(add(object));
    }
    more = answer.directory().more();
    if (more && size_ == before) {
      return error(ErrorCode::frame_malformed,
                   "the relay promises more directory objects and sends none");
    }
  }
  return need_statement();
}

Status Trust::refresh(Connection& connection) {
  if (statement_ && connection.log_origin() != statement_->log.name) {
    return follow_succession(connection);
  }
  CANDOUR_TRY(fetch_directory(connection));
  if (connection.log_origin() != statement_->log.name) {
    return error(ErrorCode::log_inconsistent,
                 "the relay speaks for log \"" + connection.log_origin() +
                     "\", the organisation statement names \"" + statement_->log.name + "\"");
  }
  if (first_directory_ == 0) {
    CANDOUR_TRY(store_.put_first_directory(size_));
    first_directory_ = size_;
  }
  const std::string& checkpoint = connection.logged_in().checkpoint();
  if (checkpoint.empty()) return ok();
  return see_checkpoint(checkpoint, connection);
}

Status Trust::see_directory(const v1::Directory& directory, Connection& connection) {
  for (const auto& object : directory.objects()) {
    if (object.number() > size_ + 1) return refresh(connection);
    CANDOUR_TRY(add(object));
  }
  return ok();
}

const identity::Certificate* Trust::find(const DeviceId& device) const {
  auto found = certificates_.find(device);
  return found == certificates_.end() ? nullptr : &found->second.certificate;
}

Bytes Trust::certificate_note(const DeviceId& device) const {
  auto found = certificates_.find(device);
  return found == certificates_.end() ? Bytes() : found->second.note;
}

Result<const identity::Certificate*> Trust::device(const DeviceId& device) const {
  const identity::Certificate* certificate = find(device);
  if (certificate == nullptr) {
    return error(ErrorCode::unknown_device,
                 "device " + device.hex() + " has no certificate in the directory");
  }
  if (revoked(device)) {
    return error(ErrorCode::device_revoked, "device " + device.hex() + " was revoked");
  }
  CANDOUR_TRY(certificate->valid_at(clock_.now()));
  return certificate;
}

Result<const identity::Certificate*> Trust::bot() const {
  if (statement_) {
    for (const DeviceId& listed : statement_->bots) {
      if (!lists_bot(listed)) continue;
      if (auto found = device(listed)) return found.value();
    }
  }
  return error(ErrorCode::bot_absent,
               "no compliance bot of the organisation statement has a valid certificate yet");
}

std::vector<SigningPublicKey> Trust::bot_keys() const {
  std::vector<SigningPublicKey> keys;
  for (const auto& [device, certified] : certificates_) {
    if (certified.certificate.subject.role == "bot") {
      keys.push_back(certified.certificate.subject.signing_key);
    }
  }
  return keys;
}

std::vector<const identity::Certificate*> Trust::certificates() const {
  std::vector<const identity::Certificate*> all;
  for (const auto& [device, certified] : certificates_) all.push_back(&certified.certificate);
  return all;
}

}  // namespace candour::client
