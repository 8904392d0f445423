#include "policy/pack_words.h"

#include <functional>
#include <utility>

#include "policy/conversation.h"

namespace candour::policy {
namespace {

using Items = std::vector<std::string>;

// The table `key` of a file as lists by name; nothing when it is absent.
Status read_table(
    const std::string& file, const toml::table& root, std::string_view key,
    const std::function<Status(const TableReader&, const toml::node&, const std::string&)>& read) {
  const toml::node* node = root.get(key);
  if (node == nullptr) return ok();
  const TableReader outer(file, root, std::string(key));
  if (!node->is_table()) return outer.invalid(*node, "'" + std::string(key) + "' must be a table");
  const TableReader reader(file, *node->as_table(), std::string(key));
  for (const auto& [name, value] : *node->as_table()) {
    CANDOUR_TRY(read(reader, value, std::string(name.str())));
  }
  return ok();
}

bool is_tag_name(std::string_view name) {
  for (const char c : name) {
    const bool good = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
    if (!good) return false;
  }
  return !name.empty() && name.front() != '.' && name.back() != '.';
}

}  // namespace

std::string with_values(const std::string& text, const TableValues* values) {
  if (values == nullptr || text.find('$') == std::string::npos) return text;
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    bool replaced = false;
    // The longest name wins, so that $many_short is not read as $many.
    for (auto value = values->rbegin(); value != values->rend() && text[i] == '$'; ++value) {
      if (text.compare(i + 1, value->first.size(), value->first) != 0) continue;
      out += value->second;
      i += 1 + value->first.size();
      replaced = true;
      break;
    }
    if (!replaced) out += text[i++];
  }
  return out;
}

Status read_words(const std::string& file, const toml::table& root, RuleSet& set) {
  using Reader = TableReader;
  CANDOUR_TRY(read_table(
      file, root, "words",
      [&](const Reader& reader, const toml::node& node, const std::string& name) -> Status {
        if (!is_tag_name(name)) {
          return reader.invalid(node, "the tag '" + name + "' is not of a-z, 0-9, _ and dots");
        }
        WordList list;
        list.tag = name;
        list.where = file + ":" + std::to_string(node.source().begin.line);
        CANDOUR_TRY(reader.texts(name, list.entries));
        set.words.push_back(std::move(list));
        return ok();
      }));
  const auto into = [&](auto& lists) {
    return [&](const Reader& reader, const toml::node& node, const std::string& name) -> Status {
      std::vector<std::string> items;
      CANDOUR_TRY(reader.texts(name, items));
      if (items.empty()) return reader.invalid(node, "'" + name + "' is empty");
      if (!lists.emplace(name, std::move(items)).second) {
        return reader.invalid(node, "'" + name + "' is there already");
      }
      return ok();
    };
  };
  CANDOUR_TRY(read_table(file, root, "verbs", into(set.verbs)));
  CANDOUR_TRY(read_table(file, root, "fragments", into(set.fragments)));
  return read_table(
      file, root, "disguise",
      [&](const Reader& reader, const toml::node& node, const std::string& name) -> Status {
        if (name != "targets" && name != "known" && name != "spellings") {
          return reader.invalid(node, "unknown key '" + name + "'");
        }
        std::vector<std::string> items;
        CANDOUR_TRY(reader.texts(name, items));
        for (const std::string& item : name == "spellings" ? items : Items()) {
          const std::size_t sign = item.find(" = ");
          if (sign == std::string::npos) return reader.invalid(node, "'" + item + "' has no ' = '");
          set.spellings.emplace_back(item.substr(0, sign), item.substr(sign + 3));
        }
        if (name == "spellings") return ok();
        auto& to = name == "targets" ? set.disguised : set.known;
        to.insert(to.end(), items.begin(), items.end());
        return ok();
      });
}

Status read_rows(const std::string& file, const toml::table& root, TableRows& rows) {
  return read_table(
      file, root, "each",
      [&](const TableReader& reader, const toml::node& node, const std::string& name) -> Status {
        if (!node.is_table()) return reader.invalid(node, "'" + name + "' must be a table of rows");
        for (const auto& [id, row] : *node.as_table()) {
          if (!row.is_table()) return reader.invalid(row, "a row must be a table");
          TableValues values = {{"id", std::string(id.str())}};
          const TableReader cells(file, *row.as_table(), "each " + name);
          for (const auto& [key, cell] : *row.as_table()) {
            std::string text;
            CANDOUR_TRY(cells.text(key.str(), text));
            values[std::string(key.str())] = text;
          }
          rows[name][std::string(id.str())] = std::move(values);
        }
        return ok();
      });
}

Status read_compound(TableReader& reader, RuleSet& set) {
  CANDOUR_TRY(reader.only({"tag", "phrases", "each"}));
  CANDOUR_TRY(reader.required("tag"));
  CANDOUR_TRY(reader.required("phrases"));
  Compound compound;
  compound.where = reader.where();
  CANDOUR_TRY(reader.text("tag", compound.tag));
  CANDOUR_TRY(reader.texts("phrases", compound.phrases));
  if (!is_tag_name(compound.tag)) {
    return reader.invalid("the tag '" + compound.tag + "' is not of a-z, 0-9, _ and dots");
  }
  set.compounds.push_back(std::move(compound));
  return ok();
}

Status read_reference(TableReader& reader, RuleSet& set) {
  CANDOUR_TRY(reader.only({"words", "to", "blocked_by", "messages"}));
  CANDOUR_TRY(reader.required("words"));
  CANDOUR_TRY(reader.required("to"));
  Reference reference;
  reference.where = reader.where();
  CANDOUR_TRY(reader.text("words", reference.words));
  CANDOUR_TRY(reader.texts("to", reference.to));
  CANDOUR_TRY(reader.texts("blocked_by", reference.blocked_by));
  CANDOUR_TRY(reader.amount("messages", kPastMessagesMax, reference.messages));
  set.references.push_back(std::move(reference));
  return ok();
}

}  // namespace candour::policy
