#include "ctl/policy/marked.h"

#include <algorithm>
#include <ostream>

namespace candour::ctl {
namespace {

void write_on_one_line(std::string_view text, std::ostream& out) {
  for (const char c : text) out << (static_cast<unsigned char>(c) < 0x20 ? ' ' : c);
}

}  // namespace

void write_marked(std::string_view text, const policy::Finding& f, std::ostream& out) {
  constexpr std::size_t kAround = 60;
  std::size_t from = f.start - std::min(f.start, kAround);
  std::size_t to = std::min(text.size(), f.end + kAround);
  const auto continues = [&](std::size_t i) {
    return i < text.size() && (static_cast<unsigned char>(text[i]) & 0xC0) == 0x80;
  };
  while (from > 0 && continues(from)) --from;
  while (continues(to)) ++to;
  out << "  " << (from > 0 ? "..." : "");
  write_on_one_line(text.substr(from, f.start - from), out);
  out << "[[";
  write_on_one_line(text.substr(f.start, f.end - f.start), out);
  out << "]]";
  write_on_one_line(text.substr(f.end, to - f.end), out);
  out << (to < text.size() ? "..." : "") << "\n";
}

void write_standards(const std::string& primary, const std::vector<std::string>& secondary,
                     std::ostream& out) {
  out << "  standard: " << primary;
  for (const std::string& also : secondary) out << "; also " << also;
  out << "\n";
}

}  // namespace candour::ctl
