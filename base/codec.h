// The binary presentation every format of ours and MLS share: big-endian integers and
// variable-size vectors with the length prefix of RFC 9420 section 2.1.2 (QUIC-style, minimal,
// at most 2^30-1 bytes). Readers check every bound, refuse trailing bytes through `finish()`, and
// never allocate from a length they have not checked against what is left.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"
#include "base/secret.h"

namespace candour {

/// Appends to a buffer it owns. `Writer` is for public formats, `SecretWriter` for those that
/// hold keys or text of people.
template <class Buffer>
class BasicWriter {
 public:
  void u8(std::uint8_t v) { out_.push_back(v); }
  void u16(std::uint16_t v) { big_endian(v, 2); }
  void u32(std::uint32_t v) { big_endian(v, 4); }
  void u64(std::uint64_t v) { big_endian(v, 8); }
  /// Bytes as they are, no length.
  void raw(ByteView bytes) { out_.insert(out_.end(), bytes.begin(), bytes.end()); }
  /// A variable-size vector: minimal length prefix, then the bytes.
  void vec(ByteView bytes) {
    length(bytes.size());
    raw(bytes);
  }
  void vec(std::string_view text) { vec(as_bytes(text)); }
  /// Only the length prefix; the caller writes that many bytes next. Must be below 2^30.
  void length(std::size_t n) {
    if (n < 0x40) {
      u8(static_cast<std::uint8_t>(n));
    } else if (n < 0x4000) {
      u16(static_cast<std::uint16_t>(0x4000 | n));
    } else {
      u32(static_cast<std::uint32_t>(0x80000000u | n));
    }
  }
  template <class Tag, std::size_t N>
  void id(const Id<Tag, N>& v) {
    raw(v.view());
  }
  template <class Tag>
  void number(Number<Tag> v) {
    u64(v.value);
  }

  ByteView view() const { return {out_.data(), out_.size()}; }
  std::size_t size() const { return out_.size(); }
  Buffer& buffer() { return out_; }
  Buffer take() { return std::move(out_); }

 private:
  void big_endian(std::uint64_t v, int bytes) {
    for (int i = bytes - 1; i >= 0; --i) out_.push_back(static_cast<std::uint8_t>(v >> (8 * i)));
  }
  Buffer out_;
};

using Writer = BasicWriter<Bytes>;
using SecretWriter = BasicWriter<SecretBytes::Buffer>;

/// Reads from bytes that outlive it. After the first failure every further read fails, so a
/// parser may read all fields and check once at the end; values read after a failure are zero.
class Reader {
 public:
  explicit Reader(ByteView in) : in_(in) {}

  std::uint8_t u8() { return static_cast<std::uint8_t>(big_endian(1)); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(big_endian(2)); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(big_endian(4)); }
  std::uint64_t u64() { return big_endian(8); }
  /// Exactly n bytes; a view into the input.
  ByteView raw(std::size_t n);
  /// A variable-size vector of at most `size_max` bytes; a view into the input.
  ByteView vec(std::size_t size_max = (1u << 30) - 1);
  /// A length prefix; fails when it is not minimal or more than what is left.
  std::size_t length();
  template <class IdType>
  IdType id() {
    auto v = IdType::from(raw(IdType::kSize));
    return v ? *v : IdType();
  }
  template <class NumberType>
  NumberType number() {
    return NumberType(u64());
  }

  bool ok() const { return ok_; }
  bool at_end() const { return in_.empty(); }
  std::size_t left() const { return in_.size(); }
  ByteView rest() const { return in_; }
  void fail() {
    ok_ = false;
    in_ = {};
  }
  /// True when everything was read well and nothing is left.
  bool finish() const { return ok_ && in_.empty(); }

 private:
  std::uint64_t big_endian(int bytes);
  ByteView in_;
  bool ok_ = true;
};

}  // namespace candour
