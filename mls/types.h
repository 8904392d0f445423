// The small value types of RFC 9420 that appear in the public face of mls/.
#pragma once

#include <compare>
#include <cstdint>
#include <vector>

#include "base/codec.h"
#include "base/ids.h"

namespace candour::mls {

/// Position of a member in the ratchet tree (RFC 9420 section 7.7); the bot sits at 0.
struct LeafIndex {
  std::uint32_t value = 0;
  constexpr LeafIndex() = default;
  constexpr explicit LeafIndex(std::uint32_t v) : value(v) {}
  auto operator<=>(const LeafIndex&) const = default;
};

/// The cipher suites there are (RFC 9420 section 17.1). Both have X25519, SHA-256 and Ed25519; they
/// differ in the AEAD.
enum class CipherSuite : std::uint16_t {
  aes_128_gcm = 0x0001,        // MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519, mandatory
  chacha20_poly1305 = 0x0003,  // MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519
};

/// RFC 9420 section 6.
enum class ContentType : std::uint8_t { application = 1, proposal = 2, commit = 3 };

/// RFC 9420 section 17.2.
enum class WireFormat : std::uint16_t {
  public_message = 1,
  private_message = 2,
  welcome = 3,
  group_info = 4,
  key_package = 5,
};

/// RFC 9420 section 13.4: of groups, leaves, key packages and GroupInfos.
struct Extension {
  std::uint16_t type = 0;
  Bytes data;

  void write(Writer& w) const;
  static Extension read(Reader& r);
  bool operator==(const Extension&) const = default;
};
using Extensions = std::vector<Extension>;

namespace extension_type {
inline constexpr std::uint16_t application_id = 1;
inline constexpr std::uint16_t ratchet_tree = 2;
inline constexpr std::uint16_t required_capabilities = 3;
inline constexpr std::uint16_t external_pub = 4;
inline constexpr std::uint16_t external_senders = 5;
inline constexpr std::uint16_t last_resort = 10;  // of a key package (MLS Extensions)
}  // namespace extension_type

/// When a KeyPackage may be used. The wire has whole seconds; both ends are rounded down.
struct Lifetime {
  TimeMs not_before;
  TimeMs not_after;
  auto operator<=>(const Lifetime&) const = default;
};

}  // namespace candour::mls

template <>
struct std::hash<candour::mls::LeafIndex> {
  std::size_t operator()(candour::mls::LeafIndex leaf) const noexcept { return leaf.value; }
};
