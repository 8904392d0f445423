// Leaves of class opening: commitments to warrants, requests to the custodians, releases and
// revocations, which the relay logs without seeing them. It checks the notice that comes with each,
// keeps the copies sealed to oversight, tells the auditors at once, and counts in public. IoThread
// only.
#pragma once

#include <set>

#include "identity/opening_notice.h"
#include "transport/relay/context.h"
#include "transport/relay/log_service.h"

namespace candour::relay {

/// What anybody may know, whoever is concerned.
struct OpeningCounts {
  std::uint64_t warrants = 0;
  std::uint64_t requests = 0;
  std::uint64_t releases = 0;
  std::uint64_t revocations = 0;
  std::uint64_t disposals = 0;
  std::uint64_t records_requested = 0;
  std::uint64_t records_released = 0;
  std::uint64_t unsealed = 0;
  std::uint64_t overdue = 0;  // past their time and still sealed
};

class Openings {
 public:
  Openings(Context& context, LogService& log) : context_(context), log_(log) {}

  void load(const storage::RelaySnapshot& snapshot);

  /// Idempotent by the leaf's entry. not_permitted unless the session's own key signed the notice
  /// and each auditor with a sealing key gets its copy; warrant_not_logged, warrant_revoked.
  Status publish(const Session& session, std::uint64_t request, const v1::PublishOpening& frame);
  Status get(const Session& session, std::uint64_t request, const v1::GetOpenings& frame);
  /// input_invalid unless object and opening are what the leaf commits to.
  Status unseal(const Session& session, std::uint64_t request, const v1::Unseal& frame);

  OpeningCounts counts(TimeMs now) const;
  /// GET /statistics.
  net::HttpResponse statistics() const;

 private:
  Status check_times(const identity::OpeningNotice& notice) const;
  Status check_warrant(const identity::OpeningNotice& notice) const;
  Result<std::vector<storage::OversightCopyRow>> check_copies(
      const identity::OpeningNotice& notice, const v1::PublishOpening& frame) const;
  void remember(const storage::OpeningRow& row);
  void tell_auditors(const storage::OpeningBody& body,
                     const std::vector<storage::OversightCopyRow>& copies) const;
  const identity::RoleKey* role_of(const Session& session) const;

  Context& context_;
  LogService& log_;
  std::vector<storage::OpeningRow> rows_;    // by number, from 1
  std::map<Digest, std::uint64_t> numbers_;  // by leaf hash
  std::set<Digest> revoked_;                 // leaf hashes of warrants
  std::uint64_t durable_ = 0;                // newest number that may be told
};

}  // namespace candour::relay
