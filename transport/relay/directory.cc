#include "transport/relay/directory.h"

#include <algorithm>

#include "base/assert.h"
#include "base/limits.h"
#include "crypto/hash.h"
#include "identity/notice.h"
#include "identity/pack_note.h"
#include "identity/succession.h"
#include "identity/web_bundle.h"
#include "tlog/directory_leaf.h"

namespace candour::relay {

namespace {

constexpr std::size_t kPageSize = 512 * 1024;
/// Signature lines of a note beyond one for each key of the organisation.
constexpr std::size_t kOtherSignaturesMax = 8;
/// Version, device and notice: what an acknowledgement says, without its time and signature.
constexpr std::size_t kAckSubjectSize = 1 + 32 + 32;

/// What makes two objects the same one. A note begins with letters and an acknowledgement with its
/// version, so no note has the digest of an acknowledgement.
Result<Digest> content_digest(v1::ObjectKind kind, ByteView object) {
  if (object.empty() || object.size() > limits::kNoteSizeMax) {
    return error(ErrorCode::input_invalid,
                 "a directory object has 1 to " + std::to_string(limits::kNoteSizeMax) + " bytes");
  }
  if (kind < v1::STATEMENT || kind > v1::WEB_BUNDLE) {
    return error(ErrorCode::frame_malformed, "the object has no known kind");
  }
  if (kind == v1::NOTICE_ACK) {
    CANDOUR_TRY(identity::NoticeAck::device_of(object));
    return crypto::sha256(object.first(std::min(object.size(), kAckSubjectSize)));
  }
  CANDOUR_TRY(auto note, identity::SignedNote::parse(as_text(object)));
  return identity::note_digest(note);
}

/// A stored object as what it changes. It was checked against the statement of its time.
Result<CheckedObject> reread(const storage::DirectoryRow& row, const identity::NoteKey& root) {
  CheckedObject out{.kind = static_cast<v1::ObjectKind>(row.kind)};
  const auto text = as_text(row.object);
  if (out.kind == v1::NOTICE_ACK) {
    CANDOUR_TRY(auto device, identity::NoticeAck::device_of(row.object));
    out.acknowledged_by = device;
    return out;
  }
  CANDOUR_TRY(auto note, identity::SignedNote::parse(text));
  if (out.kind == v1::STATEMENT) {
    CANDOUR_TRY(auto parsed, identity::Statement::verify(text, root));
    out.statement = std::move(parsed);
  } else if (out.kind == v1::CERTIFICATE) {
    CANDOUR_TRY(auto parsed, identity::Certificate::parse(note.text));
    out.certificate = std::move(parsed);
  } else if (out.kind == v1::REVOCATION) {
    CANDOUR_TRY(auto fields,
                identity::NoteFields::parse(note.text, "candour-revocation/v1",
                                            {"organisation", "device", "reason", "issued"}));
    CANDOUR_TRY(auto hex, fields.one("device"));
    out.revoked = DeviceId::from_hex(hex);
  } else if (out.kind == v1::NOTICE) {
    CANDOUR_TRY(auto fields,
                identity::NoteFields::parse(note.text, "candour-notice/v1",
                                            {"organisation", "version", "issued", "line"}));
    CANDOUR_TRY(auto version, fields.one("version"));
    out.notice.emplace(identity::note_digest(note), std::stoull(version));
  }
  return out;
}

Result<CheckedObject> check_notice(std::string_view text, const Model& model) {
  CANDOUR_TRY(auto notice, identity::Notice::verify(text, *model.statement));
  if (notice.version <= model.notice_version) {
    return error(ErrorCode::input_invalid,
                 "the notice has version " + std::to_string(notice.version) +
                     "; the current one is " + std::to_string(model.notice_version));
  }
  CANDOUR_TRY(auto note, identity::SignedNote::parse(text));
  CheckedObject out{.kind = v1::NOTICE};
  out.notice.emplace(identity::note_digest(note), notice.version);
  return out;
}

Result<CheckedObject> check_web_bundle(std::string_view note,
                                       const identity::Statement& statement) {
  CANDOUR_TRY(identity::WebBundle::verify(note, statement));
  return CheckedObject{.kind = v1::WEB_BUNDLE};
}

}  // namespace

Result<v1::ObjectKind> kind_of_note(std::string_view note) {
  const auto line = note.substr(0, note.find('\n'));
  if (line == "candour-organisation/v1") return v1::STATEMENT;
  if (line == "candour-device/v1") return v1::CERTIFICATE;
  if (line == "candour-revocation/v1") return v1::REVOCATION;
  if (line == "candour-policy/v1") return v1::POLICY;
  if (line == "candour-notice/v1") return v1::NOTICE;
  if (line == "candour-log-succession/v1") return v1::SUCCESSION;
  if (line == "candour-web/v1") return v1::WEB_BUNDLE;
  if (identity::NoticeAck::device_of(as_bytes(note))) return v1::NOTICE_ACK;
  return error(ErrorCode::note_malformed, "the first line names no directory object of ours");
}

Status Directory::check_beginning(const std::vector<std::string>& bootstrap) const {
  if (context_.model.directory_size != 0 || bootstrap.empty()) return ok();
  const auto first = kind_of_note(bootstrap.front());
  if (!first || first.value() != v1::SUCCESSION) return ok();
  if (bootstrap.size() < 2) {
    return error(ErrorCode::config_invalid,
                 "organisation.bootstrap has a succession and no statement after it");
  }
  CANDOUR_TRY(const auto statement, identity::Statement::verify(bootstrap[1], context_.model.root));
  const auto succession = identity::Succession::verify(bootstrap.front(), statement);
  if (succession) return ok();
  return error(succession.error().code,
               "the first of organisation.bootstrap: " + succession.error().message);
}

Status Directory::load(const storage::RelaySnapshot& snapshot) {
  Model& model = context_.model;
  for (const auto& row : snapshot.directory) {
    auto object = reread(row, model.root);
    if (!object) {
      const bool other_root = object.error().code == ErrorCode::wrong_root_key;
      return error(other_root ? ErrorCode::wrong_root_key : ErrorCode::state_damaged,
                   "directory object " + std::to_string(row.number) +
                       " in relay.db: " + object.error().message);
    }
    if (auto digest = content_digest(object.value().kind, row.object)) {
      model.directory_hashes.emplace(digest.value(), row.leaf_index);
    }
    apply(object.value());
  }
  model.directory_size = model.directory_durable = snapshot.directory.size();
  for (const auto& [id, count] : snapshot.key_packages) {
    if (Device* device = model.device(id)) device->key_packages = count;
  }
  for (const auto& id : snapshot.last_resorts) {
    if (Device* device = model.device(id)) device->last_resort_due = false;
  }
  return ok();
}

Result<CheckedObject> Directory::check_certificate(std::string_view note) const {
  CANDOUR_TRY(auto certificate, identity::Certificate::verify(note, *context_.model.statement));
  auto known = context_.model.devices.find(certificate.device());
  if (known != context_.model.devices.end() && known->second.revoked) {
    return error(ErrorCode::device_revoked,
                 "device " + certificate.device().hex() + " was revoked; enrol a new key");
  }
  if (known != context_.model.devices.end() &&
      certificate.not_before <= known->second.certificate.not_before) {
    return error(ErrorCode::already_exists,
                 "device " + certificate.device().hex() +
                     " has a certificate already that begins at this time or later; a renewal "
                     "begins later than the one it replaces");
  }
  CheckedObject out{.kind = v1::CERTIFICATE};
  out.certificate = std::move(certificate);
  return out;
}

Status Directory::check_signers(const identity::SignedNote& note) const {
  std::set<std::pair<std::string, std::uint32_t>> ours{
      {context_.model.root.name, context_.model.root.key_id()}};
  if (context_.model.statement) {
    for (const auto& role : context_.model.statement->roles) {
      ours.emplace(role.key.name, role.key.key_id());
    }
  }
  std::size_t others = 0;
  for (const auto& line : note.signatures) others += 1 - ours.erase({line.name, line.key_id});
  if (others <= kOtherSignaturesMax) return ok();
  return error(ErrorCode::input_invalid,
               "the note carries " + std::to_string(others) +
                   " signature lines by nobody of this organisation; at most " +
                   std::to_string(kOtherSignaturesMax) + " are taken");
}

Result<CheckedObject> Directory::check_ack(ByteView object) const {
  CANDOUR_TRY(auto id, identity::NoticeAck::device_of(object));
  auto device = context_.model.devices.find(id);
  if (device == context_.model.devices.end()) {
    return error(ErrorCode::unknown_device, "device " + id.hex() + " is not in the directory");
  }
  if (device->second.revoked) {
    return error(ErrorCode::device_revoked, "device " + id.hex() + " was revoked");
  }
  CANDOUR_TRY(auto ack,
              identity::NoticeAck::verify(object, device->second.certificate.subject.signing_key));
  if (context_.model.notice.is_zero() || ack.notice != context_.model.notice) {
    return error(ErrorCode::input_invalid,
                 "this acknowledges another notice than the current one; fetch the directory");
  }
  CheckedObject out{.kind = v1::NOTICE_ACK};
  out.acknowledged_by = id;
  return out;
}

Result<CheckedObject> Directory::check(v1::ObjectKind kind, ByteView object) const {
  const Model& model = context_.model;
  const auto text = as_text(object);
  if (kind != v1::NOTICE_ACK) {
    CANDOUR_TRY(auto note, identity::SignedNote::parse(text));
    CANDOUR_TRY(check_signers(note));
  }
  CheckedObject out{.kind = kind};
  if (kind == v1::SUCCESSION) {
    if (model.directory_size != 0) {
      return error(ErrorCode::not_permitted,
                   "a succession is the first object of a new log; this one has begun");
    }
    // Who signed it is checked with the statement that follows (check_beginning).
    CANDOUR_TRY(auto note, identity::SignedNote::parse(text));
    CANDOUR_TRY(identity::Succession::parse(note.text));
    return out;
  }
  if (kind == v1::STATEMENT) {
    CANDOUR_TRY(auto statement, identity::Statement::verify(text, model.root));
    if (model.statement && statement.version <= model.statement->version) {
      return error(ErrorCode::statement_invalid,
                   "the statement has version " + std::to_string(statement.version) +
                       "; the current one is " + std::to_string(model.statement->version));
    }
    if (model.statement && statement.log != model.statement->log) {
      return error(ErrorCode::statement_invalid,
                   "the statement names another log; a new log needs a new relay");
    }
    out.statement = std::move(statement);
    return out;
  }
  if (!model.statement) {
    return error(ErrorCode::statement_invalid, "the organisation statement has to come first");
  }
  switch (kind) {
    case v1::CERTIFICATE:
      return check_certificate(text);
    case v1::REVOCATION: {
      CANDOUR_TRY(auto revocation, identity::Revocation::verify(text, *model.statement));
      if (model.devices.count(revocation.device) == 0) {
        return error(ErrorCode::unknown_device,
                     "device " + revocation.device.hex() + " is not in the directory");
      }
      out.revoked = revocation.device;
      return out;
    }
    case v1::POLICY: {
      CANDOUR_TRY(identity::PackNote::verify(text, *model.statement));
      return out;
    }
    case v1::NOTICE:
      return check_notice(text, model);
    case v1::NOTICE_ACK:
      return check_ack(object);
    case v1::WEB_BUNDLE:
      return check_web_bundle(text, *model.statement);
    default:
      return error(ErrorCode::frame_malformed, "the object has no known kind");
  }
}

void Directory::apply(const CheckedObject& object) {
  Model& model = context_.model;
  if (object.statement) model.statement = object.statement;
  if (object.certificate) {
    const auto [device, added] = model.devices.try_emplace(object.certificate->device());
    // Never back to an older one, whatever order a store of earlier versions holds them in.
    identity::Certificate& current = device->second.certificate;
    if (added || current.not_before < object.certificate->not_before) {
      current = *object.certificate;
    }
  }
  if (object.revoked) {
    if (Device* device = model.device(*object.revoked)) device->revoked = true;
  }
  if (object.notice) {
    model.notice = object.notice->first;
    model.notice_version = object.notice->second;
    for (auto& [id, device] : model.devices) device.notice_acknowledged = false;
  }
  if (object.acknowledged_by) {
    if (Device* device = model.device(*object.acknowledged_by)) device->notice_acknowledged = true;
  }
}

Status Directory::publish(SessionId session, std::uint64_t request, v1::ObjectKind kind,
                          Bytes object) {
  Model& model = context_.model;
  CANDOUR_TRY(auto digest, content_digest(kind, object));
  if (auto known = model.directory_hashes.find(digest); known != model.directory_hashes.end()) {
    context_.store.after_durable([this, session, request, index = known->second](Status status) {
      if (context_.durable(status, session, request)) context_.done(session, request, index, true);
    });
    return ok();
  }
  CANDOUR_TRY(auto checked, check(kind, object));
  apply(checked);
  const Digest hash = crypto::sha256(object);
  const auto leaf_kind = tlog::directory_leaf_kind(kind);
  CANDOUR_ASSERT(leaf_kind);  // `check` refuses unknown kinds
  storage::PublishedObject published;
  published.leaf = log_->append_directory(*leaf_kind, hash);
  published.object = {.number = ++model.directory_size,
                      .kind = kind,
                      .object = std::move(object),
                      .object_hash = hash,
                      .leaf_index = published.leaf.index,
                      .opening = published.leaf.opening};
  published.revoked = checked.revoked;
  model.directory_hashes[digest] = published.leaf.index;
  if (checked.statement && on_statement_) on_statement_();
  if (checked.revoked) {
    // From this moment on nothing goes to the device (I9); the rest waits for the disk.
    fanout_.forget(*checked.revoked);
    Device& device = model.devices.at(*checked.revoked);
    device.key_packages = 0;
    device.last_resort_due = true;
    device.mail_acknowledged = device.mail_last;
    if (on_revoked_) on_revoked_(*checked.revoked);
  }
  v1::ServerFrame news;
  auto& pushed = *news.mutable_directory()->add_objects();
  pushed.set_number(published.object.number);
  pushed.set_kind(kind);
  pushed.set_object(wire::to_field(published.object.object));
  pushed.set_leaf_index(published.object.leaf_index);
  pushed.set_opening(wire::to_field(published.object.opening));
  context_.store.publish(std::move(published), [this, session, request, news](Status status) {
    if (!context_.durable(status, session, request)) return;
    const auto& object_news = news.directory().objects(0);
    context_.model.directory_durable = object_news.number();
    context_.done(session, request, object_news.leaf_index());
    // Everybody acknowledges a new notice; told to everybody that would be their square. Nobody
    // needs it live, and whoever finds a gap before the next object asks for what is between.
    if (object_news.kind() != v1::NOTICE_ACK) context_.broadcast(news);
  });
  return ok();
}

Status Directory::notice_ack(const Session& session, std::uint64_t request,
                             const v1::NoticeAck& frame) {
  CANDOUR_TRY(auto device, identity::NoticeAck::device_of(as_bytes(frame.object())));
  if (device != session.device) {
    return error(ErrorCode::not_permitted, "a device acknowledges the notice for itself only");
  }
  return publish(session.id, request, v1::NOTICE_ACK, to_bytes(frame.object()));
}

Status Directory::get(SessionId session, std::uint64_t request, const v1::GetDirectory& frame) {
  using Rows = std::vector<storage::DirectoryRow>;
  context_.store.read<Rows>(
      [from = frame.from()](const storage::RelayReader& reader) {
        return reader.directory(from, kPageSize);
      },
      [this, session, request](Result<Rows> rows) {
        if (!rows) return context_.refuse(session, request, rows.error());
        v1::ServerFrame out;
        auto& directory = *out.mutable_directory();
        for (const auto& row : rows.value()) {
          auto& object = *directory.add_objects();
          object.set_number(row.number);
          object.set_kind(static_cast<v1::ObjectKind>(row.kind));
          object.set_object(wire::to_field(row.object));
          object.set_leaf_index(row.leaf_index);
          object.set_opening(wire::to_field(row.opening));
        }
        directory.set_more(!rows.value().empty() &&
                           rows.value().back().number < context_.model.directory_durable);
        context_.answer(session, request, std::move(out));
      });
  return ok();
}

}  // namespace candour::relay
