#include "tlog/proof_file.h"

#include "base/encoding.h"
#include "identity/note_text.h"
#include "tlog/hash_lines.h"

namespace candour::tlog {
namespace {

constexpr std::string_view kFormat = "c2sp.org/tlog-proof@v1";
constexpr std::string_view kExtra = "extra ";
constexpr std::string_view kIndex = "index ";

Error malformed(std::string message) {
  return error(ErrorCode::note_malformed, "proof file: " + std::move(message));
}

}  // namespace

std::string ProofFile::print() const {
  std::string out = std::string(kFormat) + "\n";
  if (extra) out += std::string(kExtra) + base64_encode(*extra) + "\n";
  out += std::string(kIndex) + std::to_string(index) + "\n";
  return out + print_hash_lines(proof) + "\n" + checkpoint;
}

Result<ProofFile> ProofFile::parse(std::string_view text) {
  ProofFile out;
  unsigned number = 1;
  auto line = take_line(text);
  if (line != kFormat) return malformed("line 1: expected '" + std::string(kFormat) + "'");
  line = take_line(text);
  ++number;
  if (line && line->starts_with(kExtra)) {
    out.extra = base64_decode(line->substr(kExtra.size()));
    if (!out.extra) return malformed("line 2: the extra data is not base64");
    line = take_line(text);
    ++number;
  }
  const auto index = line && line->starts_with(kIndex)
                         ? identity::parse_decimal(line->substr(kIndex.size()))
                         : std::nullopt;
  if (!index) return malformed("line " + std::to_string(number) + ": expected 'index <number>'");
  out.index = *index;
  ++number;
  CANDOUR_TRY(out.proof, take_hash_lines(text, number));
  if (text.empty()) return malformed("the checkpoint is missing");
  out.checkpoint = std::string(text);
  return out;
}

Result<VerifiedCheckpoint> ProofFile::verify(const Digest& leaf_hash,
                                             const identity::Statement& statement) const {
  CANDOUR_TRY(auto verified, verify_checkpoint(checkpoint, statement));
  CANDOUR_TRY(verify_inclusion(leaf_hash, index, verified.checkpoint.size, proof,
                               verified.checkpoint.root));
  if (!verified.quorum) {
    return error(ErrorCode::warrant_not_witnessed,
                 "the checkpoint is cosigned by " + std::to_string(verified.cosigned_by.size()) +
                     " witnesses, the organisation asks for " + std::to_string(statement.quorum));
  }
  return verified;
}

}  // namespace candour::tlog
