// Identifiers and numbers as types of their own, so that a group id cannot be passed where a
// device id is meant. Values: they copy, compare, hash and print (as hex).
#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/encoding.h"

namespace candour {

/// N public bytes that name something.
template <class Tag, std::size_t N>
class Id {
 public:
  static constexpr std::size_t kSize = N;

  Id() { bytes_.fill(0); }
  explicit Id(const std::array<std::uint8_t, N>& bytes) : bytes_(bytes) {}

  /// Nothing when `bytes` is not exactly N long.
  static std::optional<Id> from(ByteView bytes) {
    if (bytes.size() != N) return std::nullopt;
    Id id;
    std::copy(bytes.begin(), bytes.end(), id.bytes_.begin());
    return id;
  }
  static std::optional<Id> from_hex(std::string_view hex) {
    auto bytes = hex_decode(hex);
    if (!bytes) return std::nullopt;
    return from(*bytes);
  }

  ByteView view() const { return {bytes_.data(), N}; }
  MutableByteView mutable_view() { return {bytes_.data(), N}; }
  std::string hex() const { return hex_encode(view()); }
  bool is_zero() const {
    return std::all_of(bytes_.begin(), bytes_.end(), [](std::uint8_t b) { return b == 0; });
  }
  auto operator<=>(const Id&) const = default;

 private:
  std::array<std::uint8_t, N> bytes_;
};

/// An unsigned number that counts one kind of thing.
template <class Tag>
struct Number {
  std::uint64_t value = 0;
  constexpr Number() = default;
  constexpr explicit Number(std::uint64_t v) : value(v) {}
  constexpr Number next() const { return Number(value + 1); }
  auto operator<=>(const Number&) const = default;
};

/// SHA-256 of the device's Ed25519 public key: stays the same when a certificate is renewed.
using DeviceId = Id<struct DeviceIdTag, 32>;
/// A group of people; its MLS group may be replaced, the id stays.
using GroupId = Id<struct GroupIdTag, 16>;
/// Chosen at random by the sending client, one per submission.
using MessageId = Id<struct MessageIdTag, 16>;
/// Names one record of the compliance log.
using RecordId = Id<struct RecordIdTag, 16>;
/// A SHA-256 value.
using Digest = Id<struct DigestTag, 32>;
/// Ed25519 public key and signature, X25519 public key.
using SigningPublicKey = Id<struct SigningPublicKeyTag, 32>;
using Signature = Id<struct SignatureTag, 64>;
using SealingPublicKey = Id<struct SealingPublicKeyTag, 32>;

/// The relay's accept order within a group; starts at 1.
using Submission = Number<struct SubmissionTag>;
/// Delivery order within a group, gap-free, given by the bot at release; starts at 1.
using Seq = Number<struct SeqTag>;
/// MLS epoch.
using Epoch = Number<struct EpochTag>;
/// Milliseconds since 1970-01-01T00:00:00Z.
using TimeMs = Number<struct TimeMsTag>;

}  // namespace candour

template <class Tag, std::size_t N>
struct std::hash<candour::Id<Tag, N>> {
  std::size_t operator()(const candour::Id<Tag, N>& id) const noexcept {
    // FNV-1a over all bytes: ids may be chosen by others, but maps keyed by them are bounded.
    std::uint64_t h = 1469598103934665603ull;
    for (std::uint8_t b : id.view()) h = (h ^ b) * 1099511628211ull;
    return static_cast<std::size_t>(h);
  }
};
template <class Tag>
struct std::hash<candour::Number<Tag>> {
  std::size_t operator()(candour::Number<Tag> n) const noexcept {
    return std::hash<std::uint64_t>{}(n.value);
  }
};
