// Reads the JSON vectors of RFC 9497 and of COCKTAIL-DKG from the folder CANDOUR_VECTORS names.
#pragma once

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cstdlib>
#include <filesystem>

#include "base/encoding.h"
#include "base/files.h"
#include "crypto/ristretto.h"

namespace candour::warrant::testing_only {

/// The file, or null when it is not there.
inline boost::json::value read_vectors(const char* path) {
  const char* set = std::getenv("CANDOUR_VECTORS");
  const auto file = std::filesystem::path(set != nullptr ? set : CANDOUR_VECTORS_DEFAULT) / path;
  const auto text = read_file(file, 1 << 20);
  return text ? boost::json::parse(as_text(text.value())) : boost::json::value();
}

inline Bytes hex(const boost::json::value& value) { return hex_decode(value.as_string()).value(); }
inline std::string text(const boost::json::value& value) { return std::string(value.as_string()); }
inline crypto::Point point(const boost::json::value& value) {
  return crypto::Point::decode(hex(value)).value();
}
inline crypto::Scalar scalar(const boost::json::value& value) {
  return std::move(crypto::Scalar::decode(hex(value)).value());
}

/// Gives the scalars of a list, one after the other: Scalar::random reduces 64 bytes, of which the
/// upper 32 are zero here.
class GivenScalars : public Random {
 public:
  explicit GivenScalars(std::vector<Bytes> scalars) : scalars_(std::move(scalars)) {}
  void fill(MutableByteView out) override {
    ASSERT_EQ(out.size(), 64u);
    ASSERT_LT(next_, scalars_.size());
    std::fill(out.begin(), out.end(), std::uint8_t{0});
    std::copy(scalars_[next_].begin(), scalars_[next_].end(), out.begin());
    ++next_;
  }

 private:
  std::vector<Bytes> scalars_;
  std::size_t next_ = 0;
};

}  // namespace candour::warrant::testing_only
