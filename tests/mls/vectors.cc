#include "tests/mls/vectors.h"

#include <algorithm>
#include <iterator>

#include "base/encoding.h"
#include "base/files.h"
#include "base/random.h"
#include "mls/suite.h"

namespace candour::mls::vectors {
namespace {

constexpr std::size_t kVectorFileSizeMax = 64u * 1024 * 1024;

struct Kind {
  std::string_view name;
  void (*run)(Case&);
};

constexpr Kind kKinds[] = {
    {"crypto-basics", crypto_basics},
    {"deserialization", deserialization},
    {"key-schedule", key_schedule},
    {"message-protection", message_protection},
    {"messages", messages},
    {"passive-client-handling-commit", passive_client},
    {"passive-client-random", passive_client},
    {"passive-client-welcome", passive_client},
    {"psk_secret", psk_secrets},
    {"secret-tree", secret_tree},
    {"transcript-hashes", transcript_hashes},
    {"tree-math", tree_math},
    {"tree-operations", tree_operations},
    {"tree-validation", tree_validation},
    {"treekem", treekem},
    {"welcome", welcome},
};

bool counted(const boost::json::object& json) {
  const auto* suite = json.if_contains("cipher_suite");
  if (suite == nullptr) return true;
  return Suite::find(suite->to_number<std::uint16_t>()) != nullptr;
}

}  // namespace

Bytes hex_value(const boost::json::value& value) {
  if (!value.is_string()) return {};
  return hex_decode(std::string_view(value.as_string())).value_or(Bytes());
}

Bytes Case::bytes(std::string_view key) const { return hex_value(json_.at(key)); }
std::string Case::text(std::string_view key) const {
  return std::string(json_.at(key).as_string());
}
std::uint64_t Case::number(std::string_view key) const {
  return json_.at(key).to_number<std::uint64_t>();
}
const Suite& Case::suite() const {
  return *Suite::find(static_cast<std::uint16_t>(number("cipher_suite")));
}
bool Case::is_null(std::string_view key) const {
  const auto* value = json_.if_contains(key);
  return value == nullptr || value->is_null();
}
const boost::json::array& Case::array(std::string_view key) const {
  return json_.at(key).as_array();
}

void Case::expect(bool holds, std::string_view what) {
  if (!holds) failures_.emplace_back(what);
}

void Case::expect_same(ByteView got, ByteView wanted, std::string_view what) {
  expect(same(got, wanted), what);
}

Result<Report> run_file(const std::filesystem::path& file) {
  Report report;
  report.name = file.stem().string();
  const auto kind = std::find_if(std::begin(kKinds), std::end(kKinds),
                                 [&](const Kind& k) { return k.name == report.name; });
  if (kind == std::end(kKinds) || file.extension() != ".json") {
    return error(ErrorCode::input_invalid,
                 file.filename().string() + ": unknown kind of MLS test vector");
  }
  CANDOUR_TRY(auto content, read_file(file, kVectorFileSizeMax));
  const std::string_view text = as_text(content);
  boost::system::error_code failed;
  const boost::json::value parsed = boost::json::parse(text, failed);
  if (failed || !parsed.is_array()) {
    return error(ErrorCode::input_invalid, file.string() + ": not a JSON array");
  }
  std::size_t index = 0;
  for (const boost::json::value& item : parsed.as_array()) {
    const std::string place = "case " + std::to_string(index++) + ": ";
    if (!item.is_object()) return error(ErrorCode::input_invalid, place + "not an object");
    if (!counted(item.as_object())) continue;
    ++report.total;
    Case one(item.as_object());
    try {
      kind->run(one);
    } catch (const std::exception& e) {  // Boost.JSON, for a field that is missing
      one.expect(false, e.what());
    }
    if (one.failures().empty()) ++report.passed;
    for (const std::string& what : one.failures()) report.failures.push_back(place + what);
  }
  return report;
}

Result<std::vector<Report>> run_folder(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(folder, failed)) {
    files.push_back(entry.path());
  }
  if (failed || files.empty()) {
    return error(ErrorCode::input_invalid, folder.string() + ": no test vectors there");
  }
  std::sort(files.begin(), files.end());
  std::vector<Report> reports;
  for (const auto& file : files) {
    CANDOUR_TRY(auto report, run_file(file));
    reports.push_back(std::move(report));
  }
  return reports;
}

}  // namespace candour::mls::vectors
