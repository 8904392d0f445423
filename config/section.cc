#include "config/section.h"

#include <toml++/toml.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <functional>
#include <set>
#include <tuple>

#include "base/files.h"

namespace candour::config {
namespace {

constexpr std::size_t kFileSizeMax = 256 * 1024;

class ProcessEnvironment : public Environment {
 public:
  const char* get(const std::string& name) const override { return std::getenv(name.c_str()); }
};

std::string upper(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return out;
}

std::string type_name(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::string:
      return "a string";
    case toml::node_type::integer:
      return "a whole number";
    case toml::node_type::floating_point:
      return "a number with a fraction";
    case toml::node_type::boolean:
      return "true or false";
    case toml::node_type::array:
      return "an array";
    case toml::node_type::table:
      return "a table";
    default:
      return "a date or time";
  }
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

const Environment& process_environment() {
  static const ProcessEnvironment environment;
  return environment;
}

struct File::State {
  struct Problem {
    bool missing;  // told last: a misspelt key is better news than the one it left missing
    std::uint32_t line;
    std::uint32_t column;
    std::string text;
  };

  std::filesystem::path path;
  const Environment* environment = nullptr;
  toml::table table;
  std::map<const toml::table*, std::set<std::string, std::less<>>> known;
  std::vector<Problem> problems;

  void problem(const toml::source_region& at, const std::string& key, const std::string& what,
               bool missing = false) {
    const std::uint32_t line = std::max<std::uint32_t>(at.begin.line, 1);
    const std::uint32_t column = std::max<std::uint32_t>(at.begin.column, 1);
    problems.push_back({missing, line, column,
                        path.string() + ":" + std::to_string(line) + ":" + std::to_string(column) +
                            ": key '" + key + "': " + what});
  }

  void problem_in(const std::string& variable, const std::string& what) {
    problems.push_back({false, 0, 0, "environment variable " + variable + ": " + what});
  }

  std::filesystem::path resolve(std::string_view text) const {
    const std::filesystem::path given(text);
    return given.is_absolute() ? given : (path.parent_path() / given).lexically_normal();
  }

  // Every table that was read refuses the keys nobody asked for.
  void refuse_unknown(const toml::table& in, const std::string& prefix) {
    const auto read = known.find(&in);
    for (const auto& [key, value] : in) {
      const std::string name = prefix + std::string(key.str());
      if (read == known.end() || !read->second.contains(key.str())) {
        problem(key.source(), name, "unknown key; remove it or correct its spelling");
        continue;
      }
      if (const toml::table* below = value.as_table()) refuse_unknown(*below, name + ".");
      if (const toml::array* list = value.as_array()) refuse_unknown(*list, name);
    }
  }

  void refuse_unknown(const toml::array& list, const std::string& name) {
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (const toml::table* element = list.get(i)->as_table()) {
        refuse_unknown(*element, name + "[" + std::to_string(i) + "].");
      }
    }
  }
};

struct Section::Place {
  File::State* file;
  const toml::table* table;  // null when the file has none under this name
  std::string name;          // "listen" or "witnesses[0]", empty for the whole file
  std::string variable;      // "CANDOUR_LISTEN__" or "CANDOUR_"

  std::string full(std::string_view key) const {
    return name.empty() ? std::string(key) : name + "." + std::string(key);
  }
  std::string variable_of(std::string_view key) const { return variable + upper(key); }

  const toml::node* find(std::string_view key) const {
    if (table == nullptr) return nullptr;
    file->known[table].emplace(key);
    return table->get(key);
  }

  void problem(const toml::node& at, std::string_view key, const std::string& what) const {
    file->problem(at.source(), full(key), what);
  }

  void wrong_type(const toml::node& node, std::string_view key, const char* wanted) const {
    problem(node, key, std::string("must be ") + wanted + ", not " + type_name(node));
  }

  void missing(std::string_view key, Presence presence) const {
    if (presence != Presence::required) return;
    file->problem(table != nullptr ? table->source() : toml::source_region{}, full(key),
                  "missing, but required", true);
  }

  // The value as text from the environment, else the node of the file. Sets exactly one, or none
  // when the key is absent.
  struct Found {
    const char* text = nullptr;
    const toml::node* node = nullptr;
  };
  Found look_up(std::string_view key, Presence presence) const {
    Found found;
    found.node = find(key);
    found.text = file->environment->get(variable_of(key));
    if (found.text != nullptr) {
      found.node = nullptr;
    } else if (found.node == nullptr) {
      missing(key, presence);
    }
    return found;
  }

  // Gives `take` each element of an array of strings, or of a variable with `separator` between
  // them; `begin` comes first when the key is there.
  void list(std::string_view key, char separator, Presence presence,
            const std::function<void()>& begin,
            const std::function<void(std::string_view)>& take) const {
    const auto found = look_up(key, presence);
    if (found.text != nullptr) {
      begin();
      std::string_view rest = found.text;
      while (!rest.empty()) {
        const std::size_t end = std::min(rest.find(separator), rest.size());
        if (end > 0) take(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
      }
    } else if (found.node != nullptr) {
      const auto* array = found.node->as_array();
      if (array == nullptr) return wrong_type(*found.node, key, "an array of strings");
      begin();
      for (const toml::node& element : *array) {
        const auto* value = element.as_string();
        if (value == nullptr || (*value)->empty()) {
          return problem(element, key, "each element must be a string that is not empty");
        }
        take(**value);
      }
    }
  }
};

void Section::text(std::string_view key, std::string& out, Presence presence) {
  const auto found = place_->look_up(key, presence);
  if (found.text != nullptr) {
    out = found.text;
    if (out.empty()) place_->file->problem_in(place_->variable_of(key), "must not be empty");
  } else if (found.node != nullptr) {
    const auto* value = found.node->as_string();
    if (value == nullptr) return place_->wrong_type(*found.node, key, "a string");
    if ((*value)->empty()) return place_->problem(*found.node, key, "must not be empty");
    out = **value;
  }
}

void Section::boolean(std::string_view key, bool& out, Presence presence) {
  const auto found = place_->look_up(key, presence);
  if (found.text != nullptr) {
    const std::string_view value = found.text;
    if (value != "true" && value != "false") {
      return place_->file->problem_in(place_->variable_of(key), "must be true or false");
    }
    out = value == "true";
  } else if (found.node != nullptr) {
    const auto* value = found.node->as_boolean();
    if (value == nullptr) return place_->wrong_type(*found.node, key, "true or false");
    out = **value;
  }
}

void Section::number(std::string_view key, std::uint64_t& out, std::uint64_t min, std::uint64_t max,
                     Presence presence) {
  const auto found = place_->look_up(key, presence);
  const std::string range =
      "must be a whole number from " + std::to_string(min) + " to " + std::to_string(max);
  if (found.text != nullptr) {
    const auto value = parse_number(found.text);
    if (!value || *value < min || *value > max) {
      return place_->file->problem_in(place_->variable_of(key), range);
    }
    out = *value;
  } else if (found.node != nullptr) {
    const auto* value = found.node->as_integer();
    if (value == nullptr) return place_->wrong_type(*found.node, key, "a whole number");
    if (**value < 0 || static_cast<std::uint64_t>(**value) < min ||
        static_cast<std::uint64_t>(**value) > max) {
      return place_->problem(*found.node, key, range + ", not " + std::to_string(**value));
    }
    out = static_cast<std::uint64_t>(**value);
  }
}

void Section::port(std::string_view key, std::uint16_t& out, std::uint16_t min, Presence presence) {
  std::uint64_t value = out;
  number(key, value, min, 65535, presence);
  out = static_cast<std::uint16_t>(value);
}

void Section::choice(std::string_view key, std::string& out,
                     std::initializer_list<std::string_view> allowed, Presence presence) {
  std::string value = out;
  text(key, value, presence);
  if (std::find(allowed.begin(), allowed.end(), value) != allowed.end()) {
    out = value;
    return;
  }
  if (value.empty()) return;  // reported already
  std::string list;
  for (const std::string_view one : allowed) {
    list += (list.empty() ? "" : ", ") + ("'" + std::string(one) + "'");
  }
  const auto found = place_->look_up(key, Presence::optional);
  if (found.text != nullptr) {
    place_->file->problem_in(place_->variable_of(key), "must be one of " + list);
  } else if (found.node != nullptr) {
    place_->problem(*found.node, key, "must be one of " + list + ", not '" + value + "'");
  }
}

void Section::path(std::string_view key, std::filesystem::path& out, Presence presence) {
  std::string value;
  text(key, value, presence);
  if (!value.empty()) out = place_->file->resolve(value);
}

void Section::texts(std::string_view key, std::vector<std::string>& out, Presence presence) {
  place_->list(
      key, ' ', presence, [&] { out.clear(); },
      [&](std::string_view value) { out.emplace_back(value); });
}

void Section::paths(std::string_view key, std::vector<std::filesystem::path>& out,
                    Presence presence) {
  place_->list(
      key, ':', presence, [&] { out.clear(); },
      [&](std::string_view value) { out.push_back(place_->file->resolve(value)); });
}

Section Section::table(std::string_view key) {
  const toml::node* node = place_->find(key);
  const toml::table* below = nullptr;
  if (node != nullptr) {
    below = node->as_table();
    if (below == nullptr) place_->wrong_type(*node, key, "a table");
  }
  return Section(std::make_shared<Place>(
      Place{place_->file, below, place_->full(key), place_->variable + upper(key) + "__"}));
}

std::vector<Section> Section::tables(std::string_view key) {
  std::vector<Section> out;
  const toml::node* node = place_->find(key);
  if (node == nullptr) return out;
  const toml::array* list = node->as_array();
  if (list == nullptr) {
    place_->wrong_type(*node, key, "an array of tables");
    return out;
  }
  for (std::size_t i = 0; i < list->size(); ++i) {
    const toml::table* element = list->get(i)->as_table();
    if (element == nullptr) {
      place_->wrong_type(*list->get(i), key, "an array of tables");
      continue;
    }
    const std::string index = std::to_string(i);
    out.push_back(Section(
        std::make_shared<Place>(Place{place_->file, element, place_->full(key) + "[" + index + "]",
                                      place_->variable + upper(key) + "__" + index + "__"})));
  }
  return out;
}

File::File(std::unique_ptr<State> state) : state_(std::move(state)) {}
File::File(File&&) noexcept = default;
File& File::operator=(File&&) noexcept = default;
File::~File() = default;

Result<File> File::open(const std::filesystem::path& path, const Environment& environment) {
  CANDOUR_TRY(auto bytes, read_file(path, kFileSizeMax));
  auto state = std::make_unique<State>();
  state->path = path;
  state->environment = &environment;
  try {
    state->table = toml::parse(as_text(bytes), path.string());
  } catch (const toml::parse_error& failure) {
    return error(ErrorCode::config_invalid, path.string() + ":" +
                                                std::to_string(failure.source().begin.line) + ":" +
                                                std::to_string(failure.source().begin.column) +
                                                ": " + std::string(failure.description()));
  }
  return File(std::move(state));
}

Section File::root() {
  return Section(std::make_shared<Section::Place>(
      Section::Place{state_.get(), &state_->table, "", "CANDOUR_"}));
}

Status File::finish() {
  state_->refuse_unknown(state_->table, "");
  const auto first = std::min_element(
      state_->problems.begin(), state_->problems.end(), [](const auto& a, const auto& b) {
        return std::tie(a.missing, a.line, a.column) < std::tie(b.missing, b.line, b.column);
      });
  if (first == state_->problems.end()) return ok();
  return error(ErrorCode::config_invalid, first->text);
}

}  // namespace candour::config
