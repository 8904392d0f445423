// Memory for what must not leak: keys and the text of people.
//
// The types here are wiped when they die, move but do not copy (use `clone()` where a copy is
// meant), and have no `==`, no stream output and no formatter, so that a leak needs effort.
// Not thread-safe; each value has one owner.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"

namespace candour {

/// Overwrites memory in a way the compiler may not remove.
void wipe(void* data, std::size_t size) noexcept;

/// Allocator that wipes each block before giving it back, so that a growing vector leaves no trail.
template <class T>
struct WipingAllocator {
  using value_type = T;
  WipingAllocator() = default;
  template <class U>
  WipingAllocator(const WipingAllocator<U>&) noexcept {}
  T* allocate(std::size_t n) { return std::allocator<T>{}.allocate(n); }
  void deallocate(T* p, std::size_t n) noexcept {
    wipe(p, n * sizeof(T));
    std::allocator<T>{}.deallocate(p, n);
  }
  template <class U>
  bool operator==(const WipingAllocator<U>&) const noexcept {
    return true;
  }
};

/// A run of secret bytes of any length.
class SecretBytes {
 public:
  using Buffer = std::vector<std::uint8_t, WipingAllocator<std::uint8_t>>;

  SecretBytes() = default;
  explicit SecretBytes(std::size_t size) : bytes_(size) {}
  explicit SecretBytes(Buffer&& bytes) : bytes_(std::move(bytes)) {}
  static SecretBytes copy_of(ByteView bytes) {
    return SecretBytes(Buffer(bytes.begin(), bytes.end()));
  }

  SecretBytes(SecretBytes&&) noexcept = default;
  SecretBytes& operator=(SecretBytes&&) noexcept = default;
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;
  bool operator==(const SecretBytes&) const = delete;

  SecretBytes clone() const { return copy_of(view()); }
  ByteView view() const { return {bytes_.data(), bytes_.size()}; }
  MutableByteView mutable_view() { return {bytes_.data(), bytes_.size()}; }
  std::size_t size() const { return bytes_.size(); }
  bool empty() const { return bytes_.empty(); }
  void resize(std::size_t size) { bytes_.resize(size); }
  void clear() { Buffer().swap(bytes_); }

 private:
  Buffer bytes_;
};

/// A secret of a length fixed by its type: a key, a seed, a scalar.
template <std::size_t N>
class Secret {
 public:
  static constexpr std::size_t kSize = N;

  Secret() { bytes_.fill(0); }
  ~Secret() { wipe(bytes_.data(), N); }
  Secret(Secret&& other) noexcept : bytes_(other.bytes_) { wipe(other.bytes_.data(), N); }
  Secret& operator=(Secret&& other) noexcept {
    if (this != &other) {
      bytes_ = other.bytes_;
      wipe(other.bytes_.data(), N);
    }
    return *this;
  }
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  bool operator==(const Secret&) const = delete;

  /// `bytes` must be exactly N long; asserted by the caller's own length check.
  static Secret copy_of(std::span<const std::uint8_t, N> bytes) {
    Secret s;
    std::memcpy(s.bytes_.data(), bytes.data(), N);
    return s;
  }
  Secret clone() const { return copy_of(std::span<const std::uint8_t, N>(bytes_)); }
  ByteView view() const { return {bytes_.data(), N}; }
  MutableByteView mutable_view() { return {bytes_.data(), N}; }

 private:
  std::array<std::uint8_t, N> bytes_;
};

/// Text written by a person. It is read through `expose()` for as long as the value lives and is
/// never copied into a std::string. UTF-8, or what the person's client sent as such.
class SecretText {
 public:
  SecretText() = default;
  explicit SecretText(SecretBytes&& utf8) : bytes_(std::move(utf8)) {}
  static SecretText copy_of(std::string_view utf8) {
    return SecretText(SecretBytes::copy_of(as_bytes(utf8)));
  }

  SecretText(SecretText&&) noexcept = default;
  SecretText& operator=(SecretText&&) noexcept = default;
  SecretText(const SecretText&) = delete;
  SecretText& operator=(const SecretText&) = delete;
  bool operator==(const SecretText&) const = delete;

  SecretText clone() const { return SecretText(bytes_.clone()); }
  /// The text, for reading only; the view dies with this value.
  std::string_view expose() const { return as_text(bytes_.view()); }
  ByteView view() const { return bytes_.view(); }
  std::size_t size() const { return bytes_.size(); }
  bool empty() const { return bytes_.empty(); }

 private:
  SecretBytes bytes_;
};

}  // namespace candour
