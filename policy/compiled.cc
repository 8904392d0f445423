#include "policy/compiled.h"

#include <utility>

#include "base/codec.h"
#include "base/limits.h"
#include "policy/pack_note.h"
#include "policy/rule_codec.h"

namespace candour::policy {
namespace {

constexpr std::string_view kMagic = "candour-pack/v1\n";

Error invalid(const char* what) { return error(ErrorCode::policy_invalid, what); }

}  // namespace

Bytes compile_pack(const Pack& pack) {
  Writer out;
  out.raw(as_bytes(kMagic));
  out.vec(pack.raw_note);
  out.vec(pack.engine->compiled_rules());
  const Digest sum = text_digest(as_text(out.view()));
  out.id(sum);
  return out.take();
}

Result<std::shared_ptr<const Pack>> load_compiled(ByteView bytes) {
  if (bytes.size() > kCompiledPackSizeMax) return invalid("the compiled pack is too large");
  Reader in(bytes);
  const ByteView magic = in.raw(kMagic.size());
  if (!in.ok() || as_text(magic) != kMagic) {
    return invalid("this is not a compiled policy pack of version 1; compile the pack again");
  }
  const ByteView note = in.vec(limits::kNoteSizeMax);
  const ByteView rules = in.vec();
  const ByteView checked = bytes.first(bytes.size() - in.left());
  const auto sum = in.id<Digest>();
  if (!in.finish() || sum != text_digest(as_text(checked))) {
    return invalid("the compiled policy pack is damaged; compile the pack again");
  }
  auto pack = std::make_shared<Pack>();
  pack->raw_note = std::string(as_text(note));
  CANDOUR_TRY(PackNote parsed, parse_pack_note(pack->raw_note));
  const auto listed = parsed.hashes.find(std::string(kCompiledRulesPath));
  if (listed == parsed.hashes.end() || listed->second != text_digest(as_text(rules)).hex()) {
    return invalid("the compiled policy pack's rules are not those that its pack.note lists");
  }
  CANDOUR_TRY(RuleSet set, decode_rules(rules));
  CANDOUR_TRY(pack->engine, Engine::build(std::move(set)));
  pack->name = std::move(parsed.name);
  pack->version = std::move(parsed.version);
  pack->digest = text_digest(parsed.text);
  pack->note_text = std::move(parsed.text);
  return std::shared_ptr<const Pack>(std::move(pack));
}

}  // namespace candour::policy
