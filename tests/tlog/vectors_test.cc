// Goal: inclusion and consistency proofs are judged as other implementations judge them. Method:
// the test vectors of transparency-dev/merkle (good proofs and about twenty kinds of bad ones) from
// CANDOUR_VECTORS. Its subtree proofs are of a draft this library does not implement; they are
// counted and not run.
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/encoding.h"
#include "crypto/hash.h"
#include "tlog/tree.h"

namespace candour::tlog {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

fs::path vectors() {
  const char* set = std::getenv("CANDOUR_VECTORS");
  return (set != nullptr ? fs::path(set) : fs::path(CANDOUR_VECTORS_DEFAULT)) / "merkle";
}

std::vector<fs::path> files(const char* kind) {
  std::vector<fs::path> out;
  std::error_code none;
  for (const auto& entry : fs::recursive_directory_iterator(vectors() / kind, none)) {
    if (entry.path().extension() == ".json") out.push_back(entry.path());
  }
  std::sort(out.begin(), out.end());
  return out;
}

json::value load(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return json::parse(text.str());
}

std::uint64_t number(const json::value& v, const char* field) {
  return v.at(field).to_number<std::uint64_t>();
}

/// Nothing for what is no hash: such a vector must be one of the bad ones.
std::optional<Digest> hash(const json::value& v) {
  if (!v.is_string()) return std::nullopt;
  const auto bytes = base64_decode(std::string_view(v.as_string()));
  return bytes ? Digest::from(*bytes) : std::nullopt;
}

std::optional<Proof> proof(const json::value& v) {
  Proof out;
  if (v.is_null()) return out;
  for (const json::value& one : v.as_array()) {
    const auto h = hash(one);
    if (!h) return std::nullopt;
    out.push_back(*h);
  }
  return out;
}

/// As `hash`, but a root that is no hash ("don't care") is stood for by its SHA-256: our types hold
/// 32 bytes or nothing, and the vectors only compare such roots.
std::optional<Digest> root_hash(const json::value& v) {
  const auto bytes = base64_decode(std::string_view(v.as_string()));
  if (!bytes) return std::nullopt;
  const auto exact = Digest::from(*bytes);
  return exact ? exact : crypto::sha256(*bytes);
}

TEST(MerkleVectors, Inclusion) {
  const auto all = files("inclusion");
  if (all.empty()) GTEST_SKIP() << "The Merkle test vectors are not there; set CANDOUR_VECTORS.";
  for (const fs::path& path : all) {
    const json::value v = load(path);
    const auto leaf = hash(v.at("leafHash"));
    const auto root = hash(v.at("root"));
    const auto hashes = proof(v.at("proof"));
    const bool accepted =
        leaf && root && hashes &&
        verify_inclusion(*leaf, number(v, "leafIdx"), number(v, "treeSize"), *hashes, *root);
    EXPECT_EQ(accepted, !v.at("wantErr").as_bool()) << path;
  }
  std::cout << "inclusion vectors: " << all.size() << "\n";
}

TEST(MerkleVectors, Consistency) {
  const auto all = files("consistency");
  if (all.empty()) GTEST_SKIP() << "The Merkle test vectors are not there; set CANDOUR_VECTORS.";
  for (const fs::path& path : all) {
    const json::value v = load(path);
    const auto root1 = root_hash(v.at("root1"));
    const auto root2 = root_hash(v.at("root2"));
    const auto hashes = proof(v.at("proof"));
    const bool accepted =
        root1 && root2 && hashes &&
        verify_consistency(number(v, "size1"), *root1, number(v, "size2"), *root2, *hashes);
    // The vectors' own library refuses every question about growth from nothing as meaningless; the
    // witness protocol needs the answer yes, and this one vector asks it with a good empty root.
    const bool from_nothing = path.filename() == "size1-is-zero-and-size2-is-not-zero.json";
    EXPECT_EQ(accepted, from_nothing || !v.at("wantErr").as_bool()) << path;
  }
  std::cout << "consistency vectors: " << all.size() << "; subtree vectors not run: "
            << files("subtreeinclusion").size() + files("subtreeconsistency").size() << "\n";
}

}  // namespace
}  // namespace candour::tlog
