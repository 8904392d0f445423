// The loader of packs as authors write them: whatever stands in a TOML file, it is refused with a
// reason or makes an engine, whose compiled rules decode to the same bytes again.
#include <string>

#include "policy/engine.h"
#include "policy/pack_toml.h"
#include "policy/rule_codec.h"
#include "tests/fuzz/fuzz_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace candour;
  const policy::PackFiles files = {{"a.toml", std::string(as_text({data, size}))}};
  auto rules = policy::rules_from_toml(files);
  if (!rules) {
    fuzz::require(rules.error().code == ErrorCode::policy_invalid, "refused for another reason");
    fuzz::require(!rules.error().message.empty(), "refused without a reason");
    return 0;
  }
  const auto engine = policy::Engine::build(std::move(rules).value());
  if (!engine) return 0;
  const Bytes bytes = engine.value()->compiled_rules();
  const auto again = policy::decode_rules(bytes);
  fuzz::require(bool(again), "its own rules do not decode");
  fuzz::require(policy::encode_rules(again.value()) == bytes, "encoding differs");
  (void)engine.value()->check_examples();
  return 0;
}
