// The directory: organisation statement, certificates, revocations, policy versions, notices and
// their acknowledgements. Each object is checked, numbered and logged as a leaf. IoThread only.
#pragma once

#include <filesystem>

#include "transport/relay/fanout.h"
#include "transport/relay/log_service.h"

namespace candour::relay {

/// What a published object would change, once it has been checked.
struct CheckedObject {
  v1::ObjectKind kind = v1::OBJECT_KIND_UNSPECIFIED;
  std::optional<identity::Statement> statement;
  std::optional<identity::Certificate> certificate;
  std::optional<DeviceId> revoked;
  std::optional<std::pair<Digest, std::uint64_t>> notice;  // digest, version
  std::optional<DeviceId> acknowledged_by;                 // of the current notice
};

class Directory {
 public:
  Directory(Context& context, Fanout& fanout) : context_(context), fanout_(fanout) {}

  /// Rebuilds from the store. The objects were checked when they came in.
  Status load(const storage::RelaySnapshot& snapshot);
  /// A log that follows a lost one begins with the note of its succession, then the statement that
  /// names it: both are checked together, before either is in the log. ok for any other beginning.
  Status check_beginning(const std::vector<std::string>& bootstrap) const;
  /// Leaves are appended here; set once the statement (and with it the log's name) is known.
  void use_log(LogService& log) { log_ = &log; }

  /// Who is bound by the root: the checks of the contract for this kind, against the present state.
  Result<CheckedObject> check(v1::ObjectKind kind, ByteView object) const;
  /// Checks and logs. Idempotent by what the object says: the text of a note, the device and the
  /// notice of an acknowledgement. Other signatures or another time do not make it a new object.
  Status publish(SessionId session, std::uint64_t request, v1::ObjectKind kind, Bytes object);
  Status notice_ack(const Session& session, std::uint64_t request, const v1::NoticeAck& frame);
  Status get(SessionId session, std::uint64_t request, const v1::GetDirectory& frame);

  /// Called when a device has been revoked, before anything more is sent.
  void set_on_revoked(std::function<void(const DeviceId&)> f) { on_revoked_ = std::move(f); }
  /// Called when there is a new statement, before anything more is sent.
  void set_on_statement(std::function<void()> f) { on_statement_ = std::move(f); }

 private:
  Result<CheckedObject> check_certificate(std::string_view note) const;
  Result<CheckedObject> check_ack(ByteView object) const;
  Status check_signers(const identity::SignedNote& note) const;
  void apply(const CheckedObject& object);

  Context& context_;
  Fanout& fanout_;
  LogService* log_ = nullptr;
  std::function<void(const DeviceId&)> on_revoked_;
  std::function<void()> on_statement_;
};

/// The kind of an object by its first line (of an acknowledgement, its shape), for files an
/// operator names in the configuration.
Result<v1::ObjectKind> kind_of_note(std::string_view note);

}  // namespace candour::relay
