#include "tests/policy/csv.h"

#include <fstream>
#include <sstream>
#include <utility>

namespace candour::policy {
namespace {

std::vector<std::vector<std::string>> parse(const std::string& text) {
  std::vector<std::vector<std::string>> rows;
  std::vector<std::string> row;
  std::string field;
  bool quoted = false;
  const auto end_row = [&] {
    row.push_back(std::exchange(field, {}));
    rows.push_back(std::exchange(row, {}));
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted && c == '"' && i + 1 < text.size() && text[i + 1] == '"') {
      field += text[++i];
    } else if (c == '"') {
      quoted = !quoted;
    } else if (quoted || (c != ',' && c != '\n' && c != '\r')) {
      field += c;
    } else if (c == ',') {
      row.push_back(std::exchange(field, {}));
    } else if (c == '\n') {
      end_row();
    }
  }
  if (!field.empty() || !row.empty()) end_row();
  return rows;
}

}  // namespace

std::vector<CsvRow> read_csv(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream whole;
  whole << file.rdbuf();
  const auto rows = parse(whole.str());
  std::vector<CsvRow> out;
  for (std::size_t i = 1; i < rows.size(); ++i) {
    CsvRow named;
    for (std::size_t k = 0; k < rows[0].size() && k < rows[i].size(); ++k) {
      named[rows[0][k]] = rows[i][k];
    }
    out.push_back(std::move(named));
  }
  return out;
}

}  // namespace candour::policy
