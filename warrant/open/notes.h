// The two further notes around a warrant: its revocation, and the certificate of a release.
//
//   candour-warrant-revocation/v1          signed by an authoriser
//   organisation example-constabulary
//   warrant <64 hex>                       digest of the warrant's text
//   reason <text>
//   issued <time>
//
//   candour-release/v1                     signed by the warrant's requester
//   organisation example-constabulary
//   warrant <64 hex>
//   request <64 hex>                       digest of the request's text
//   custodian <key name>                   whose parts were used, one line each
//   keeper <key name>
//   opened 118                             how many records came out,
//   failed 2                               and how many could not be opened
//   records-digest <64 hex>                as in the request
//   opened-digest <64 hex>                 SHA-256 of the opened records one after the other
//   issued <time>
//
// Values; functions are pure and thread-safe.
#pragma once

#include "warrant/open/request.h"

namespace candour::warrant {

struct WarrantRevocation {
  std::string organisation;
  Digest warrant;
  std::string reason;
  TimeMs issued;

  std::string print() const;
  static Result<WarrantRevocation> parse(std::string_view text);
  /// note_malformed; warrant_signature_missing unless an authoriser of the statement signed it.
  static Result<WarrantRevocation> verify(std::string_view note,
                                          const identity::Statement& statement);
};

struct ReleaseCertificate {
  std::string organisation;
  Digest warrant;
  Digest request;
  std::vector<std::string> custodians;
  std::string keeper;
  std::uint64_t opened = 0;
  std::uint64_t failed = 0;
  Digest records_digest;
  Digest opened_digest;
  TimeMs issued;

  std::string print() const;
  static Result<ReleaseCertificate> parse(std::string_view text);
  /// Signed by the warrant's requester and about this request: note_malformed, warrant_invalid,
  /// warrant_signature_missing, warrant_signature_invalid.
  static Result<ReleaseCertificate> verify(std::string_view note,
                                           const identity::Statement& statement,
                                           const Warrant& warrant, const Request& request);
};

}  // namespace candour::warrant
