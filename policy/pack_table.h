// A table of a pack's TOML file, read key by key, with errors that say file, line and whose table
// it is. For the files of this folder that read packs.
#pragma once

#include <toml++/toml.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "policy/rule.h"

namespace candour::policy {

namespace limits_of_packs {
inline constexpr std::size_t kItemsMax = 16 * 1024;  // of one array
inline constexpr std::size_t kStringSizeMax = 8 * 1024;
}  // namespace limits_of_packs

/// What `$name` stands for in a table that is read once for each of several rows.
using TableValues = std::map<std::string, std::string, std::less<>>;

/// `text` with every `$name` of `values` replaced; nullptr: as it is.
std::string with_values(const std::string& text, const TableValues* values);

// A table of a file, read key by key; errors say file, line and whose table it is.
class TableReader {
 public:
  TableReader(const std::string& file, const toml::table& table, std::string owner)
      : file_(file), table_(table), owner_(std::move(owner)) {}

  /// Where the table stands: "file.toml:12".
  std::string where() const { return where(table_); }
  void set_owner(std::string owner) { owner_ = std::move(owner); }
  /// From now on `$name` in every text read stands for its value.
  void set_values(const TableValues* values) { values_ = values; }

  Error invalid(const toml::node& node, const std::string& what) const {
    return error(ErrorCode::policy_invalid, where(node) + ": " + owner_ + ": " + what);
  }
  Error invalid(const std::string& what) const { return invalid(table_, what); }

  /// Every key must be one of these.
  Status only(std::initializer_list<std::string_view> keys) const {
    for (const auto& [key, node] : table_) {
      if (std::find(keys.begin(), keys.end(), key.str()) == keys.end()) {
        return invalid(node, "unknown key '" + std::string(key.str()) + "'");
      }
    }
    return ok();
  }
  bool has(std::string_view key) const { return table_.contains(key); }
  Status required(std::string_view key) const {
    if (has(key)) return ok();
    return invalid("the key '" + std::string(key) + "' is missing");
  }

  /// Each leaves `out` unchanged when the key is absent.
  Status text(std::string_view key, std::string& out) const {
    const toml::node* node = table_.get(key);
    if (node == nullptr) return ok();
    CANDOUR_TRY(out, string_of(key, *node));
    return ok();
  }
  Status flag(std::string_view key, bool& out) const {
    const toml::node* node = table_.get(key);
    if (node == nullptr) return ok();
    if (!node->is_boolean()) return wrong_type(key, *node, "true or false");
    out = node->as_boolean()->get();
    return ok();
  }
  Status integer(std::string_view key, std::int64_t& out) const {
    const toml::node* node = table_.get(key);
    if (node == nullptr) return ok();
    if (!node->is_integer()) return wrong_type(key, *node, "a whole number");
    out = node->as_integer()->get();
    return ok();
  }
  /// A whole number from 0 to `most`.
  Status amount(std::string_view key, std::size_t most, std::size_t& out) const {
    if (!has(key)) return ok();
    std::int64_t value = 0;
    CANDOUR_TRY(integer(key, value));
    if (value < 0 || static_cast<std::uint64_t>(value) > most) {
      return invalid(*table_.get(key),
                     "'" + std::string(key) + "' must be from 0 to " + std::to_string(most));
    }
    out = static_cast<std::size_t>(value);
    return ok();
  }
  /// A reader of the table under `key`, which is there.
  Result<TableReader> table(std::string_view key) const {
    const toml::node* node = table_.get(key);
    if (node == nullptr || !node->is_table()) {
      return invalid(node == nullptr ? table_ : *node,
                     "'" + std::string(key) + "' must be a table");
    }
    TableReader inner(file_, *node->as_table(), owner_ + ": " + std::string(key));
    inner.set_values(values_);
    return inner;
  }
  /// Names of the keys, in order.
  std::vector<std::string> keys() const {
    std::vector<std::string> out;
    for (const auto& [key, node] : table_) out.emplace_back(key.str());
    return out;
  }
  Status texts(std::string_view key, std::vector<std::string>& out) const {
    CANDOUR_TRY(const toml::array* array, array_of(key));
    if (array == nullptr) return ok();
    out.clear();
    for (const toml::node& item : *array) {
      CANDOUR_TRY(std::string value, string_of(key, item));
      out.push_back(std::move(value));
    }
    return ok();
  }
  Status integers(std::string_view key, std::vector<std::int64_t>& out) const {
    CANDOUR_TRY(const toml::array* array, array_of(key));
    if (array == nullptr) return ok();
    out.clear();
    for (const toml::node& item : *array) {
      if (!item.is_integer()) return wrong_type(key, item, "a whole number");
      out.push_back(item.as_integer()->get());
    }
    return ok();
  }
  Status severity(std::string_view key, Severity& out) const {
    std::string name;
    CANDOUR_TRY(text(key, name));
    if (has(key) && !severity_from_name(name, out)) {
      return invalid(*table_.get(key),
                     "'" + std::string(key) + "' is '" + name + "', not notice, warn or block");
    }
    return ok();
  }

 private:
  std::string where(const toml::node& node) const {
    return file_ + ":" + std::to_string(node.source().begin.line);
  }
  Error wrong_type(std::string_view key, const toml::node& node, const char* wanted) const {
    return invalid(node, "'" + std::string(key) + "' must be " + wanted);
  }
  Result<std::string> string_of(std::string_view key, const toml::node& node) const {
    if (!node.is_string()) return wrong_type(key, node, "a string");
    const std::string value = with_values(node.as_string()->get(), values_);
    if (value.size() > limits_of_packs::kStringSizeMax) {
      return invalid(node, "'" + std::string(key) + "' is longer than " +
                               std::to_string(limits_of_packs::kStringSizeMax) + " bytes");
    }
    return value;
  }
  Result<const toml::array*> array_of(std::string_view key) const {
    const toml::node* node = table_.get(key);
    if (node == nullptr) return static_cast<const toml::array*>(nullptr);
    if (!node->is_array()) return wrong_type(key, *node, "an array");
    if (node->as_array()->size() > limits_of_packs::kItemsMax) {
      return invalid(*node, "'" + std::string(key) + "' has more than " +
                                std::to_string(limits_of_packs::kItemsMax) + " items");
    }
    return node->as_array();
  }

  const std::string& file_;
  const toml::table& table_;
  std::string owner_;
  const TableValues* values_ = nullptr;
};

}  // namespace candour::policy
