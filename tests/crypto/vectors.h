// Reads the Wycheproof vectors (C2SP) as data from CANDOUR_VECTORS, by default shared/vectors
// beside the source tree.
#pragma once

#include <boost/json/value.hpp>
#include <functional>
#include <optional>
#include <string>

#include "base/bytes.h"

namespace candour::crypto::testing_only {

/// One case with the group it stands in.
struct VectorCase {
  const boost::json::object& group;
  const boost::json::object& test;

  int id() const;
  /// "valid", "invalid" or "acceptable".
  std::string result() const;
  bool has_flag(std::string_view flag) const;
  Bytes bytes(std::string_view field) const;
  std::int64_t number(std::string_view field) const;
};

/// Calls `each` for every case of the file; nothing when the file is not there, else how many.
std::optional<int> for_each_case(const std::string& file,
                                 const std::function<void(const VectorCase&)>& each);

}  // namespace candour::crypto::testing_only
