// Encoding and decoding of the structures of RFC 9420 (section 2.1), on top of base/codec.h.
//
// A structure has `void write(Writer&) const` and `static T read(Reader&)`; a read that fails
// leaves the reader failed. Decoding is strict, so encoding what was decoded gives the same bytes:
// signatures and hashes over received structures rest on that.
#pragma once

#include <optional>
#include <vector>

#include "base/codec.h"
#include "mls/rules.h"

namespace candour::mls {

template <class T>
Bytes encode(const T& value) {
  Writer w;
  value.write(w);
  return w.take();
}

/// The whole of `bytes` as one T.
template <class T>
Result<T> decode(ByteView bytes) {
  Reader r(bytes);
  T value = T::read(r);
  if (!r.finish()) return broken(Rule::malformed);
  return value;
}

template <class T>
void write_list(Writer& w, const std::vector<T>& list) {
  Writer inner;
  for (const T& item : list) item.write(inner);
  w.vec(inner.view());
}

template <class T>
std::vector<T> read_list(Reader& r) {
  Reader inner(r.vec());
  std::vector<T> list;
  while (inner.ok() && !inner.at_end()) list.push_back(T::read(inner));
  if (!inner.ok()) r.fail();
  return list;
}

inline void write_u16_list(Writer& w, const std::vector<std::uint16_t>& list) {
  w.length(list.size() * 2);
  for (std::uint16_t item : list) w.u16(item);
}

inline std::vector<std::uint16_t> read_u16_list(Reader& r) {
  Reader inner(r.vec());
  std::vector<std::uint16_t> list;
  while (inner.ok() && !inner.at_end()) list.push_back(inner.u16());
  if (!inner.ok()) r.fail();
  return list;
}

/// The presence byte of an optional value (section 2.1.1): 0 or 1, nothing else.
inline bool read_presence(Reader& r) {
  const std::uint8_t presence = r.u8();
  if (presence > 1) r.fail();
  return presence == 1;
}

template <class T>
void write_optional(Writer& w, const std::optional<T>& value) {
  w.u8(value ? 1 : 0);
  if (value) value->write(w);
}

template <class T>
std::optional<T> read_optional(Reader& r) {
  if (!read_presence(r)) return std::nullopt;
  return T::read(r);
}

inline Bytes read_bytes(Reader& r) { return to_bytes(r.vec()); }

}  // namespace candour::mls
