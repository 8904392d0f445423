// Runner for the official MLS test vectors (github.com/mlswg/mls-implementations, test-vectors.md),
// shared by the tests and the program candour-mls-vectors.
#pragma once

#include <boost/json.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "mls/suite.h"

namespace candour::mls::vectors {

/// One case of a file, with what was found wrong in it.
class Case {
 public:
  explicit Case(const boost::json::object& json) : json_(json) {}

  Bytes bytes(std::string_view key) const;
  std::string text(std::string_view key) const;
  std::uint64_t number(std::string_view key) const;
  /// Only in cases that are of one.
  const Suite& suite() const;
  bool is_null(std::string_view key) const;
  const boost::json::array& array(std::string_view key) const;
  const boost::json::object& json() const { return json_; }

  void expect(bool holds, std::string_view what);
  void expect_same(ByteView got, ByteView wanted, std::string_view what);
  /// True when `result` has a value; notes its error otherwise.
  template <class T>
  bool expect_ok(const Result<T>& result, std::string_view what) {
    if (!result) expect(false, std::string(what) + ": " + result.error().message);
    return result.has_value();
  }
  /// What failed within a nested object.
  void absorb(const Case& inner) {
    failures_.insert(failures_.end(), inner.failures_.begin(), inner.failures_.end());
  }
  const std::vector<std::string>& failures() const { return failures_; }

 private:
  const boost::json::object& json_;
  std::vector<std::string> failures_;
};

Bytes hex_value(const boost::json::value& value);

struct Report {
  std::string name;
  std::size_t passed = 0;
  std::size_t total = 0;
  std::vector<std::string> failures;  // "case 3: what"
};

/// Runs every case of the file that is of a supported suite or of none. input_invalid when the kind
/// of file (its name without .json) is unknown or it is not a JSON array of objects.
Result<Report> run_file(const std::filesystem::path& file);

/// Every *.json of the folder in the order of their names.
Result<std::vector<Report>> run_folder(const std::filesystem::path& folder);

// The kinds, by the part of the RFC they are about.
void tree_math(Case& c);
void deserialization(Case& c);
void crypto_basics(Case& c);
void key_schedule(Case& c);
void psk_secrets(Case& c);
void transcript_hashes(Case& c);
void secret_tree(Case& c);
void message_protection(Case& c);
void messages(Case& c);
void welcome(Case& c);
void tree_operations(Case& c);
void tree_validation(Case& c);
void treekem(Case& c);
void passive_client(Case& c);

}  // namespace candour::mls::vectors
