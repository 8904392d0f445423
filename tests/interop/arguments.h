// What a command of candour-mls-peer carries: fields of a JSON object, bytes as hex. A field that
// is missing or of another kind is a mistake of the script that drives the program; the exception
// ends it (peer_main.cc).
#pragma once

#include <boost/json.hpp>
#include <optional>
#include <string_view>
#include <vector>

#include "mls/commit.h"
#include "mls/policy.h"

namespace candour::interop {

class Arguments {
 public:
  explicit Arguments(const boost::json::object& fields) : fields_(fields) {}

  bool has(std::string_view name) const { return fields_.contains(name); }
  std::string_view text(std::string_view name) const { return fields_.at(name).as_string(); }
  std::uint64_t number(std::string_view name) const;
  std::uint64_t number(std::string_view name, std::uint64_t otherwise) const;
  bool flag(std::string_view name, bool otherwise) const;
  Bytes bytes(std::string_view name) const;
  /// Empty when the field is missing.
  Bytes bytes_or_none(std::string_view name) const;
  std::vector<Bytes> bytes_list(std::string_view name) const;
  const boost::json::array& list(std::string_view name) const;

  mls::CipherSuite suite() const;
  mls::WireFormat wire_format() const;
  mls::Policy policy() const;
  /// [{"type": 17, "data": "..."}, {"required_capabilities": {...}}, {"external_senders": [...]}]
  mls::Extensions extensions() const;
  std::vector<mls::ExternalPsk> psks() const;
  /// Verified for a group of this suite.
  Result<std::vector<mls::VerifiedKeyPackage>> key_packages(std::string_view name,
                                                            mls::CipherSuite suite,
                                                            TimeMs now) const;
  /// Of the field "proposal": {"type": "add", "key_package": "..."} and the like.
  Result<mls::ProposalRequest> proposal(mls::CipherSuite group_suite, TimeMs now) const;
  Result<std::vector<mls::ProposalRequest>> proposals(mls::CipherSuite group_suite,
                                                      TimeMs now) const;

 private:
  Result<mls::ProposalRequest> as_proposal(mls::CipherSuite group_suite, TimeMs now) const;

  const boost::json::object& fields_;
};

}  // namespace candour::interop
