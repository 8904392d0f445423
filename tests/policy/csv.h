// CSV with quotes (RFC 4180), as the corpora are written.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace candour::policy {

using CsvRow = std::map<std::string, std::string>;

/// Rows keyed by the names of the first line; empty when the file cannot be read.
std::vector<CsvRow> read_csv(const std::filesystem::path& path);

}  // namespace candour::policy
