// A source nobody builds and a header nobody includes are dead.
#include <map>
#include <regex>
#include <set>

#include "tests/tidy/source_tree.h"

namespace candour::tidy {
namespace {

// The sources that a CMakeLists.txt, or a .cmake file beside it, names.
std::set<std::string> built_in(const SourceFile& cmake) {
  std::set<std::string> names;
  static const std::regex word(R"([A-Za-z0-9_./-]+\.cc)");
  for (auto it = std::sregex_iterator(cmake.text.begin(), cmake.text.end(), word);
       it != std::sregex_iterator(); ++it) {
    names.insert(it->str());
  }
  return names;
}

// Whether the build files of the file's folder, or of one above it, name the file.
bool is_built(const SourceFile& file, const std::map<std::string, std::set<std::string>>& built) {
  for (std::string folder(file.folder());;) {
    const auto found = built.find(folder);
    const std::string name = folder.empty() ? file.path : file.path.substr(folder.size() + 1);
    if (found != built.end() && found->second.contains(name)) return true;
    if (folder.empty()) return false;
    const std::size_t slash = folder.rfind('/');
    folder = slash == std::string::npos ? "" : folder.substr(0, slash);
  }
}

}  // namespace

std::vector<Violation> check_dead_files(const SourceTree& tree) {
  std::map<std::string, std::set<std::string>> built;
  std::set<std::string> included;
  static const std::regex include(R"(#\s*include\s*"([^"]+)\")");
  for (const SourceFile& file : tree) {
    if (file.name() == "CMakeLists.txt" || file.path.ends_with(".cmake")) {
      built[std::string(file.folder())].merge(built_in(file));
    }
    if (!file.is_cpp()) continue;
    for (auto it = std::sregex_iterator(file.text.begin(), file.text.end(), include);
         it != std::sregex_iterator(); ++it) {
      included.insert((*it)[1]);
    }
  }
  std::vector<Violation> out;
  for (const SourceFile& file : tree) {
    if (file.is_source() && !is_built(file, built)) {
      out.push_back({file.path, 1, "no CMakeLists.txt builds it"});
    }
    if (file.is_header() && !included.contains(file.path)) {
      out.push_back({file.path, 1, "nobody includes it"});
    }
  }
  return out;
}

}  // namespace candour::tidy
