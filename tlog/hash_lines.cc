#include "tlog/hash_lines.h"

#include "base/encoding.h"

namespace candour::tlog {

std::optional<std::string_view> take_line(std::string_view& text) {
  const auto end = text.find('\n');
  if (end == text.npos) return std::nullopt;
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

std::string print_hash_lines(const Proof& proof) {
  std::string out;
  for (const Digest& hash : proof) out += base64_encode(hash.view()) + "\n";
  return out;
}

Result<Proof> take_hash_lines(std::string_view& text, unsigned& line, std::size_t hashes_max) {
  Proof proof;
  for (;; ++line) {
    const std::string where = "line " + std::to_string(line) + ": ";
    const auto taken = take_line(text);
    if (!taken) return error(ErrorCode::note_malformed, where + "no empty line after the proof");
    if (taken->empty()) return proof;
    const auto bytes = base64_decode(*taken);
    const auto hash = bytes ? Digest::from(*bytes) : std::nullopt;
    if (!hash) {
      return error(ErrorCode::note_malformed, where + "a proof hash is not base64 of 32 bytes");
    }
    if (proof.size() == hashes_max) {
      return error(ErrorCode::note_malformed,
                   where + "a proof has at most " + std::to_string(hashes_max) + " hashes");
    }
    proof.push_back(*hash);
  }
}

}  // namespace candour::tlog
