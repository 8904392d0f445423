// Who may include whom: the table of docs/architecture.md, "Folders".
#include <algorithm>
#include <map>
#include <set>

#include "tests/tidy/source_tree.h"

namespace candour::tidy {
namespace {

using Folders = std::set<std::string, std::less<>>;

// Each folder may also include itself. `transport/relay` has no mls, policy, warrant or client: I1
// rests on it.
const std::map<std::string, Folders, std::less<>>& allowed() {
  static const std::map<std::string, Folders, std::less<>> table = {
      {"base", {}},
      {"crypto", {"base"}},
      {"mls", {"base", "crypto"}},
      {"identity", {"base", "crypto"}},
      {"tlog", {"base", "crypto", "identity"}},
      {"policy", {"base"}},
      {"config", {"base"}},
      {"storage", {"base", "crypto", "tlog"}},
      {"warrant/seal", {"base", "crypto", "identity", "tlog"}},
      {"warrant/open", {"base", "crypto", "identity", "tlog", "warrant/seal"}},
      {"transport/wire", {"base"}},
      {"transport/net", {"base"}},
      {"transport/relay",
       {"base", "crypto", "identity", "tlog", "storage", "config", "transport/wire",
        "transport/net"}},
      {"client/messages", {"base", "crypto", "identity"}},
      {"client",
       {"base", "crypto", "identity", "tlog", "mls", "transport/wire", "transport/net", "config",
        "client/messages"}},
      {"client/terminal",
       {"base", "crypto", "identity", "tlog", "mls", "transport/wire", "transport/net", "config",
        "client/messages", "client"}},
      {"ctl",
       {"base", "crypto", "identity", "tlog", "mls", "policy", "config", "storage", "warrant/seal",
        "warrant/open", "transport/wire", "transport/net", "client/messages", "client"}},
      {"bot",
       {"base", "crypto", "identity", "tlog", "mls", "policy", "config", "storage", "warrant/seal",
        "transport/wire", "transport/net", "client/messages", "client"}},
  };
  return table;
}

// The folder of the table a path is in: the longest one that fits. Empty when there is none.
std::string_view module_of(std::string_view path) {
  std::string_view best;
  for (const auto& [folder, unused] : allowed()) {
    if (path.starts_with(folder + "/") && folder.size() > best.size()) best = folder;
  }
  return best;
}

// The path between the quotes of an include of ours, or nothing.
std::string_view included(std::string_view line) {
  const std::size_t hash = line.find_first_not_of(" \t");
  if (hash == std::string_view::npos || line[hash] != '#') return {};
  const std::size_t open = line.find('"');
  if (line.find("include") > open || open == std::string_view::npos) return {};
  return line.substr(open + 1, line.find('"', open + 1) - open - 1);
}

void check_file(const SourceFile& file, std::vector<Violation>& out) {
  const std::string_view from = module_of(file.path);
  const auto lines = lines_of(file.text);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string_view target = included(lines[i]);
    if (target.empty()) continue;
    const std::string_view to = module_of(target);
    if (to.empty()) {
      if (!target.starts_with("tests/") || !file.under("tests")) {
        out.push_back(
            {file.path, i + 1,
             "includes '" + std::string(target) + "': write the full path from the root"});
      }
    } else if (!file.under("tests") && from != to && !allowed().find(from)->second.contains(to)) {
      out.push_back({file.path, i + 1,
                     std::string(from) + " must not include " + std::string(to) + " ('" +
                         std::string(target) + "')"});
    }
  }
}

}  // namespace

std::vector<Violation> check_arrows(const SourceTree& tree) {
  std::vector<Violation> out;
  for (const SourceFile& file : tree) {
    if (!file.is_cpp()) continue;
    if (!file.under("tests") && module_of(file.path).empty()) {
      out.push_back(
          {file.path, 1, "is in a folder the table of tests/tidy/arrows.cc does not know"});
      continue;
    }
    check_file(file, out);
  }
  return out;
}

}  // namespace candour::tidy
