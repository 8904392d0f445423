// The signatures part of the audit: who said what is in the log.
#include <map>
#include <set>

#include "crypto/hash.h"
#include "ctl/log/audit.h"
#include "identity/certificate.h"
#include "identity/notice.h"
#include "identity/opening_notice.h"
#include "identity/pack_note.h"
#include "identity/succession.h"
#include "identity/token.h"
#include "tlog/leaf.h"
#include "warrant/seal/seal.h"

namespace candour::ctl {
namespace {

using identity::ReleaseToken;
using identity::Statement;

// ObjectKind of candour.proto.
enum Kind { kStatement = 1, kCertificate, kRevocation, kPolicy, kNotice, kNoticeAck, kSuccession };

/// What the directory established so far, object by object.
struct People {
  std::optional<Statement> statement;
  std::map<DeviceId, identity::Certificate> certificates;
  std::set<DeviceId> bots;  // of any version
  std::string succession;   // the note, until the statement it belongs to
  std::uint64_t objects = 0;
};

std::optional<std::string> what_failed(const Status& status) {
  if (status) return std::nullopt;
  return status.error().message;
}

template <class T>
Status status_of(const Result<T>& result) {
  if (result) return ok();
  return result.error();
}

Status check_statement(std::string_view note, const identity::NoteKey& root, People& people) {
  CANDOUR_TRY(auto statement, Statement::verify(note, root));
  if (people.statement && statement.version <= people.statement->version) {
    return error(ErrorCode::statement_invalid, "its version is not newer than the one before");
  }
  if (!people.succession.empty()) {
    CANDOUR_TRY(identity::Succession::verify(people.succession, statement));
    people.succession.clear();
  }
  people.bots.insert(statement.bots.begin(), statement.bots.end());
  people.statement = std::move(statement);
  return ok();
}

Status check_object(int kind, ByteView object, const identity::NoteKey& root, People& people) {
  const std::string_view note = as_text(object);
  ++people.objects;
  if (kind == kSuccession) {
    if (people.objects != 1) {
      return error(ErrorCode::statement_invalid, "a succession can only be the first object");
    }
    people.succession = note;
    return ok();
  }
  if (kind == kStatement) return check_statement(note, root, people);
  if (!people.statement) {
    return error(ErrorCode::statement_invalid, "it stands before the first statement");
  }
  const Statement& statement = *people.statement;
  if (kind == kCertificate) {
    CANDOUR_TRY(auto certificate, identity::Certificate::verify(note, statement));
    people.certificates[certificate.device()] = std::move(certificate);
    return ok();
  }
  if (kind == kRevocation) return status_of(identity::Revocation::verify(note, statement));
  if (kind == kPolicy) return status_of(identity::PackNote::verify(note, statement));
  if (kind == kNotice) return status_of(identity::Notice::verify(note, statement));
  if (kind != kNoticeAck) return error(ErrorCode::input_invalid, "it is of an unknown kind");
  CANDOUR_TRY(auto device, identity::NoticeAck::device_of(object));
  const auto certificate = people.certificates.find(device);
  if (certificate == people.certificates.end()) {
    return error(ErrorCode::unknown_device, "it names a device without a certificate");
  }
  return status_of(identity::NoticeAck::verify(object, certificate->second.subject.signing_key));
}

std::optional<Fault> audit_directory(LogDb& db, const identity::NoteKey& root, People& people,
                                     AuditReport& report) {
  SQLite::Statement rows(db.database(),
                         "SELECT number, kind, object, leaf_index FROM directory ORDER BY number");
  while (rows.executeStep()) {
    const Bytes object = blob_of(rows.getColumn(2));
    if (auto why = what_failed(check_object(rows.getColumn(1).getInt(), object, root, people))) {
      return Fault{static_cast<std::uint64_t>(rows.getColumn(3).getInt64()),
                   "directory object " + rows.getColumn(0).getString() + ": " + *why};
    }
    ++report.signatures;
  }
  return std::nullopt;
}

Status check_record(ByteView sealed, const People& people) {
  CANDOUR_TRY(auto record, warrant::SealedRecord::decode(sealed));
  if (people.statement && record.label.log_origin != people.statement->log.name) {
    return error(ErrorCode::input_invalid,
                 "the record is sealed for log '" + record.label.log_origin + "'");
  }
  return warrant::verify_sealed(record);
}

std::optional<Fault> audit_records(LogDb& db, const People& people, AuditReport& report) {
  SQLite::Statement rows(db.database(),
                         "SELECT idx, record FROM log_entries "
                         "WHERE record IS NOT NULL ORDER BY idx");
  while (rows.executeStep()) {
    const Bytes sealed = blob_of(rows.getColumn(1));
    if (auto why = what_failed(check_record(sealed, people))) {
      return Fault{static_cast<std::uint64_t>(rows.getColumn(0).getInt64()),
                   "entry " + rows.getColumn(0).getString() + ": " + *why};
    }
    ++report.signatures;
  }
  return std::nullopt;
}

/// The token under the key of any bot the organisation ever listed.
Result<ReleaseToken> verify_token(ByteView bytes, const People& people) {
  for (const DeviceId& bot : people.bots) {
    const auto certificate = people.certificates.find(bot);
    if (certificate == people.certificates.end()) continue;
    auto token = ReleaseToken::verify(bytes, certificate->second.subject.signing_key);
    if (token) return token;
  }
  return error(ErrorCode::token_invalid, "the release token is not signed by a bot");
}

struct Leaf {
  std::uint64_t index = 0;
  tlog::LeafOpening opening;
};

std::optional<Leaf> find_leaf(LogDb& db, const Digest& hash) {
  std::uint64_t prefix = 0;
  for (const std::uint8_t byte : hash.view().first(4)) prefix = prefix << 8 | byte;
  SQLite::Statement rows(db.database(), "SELECT idx FROM log_lookup WHERE prefix = ?");
  rows.bind(1, static_cast<std::int64_t>(prefix));
  while (rows.executeStep()) {
    const auto index = static_cast<std::uint64_t>(rows.getColumn(0).getInt64());
    const auto opening = db.opening(index);
    if (!opening) continue;
    if (tlog::leaf_hash(opening->entry(tlog::LeafClass::ordinary)) == hash) {
      return Leaf{index, *opening};
    }
  }
  return std::nullopt;
}

/// A released message against its token, and the token against its leaf.
Status check_message(SQLite::Statement& row, const ReleaseToken& token, const Leaf& leaf) {
  const auto invalid = [](const char* what) { return error(ErrorCode::token_invalid, what); };
  if (!same(token.group.view(), blob_of(row.getColumn(0))) ||
      token.seq.value != static_cast<std::uint64_t>(row.getColumn(1).getInt64()) ||
      token.epoch.value != static_cast<std::uint64_t>(row.getColumn(2).getInt64()) ||
      !same(token.message_id.view(), blob_of(row.getColumn(3)))) {
    return invalid("the release token is of another message");
  }
  const Digest ciphertext_hash = crypto::sha256(blob_of(row.getColumn(4)));
  if (token.ciphertext_hash != ciphertext_hash) {
    return invalid("the release token is of another ciphertext");
  }
  if (leaf.opening.ciphertext_hash != ciphertext_hash ||
      leaf.opening.content_commitment != token.content_commitment) {
    return invalid("its leaf commits to another message");
  }
  return ok();
}

std::optional<Fault> audit_messages(LogDb& db, const People& people, AuditReport& report) {
  std::map<GroupId, identity::TokenChain> chains;
  SQLite::Statement rows(db.database(),
                         "SELECT group_id, seq, epoch, message_id, ciphertext, token FROM messages "
                         "ORDER BY group_id, seq");
  while (rows.executeStep()) {
    const std::string where = "message " + rows.getColumn(1).getString() + " of group " +
                              hex_encode(blob_of(rows.getColumn(0))) + ": ";
    const auto token = verify_token(blob_of(rows.getColumn(5)), people);
    if (!token) return Fault{std::nullopt, where + token.error().message};
    const auto leaf = find_leaf(db, token.value().leaf_hash);
    if (!leaf) return Fault{std::nullopt, where + "was released but is not in the log"};
    if (people.statement && token.value().log_origin != people.statement->log.name) {
      return Fault{leaf->index, where + "its release token is for another log"};
    }
    if (auto why = what_failed(check_message(rows, token.value(), *leaf))) {
      return Fault{leaf->index, where + *why};
    }
    // Messages everybody has are dropped from the front: the chain is checked from where it begins.
    const auto known = chains.find(token.value().group);
    if (known != chains.end()) {
      if (auto why = what_failed(known->second.check_next(token.value()))) {
        return Fault{leaf->index, where + *why};
      }
    }
    chains[token.value().group] = {token.value().group, token.value().seq, token.value().hash()};
    ++report.signatures;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Fault> audit_openings(LogDb& db, const AuditOptions& options, AuditReport& report) {
  const std::vector<Statement> statements = all_statements(db, options);
  SQLite::Statement rows(db.database(),
                         "SELECT number, leaf_index, notice FROM openings ORDER BY number");
  while (rows.executeStep()) {
    const Bytes note = blob_of(rows.getColumn(2));
    std::string why = "there is no organisation statement";
    bool good = false;
    for (const Statement& statement : statements) {
      const auto notice = identity::OpeningNotice::verify(as_text(note), statement);
      good = good || bool(notice);
      if (!notice) why = notice.error().message;
    }
    if (!good) {
      return Fault{static_cast<std::uint64_t>(rows.getColumn(1).getInt64()),
                   "opening " + rows.getColumn(0).getString() + ": " + why};
    }
    ++report.signatures;
  }
  return std::nullopt;
}

std::optional<Fault> audit_signatures(LogDb& db, const AuditOptions& options, AuditReport& report) {
  People people;
  if (auto fault = audit_directory(db, *options.root, people, report)) return fault;
  if (auto fault = audit_records(db, people, report)) return fault;
  return audit_messages(db, people, report);
}

}  // namespace candour::ctl
