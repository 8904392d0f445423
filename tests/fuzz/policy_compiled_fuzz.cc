// The loader of compiled packs and of the features of messages: any bytes are refused or accepted,
// and what is accepted is written again the same. The input is tried as a whole pack, as rules
// alone (past the checksum, which a fuzzer does not guess) and as features.
#include "policy/compiled.h"
#include "policy/rule_codec.h"
#include "tests/fuzz/fuzz_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace candour;
  const ByteView bytes(data, size);
  const auto pack = policy::load_compiled(bytes);
  if (pack) fuzz::require(same(policy::compile_pack(*pack.value()), bytes), "pack differs");
  const auto features = policy::decode_features(bytes);
  if (features) {
    fuzz::require(same(policy::encode_features(features.value()), bytes), "features differ");
  }
  auto rules = policy::decode_rules(bytes);
  if (!rules) return 0;
  fuzz::require(same(policy::encode_rules(rules.value()), bytes), "rules differ");
  const auto engine = policy::Engine::build(std::move(rules).value());
  if (engine) (void)engine.value()->judge("they are 07700 900123 \xf0\x9f\x98\x82 scum");
  return 0;
}
