// What the encodings of kept records share (records.h, watch_records.h). Inner to this folder.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/codec.h"
#include "base/result.h"

namespace candour::client {

inline Error damaged_record(std::string_view what) {
  return error(ErrorCode::state_damaged,
               "a kept " + std::string(what) + " does not decode; the state is of another version");
}

template <class IdType>
void optional_id(SecretWriter& out, const std::optional<IdType>& id) {
  out.u8(id ? 1 : 0);
  if (id) out.id(*id);
}

template <class IdType>
std::optional<IdType> optional_id(Reader& in) {
  if (in.u8() == 0) return std::nullopt;
  return in.id<IdType>();
}

}  // namespace candour::client
