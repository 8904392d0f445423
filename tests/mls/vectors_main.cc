// candour-mls-vectors DIR: runs the official MLS test vectors in DIR, a line a file.
#include <cstdio>
#include <string_view>

#include "tests/mls/vectors.h"

namespace {

int usage(std::FILE* to, int status) {
  std::fputs(
      "usage: candour-mls-vectors DIR\n"
      "Runs the official MLS test vectors in DIR and prints NAME passed/total for each file; a\n"
      "file of another kind is an error. Counted are the cases of cipher suites 1 and 3 and those "
      "of no suite.\n"
      "Exit status: 0 all passed, 1 a case failed, 2 wrong usage or an unknown kind of file.\n",
      to);
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return usage(stderr, 2);
  const std::string_view argument = argv[1];
  if (argument == "--help") return usage(stdout, 0);
  if (argument == "--version") {
    std::puts("candour-mls-vectors 0.1.0");
    return 0;
  }
  const auto reports = candour::mls::vectors::run_folder(argument);
  if (!reports) {
    std::fprintf(stderr, "candour-mls-vectors: %s\n", reports.error().message.c_str());
    return 2;
  }
  bool all = true;
  for (const auto& report : reports.value()) {
    std::printf("%s %zu/%zu\n", report.name.c_str(), report.passed, report.total);
    for (const std::string& failure : report.failures) {
      std::fprintf(stderr, "%s %s\n", report.name.c_str(), failure.c_str());
    }
    // A file without one case for our suites proves nothing.
    all = all && report.failures.empty() && report.total > 0;
  }
  return all ? 0 : 1;
}
