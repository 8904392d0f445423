#include "tests/crypto/vectors.h"

#include <boost/json/parse.hpp>
#include <cstdlib>

#include "base/encoding.h"
#include "base/files.h"

namespace candour::crypto::testing_only {

int VectorCase::id() const { return static_cast<int>(test.at("tcId").as_int64()); }

std::string VectorCase::result() const { return test.at("result").as_string().c_str(); }

bool VectorCase::has_flag(std::string_view flag) const {
  for (const auto& one : test.at("flags").as_array()) {
    if (one.as_string() == flag) return true;
  }
  return false;
}

Bytes VectorCase::bytes(std::string_view field) const {
  return hex_decode(std::string_view(test.at(field).as_string())).value();
}

std::int64_t VectorCase::number(std::string_view field) const { return test.at(field).as_int64(); }

std::optional<int> for_each_case(const std::string& file,
                                 const std::function<void(const VectorCase&)>& each) {
  const char* folder = std::getenv("CANDOUR_VECTORS");
  const std::filesystem::path path =
      std::filesystem::path(folder != nullptr ? folder : CANDOUR_SOURCE_DIR "/../shared/vectors") /
      "wycheproof" / file;
  const auto text = read_file(path, 16u << 20);
  if (!text) return std::nullopt;
  const boost::json::value document = boost::json::parse(as_text(text.value()));
  int count = 0;
  for (const auto& group : document.at("testGroups").as_array()) {
    for (const auto& test : group.at("tests").as_array()) {
      each({group.as_object(), test.as_object()});
      ++count;
    }
  }
  return count;
}

}  // namespace candour::crypto::testing_only
