#include "tests/interop/arguments.h"

#include <stdexcept>

#include "base/encoding.h"
#include "mls/group_extensions.h"

namespace candour::interop {
namespace {

namespace json = boost::json;

Bytes from_hex(const json::value& value) {
  auto bytes = hex_decode(std::string_view(value.as_string()));
  if (!bytes) throw std::invalid_argument("not hexadecimal: " + json::serialize(value));
  return *bytes;
}

std::vector<std::uint16_t> types(const json::object& lists, std::string_view name) {
  std::vector<std::uint16_t> out;
  if (!lists.contains(name)) return out;
  for (const json::value& type : lists.at(name).as_array()) {
    out.push_back(type.to_number<std::uint16_t>());
  }
  return out;
}

mls::Extension required_capabilities(const json::object& lists) {
  return mls::required_capabilities(types(lists, "extensions"), types(lists, "proposals"),
                                    types(lists, "credentials"));
}

mls::Extension external_senders(const json::array& list) {
  std::vector<mls::OutsideSender> senders;
  for (const json::value& entry : list) {
    const auto key = SigningPublicKey::from(from_hex(entry.at("key")));
    if (!key) throw std::invalid_argument("a signature key is 32 bytes long");
    senders.push_back({*key, from_hex(entry.at("identity"))});
  }
  return mls::external_senders(senders);
}

const json::array& no_entries() {
  static const json::array none;
  return none;
}

}  // namespace

std::uint64_t Arguments::number(std::string_view name) const {
  return fields_.at(name).to_number<std::uint64_t>();
}

std::uint64_t Arguments::number(std::string_view name, std::uint64_t otherwise) const {
  return has(name) ? number(name) : otherwise;
}

bool Arguments::flag(std::string_view name, bool otherwise) const {
  return has(name) ? fields_.at(name).as_bool() : otherwise;
}

Bytes Arguments::bytes(std::string_view name) const { return from_hex(fields_.at(name)); }

Bytes Arguments::bytes_or_none(std::string_view name) const {
  return has(name) ? bytes(name) : Bytes();
}

std::vector<Bytes> Arguments::bytes_list(std::string_view name) const {
  std::vector<Bytes> out;
  for (const json::value& entry : list(name)) out.push_back(from_hex(entry));
  return out;
}

const json::array& Arguments::list(std::string_view name) const {
  return has(name) ? fields_.at(name).as_array() : no_entries();
}

mls::CipherSuite Arguments::suite() const {
  const std::uint64_t id = number("suite", 3);
  if (id != 1 && id != 3) throw std::invalid_argument("the cipher suites are 1 and 3");
  return static_cast<mls::CipherSuite>(id);
}

mls::WireFormat Arguments::wire_format() const {
  return flag("public", false) ? mls::WireFormat::public_message : mls::WireFormat::private_message;
}

mls::Policy Arguments::policy() const {
  return flag("candour_policy", false) ? mls::Policy::candour() : mls::Policy();
}

mls::Extensions Arguments::extensions() const {
  mls::Extensions out;
  for (const json::value& value : list("extensions")) {
    const json::object& entry = value.as_object();
    if (entry.contains("required_capabilities")) {
      out.push_back(required_capabilities(entry.at("required_capabilities").as_object()));
    } else if (entry.contains("external_senders")) {
      out.push_back(external_senders(entry.at("external_senders").as_array()));
    } else {
      out.push_back({entry.at("type").to_number<std::uint16_t>(), from_hex(entry.at("data"))});
    }
  }
  return out;
}

std::vector<mls::ExternalPsk> Arguments::psks() const {
  std::vector<mls::ExternalPsk> out;
  for (const json::value& entry : list("psks")) {
    out.push_back({from_hex(entry.at("id")), SecretBytes::copy_of(from_hex(entry.at("secret")))});
  }
  return out;
}

Result<std::vector<mls::VerifiedKeyPackage>> Arguments::key_packages(std::string_view name,
                                                                     mls::CipherSuite suite,
                                                                     TimeMs now) const {
  std::vector<mls::VerifiedKeyPackage> out;
  for (const Bytes& bytes : bytes_list(name)) {
    CANDOUR_TRY(auto verified, mls::verify_key_package(bytes, now, suite));
    out.push_back(std::move(verified));
  }
  return out;
}

Result<mls::ProposalRequest> Arguments::proposal(mls::CipherSuite group_suite, TimeMs now) const {
  return Arguments(fields_.at("proposal").as_object()).as_proposal(group_suite, now);
}

Result<mls::ProposalRequest> Arguments::as_proposal(mls::CipherSuite group_suite,
                                                    TimeMs now) const {
  const std::string_view type = text("type");
  if (type == "add") {
    CANDOUR_TRY(auto verified, mls::verify_key_package(bytes("key_package"), now, group_suite));
    return mls::ProposalRequest(mls::ProposeAdd{std::move(verified)});
  }
  if (type == "update") return mls::ProposalRequest(mls::ProposeUpdate{});
  if (type == "remove") {
    return mls::ProposalRequest(
        mls::ProposeRemove{mls::LeafIndex(static_cast<std::uint32_t>(number("leaf")))});
  }
  if (type == "psk") return mls::ProposalRequest(mls::ProposeExternalPsk{bytes("id")});
  if (type == "resumption_psk")
    return mls::ProposalRequest(mls::ProposeResumptionPsk{Epoch(number("epoch"))});
  if (type == "extensions") return mls::ProposalRequest(mls::ProposeExtensions{extensions()});
  if (type == "reinit")
    return mls::ProposalRequest(mls::ReInitParameters{bytes("group_id"), suite(), extensions()});
  throw std::invalid_argument("not a type of proposal: " + std::string(type));
}

Result<std::vector<mls::ProposalRequest>> Arguments::proposals(mls::CipherSuite group_suite,
                                                               TimeMs now) const {
  std::vector<mls::ProposalRequest> out;
  for (const json::value& entry : list("proposals")) {
    CANDOUR_TRY(auto one, Arguments(entry.as_object()).as_proposal(group_suite, now));
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace candour::interop
